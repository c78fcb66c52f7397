"""Inquiry: everything about one name, read directly, in every zone that could hold it."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from shared.domain.changes import Patience
from shared.domain.desired import Desired, compute_desired
from shared.domain.observation import Observation
from shared.domain.ownership import decode_ownership
from shared.domain.plan import Plan, make_plan
from shared.domain.reading import Found, Unknown
from shared.domain.registry_state import RegistryState, registry_states
from shared.domain.resource_id import ResourceId
from shared.domain.zone import RecordSet, Zone, record_name
from shared.engine.context import RunContext
from shared.engine.observe import observe
from shared.engine.target import Target
from shared.errors import TransientError


@dataclass(frozen=True, slots=True)
class Analysis:
    """A name in one zone, and what stands behind it.

    Attributes:
        observation: what was read for it.
        registry_states: the registries that may give the name.
        desired: what should be, for all names of those registries.
        plan: what would change, for all of them.
    """

    observation: Observation
    registry_states: tuple[RegistryState, ...]
    desired: Desired
    plan: Plan


@dataclass(frozen=True, slots=True)
class ZoneExplanation:
    """A name in one zone.

    Attributes:
        zone: which.
        name: the record's name.
        record: the record set, None where there is none.
        analysis: what stands behind it; None if no registry is known that may give it.
        error: why it could not be read; empty if it could.
    """

    zone: Zone
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
        silent: watched subscriptions whose registries could not be listed.
    """

    fqdn: str
    zone_explanations: tuple[ZoneExplanation, ...] = ()
    silent: Mapping[str, Unknown] = field(default_factory=dict)


async def explain(fqdn: str, watched: Iterable[str], context: RunContext) -> Explanation:
    """Find out about a name; nothing is written.

    Args:
        fqdn: as the public knows it, in lower case.
        watched: the subscriptions whose registries may give it.
        context: Azure, and the zones.
    """
    named = [(zone, record_name(fqdn, zone.suffix)) for zone in context.zones]
    zones = [(zone, name) for zone, name in named if name]
    if not zones:
        return Explanation(fqdn)
    listed, silent = await _registries(fqdn, sorted(watched), context)
    zone_explanations = await asyncio.gather(
        *(_sight(zone, name, listed, context) for zone, name in zones)
    )
    return Explanation(fqdn, tuple(zone_explanations), silent)


async def _registries(
    fqdn: str, watched: list[str], context: RunContext
) -> tuple[frozenset[ResourceId], Mapping[str, Unknown]]:
    """The registries whose login server's label the name begins with."""
    label = fqdn.partition(".")[0]
    lists = await asyncio.gather(*(context.azure.list_registries(one) for one in watched))
    found = (reading.value for reading in lists if isinstance(reading, Found))
    registries = frozenset(
        id_
        for items in found
        for id_, reading in items.items()
        if isinstance(reading, Found)
        and reading.value.login_server.partition(".")[0] == label
        and fqdn.endswith(reading.value.login_server.removeprefix(label))
    )
    silent = {
        subscription: reading
        for subscription, reading in zip(watched, lists, strict=True)
        if isinstance(reading, Unknown)
    }
    return registries, silent


async def _sight(
    zone: Zone, name: str, listed: frozenset[ResourceId], context: RunContext
) -> ZoneExplanation:
    try:
        record = await context.azure.record(zone, name)
        ownership = decode_ownership(record, zone) if record else None
        noted = (
            frozenset({ownership.registry})
            if ownership and ownership.registry
            else frozenset[ResourceId]()
        )
        claims = ownership.claims if ownership else ()
        target = Target(
            registries=listed | noted,
            endpoints=frozenset(claim.endpoint for claim in claims),
            names=frozenset({name}),
        )
        if not target.registries:
            return ZoneExplanation(zone, name, record)
        observation = await observe(target, zone, context)
    except TransientError as error:
        return ZoneExplanation(zone, name, error=str(error))
    desired = compute_desired(observation, Patience.LAST)
    analysis = Analysis(
        observation, registry_states(observation)[0], desired, make_plan(observation, desired)
    )
    return ZoneExplanation(zone, name, observation.records[name], analysis)
