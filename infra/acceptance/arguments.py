"""What may be typed on the command line."""

import argparse
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from shared.settings import Cloud
from shared.settings.values import cloud

_NAME = re.compile(r"[a-z][a-z0-9-]{1,40}[a-z0-9]")
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_NETWORK = re.compile(
    r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.Network/virtualNetworks/[^/]+",
    re.IGNORECASE,
)
# Azure's own resolver, the same in every network (docs/azure.md, Private endpoints).
_RESOLVER = "168.63.129.16:53"
_DEFAULT_NAME = "acr-private-dns-acceptance"
_EPILOG = """\
exit status: 0 nothing failed, 1 a check failed or something could not be removed, 2 refused before
anything was made."""


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for.

    Attributes:
        name: of the run: part of every group's name, and the owner in the records.
        subscription: where everything is made.
        location: the registry's home region, and that of the networks.
        replica: the region of its replica.
        cloud: where Resource Manager is.
        app_url: a deployed app that is to keep the records; empty for the engine of this checkout.
        app_key: its key.
        network: ID of the network that this machine is in; empty if it is in none.
        resolver: the DNS server that is asked in that network, and its port.
        yes: nobody is asked.
        cleanup: only what an earlier run left is removed.
        pause: seconds between two looks at what is not there yet.
        patience: seconds until it is given up.
        only: names of the checks that are made; all, if empty.
    """

    name: str
    subscription: str
    location: str
    replica: str
    cloud: Cloud
    app_url: str
    app_key: str
    network: str
    resolver: tuple[str, int]
    yes: bool
    cleanup: bool
    pause: float
    patience: float
    only: frozenset[str]


def parse(words: Sequence[str], environment: Mapping[str, str], names: Sequence[str]) -> Options:
    """The options; a mistake ends the process with status 2 and one sentence.

    Args:
        words: the command line, without the program's name.
        environment: gives the subscription, the cloud and the app's key where the line does not.
        names: the checks there are.
    """
    parser = _parser(environment)
    asked = parser.parse_args(words)
    if not asked.subscription:
        parser.error("which subscription? --subscription or AZURE_SUBSCRIPTION_ID says it")
    if unknown := sorted(set(asked.only) - set(names)):
        parser.error(f"there is no check {', '.join(unknown)}; --list shows all")
    if asked.location == asked.replica:
        parser.error("--replica needs another region than --location")
    return Options(
        name=asked.name,
        subscription=asked.subscription,
        location=asked.location,
        replica=asked.replica,
        cloud=asked.cloud,
        app_url=asked.app or "",
        app_key=environment.get("ACR_PRIVATE_DNS_APP_KEY", ""),
        network=asked.network or "",
        resolver=asked.resolver,
        yes=asked.yes,
        cleanup=asked.cleanup,
        pause=asked.pause,
        patience=asked.patience,
        only=frozenset(asked.only),
    )


def _parser(environment: Mapping[str, str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m infra.acceptance.run",
        description="Proves the app, and what it rests on, in a throw-away group of a live Azure.",
        epilog=_EPILOG,
    )
    add = parser.add_argument
    known = environment.get("AZURE_SUBSCRIPTION_ID")
    add("--subscription", type=_checked(_GUID, "a GUID"), default=known, metavar="GUID")
    name = _checked(_NAME, "3 to 42 lower-case letters, digits and dashes")
    add("--name", type=name, default=_DEFAULT_NAME, help="of what is made (%(default)s)")
    add("--location", type=_region, default="westeurope", help="home region (%(default)s)")
    add("--replica", type=_region, default="northeurope", help="replica's region (%(default)s)")
    add("--cloud", type=_cloud, default=environment.get("ACR_PRIVATE_DNS_CLOUD", "public"),
        help="public, china, usgov or a URL (public, or ACR_PRIVATE_DNS_CLOUD)")  # fmt: skip
    add("--app", type=_app, metavar="URL",
        help="let a deployed app keep the records; its key: ACR_PRIVATE_DNS_APP_KEY")  # fmt: skip
    add("--network", type=_checked(_NETWORK, "the ID of a virtual network"),
        help="this machine's network: it is linked to the zone, and dig asks there")  # fmt: skip
    add("--resolver", type=_resolver, default=_RESOLVER, metavar="ADDRESS[:PORT]",
        help="whom dig asks (%(default)s)")  # fmt: skip
    add("--only", action="append", default=[], metavar="CHECK", help="this check; repeat for more")
    add("--list", action="store_true", help="show all checks, and make none")
    add("--cleanup", action="store_true", help="only remove what an earlier run left")
    add("--yes", action="store_true", help="do not ask")
    add("--pause", type=_seconds, default=5.0, metavar="S", help="between two looks (%(default)s)")
    add("--patience", type=_seconds, default=1_800.0, metavar="S",
        help="until something is given up (%(default)s)")  # fmt: skip
    return parser


def _checked(pattern: re.Pattern[str], what: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        if not pattern.fullmatch(text):
            raise argparse.ArgumentTypeError(f"{text!r} should be {what}")
        return text

    return check


def _region(text: str) -> str:
    return text.lower().replace(" ", "")


def _cloud(text: str) -> Cloud:
    try:
        return cloud(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} should be {error}") from None


def _app(text: str) -> str:
    if not re.fullmatch(r"https?://[^/?#\s]+/?", text):
        raise argparse.ArgumentTypeError(f"{text!r} should be as https://myapp.azurewebsites.net")
    return text.rstrip("/")


def _resolver(text: str) -> tuple[str, int]:
    address, _, port = text.partition(":")
    if not re.fullmatch(r"\d+(\.\d+){3}", address) or not (port or "53").isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} should be an IPv4 address, with :port or not")
    return address, int(port or 53)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1
    if not 0 <= seconds <= 86_400:  # noqa: PLR2004 - a day
        raise argparse.ArgumentTypeError(f"{text!r} should be seconds, a day at most")
    return seconds
