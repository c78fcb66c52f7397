"""What Azure holds before a run: a subscription with all of ours, and a management group."""

from tests.deployment.stage import (
    FUNCTIONS,
    NAME,
    STORAGE,
    TOPIC_PRINCIPAL,
    A,
    B,
    C,
    Stage,
    answer,
    assignment,
    event_subscription,
    role,
    topic,
)

READER = role("Reader", f"/subscriptions/{A}")
_OTHERS = {"name": "theirs", "roleName": f"ACR Private DNS Reader another {A}"}
LETTERS = f"{STORAGE}/blobServices/default/containers/dead-letters"
_GROUP_TYPE = "/providers/Microsoft.Management/managementGroups"
GROUP = f"{_GROUP_TYPE}/corp"
GROUP_READER = role("Reader", GROUP)


def furnish_subscription(stage: Stage) -> None:
    """A subscription with all that subscription.bicep makes, beside what others have."""
    scope = f"/subscriptions/{A}"
    stage.tell("system-topic list", answer([topic(A)]), about=A)
    stage.tell("event-subscription list", answer(list(map(event_subscription, FUNCTIONS))), about=A)
    stage.tell("diagnostic-settings list", answer([{"name": NAME}, {"name": "theirs"}]))
    stage.tell("group show", answer({"tags": {"acr-private-dns": NAME}}), about=A)
    stage.tell("resource list", answer([topic(A)]))
    stage.tell("role definition list", answer([READER, _OTHERS]), about=scope)
    stage.tell(
        "role assignment list",
        answer([assignment(READER, scope), assignment(_OTHERS, scope)]),
        about=A,
    )
    letters = [
        {"id": "topics", "principalId": TOPIC_PRINCIPAL},
        {"id": "another", "principalId": "another"},
    ]
    stage.tell("role assignment list", answer(letters), about=LETTERS)
    stage.tell("deployment sub show", answer({}), about=f"{NAME}-events")


def furnish_group(stage: Stage, *, with_c: bool = True) -> None:
    """A is right, B lacks a function, C has nothing; C's group lies two levels below."""
    deep = {"type": _GROUP_TYPE, "name": "deep", "children": [_subscription(C)] if with_c else None}
    children = [
        _subscription(B),
        {"type": _GROUP_TYPE, "name": "empty", "children": None},
        {"type": _GROUP_TYPE, "name": "below", "children": [deep, _subscription(A)]},
    ]
    stage.tell("management-group show", answer({"name": "corp", "children": children}))
    for subscription, functions in ((A, FUNCTIONS), (B, FUNCTIONS[1:])):
        stage.tell("system-topic list", answer([topic(subscription)]), about=subscription)
        stage.tell(
            "event-subscription list",
            answer([event_subscription(function) for function in functions]),
            about=subscription,
        )


def furnish_group_roles(stage: Stage) -> None:
    """What management_group.bicep makes."""
    stage.tell("role definition list", answer([GROUP_READER]), about=GROUP)
    stage.tell("role assignment list", answer([assignment(GROUP_READER, GROUP)]), about=GROUP)


def _subscription(name: str) -> dict[str, str]:
    return {"type": "/subscriptions", "name": name}
