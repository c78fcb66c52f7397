"""The faults of the local Azure, as the enumeration asks for them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from simulator.history import Asked
from tests.faults.invariants import ALWAYS
from tests.faults.stage import SUBSCRIPTION


@dataclass(frozen=True)
class Mishap:
    """One fault, as it is asked for.

    Attributes:
        name: for the test's ID.
        rule: what goes to the faults, but for the number of the call.
        strikes: whether it can strike such a call.
    """

    name: str
    rule: Mapping[str, Any]
    strikes: Callable[[Asked], bool] = lambda _call: True

    @property
    def stale(self) -> bool:
        """Whether Azure answers from the past."""
        return bool(self.rule["fault"] == "stale")

    @property
    def deceives(self) -> bool:
        """Whether Azure says what is not so, and nothing in its answer tells."""
        return self.stale or self.rule["fault"] == "itemLeftOut" or self.rule.get("status") == 404

    @property
    def refuses(self) -> bool:
        """Whether Azure refuses in a way that looks as if it would last."""
        return self.rule.get("status") == 403 or self.rule["fault"] == "nextLinkGarbled"

    @property
    def despite(self) -> set[str]:
        """The invariants that hold even so.

        no-stale-overwrite assumes fresh reads: where Azure's are stale, verify and the timer
        repair; and what a list leaves out is out of order when it is found.
        """
        if self.stale:
            return set(ALWAYS) - {
                "no-unproven-delete",
                "no-stale-overwrite",
                "never-empty",
                "no-half-registry",
                "client-never-worse",
            }
        if self.rule.get("status") == 404:
            return set(ALWAYS) - {
                "no-stale-overwrite"
            }  # what is refused never reaches the world's history
        return set(ALWAYS) - (
            {"no-half-registry"} if self.rule["fault"] == "itemLeftOut" else set()
        )


def _is_read(call: Asked) -> bool:
    return call.method == "GET" and "/privateDnsOperation" not in call.path


def _is_write(call: Asked) -> bool:
    return call.method != "GET"


def _is_list(call: Asked) -> bool:
    return call.listed


def _is_source(call: Asked) -> bool:
    return _is_read(call) and not call.listed and "/privateDnsZones/" not in call.path


def _is_interface(call: Asked) -> bool:
    return "/networkInterfaces/" in call.path


def _is_in_subscription(call: Asked) -> bool:
    return call.path.startswith(f"/subscriptions/{SUBSCRIPTION}/")


def _refused(status: int, **more: Any) -> dict[str, Any]:
    return {"fault": "refused", "status": status, **more}


MISHAPS = (
    Mishap("429", _refused(429, retryAfter=2)),
    Mishap("429-once", _refused(429, retryAfter=2, tries=1)),
    Mishap("429-for-long", _refused(429, retryAfter=60)),
    Mishap("500", _refused(500)),
    Mishap("502", _refused(502)),
    Mishap("503", _refused(503)),
    Mishap("503-from-here-on", _refused(503, calls=0)),
    Mishap("504", _refused(504)),
    Mishap("401", _refused(401)),
    Mishap("403", _refused(403)),
    Mishap(
        "403-on-the-subscription",
        _refused(403, calls=0, path=f"/subscriptions/{SUBSCRIPTION}/*"),
        _is_in_subscription,
    ),
    Mishap("404", _refused(404), _is_source),
    Mishap("409", _refused(409)),
    Mishap("412", _refused(412), _is_write),
    Mishap("dropped-before", {"fault": "droppedBefore"}),
    Mishap("dropped-after", {"fault": "droppedAfter"}),
    Mishap("dropped-after-once", {"fault": "droppedAfter", "tries": 1}),
    Mishap("silent-before", {"fault": "silentBefore"}),
    Mishap("silent-after", {"fault": "silentAfter"}),
    Mishap("silent-after-once", {"fault": "silentAfter", "tries": 1}),
    Mishap("slow", {"fault": "slow", "seconds": 8}),
    Mishap("truncated", {"fault": "truncated"}),
    Mishap("truncated-once", {"fault": "truncated", "tries": 1}),
    Mishap("not-json", {"fault": "notJson"}),
    Mishap("not-json-but-html", {"fault": "notJson", "content_type": "text/html"}),
    Mishap("stale", {"fault": "stale", "since": 0}, _is_read),
    Mishap("stale-from-here-on", {"fault": "stale", "since": 0, "calls": 0}, _is_read),
    Mishap("one-change-behind", {"fault": "stale", "back": 1}, _is_read),
    Mishap("item-left-out", {"fault": "itemLeftOut"}, _is_list),
    Mishap("second-page-fails", {"fault": "secondPageFails"}, _is_list),
    Mishap("next-link-garbled", {"fault": "nextLinkGarbled"}, _is_list),
    Mishap(
        "next-link-elsewhere",
        {"fault": "nextLinkGarbled", "link": "https://127.0.0.1:1/subscriptions"},
        _is_list,
    ),
    Mishap("interface-without-members", {"fault": "interfaceBehind"}, _is_interface),
    Mishap("interface-with-one-member", {"fault": "interfaceBehind", "members": 1}, _is_interface),
)
