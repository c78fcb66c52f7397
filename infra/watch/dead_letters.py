"""Who may keep undelivered events in the app's container: every topic, or a group of topics."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from app import App, resource_parts
from arguments import RefusedError
from az import Az, AzError
from run import Run
from topic import Topic

# Azure allows 4,000 role assignments a subscription, and no more on request; the rest is for
# everybody else in the app's subscription.
_MOST = 3_500


def container_of(app: App) -> str:
    """Resource ID of the app's container of undelivered events."""
    return f"{app.storage}/blobServices/default/containers/dead-letters"


class Assignments:
    """The role assignments in the app's subscription, one of which each new topic would need.

    Args:
        az: the command line that lists them, once, when somebody asks first.
        app: the app.
    """

    def __init__(self, az: Az, app: App) -> None:
        self._az = az
        self._hub = resource_parts(app.storage)["subscription"]
        self._container = container_of(app).lower()
        self._lock = threading.Lock()
        self._assigned: list[tuple[str, str]] | None = None
        self._reserved = 0

    def reserve(self, topic: Topic | None) -> None:
        """Count in a topic's assignment, unless it is there; AzError if that were too many."""
        with self._lock:
            if self._assigned is None:
                self._assigned = self._list()
            if topic and (self._container, topic.principal.lower()) in self._assigned:
                return
            count = len(self._assigned) + self._reserved
            if count >= _MOST:
                raise AzError(
                    f"the app's subscription {self._hub} holds {count} role assignments, and Azure "
                    "allows 4,000: make a group in Entra ID and say --dead-letter-group"
                )
            self._reserved += 1

    def _list(self) -> list[tuple[str, str]]:
        """The scope and the principal of each."""
        listed = self._az.read(
            *("role", "assignment", "list", "--all", "--subscription", self._hub),
            *("--fill-principal-name", "false", "--fill-role-definition-name", "false"),
            *("--query", "[].[scope, principalId]"),
        )
        return [(scope.lower(), principal.lower()) for scope, principal in listed or []]


def check_group(az: Az, group: str) -> None:
    """Refuse a group that Entra ID does not show, before anything is made."""
    try:
        az.read("ad", "group", "show", "--group", group)
    except AzError as error:
        if not error.is_absence:
            raise
        raise RefusedError(f"--dead-letter-group: Entra ID has no group {group}") from None


def enter_group(run: Run, subscription: str, topic: Topic | None) -> None:
    """Make a topic's identity a member of the group, before it is first asked for a token.

    A token says for a day or so which groups its owner was in when it was made, so whoever
    enters later waits for so long.
    """
    az, group = run.az, run.options.dead_letter_group
    if az.is_dry and topic is None:
        az.change(*("ad", "group", "member", "add", "--group", group, "--member-id", "NEW"))
    elif topic and not _is_member(az, group, topic):
        run.progress.tell(subscription, "entering the group")

        def enter() -> None:
            az.change(
                *("ad", "group", "member", "add", "--group", group),
                *("--member-id", topic.principal),
            )

        run.try_again(subscription, enter)


def leave_group(az: Az, group: str, topic: Topic) -> Iterator[str]:
    """Take a topic's identity out of the group, if it is in it; gives what was left."""
    if topic.principal and _is_member(az, group, topic):
        az.change(
            *("ad", "group", "member", "remove", "--group", group),
            *("--member-id", topic.principal),
        )
        yield group


def _is_member(az: Az, group: str, topic: Topic) -> bool:
    found = az.read(
        *("ad", "group", "member", "check", "--group", group, "--member-id", topic.principal)
    )
    return bool((found or {}).get("value"))
