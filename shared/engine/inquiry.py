"""Inquiry: everything about one name, read directly, in every zone that could hold it."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from shared.domain import marks
from shared.domain.changes import Patience
from shared.domain.desired import Desired, desired
from shared.domain.family import Family, families
from shared.domain.model import Found, Observation, RecordSet, Unknown, Zone
from shared.domain.names import ResourceId, record_name
from shared.domain.plan import Plan, plan
from shared.engine.bursts import Ground
from shared.engine.lead import Lead
from shared.engine.observe import observe
from shared.errors import RetryLater


@dataclass(frozen=True, slots=True)
class Study:
    """A name in one zone, and what stands behind it.

    Attributes:
        look: what was read for it.
        families: the registries that may give the name.
        want: what should be, for all names of those registries.
        plan: what would change, for all of them.
    """

    look: Observation
    families: tuple[Family, ...]
    want: Desired
    plan: Plan


@dataclass(frozen=True, slots=True)
class Sight:
    """A name in one zone.

    Attributes:
        zone: which.
        name: the record's name.
        record: the record set, None where there is none.
        study: what stands behind it; None if no registry is known that may give it.
        error: why it could not be read; empty if it could.
    """

    zone: Zone
    name: str
    record: RecordSet | None = None
    study: Study | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What was found out about a name.

    Attributes:
        fqdn: the name, as the public knows it.
        sights: one for each zone whose suffix it has.
        silent: watched subscriptions whose registries could not be listed.
    """

    fqdn: str
    sights: tuple[Sight, ...] = ()
    silent: Mapping[str, Unknown] = field(default_factory=dict)


async def inquire(fqdn: str, watched: Iterable[str], ground: Ground) -> Inquiry:
    """Find out about a name; nothing is written.

    Args:
        fqdn: as the public knows it, in lower case.
        watched: the subscriptions whose registries may give it.
        ground: Azure, and the zones.
    """
    named = [(zone, record_name(fqdn, zone.suffix)) for zone in ground.zones]
    zones = [(zone, name) for zone, name in named if name]
    if not zones:
        return Inquiry(fqdn)
    listed, silent = await _registries(fqdn, sorted(watched), ground)
    sights = await asyncio.gather(*(_sight(zone, name, listed, ground) for zone, name in zones))
    return Inquiry(fqdn, tuple(sights), silent)


async def _registries(
    fqdn: str, watched: list[str], ground: Ground
) -> tuple[frozenset[ResourceId], Mapping[str, Unknown]]:
    """The registries whose login server's label the name begins with."""
    label = fqdn.partition(".")[0]
    lists = await asyncio.gather(*(ground.estate.list_registries(one) for one in watched))
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


async def _sight(zone: Zone, name: str, listed: frozenset[ResourceId], ground: Ground) -> Sight:
    try:
        record = await ground.estate.record(zone, name)
        mark = marks.decode(record, zone) if record else None
        noted = frozenset({mark.registry}) if mark and mark.registry else frozenset[ResourceId]()
        entries = mark.entries if mark else ()
        lead = Lead(
            registries=listed | noted,
            endpoints=frozenset(entry.endpoint for entry in entries),
            names=frozenset({name}),
        )
        if not lead.registries:
            return Sight(zone, name, record)
        look = await observe(lead, zone, ground)
    except RetryLater as error:
        return Sight(zone, name, error=str(error))
    want = desired(look, Patience.LAST)
    study = Study(look, families(look)[0], want, plan(look, want))
    return Sight(zone, name, look.records[name], study)
