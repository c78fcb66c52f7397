"""An explanation as JSON: from registry, endpoint and interface to the record. Pure."""

from collections.abc import Iterator

from shared.domain.changes import LinkChange
from shared.domain.endpoint_state import DATA_MEMBER
from shared.domain.findings import Finding
from shared.domain.policy import restrict
from shared.domain.reading import Found, Reading, Unknown
from shared.domain.registry_state import RegistryState
from shared.domain.resource_id import ResourceId
from shared.engine.explain import Analysis, Explanation, ZoneExplanation
from shared.render.result_json import Json, change_json, findings_json, record_set_json
from shared.render.verdict import Verdict, judge, managed_by, state_words
from shared.settings import Settings


def explanation_json(explanation: Explanation, settings: Settings) -> Json:
    """What was found out about a name."""
    verdicts = [(one, *judge(one, explanation)) for one in explanation.zone_explanations]
    # A name is as wrong as it is in its worst zone.
    worst = min(
        (verdict for _, verdict, _ in verdicts),
        key=list(Verdict).index,
        default=Verdict.UNMANAGED,
    )
    suffixes = ", ".join(sorted({zone.suffix for zone in settings.zones}))
    why = next(
        (why for _, verdict, why in verdicts if verdict is worst),
        f"No zone that the app keeps holds names of that kind; they end in {suffixes}.",
    )
    return {
        "name": explanation.fqdn,
        "verdict": str(worst),
        "why": why,
        "zones": [_zone(*one, settings) for one in verdicts],
        "unread": [
            f"/subscriptions/{id_}: {unknown.reason} ({unknown.detail})"
            for id_, unknown in sorted(explanation.unread.items())
        ],
    }


def _zone(
    zone_explanation: ZoneExplanation, verdict: Verdict, why: str, settings: Settings
) -> Json:
    analysis = zone_explanation.analysis
    registry_states = analysis.registry_states if analysis else ()
    return {
        "zone": str(zone_explanation.zone.id),
        "verdict": str(verdict),
        "why": why,
        "record": {
            "name": zone_explanation.name,
            "holds": record_set_json(zone_explanation.record),
            "managedBy": managed_by(zone_explanation),
        },
        "registries": [
            _registry(registry_state.id, registry_state.registry)
            for registry_state in registry_states
        ],
        "sources": [
            one
            for registry_state in registry_states
            for one in _sources(registry_state, zone_explanation)
        ],
        "changes": list(_changes(analysis, zone_explanation, settings)) if analysis else [],
        "findings": list(findings_json(_findings(analysis, zone_explanation))) if analysis else [],
    }


def _registry(id_: ResourceId, reading: Reading[object]) -> Json:
    match reading:
        case Found():
            return {"id": str(id_), "state": "found", "reason": None}
        case Unknown(cause, detail):
            return {"id": str(id_), "state": "unknown", "reason": f"{cause} ({detail})"}
        case _:
            return {"id": str(id_), "state": "absent", "reason": None}


def _sources(registry_state: RegistryState, zone_explanation: ZoneExplanation) -> Iterator[Json]:
    """Each endpoint of the registry: what its interface gives for the name, or why it does not."""
    analysis, record = zone_explanation.analysis, zone_explanation.record
    readings = analysis.observation.endpoint_readings if analysis else {}
    links = analysis.zone_state.link_by_network if analysis else {}
    member_addresses = {
        one.claim.endpoint: one
        for one in registry_state.member_addresses.get(zone_explanation.name, {}).values()
    }
    for id_ in sorted(registry_state.endpoint_states):
        word, reason = state_words(id_, registry_state)
        reading = readings[id_].endpoint if id_ in readings else None
        endpoint = reading.value if isinstance(reading, Found) else None
        member_address = member_addresses.get(id_)
        member = member_address.member if member_address else None
        address = member_address.claim.address if member_address else None
        yield {
            "registry": str(registry_state.id),
            "endpoint": str(id_),
            "state": word,
            "reason": reason,
            "network": str(endpoint.network) if endpoint else None,
            "linked": endpoint is not None and endpoint.network in links,
            "interface": str(endpoint.interfaces[0]) if endpoint and endpoint.interfaces else None,
            "member": member,
            "region": _region(member),
            "address": address,
            "published": record is not None and address in record.addresses,
        }


def _region(member: str | None) -> str | None:
    """The replica's region that a data member stands for."""
    if member is None or not member.startswith(DATA_MEMBER):
        return None
    return member.removeprefix(DATA_MEMBER)


def _changes(
    analysis: Analysis, zone_explanation: ZoneExplanation, settings: Settings
) -> Iterator[Json]:
    """What would become of the record, and of links, since a name is of no use without them."""
    permitted_plan = restrict(analysis.plan, settings.policy)
    for one in analysis.plan.changes:
        if isinstance(one, LinkChange) or one.name == zone_explanation.name:
            yield change_json(one, "planned" if one in permitted_plan.changes else "withheld")


def _findings(analysis: Analysis, zone_explanation: ZoneExplanation) -> Iterator[Finding]:
    """What was found about the name, and about what stands behind it; not about other names."""
    # Findings at resources, such as a network, concern every name that they serve.
    others = analysis.zone_state.records.keys() - {zone_explanation.name}
    return (finding for finding in analysis.plan.findings if finding.resource not in others)
