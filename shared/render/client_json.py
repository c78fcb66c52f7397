"""What a network's clients get for a name, as JSON, in the words of the findings. Pure."""

from shared.domain.client_view import Outcome
from shared.domain.findings import FindingKind
from shared.domain.zone import Link
from shared.engine.explain_client import ClientExplanation
from shared.render.result_json import Json


def client_json(explanation: ClientExplanation) -> Json:
    """What a network's clients get, from where, and whether it leads to the registry."""
    result = explanation.answer
    return {
        "network": str(explanation.network.id),
        "answer": str(result) if isinstance(result, Outcome) else None,
        "addresses": sorted(result) if isinstance(result, frozenset) else [],
        "zone": str(explanation.zone) if explanation.zone else None,
        "link": explanation.link.name if explanation.link and explanation.zone else None,
        "good": explanation.is_good,
        "why": _why(explanation),
    }


def _why(explanation: ClientExplanation) -> str:
    link = explanation.link
    match explanation.answer:
        case None if link:
            words = f"A zone that the app neither keeps nor reads answers by link {link.name}"
            return _as_told(words, FindingKind.HIDDEN_BY_ZONE)
        case Outcome.UNSEEN:
            servers = ", ".join(explanation.network.dns_servers)
            return _as_told(f"The network asks {servers}, not Azure", FindingKind.CUSTOM_DNS)
        case Outcome.PUBLIC:
            return f"{_why_public(link)}; {_PUBLIC_ACCESS[explanation.is_public]}."
        case Outcome.NO_SUCH_NAME if link:
            return f"The zone holds no such record, and link {link.name} does not fall back."
        case addresses if addresses:
            return _why_addresses(explanation)
        case _:
            return "The record set that answers is empty: that is no data, and nothing falls back."


def _why_addresses(explanation: ClientExplanation) -> str:
    if explanation.is_good:
        return "A ready endpoint of the registry gives it, and the network reaches it."
    if explanation.is_out_of_reach:
        words = "A ready endpoint gives it, and no peerings that could be read lead there"
        return _as_told(words, FindingKind.LINK_OUT_OF_REACH)
    if explanation.is_good is None:
        return "Whether a ready endpoint gives it could not be read, or is true of a part only."
    return "No ready endpoint of the registry gives it."


def _why_public(link: Link | None) -> str:
    if link:
        return "The zone holds no such record, and its link falls back to the public DNS"
    return "No private zone that could hold the name is linked to the network"


_PUBLIC_ACCESS = {
    True: "the registry's public access is on",
    False: "no registry that is known to have its public access on bears the name",
    None: "whether the registry's public access is on is not known",
}


def _as_told(words: str, kind: FindingKind) -> str:
    return f"{words} ({kind.code})."
