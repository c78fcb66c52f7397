"""What clients get in the in-memory Azure, by the judge's view, and events over several zones."""

import contextlib
from collections.abc import Iterable

from shared.domain.resource_id import NETWORK, ZONE, ResourceId
from shared.domain.resources import Status
from shared.domain.scope import Scope
from shared.domain.zone import Link, RecordSet, Zone
from shared.engine.context import make_context
from shared.engine.deadline import EVENT_SECONDS, Deadline
from shared.engine.options import RunOptions
from shared.engine.result import ZoneResult
from shared.engine.runner import SharedRuns
from shared.errors import TransientError
from tests.judge.view import View
from tests.simulation.azure import ZONE_KEPT, Azure, an_id
from tests.simulation.documents import documents
from tests.simulation.run import FakeTime

LOGIN, DATA = "myregistry", "myregistry.westeurope.data"
TEAM = an_id(ZONE, "privatelink.azurecr.io", "team")
PUBLIC, NO_NAME = "the public answer", "no such name"


def gets(azure: Azure, network: str, name: str = LOGIN) -> str:
    """What a network's clients get for a registry's name: addresses, or how it ends."""
    view = View(documents(azure))
    got = view.answer(_id(network), f"{name}.azurecr.io")
    return " ".join(sorted(got.addresses)) or str(got.outcome)


def is_served(azure: Azure, network: str, name: str = LOGIN) -> bool:
    """Whether that is a good answer."""
    view, fqdn = View(documents(azure)), f"{name}.azurecr.io"
    return view.is_good(_id(network), fqdn, view.answer(_id(network), fqdn))


def _id(network: str) -> str:
    return str(an_id(NETWORK, network)).lower()


def linked(azure: Azure, zone: ResourceId = ZONE_KEPT.id) -> set[str]:
    """The names of the networks that have a link to a zone."""
    links = azure.zones[zone].links.values()
    return {link.network.name for link in links if link.network is not None}


def put_record(
    azure: Azure, zone: ResourceId, name: str, *addresses: str, **metadata: str
) -> RecordSet:
    """A record set in any zone, as somebody else would write it."""
    record = RecordSet(name, f"etag-by-hand-{name}", 3600, addresses, metadata)
    azure.zones[zone].records[name] = record
    return record


def put_link(
    azure: Azure, zone: ResourceId, network: str, policy: str = "NxDomainRedirect"
) -> Link:
    """A link to any zone, as somebody else would make it."""
    link = Link(
        f"to-{network}",
        f"etag-by-hand-{network}",
        an_id(NETWORK, network),
        {},
        has_fallback=policy == "NxDomainRedirect",
    )
    azure.zones[zone].links[link.name] = link
    return link


def set_pending(azure: Azure, registry: ResourceId, endpoint: ResourceId) -> None:
    """The connection waits for approval, on both sides."""
    azure.set_status(endpoint, Status.PENDING)
    azure.connect(registry, endpoint, Status.PENDING)


async def handle(azure: Azure, scope: Scope, *zones: Zone) -> list[ZoneResult]:
    """One event's run over the kept zones; what raises comes again with another event."""
    time = FakeTime()
    context = make_context(azure, zones or (ZONE_KEPT,))

    def make_deadline() -> Deadline:
        return Deadline(EVENT_SECONDS, time.clock, time.sleep)

    runs = SharedRuns(context, RunOptions(), make_deadline, lambda _result: None)
    with contextlib.suppress(TransientError):
        return await runs.run(scope, make_deadline())
    return []


def told(results: Iterable[ZoneResult], code: str) -> str:
    """What findings of a code say, one a line; empty if there is none."""
    found = (finding for result in results for finding in result.findings)
    return "\n".join(
        f"{finding.resource}: {finding.detail}" for finding in found if finding.kind.code == code
    )


def mentions(results: Iterable[ZoneResult], word: str) -> bool:
    """Whether a finding of any code speaks of something."""
    found = [finding for result in results for finding in result.findings]
    return any(word in f"{finding.resource}: {finding.detail}" for finding in found)
