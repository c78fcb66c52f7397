"""What the command line asks for, refused here if it cannot be meant."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
# The name is part of every resource's, so the strictest of Azure's rules for names holds.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,22}[A-Za-z0-9]")
_MANAGEMENT_GROUP = re.compile(r"[\w().-]{1,90}")
_LOCATION = re.compile(r"[a-z0-9]{2,40}")
_NETWORK = re.compile(
    r"/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.Network/virtualNetworks/[^/]+",
    re.IGNORECASE,
)


class RefusedError(Exception):
    """What was asked for cannot be meant; the message names it."""


@dataclass(frozen=True)
class Options:
    """What the command line asks for.

    Args:
        command: add, remove or list.
        name: of the deployment, as main.bicep has it.
        hub: the subscription of the app.
        location: region of what is made, or "" for the app's own.
        subscriptions: those named one by one.
        management_group: name of the group whose subscriptions are meant, or "".
        networks: resource IDs of the networks that may be joined; none for all.
        access: whether roles are made in each subscription.
        dead_letter_group: object ID of the Entra group that may keep undelivered events, or "" if
            each topic may.
        is_dry: whether what would change something is only printed.
        patience: seconds for which known refusals are tried again.
        pause: seconds between two tries.
    """

    command: str
    name: str
    hub: str
    location: str
    subscriptions: tuple[str, ...]
    management_group: str
    networks: tuple[str, ...]
    access: bool
    dead_letter_group: str
    is_dry: bool
    patience: float
    pause: float


def parse(arguments: Sequence[str], environment: Mapping[str, str]) -> Options:
    """The options, or RefusedError. Where the environment has a value, azd or a person set it."""
    given = _parser().parse_args(arguments)
    if given.subscription and given.management_group:
        raise RefusedError("--subscription and --management-group exclude each other")
    if given.network and given.no_access:
        raise RefusedError("--network and --no-access exclude each other")
    name = given.name or environment.get("AZURE_ENV_NAME") or "acr-private-dns"
    _check(_NAME, name, "--name", "2 to 24 letters, digits and dashes")
    location = given.location or environment.get("AZURE_LOCATION") or ""
    _check(_LOCATION, location or "any", "--location", "a region such as westeurope")
    group = given.management_group or ""
    _check(_MANAGEMENT_GROUP, group or "any", "--management-group", "a management group's name")
    for network in given.network:
        _check(_NETWORK, network, "--network", "a virtual network's resource ID")
    letters = (given.dead_letter_group or environment.get("DEAD_LETTER_GROUP") or "").lower()
    if letters:
        _check(_GUID, letters, "--dead-letter-group", "a group's object ID in Entra ID")
    if given.pause < 0 or given.patience < 0:
        raise RefusedError("--pause and --patience are seconds, 0 or more")
    hub = given.hub or environment.get("AZURE_SUBSCRIPTION_ID") or ""
    subscriptions = tuple(
        dict.fromkeys(_subscription(text, "--subscription") for text in given.subscription)
    )
    if given.network:
        _check_networks(given.network, subscriptions)
    return Options(
        command=given.command,
        name=name,
        hub=_subscription(hub, "--hub") if hub else "",
        location=location,
        subscriptions=subscriptions,
        management_group=group,
        networks=tuple(given.network),
        access=not (given.no_access or group),
        dead_letter_group=letters,
        is_dry=given.dry_run,
        patience=given.patience,
        pause=given.pause,
    )


def parse_subscriptions(text: str) -> tuple[str, ...]:
    """The setting ACR_PRIVATE_DNS_SUBSCRIPTIONS; "all" names none."""
    if text.strip().lower() == "all":
        return ()
    parts = [part for part in text.split(",") if part.strip()]
    return tuple(
        dict.fromkeys(_subscription(part, "ACR_PRIVATE_DNS_SUBSCRIPTIONS") for part in parts)
    )


def _check_networks(networks: Sequence[str], subscriptions: Sequence[str]) -> None:
    """Networks narrow a role: a subscription without any of its own would get the wide one."""
    named = {network.split("/")[2].lower() for network in networks}
    for subscription in subscriptions:
        if subscription not in named:
            raise RefusedError(f"--network names none in {subscription}: add that one by itself")
    for subscription in sorted(named.difference(subscriptions)):
        raise RefusedError(f"--network names one in {subscription}, which no --subscription names")


def _subscription(text: str, source: str) -> str:
    subscription = text.strip().lower()
    _check(_GUID, subscription, source, "a subscription's ID")
    return subscription


def _check(pattern: re.Pattern[str], text: str, source: str, expected: str) -> None:
    if not pattern.fullmatch(text):
        raise RefusedError(f"{source} takes {expected}, not {text!r}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="watch.py",
        description="Lets the app hear of registries and private endpoints in subscriptions.",
        epilog="The subscriptions are those of ACR_PRIVATE_DNS_SUBSCRIPTIONS, or of main.bicep's "
        "deployment, if neither --subscription nor --management-group says otherwise.",
    )
    parser.add_argument(
        "command",
        choices=("add", "remove", "list"),
        help="add: roles and events, made or put right; remove: both taken away; "
        "list: what is there",
    )
    parser.add_argument(
        *("--subscription", "-s"),
        action="append",
        default=[],
        metavar="ID",
        help="a subscription; may be said again for more",
    )
    parser.add_argument(
        "--management-group",
        metavar="NAME",
        help="all its subscriptions, also of groups below; those that are right are left alone. "
        "Roles are made once with management_group.bicep",
    )
    parser.add_argument("--name", help="of the deployment; AZURE_ENV_NAME, or acr-private-dns")
    parser.add_argument(
        "--hub",
        metavar="ID",
        help="subscription of the app; AZURE_SUBSCRIPTION_ID, or the one that az is set to",
    )
    parser.add_argument("--location", help="region of what is made; AZURE_LOCATION, or the app's")
    parser.add_argument(
        "--network",
        action="append",
        default=[],
        metavar="ID",
        help="with --subscription: the app may join this network and no other there; may be said "
        "again for more",
    )
    parser.add_argument(
        "--no-access", action="store_true", help="make no roles: somebody else does"
    )
    parser.add_argument(
        "--dead-letter-group",
        metavar="ID",
        help="object ID of a group in Entra ID that topics enter, to keep undelivered events: for "
        "more subscriptions than Azure allows role assignments; DEAD_LETTER_GROUP",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="read, and print the calls that would change things"
    )
    parser.add_argument(
        "--patience",
        type=float,
        default=600,
        metavar="SECONDS",
        help="how long what Azure refuses at first is tried again; 600",
    )
    parser.add_argument(
        "--pause",
        type=float,
        default=30,
        metavar="SECONDS",
        help="between two tries; 30",
    )
    return parser
