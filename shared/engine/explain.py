"""Explanation: everything about one name, read directly, in every zone that could hold it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from shared.domain.desired import Desired, make_desired
from shared.domain.observation import Evidence, Observation, ZoneState
from shared.domain.ownership import Adopt, Owners, decode_ownership
from shared.domain.plan import Plan, make_plan
from shared.domain.reading import Found, Unknown, UnknownReason
from shared.domain.registry_state import RegistryState, registry_states
from shared.domain.resource_id import ResourceId
from shared.domain.zone import RecordSet, Zone, record_name
from shared.engine.azure import Azure
from shared.engine.context import RunContext
from shared.engine.observe import observe
from shared.engine.target import Target
from shared.errors import TransientError


@dataclass(frozen=True, slots=True)
class Analysis:
    """A name in one zone, and what is behind it.

    Attributes:
        observation: what was read for it, in all zones of the name.
        zone_state: the zone's own part of that.
        registry_states: the registries that may give the name.
        desired: what should be, for all names of those registries.
        plan: what would change, for all of them.
    """

    observation: Observation
    zone_state: ZoneState
    registry_states: tuple[RegistryState, ...]
    desired: Desired
    plan: Plan


@dataclass(frozen=True, slots=True)
class ZoneExplanation:
    """A name in one zone.

    Attributes:
        zone: which.
        owners: whose ownership counts as ours.
        name: the record's name.
        record: the record set, None where there is none.
        analysis: what is behind it; None if no registry is known that may give it.
        error: why it could not be read; empty if it could.
    """

    zone: Zone
    owners: Owners
    name: str
    record: RecordSet | None = None
    analysis: Analysis | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What was found out about a name.

    Attributes:
        fqdn: the name, as the public knows it.
        zone_explanations: one for each zone whose suffix it has.
        unread: watched subscriptions whose registries could not be listed.
    """

    fqdn: str
    zone_explanations: tuple[ZoneExplanation, ...] = ()
    unread: Mapping[str, Unknown] = field(default_factory=dict)


async def explain(fqdn: str, context: RunContext, adopt: Adopt) -> Explanation:
    """Find out about a name; nothing is written.

    Args:
        fqdn: as the public knows it, in lower case.
        context: Azure and the zones.
        adopt: which unmanaged record sets a run would make ours.
    """
    zones = [(zone, name) for zone in context.zones if (name := record_name(fqdn, zone.suffix))]
    if not zones:
        return Explanation(fqdn)
    registries, unread = await _registries(fqdn, context)
    # All that have the name's suffix are zones of one name.
    kept_zones, (_, name) = tuple(zone for zone, _ in zones), zones[0]
    zone_explanations = await _explain_in(kept_zones, name, registries, context, adopt)
    return Explanation(fqdn, tuple(zone_explanations), unread)


async def _registries(
    fqdn: str, context: RunContext
) -> tuple[frozenset[ResourceId], Mapping[str, Unknown]]:
    """The registries whose login server's label the name begins with."""
    try:
        watch = await context.azure.subscriptions()
    except TransientError as error:
        # What the zone's records say of themselves can be explained all the same.
        return frozenset(), {"all": Unknown(UnknownReason.TRANSIENT, str(error))}
    subscriptions = sorted(watch.ids)
    # By the label and not by the registry's name: they can differ
    # (docs/azure.md#container-registry).
    label = fqdn.partition(".")[0]
    lists = await asyncio.gather(*(context.azure.list_registries(one) for one in subscriptions))
    registries = frozenset(
        id_
        for items in lists
        if isinstance(items, Found)
        for id_, reading in items.value.items()
        if isinstance(reading, Found)
        and reading.value.login_server.partition(".")[0] == label
        and fqdn.endswith(reading.value.login_server.removeprefix(label))
    )
    unread = {
        subscription: reading
        for subscription, reading in zip(subscriptions, lists, strict=True)
        if isinstance(reading, Unknown)
        # One that nobody named need not be meant to be read.
        and (watch.are_given or reading.reason is not UnknownReason.FORBIDDEN)
    }
    return registries, unread


async def _explain_in(
    zones: tuple[Zone, ...],
    name: str,
    registries: frozenset[ResourceId],
    context: RunContext,
    adopt: Adopt,
) -> list[ZoneExplanation]:
    """The name in zones of one name, by one observation of all that can be read."""
    readings = await asyncio.gather(*(_record(zone, name, context.azure) for zone in zones))
    records = [reading.value for reading in readings if isinstance(reading, Found)]
    ownerships = [one and decode_ownership(one, context.owners) for one in records]
    target = Target(
        kept_zones=zones,
        zones=frozenset(zone.id for zone in zones),
        registries=registries.union(one.registry for one in ownerships if one and one.registry),
        endpoints=frozenset(claim.endpoint for one in ownerships if one for claim in one.claims),
        names=frozenset({name}),
    )
    analyses: Mapping[ResourceId, Analysis] = {}
    error = ""
    try:
        if target.registries and records:
            observation = await observe(target, Evidence(), context)
            analyses = _analyze(observation, adopt)
            errors = (state.link_error for state in observation.zone_states)
            error = "; ".join(str(one) for one in errors if one)
    except TransientError as failure:
        error = str(failure)
    return [
        _zone_explanation(zone, name, reading, analyses.get(zone.id), error, context.owners)
        for zone, reading in zip(zones, readings, strict=True)
    ]


async def _record(zone: Zone, name: str, azure: Azure) -> Found[RecordSet | None] | Unknown:
    try:
        return Found(await azure.record(zone, name))
    except TransientError as error:
        return Unknown(UnknownReason.TRANSIENT, str(error))


def _analyze(observation: Observation, adopt: Adopt) -> Mapping[ResourceId, Analysis]:
    # As things are now: to wait for members would hide what a name lacks.
    desired = make_desired(observation, accept_partial=True)
    plans = make_plan(observation, desired, adopt)
    return {
        state.zone.id: Analysis(
            observation,
            state,
            registry_states(observation, state)[0],
            desired[state.zone.id],
            plans[state.zone.id],
        )
        for state in observation.zone_states
    }


def _zone_explanation(  # noqa: PLR0913, PLR0917 - all that was read of a name in a zone
    zone: Zone,
    name: str,
    reading: Found[RecordSet | None] | Unknown,
    analysis: Analysis | None,
    error: str,
    owners: Owners,
) -> ZoneExplanation:
    if isinstance(reading, Unknown):
        return ZoneExplanation(zone, owners, name, error=reading.detail)
    if analysis is None:
        return ZoneExplanation(zone, owners, name, reading.value, error=error)
    record = analysis.zone_state.records[name]
    return ZoneExplanation(zone, owners, name, record, analysis)
