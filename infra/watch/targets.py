"""Which subscriptions are meant, and whether this sign-in can see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from arguments import RefusedError
from az import Az


def find_accounts(az: Az, *, anew: bool) -> dict[str, dict[str, Any]]:
    """The subscriptions of this sign-in, by ID: as az remembers them, or asked for anew."""
    listed = az.read("account", "list", "--all", *(("--refresh",) if anew else ()))
    if not listed:
        raise RefusedError("nobody is signed in: run `az login` first")
    return {found["id"].lower(): found for found in listed}


def default_account(accounts: Mapping[str, dict[str, Any]]) -> str:
    """The subscription that az is set to."""
    for subscription, account in accounts.items():
        if account.get("isDefault"):
            return subscription
    raise RefusedError("az is set to no subscription: say --hub")


def check_visible(subscriptions: Sequence[str], accounts: Mapping[str, Any]) -> None:
    """Refuse what az would refuse one by one."""
    for subscription in subscriptions:
        if subscription not in accounts:
            raise RefusedError(
                f"az does not know subscription {subscription}: sign in with `az login` as "
                "somebody who may see it"
            )


def list_below(az: Az, group: str) -> tuple[str, ...]:
    """The subscriptions of a management group and of all groups below it."""
    shown = az.read(
        *("account", "management-group", "show", "--name", group),
        *("--expand", "--recurse", "--no-register"),
    )
    found: set[str] = set()
    groups = [shown]
    while groups:
        for child in groups.pop().get("children") or []:
            if child["type"].lower().endswith("/subscriptions"):
                found.add(child["name"].lower())
            else:
                groups.append(child)
    if not found:
        raise RefusedError(f"management group {group!r} has no subscriptions")
    return tuple(sorted(found))
