"""Runs a command: the engine that the function app runs, and what a person sees of it."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from shared.domain.scope import WholeScope
from shared.domain.zone import Foreign
from shared.engine.deadline import Deadline
from shared.engine.full_sync import Progress, untold
from shared.engine.options import Effect
from shared.engine.result import RunRequest, RunResult
from shared.entrypoints.app import Deployment
from shared.entrypoints.cli.arguments import Command, Output, Verb
from shared.entrypoints.cli.other_pages import explain_page, status_page
from shared.entrypoints.cli.page import Block, markdown
from shared.entrypoints.cli.run_page import run_page
from shared.entrypoints.explain import explain_name
from shared.entrypoints.request_body import scope_of
from shared.entrypoints.run_request import carry_out
from shared.entrypoints.status import status_json
from shared.errors import RefusedError
from shared.render.result_json import Json, run_result_json

IN_STEP, FAILED, DRIFTED = 0, 1, 2
# Nobody ends a laptop's run after ten minutes, and a first backfill may be long.
_SECONDS = 3_600.0
_MOST_WRITES = 100_000
_SIGN_IN = "ClientAuthenticationError"

type Page = Callable[[Json], Iterator[Block]]


async def run(command: Command, deployment: Deployment) -> int:
    """Run a command and print what comes of it.

    Returns:
        the exit status: 0 in step, 2 drift found, 1 failed.

    Raises:
        Refused: the command names what it may not, or cannot be drawn.
    """
    if command.output is Output.TABLE and not _can_draw():
        raise RefusedError("A table needs rich: pip install -r requirements-cli.txt")
    match command.verb:
        case Verb.PLAN:
            return await _plan(command, deployment)
        case Verb.RECONCILE:
            return await _reconcile(command, deployment)
        case Verb.EXPLAIN:
            told = await explain_name(command.name, deployment)
            _print(told, explain_page, command)
            return {"right": IN_STEP, "unmanaged": IN_STEP, "unknown": FAILED}.get(
                told["verdict"], DRIFTED
            )
        case Verb.STATUS:
            told = await status_json(deployment)
            _print(told, status_page, command)
            readable = all(one["readable"] for one in (*told["zones"], *told["subscriptions"]))
            return IN_STEP if readable else FAILED


async def _plan(command: Command, deployment: Deployment) -> int:
    return await _carried_out(_order(command, deployment, Effect.NONE), command, deployment)


async def _reconcile(command: Command, deployment: Deployment) -> int:
    """Make it right; somebody at a terminal sees the plan first, and is asked."""
    if not command.yes and sys.stdin.isatty() and deployment.effect is Effect.WRITE:
        planned = await _plan(command, deployment)
        if planned != DRIFTED:
            return planned
        print("Make these changes? [y/N] ", end="", file=sys.stderr, flush=True)
        if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
            return DRIFTED
    return await _carried_out(_order(command, deployment, deployment.effect), command, deployment)


async def _carried_out(run_request: RunRequest, command: Command, deployment: Deployment) -> int:
    with _progress() as tell:
        run_result = await carry_out(run_request, deployment, Deadline(_SECONDS), tell)
    _print(run_result_json(run_result), run_page, command)
    if any(
        _SIGN_IN in text
        for result in run_result.results
        for text in (*result.errors, *result.unread)
    ):
        _say("Azure did not take the sign-in; `az login` makes a new one.")
    for bug in run_result.bugs:
        raise bug
    return _status(run_result)


def _status(run_result: RunResult) -> int:
    if run_result.failed:
        return FAILED
    return DRIFTED if run_result.drifted else IN_STEP


def _order(command: Command, deployment: Deployment, effect: Effect) -> RunRequest:
    settings = deployment.settings
    kind, target = command.kind, command.target
    return RunRequest(
        scope=scope_of(kind, target, settings.watched) if kind else WholeScope(),
        effect=effect,
        policy=command.policy or settings.policy,
        foreign=Foreign.ADOPT if command.adopt is True else Foreign.FILL,
        former=command.adopt if isinstance(command.adopt, str) else "",
        is_threshold_on=not command.override_delete_threshold,
        cap=_MOST_WRITES,
    )


@contextmanager
def _progress() -> Iterator[Progress]:
    """Somebody to tell of the progress: a bar, where there is a terminal and rich."""
    if not sys.stderr.isatty() or not _can_draw():
        yield untold
        return
    from shared.entrypoints.cli.terminal import progress  # noqa: PLC0415 - rich may not be installed

    with progress() as tell:
        yield tell


def _print(told: Json, page: Page, command: Command) -> None:
    output = command.output or (Output.TABLE if _can_draw() else Output.MARKDOWN)
    match output:
        case Output.JSON:
            print(json.dumps(told, indent=2))
        case Output.MARKDOWN:
            print(markdown(page(told)), end="")
        case Output.TABLE:
            from shared.entrypoints.cli.terminal import draw  # noqa: PLC0415 - as above

            draw(page(told))


def _can_draw() -> bool:
    from importlib.util import find_spec  # noqa: PLC0415 - asked for here alone

    return find_spec("rich") is not None


def _say(text: str) -> None:
    print(text, file=sys.stderr)
