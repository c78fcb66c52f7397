"""The composition root: all rooms of the local Azure, started together and stopped together."""

import asyncio
import contextlib
import json
import signal
import ssl
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import trustme

from simulator.arm.server import ResourceManager
from simulator.clock import Clock
from simulator.control import Control, control_application
from simulator.control_faults import FaultControl
from simulator.deployment import Deployment, load_deployment
from simulator.dns.server import DnsServer
from simulator.estate import furnish, zone_id
from simulator.eventgrid.control import EventGridControl
from simulator.eventgrid.delivery import Webhook
from simulator.eventgrid.grid import EventGrid
from simulator.faults import Faults
from simulator.functions.host import FunctionsHost
from simulator.identity import Identity
from simulator.world import Json, World

TENANT = "5c1d9a6e-3e0f-4a37-8a7d-1f3e6f5b2c10"
SUBSCRIPTIONS = (
    "0f2b7d5e-7c5d-4f0a-9a53-3a3d6b8f9e01",
    "6a1c2b3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d",
)
_REPOSITORY = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class LocalAzure:
    """A running local Azure.

    Attributes:
        world: the state behind all rooms, with the clock and the latencies.
        identity: the token endpoint.
        arm: Resource Manager.
        dns: the resolvers.
        functions: the Functions host.
        event_grid: Event Grid.
        deployment: what is deployed into it.
        ca_file: the certificate that a client must trust.
        zone: resource ID of the zone that is there from the start.
    """

    world: World
    identity: Identity
    arm: ResourceManager
    dns: DnsServer
    functions: FunctionsHost
    event_grid: EventGrid
    deployment: Deployment
    ca_file: str
    zone: str

    def as_json(self) -> Json:
        """What a client needs to know, as `serve --json` prints it."""
        return {
            "arm": self.arm.url,
            "identityEndpoint": self.identity.url,
            "identityHeader": self.identity.app_header,
            "operatorIdentityHeader": self.identity.operator_header,
            "functions": self.functions.url,
            "functionsKey": self.functions.keys.master,
            "functionsDefaultKey": self.functions.keys.default,
            "caFile": self.ca_file,
            "tenantId": self.world.tenant_id,
            "subscriptions": list(self.world.subscriptions),
            "zone": self.zone,
        }

    def as_text(self) -> str:
        """The same for a person."""
        resource = "https://management.azure.com"
        return f"""\
The local Azure is ready. Ctrl-C ends it.

Resource Manager  {self.arm.url}   (trust {self.ca_file})
Functions         {self.functions.url}
Public DNS        {self.dns.public_address} port {self.dns.port}
Zone              {self.zone}

A token with all rights:
  curl -s -H 'X-IDENTITY-HEADER: {self.identity.operator_header}' \\
    '{self.identity.url}?api-version=2019-08-01&resource={resource}'
Each virtual network's resolver, and how to ask one:
  curl -s --cacert {self.ca_file} {self.arm.url}/_simulator/networks
  dig @{self.dns.public_address} -p {self.dns.port} myregistry.{self.world.suffix}
"""


@contextlib.asynccontextmanager
async def running(
    *,
    scale: float = 1.0,
    deliver: bool = True,
    app_directory: Path = _REPOSITORY,
    settings: Mapping[str, str] | None = None,
    suffix: str = "azurecr.io",
) -> AsyncIterator[LocalAzure]:
    """Run a whole local Azure on free loopback ports.

    Args:
        scale: simulated seconds to a real second.
        deliver: whether events reach the functions; else they are raised and filtered only.
        app_directory: where the function app is.
        settings: app settings on top of those that are deployed.
        suffix: which Azure cloud this is, by what its registries' names end in.

    Raises:
        AppFailedToStartError: the function app could not be indexed.
        DeploymentError: a snapshot under infra/compiled is missing or damaged.
    """
    folder = tempfile.TemporaryDirectory(prefix="local-azure-")
    async with contextlib.AsyncExitStack() as stack:
        ca_file = str(Path(stack.enter_context(folder)) / "ca.pem")
        azure = _build(Clock(scale), suffix, app_directory, ca_file)
        await _start(stack, azure.identity.start(), azure.identity.stop)
        await _start(stack, azure.dns.start(), azure.dns.stop)
        await _start(stack, azure.arm.start(), azure.arm.stop)
        await furnish(azure.world, azure.identity, azure.arm.url, ca_file)
        azure.arm.calls.clear()
        app_settings = _app_settings(azure) | dict(settings or {})
        await _start(stack, azure.functions.start(app_settings), azure.functions.stop)
        webhook = (
            Webhook(azure.functions.webhook_url, azure.functions.keys.event_grid)
            if deliver
            else None
        )
        await _start(stack, azure.event_grid.start(webhook), azure.event_grid.stop)
        yield azure


async def serve(*, as_json: bool, scale: float, app_directory: Path) -> None:
    """Run until SIGTERM or SIGINT, having said on standard output where everything is.

    A signal ends a start that is still under way just as well.
    """
    serving = asyncio.create_task(_serve(scale, app_directory, as_json=as_json))

    def end() -> None:
        if not serving.cancelling():  # a second signal must not cut the ending short
            serving.cancel()

    for signal_ in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(signal_, end)
    with contextlib.suppress(asyncio.CancelledError):
        await serving


async def _serve(scale: float, app_directory: Path, *, as_json: bool) -> None:
    async with running(scale=scale, app_directory=app_directory) as azure:
        text = json.dumps(azure.as_json()) if as_json else azure.as_text()
        print(text, flush=True)  # noqa: T201 - this is the command's output
        await asyncio.Event().wait()


async def _start(
    stack: contextlib.AsyncExitStack,
    starting: Awaitable[None],
    stop: Callable[[], Awaitable[None]],
) -> None:
    # Registered first, so that a start that fails half-way is cleaned up too.
    stack.push_async_callback(stop)
    await starting


def _build(clock: Clock, suffix: str, app_directory: Path, ca_file: str) -> LocalAzure:
    """All rooms, none of them started."""
    world = World(clock, TENANT, SUBSCRIPTIONS, suffix)
    identity, dns = Identity(TENANT), DnsServer(world)
    functions = FunctionsHost(app_directory)
    zone = zone_id(world)
    deployment = load_deployment(identity.app_principal, zone, world.subscriptions)
    event_grid = EventGrid(world, deployment.filters, deployment.delivery)
    control = Control(world, dns, functions.log, functions.invocations, lambda: arm.calls)
    faults = Faults.of(world, identity)
    arm = ResourceManager(
        world,
        identity,
        list(deployment.assignments),
        control_application(control, FaultControl(faults), EventGridControl(event_grid)),
        _certificate(ca_file),
        faults=faults,
    )
    return LocalAzure(world, identity, arm, dns, functions, event_grid, deployment, ca_file, zone)


def _certificate(ca_file: str) -> ssl.SSLContext:
    """A server certificate from a throw-away authority, whose own goes to `ca_file`."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(ca_file)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(context)
    return context


def _app_settings(azure: LocalAzure) -> dict[str, str]:
    """What the app finds in its environment: what is deployed, and what Azure alone knows."""
    return {
        "FUNCTIONS_WORKER_RUNTIME": "python",
        "WEBSITE_SITE_NAME": "acr-private-dns-local",
        "IDENTITY_ENDPOINT": azure.identity.url,
        "IDENTITY_HEADER": azure.identity.app_header,
        "SSL_CERT_FILE": azure.ca_file,
        **azure.deployment.settings,
        "ACR_PRIVATE_DNS_CLOUD": azure.arm.url,
        "ACR_PRIVATE_DNS_CLIENT_ID": azure.identity.app_client,
    }
