"""An inquiry as JSON: from registry, endpoint and interface to the record. Pure."""

from collections.abc import Iterator

from shared.domain.family import Family
from shared.domain.findings import Notice
from shared.domain.model import Found, Reading, Unknown
from shared.domain.names import ResourceId
from shared.domain.policy import permitted
from shared.domain.standing import DATA_MEMBER
from shared.engine.inquiry import Inquiry, Sight, Study
from shared.settings import Settings
from shared.surface.report_json import Json, change, findings, record_set
from shared.surface.verdict import Verdict, judge, keeper, record_of, standing_words


def shown(inquiry: Inquiry, settings: Settings) -> Json:
    """What was found out about a name."""
    judged = [(sight, *judge(sight, inquiry)) for sight in inquiry.sights]
    verdicts = [verdict for _, verdict, _ in judged]
    overall = next((one for one in Verdict if one in verdicts), Verdict.UNMANAGED)
    suffixes = ", ".join(sorted({zone.suffix for zone in settings.zones}))
    why = next(
        (why for _, verdict, why in judged if verdict is overall),
        f"No zone that the app keeps holds names of that kind; they end in {suffixes}.",
    )
    return {
        "name": inquiry.fqdn,
        "verdict": str(overall),
        "why": why,
        "zones": [_zone(*one, settings) for one in judged],
        "unread": [
            f"/subscriptions/{id_}: {unknown.doubt} ({unknown.detail})"
            for id_, unknown in sorted(inquiry.silent.items())
        ],
    }


def _zone(sight: Sight, verdict: Verdict, why: str, settings: Settings) -> Json:
    study = sight.study
    concerned = study.families if study else ()
    return {
        "zone": str(sight.zone.id),
        "verdict": str(verdict),
        "why": why,
        "record": {
            "name": sight.name,
            "holds": record_set(sight.record),
            "managedBy": keeper(sight),
        },
        "registries": [_registry(family.id, family.registry) for family in concerned],
        "sources": [one for family in concerned for one in _sources(family, sight)],
        "changes": list(_changes(study, sight, settings)) if study else [],
        "findings": list(findings(_notices(study, sight))) if study else [],
    }


def _registry(id_: ResourceId, reading: Reading[object]) -> Json:
    match reading:
        case Found():
            return {"id": str(id_), "state": "found", "reason": None}
        case Unknown(doubt, detail):
            return {"id": str(id_), "state": "unknown", "reason": f"{doubt} ({detail})"}
        case _:
            return {"id": str(id_), "state": "absent", "reason": None}


def _sources(family: Family, sight: Sight) -> Iterator[Json]:
    """Each endpoint of the registry: what its interface gives for the name, or why it does not."""
    giving = {
        publication.entry.endpoint: publication
        for publication in family.giving.get(sight.name, {}).values()
    }
    for id_, stand in sorted(family.standings.items()):
        standing, reason = standing_words(stand)
        source = sight.study.look.sources.get(id_) if sight.study else None
        endpoint = source.endpoint.value if source and isinstance(source.endpoint, Found) else None
        publication = giving.get(id_)
        member = publication.member if publication else None
        address = publication.entry.address if publication else None
        yield {
            "registry": str(family.id),
            "endpoint": str(id_),
            "state": standing,
            "reason": reason,
            "network": str(endpoint.network) if endpoint else None,
            "linked": bool(endpoint and _is_linked(endpoint.network, sight)),
            "interface": str(endpoint.interfaces[0]) if endpoint and endpoint.interfaces else None,
            "member": member,
            "region": _region(member),
            "address": address,
            "published": bool(sight.record and address in sight.record.addresses),
        }


def _region(member: str | None) -> str | None:
    """The replica's region that a data member stands for."""
    if member is None or not member.startswith(DATA_MEMBER):
        return None
    return member.removeprefix(DATA_MEMBER)


def _is_linked(network: ResourceId, sight: Sight) -> bool:
    return sight.study is not None and network in sight.study.look.linked


def _changes(study: Study, sight: Sight, settings: Settings) -> Iterator[Json]:
    """What would become of the record, and of links, since a name is of no use without them."""
    may = permitted(study.plan, settings.policy).changes
    for one in study.plan.changes:
        if record_of(one) in (sight.name, ""):
            yield change(one, "planned" if one in may else "withheld")


def _notices(study: Study, sight: Sight) -> Iterator[Notice]:
    """What was found about the name, and about what stands behind it; not about other names."""
    others = study.look.records.keys() - {sight.name}
    return (notice for notice in study.plan.notices if notice.resource not in others)
