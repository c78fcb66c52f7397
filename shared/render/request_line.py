"""A run request as one line, for the log and for whoever runs a command: what, how far, and who."""

from collections.abc import Set as AbstractSet
from dataclasses import fields
from enum import Enum

from shared.domain.scope import EndpointScope, FullScope, RegistryScope
from shared.engine.run_request import RunRequest, RunScope


def request_line(verb: str, request: RunRequest, caller: str) -> str:
    """A run request in one line: what is to be done to what, how far it may go, and who asks.

    Args:
        verb: what is to be done.
        request: the request.
        caller: by which door it came and whose it is, which comes last: what a name holds
            must not be taken for what the app says.
    """
    options = ", ".join(
        f"{field.name.replace('_', ' ')} {_option_text(getattr(request.options, field.name))}"
        for field in fields(request.options)
    )
    return f"{verb} of {clean(_scope_text(request.scope))}: {options}; asked for {caller}"


def clean(text: str, limit: int = 2_000) -> str:
    """What others wrote, fit for a line of the log or a terminal: shown as it is, and no more.

    Args:
        text: anything.
        limit: how many characters of it are enough.
    """
    # A line break would begin a line of theirs, and an escape would colour or hide ours.
    return "".join(one if one.isprintable() else "?" for one in text[:limit])


def _scope_text(scope: RunScope) -> str:
    match scope:
        case RegistryScope(id_):
            return f"registry {id_}"
        case EndpointScope(id_):
            return f"endpoint {id_}"
        case FullScope(None):
            return "everything"
        case FullScope(subscription):
            return f"subscription {subscription}"


def _option_text(value: object) -> str:
    match value:
        case bool():
            return str(value).lower()
        case None | "":
            return "none"
        case AbstractSet():
            return str(len(value))
        # A word in itself, as the policy is.
        case str():
            return value
        case Enum():
            return value.name.lower()
        case _:
            return str(value)
