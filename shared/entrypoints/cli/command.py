"""Runs a command: the engine that the function app runs, and what a person sees of it."""

import getpass
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from shared.domain.findings import FindingKind
from shared.domain.ownership import Adopt
from shared.domain.scope import FullScope
from shared.engine.deadline import Deadline
from shared.engine.full_sync import Progress, ignore_progress
from shared.engine.options import RunOptions
from shared.engine.result import ChangeState
from shared.engine.run_request import RunRequest, RunResult
from shared.engine.withdraw import plan_withdrawal, withdraw
from shared.entrypoints.app import App
from shared.entrypoints.cli.arguments import Command, Output, Verb
from shared.entrypoints.cli.other_pages import explain_page, status_page
from shared.entrypoints.cli.page import Block, clean_page, markdown
from shared.entrypoints.cli.run_page import run_page, withdraw_page
from shared.entrypoints.explain import explain_name
from shared.entrypoints.request_body import scope_of
from shared.entrypoints.run import run
from shared.entrypoints.status import read_status
from shared.errors import RefusedError
from shared.render.request_line import clean, request_line
from shared.render.result_json import Json, run_result_json
from shared.render.withdraw_json import withdraw_json

# The same three as those of `terraform plan -detailed-exitcode`.
IN_STEP = 0
FAILED = 1
DRIFTED = 2
# Nobody ends a laptop's run after ten minutes, and a first backfill may be long.
_SECONDS = 3_600.0
_MAX_CHANGES = 100_000
# As `phrase` in shared/arm/failures.py tells it.
_SIGN_IN = "ClientAuthenticationError"

type Page = Callable[[Json], Iterator[Block]]


async def run_command(command: Command, app: App) -> int:
    """Run a command and print what comes of it.

    Returns:
        the exit status: 0 in step, 2 drift found, 1 failed.

    Raises:
        RefusedError: the command names what it may not, or cannot be drawn.
    """
    if command.output is Output.TABLE and not _can_draw():
        raise RefusedError("A table needs rich: pip install -r requirements-cli.txt")
    match command.verb:
        case Verb.PLAN:
            return await _plan(command, app)
        case Verb.RECONCILE:
            return await _reconcile(command, app)
        case Verb.EXPLAIN:
            explanation = await explain_name(command.name, command.origin, app)
            _print_document(explanation, explain_page, command)
            # What the app does not manage is as it should be; only a wrong name is drift.
            return {"right": IN_STEP, "unmanaged": IN_STEP, "unknown": FAILED}.get(
                explanation["verdict"], DRIFTED
            )
        case Verb.STATUS:
            status = await read_status(app)
            _print_document(status, status_page, command)
            return IN_STEP if _is_readable(status, app) else FAILED
        case Verb.WITHDRAW:
            return await _withdraw(command, app)


def _is_readable(status: Json, app: App) -> bool:
    """Whether all can be read that is meant to be: with all watched, one need only be."""
    subscriptions = [one["readable"] for one in status["subscriptions"]]
    are_readable = any if app.settings.subscriptions is None else all
    return all(one["readable"] for one in status["zones"]) and are_readable(subscriptions)


async def _plan(command: Command, app: App) -> int:
    result = await _carry_out(Verb.PLAN, _request(command, app, dry_run=True), app)
    return _tell(result, run_result_json(result), run_page, command)


async def _reconcile(command: Command, app: App) -> int:
    """Make it right, after a word: of somebody at a terminal, who sees the plan, or `--yes`."""
    request = _request(command, app, dry_run=app.settings.dry_run)
    if not command.yes and not app.settings.dry_run:
        # Silence is no consent, and nobody sees the plan of a run that cannot ask.
        if not sys.stdin.isatty():
            raise RefusedError(
                "Nothing was changed: nobody can be asked here. Look at what `plan` shows, and "
                "give --yes to go ahead without."
            )
        plan_request = _request(command, app, dry_run=True)
        planned_result = await _carry_out(Verb.PLAN, plan_request, app)
        status = _tell(planned_result, run_result_json(planned_result), run_page, command)
        if status != DRIFTED or not _is_confirmed():
            return status
        request = replace(request, options=_limit_to(planned_result, request.options))
    result = await _carry_out(Verb.RECONCILE, request, app)
    status = _tell(result, run_result_json(result), run_page, command)
    if _is_plan_changed(result):
        _tell_aside(
            "What is to change is not what was shown any more; the rest was left: plan again."
        )
    return status


def _limit_to(planned_result: RunResult, options: RunOptions) -> RunOptions:
    """Options under which nothing is done but what the plan has shown."""
    shown_effects = frozenset(
        change.effect
        for result in planned_result.results
        for change in result.in_state(ChangeState.PLANNED)
    )
    return replace(options, shown_effects=shown_effects)


def _is_plan_changed(run_result: RunResult) -> bool:
    """Whether something was left, since the plan had not shown it."""
    return any(
        finding.kind is FindingKind.PLAN_CHANGED
        for result in run_result.results
        for finding in result.findings
    )


async def _withdraw(command: Command, app: App) -> int:
    """Take all of this owner's away, after a word: of somebody at a terminal, or `--yes`."""
    context = app.context()
    options = RunOptions(dry_run=app.settings.dry_run)
    _tell_request(Verb.WITHDRAW, RunRequest(FullScope(), options))
    planned_result = await plan_withdrawal(context, Deadline(_SECONDS))
    if not command.yes or app.settings.dry_run:
        status = _tell(planned_result.run, withdraw_json(planned_result), withdraw_page, command)
        if status != DRIFTED:
            return status
        # Silence is no consent where everything goes, and no delete threshold holds it.
        if app.settings.dry_run or not sys.stdin.isatty():
            _tell_aside(
                "Nothing was changed: "
                + (
                    "the settings say dry run."
                    if app.settings.dry_run
                    else "nobody can be asked here; --yes goes ahead without."
                )
            )
            return DRIFTED
        if not _is_confirmed():
            return DRIFTED
    result = await withdraw(planned_result, context, Deadline(_SECONDS))
    return _tell(result.run, withdraw_json(result), withdraw_page, command)


def _is_confirmed() -> bool:
    """Whether somebody at the terminal, asked now, says yes."""
    print("Make these changes? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


async def _carry_out(verb: Verb, request: RunRequest, app: App) -> RunResult:
    _tell_request(verb, request)
    with _progress() as progress:
        return await run(request, app, Deadline(_SECONDS), progress)


def _tell_request(verb: Verb, request: RunRequest) -> None:
    """Say who asks for what, as the app's log does of requests over HTTP."""
    try:
        user = clean(getpass.getuser())
    except OSError:
        user = "somebody without a name"
    _tell_aside(request_line(verb, request, f"on the command line by {user}"))


def _tell(run_result: RunResult, document: Json, page: Page, command: Command) -> int:
    """Print what came of a run, as the document says it; gives the exit status."""
    _print_document(document, page, command)
    if any(
        _SIGN_IN in text
        for result in run_result.results
        for text in (*result.errors, *result.unread)
    ):
        _tell_aside("Azure did not take the sign-in; `az login` makes a new one.")
    # After the page, so that what was done is seen.
    for bug in run_result.bugs:
        raise bug
    return _status(run_result)


def _status(run_result: RunResult) -> int:
    if run_result.has_failed:
        return FAILED
    return DRIFTED if run_result.has_drifted else IN_STEP


def _request(command: Command, app: App, *, dry_run: bool) -> RunRequest:
    settings = app.settings
    kind, target = command.kind, command.target
    options = RunOptions(
        policy=command.policy or settings.policy,
        dry_run=dry_run,
        adopt=Adopt.ALL if command.adopt is True else Adopt.EMPTY,
        adopt_from=command.adopt if isinstance(command.adopt, str) else "",
        override_threshold=command.override_delete_threshold,
        limit=_MAX_CHANGES,
    )
    scope = scope_of(kind, target) if kind else FullScope()
    return RunRequest(scope, options)


@contextmanager
def _progress() -> Iterator[Progress]:
    """Somebody to tell of the progress: a bar, where there is a terminal and rich."""
    if not sys.stderr.isatty() or not _can_draw():
        yield ignore_progress
        return
    from shared.entrypoints.cli import terminal  # noqa: PLC0415 - rich may not be installed

    with terminal.progress() as progress:
        yield progress


def _print_document(document: Json, page: Page, command: Command) -> None:
    output = command.output or (Output.TABLE if _can_draw() else Output.MARKDOWN)
    match output:
        case Output.JSON:
            print(json.dumps(document, indent=2))
        case Output.MARKDOWN:
            print(markdown(clean_page(page(document))), end="")
        case Output.TABLE:
            from shared.entrypoints.cli.terminal import draw  # noqa: PLC0415 - as above

            draw(clean_page(page(document)))


def _can_draw() -> bool:
    from importlib.util import find_spec  # noqa: PLC0415 - asked for here alone

    return find_spec("rich") is not None


def _tell_aside(text: str) -> None:
    """Say it on standard error: on the other is the document, which may be read by a program."""
    print(text, file=sys.stderr)
