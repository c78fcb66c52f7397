"""Run by azure-cli's own Python: which of these command lines does its parser refuse?

It reads a JSON list of command lines, and prints a JSON list of what the parser says of each:
null if it takes it. Nothing is called, and nobody is signed in.
"""

import json
import sys
from typing import Any, NoReturn

from azure.cli.core import get_default_cli
from azure.cli.core.parser import AzCliCommandParser
from knack.events import EVENT_INVOKER_POST_PARSE_ARGS


class _Parsed(BaseException):
    """The parser took the line."""


class _Refused(BaseException):
    """The parser did not take the line, and said why."""


def _stop(*_: Any, **__: Any) -> NoReturn:
    raise _Parsed


def _refuse(_: AzCliCommandParser, message: str) -> NoReturn:
    raise _Refused(message)


def _refusal(line: list[str]) -> str | None:
    cli = get_default_cli()
    cli.register_event(EVENT_INVOKER_POST_PARSE_ARGS, _stop)
    try:
        cli.invoke(line)
    except _Parsed:
        return None
    except _Refused as refusal:
        return str(refusal)
    except SystemExit:
        return f"'{line[0]}' is no command"
    return "it was not parsed"


if __name__ == "__main__":
    AzCliCommandParser.error = _refuse
    json.dump([_refusal(line) for line in json.load(sys.stdin)], sys.stdout)
