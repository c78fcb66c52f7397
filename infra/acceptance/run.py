"""`python -m infra.acceptance.run`: proves the app, and what it rests on, on a live Azure.

In groups of its own it makes a registry, endpoints, a replica and zones, lets the app keep
their records, looks at everything in docs/azure.md that nobody could verify, and removes all
of it: at the end, after Ctrl-C, after a failure, or at the next run.
"""

import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from azure.core.exceptions import AzureError

from infra.acceptance import page
from infra.acceptance.arguments import parse
from infra.acceptance.azure import Azure, UnfinishedError
from infra.acceptance.check import Check, NotCheckableError, Result, Row, run_check
from infra.acceptance.checks import CATALOGUE
from infra.acceptance.checks.cloud import COLD_START
from infra.acceptance.checks.resolver import link_machine
from infra.acceptance.engine import DeployedApp, LocalEngine
from infra.acceptance.estate import Estate, ForeignGroupError
from infra.acceptance.text import one_line

PASSED, FAILED, REFUSED = 0, 1, 2
CHECKS: tuple[Check, ...] = (COLD_START, *CATALOGUE)


def main(words: Sequence[str], environment: Mapping[str, str]) -> int:
    """Do what the command line asks for; the exit status."""
    if "--list" in words:
        print("\n".join(f"{check.name}: {check.expectation}" for check in CHECKS))
        return PASSED
    options = parse(words, environment, [check.name for check in CHECKS])
    azure = Azure(options.cloud, options.subscription, options.pause, options.patience)
    estate = Estate(azure, options)
    chosen = [check for check in CHECKS if not options.only or check.name in options.only]
    try:
        leftovers = estate.leftovers()
    except (AzureError, UnfinishedError) as error:
        page.tell(f"Nothing was made: {one_line(str(error))}")
        return REFUSED
    except ForeignGroupError as error:
        page.tell(f"Nothing was made: group {error} is there, and is not of this name's; --name")
        return REFUSED
    if options.cleanup:
        return _clean(estate)
    print(page.plan(estate, chosen), flush=True)
    if not options.yes and not _is_confirmed():
        return REFUSED
    with _signals():
        return FAILED if leftovers and _clean(estate) else _prove(estate, chosen)


def _prove(estate: Estate, checks: Sequence[Check]) -> int:
    """Make everything, make the checks, show them, remove everything."""
    rows, status = list[Row](), FAILED
    try:
        for row in _rows(estate, checks):
            rows.append(row)  # one by one: what was seen before an interruption is shown
        status = PASSED
    except KeyboardInterrupt:
        page.tell("interrupted")
    except (AzureError, UnfinishedError, NotCheckableError) as error:
        page.tell(f"cannot go on: {one_line(str(error))}")
    finally:
        # Whatever ended it, a bug of ours included: nothing may be left that costs.
        dirt = _clean(estate)
        print(page.table(rows), flush=True)
    has_failed = any(row.result is Result.FAIL for row in rows)
    return FAILED if has_failed or dirt else status


def _rows(estate: Estate, checks: Sequence[Check]) -> Iterator[Row]:
    first = [check for check in checks if check is COLD_START]
    for check in first:
        yield _row(check, estate)
    for step in estate.furnish():
        page.tell(f"making {step}")
    options = estate.options
    networks = [estate.network_id(name) for name in ("network-a", "network-b")]
    estate.engine = (
        DeployedApp(options) if options.app_url else LocalEngine(options, estate.zone, networks)
    )
    if options.network:
        link_machine(estate)
    page.tell(f"records are kept by {estate.engine.words}")
    for check in checks:
        if check not in first:
            yield _row(check, estate)


def _row(check: Check, estate: Estate) -> Row:
    if check.look:
        page.tell(f"checking {check.name}")
    row = run_check(check, estate)
    if check.look:
        page.tell(f"  {row.result}: {row.seen}")
    return row


def _clean(estate: Estate) -> int:
    """Remove everything; no signal stops that. The exit status."""
    with _deaf():
        try:
            for step in estate.remove():
                page.tell(f"removing {step}")
        except (AzureError, UnfinishedError, ForeignGroupError) as error:
            page.tell(
                f"NOT REMOVED: {' and '.join(estate.groups)}: {one_line(str(error))}; "
                "the same command with --cleanup tries again"
            )
            return FAILED
    page.tell("nothing is left")
    return PASSED


def _is_confirmed() -> bool:
    if not sys.stdin.isatty():
        page.tell("Nothing was made: nobody can be asked here; --yes goes ahead without.")
        return False
    print("Make all this, and remove it in the end? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


@contextmanager
def _signals() -> Iterator[None]:
    """A polite end is asked for in two ways, and both mean Ctrl-C."""
    former = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, former)


@contextmanager
def _deaf() -> Iterator[None]:
    """Ctrl-C is answered by a sentence alone."""

    def answer(*_: object) -> None:
        # Not by print: a signal that strikes amid another print would break that one.
        os.write(sys.stderr.fileno(), b"everything is being removed; please wait\n")

    former = {number: signal.signal(number, answer) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
