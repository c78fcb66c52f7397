"""What the command line takes, and the command that it means."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import NoReturn

from shared.domain.policy import Policy
from shared.settings.values import owner

_EPILOG = """\
Settings are those of the function app, ACR_PRIVATE_DNS_…, from the environment or a file.
Azure is asked as whoever is signed in here, most often by `az login`.

exit status: 0 in step, 2 drift found (changes are planned, withheld or left), 1 failed
"""


class Verb(StrEnum):
    """What is to be done."""

    PLAN = "plan"
    RECONCILE = "reconcile"
    EXPLAIN = "explain"
    STATUS = "status"
    WITHDRAW = "withdraw"


class Output(StrEnum):
    """In which form."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"


@dataclass(frozen=True, slots=True)
class Command:
    """A command line, parsed.

    Attributes:
        verb: what is to be done.
        output: in which form; None for a table where it can be drawn, else Markdown.
        settings: a file with settings; None for the environment's.
        kind: "registry", "endpoint", "subscription", or "" for everything watched.
        target: the ID of that.
        adopt: True for unmanaged record sets, an owner's name for that owner's.
        override_delete_threshold: whether the delete threshold does not hold.
        policy: instead of the settings' own.
        yes: whether nothing is asked.
        name: what is to be explained.
        origin: the network whose clients ask for it; None for none in particular.
    """

    verb: Verb
    output: Output | None = None
    settings: Path | None = None
    kind: str = ""
    target: str = ""
    adopt: bool | str = False
    override_delete_threshold: bool = False
    policy: Policy | None = None
    yes: bool = False
    name: str = ""
    origin: str | None = None


class _Parser(argparse.ArgumentParser):
    """Ends with 1 on a mistake, where argparse ends with 2: here that means drift."""

    def error(self, message: str) -> NoReturn:
        """Say how it is used, and what was wrong."""
        self.print_usage()
        self.exit(1, f"{self.prog}: {message}\n")


def parser() -> argparse.ArgumentParser:
    """The parser, which also writes the help."""
    parser = _Parser(
        prog="python -m shared",
        description="Keeps the private DNS of Azure Container Registry private endpoints right.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    plan = verbs.add_parser("plan", help="say what reconcile would do; never writes")
    reconcile = verbs.add_parser("reconcile", help="make it right; on a terminal, asks first")
    explain = verbs.add_parser(
        "explain", help="say of one name where it comes from, and if it is right"
    )
    status = verbs.add_parser("status", help="say which settings hold, and what can be read")
    withdraw = verbs.add_parser(
        "withdraw", help="take away every link and record of this owner; asks first"
    )
    for verb in (plan, reconcile):
        _add_scope(verb)
        _add_options(verb)
    for verb in (reconcile, withdraw):
        verb.add_argument("--yes", action="store_true", help="do not ask")
    explain.add_argument("name", metavar="NAME", help="a domain name, as myregistry.azurecr.io")
    explain.add_argument(
        "--from",
        dest="origin",
        metavar="NETWORK",
        help="resource ID of a virtual network: say what its clients get as well",
    )
    for verb in (plan, reconcile, explain, status, withdraw):
        _add_common(verb)
    return parser


def parse(arguments: Sequence[str]) -> Command:
    """The command that the arguments mean; ends the process where they mean none."""
    values = vars(parser().parse_args(arguments))
    kinds = ("registry", "endpoint", "subscription")
    # The parser has seen to it that there is one at most.
    targets = [(kind, values[kind]) for kind in kinds if values.get(kind)]
    kind, target = targets[0] if targets else ("", "")
    return Command(
        verb=Verb(values["verb"]),
        output=Output(values["output"]) if values["output"] else None,
        settings=values["settings"],
        kind=kind,
        target=target,
        adopt=values.get("adopt", False),
        override_delete_threshold=values.get("override_delete_threshold", False),
        policy=Policy(values["policy"]) if values.get("policy") else None,
        yes=values.get("yes", False),
        name=values.get("name", ""),
        origin=values.get("origin"),
    )


def _add_scope(verb: argparse.ArgumentParser) -> None:
    scope = verb.add_argument_group("scope", "everything watched, unless one of these is named")
    one = scope.add_mutually_exclusive_group()
    one.add_argument("--registry", metavar="ID", help="a registry, by its resource ID")
    one.add_argument("--endpoint", metavar="ID", help="a private endpoint, by its resource ID")
    one.add_argument("--subscription", metavar="GUID", help="what touches a subscription")


def _add_options(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--adopt",
        nargs="?",
        const=True,
        default=False,
        type=owner,
        metavar="OWNER",
        help="take over unmanaged record sets, or those of a former OWNER",
    )
    verb.add_argument(
        "--override-delete-threshold",
        action="store_true",
        help="delete however many are to be deleted",
    )
    verb.add_argument(
        "--policy",
        choices=[str(one) for one in Policy],
        help="for this run, instead of the setting",
    )


def _add_common(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--output",
        choices=[str(one) for one in Output],
        help="a table where rich is installed, else Markdown",
    )
    verb.add_argument(
        "--settings",
        type=Path,
        metavar="FILE",
        help="read the settings from the Values of a local.settings.json",
    )
