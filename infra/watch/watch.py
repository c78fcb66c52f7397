"""Lets the app hear of subscriptions: python infra/watch/watch.py add | remove | list.

Needs Python 3.9 or later and az, signed in (`az login`), and nothing else: the standard library
alone, no syntax newer than 3.9, and no requirements file beside it, which azd would install.

The app must be deployed, its code too: Event Grid calls functions, which must exist by then.
Every command may be given again: it finishes what was begun, and leaves alone what is right.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from addition import TEMPLATE, add
from app import App, read_app, wait_for_functions
from arguments import Options, RefusedError, parse
from az import Az, AzError
from dead_letters import Assignments, check_group
from output import Progress, table
from removal import remove, remove_group_roles
from row import HEADING, Result, Row
from run import Run
from targets import check_visible, default_account, find_accounts, list_below
from topic import find_differences, find_topic
from work import Task, run_tasks

_FAILED, _REFUSED, _INTERRUPTED = 1, 2, 130
_GO_ON = "interrupted; the same command goes on from here"


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a command; 0 if all went well, 1 if something failed, 2 if it was refused."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        options = parse(arguments, environment)
        run = Run(Az(is_dry=options.is_dry), options, Progress(is_silent=options.is_dry))
        try:
            rows = run_tasks(run, _tasks(run, environment))
        finally:
            run.progress.clear()
    except RefusedError as error:
        return _end(str(error), _REFUSED)
    except AzError as error:
        return _end(str(error), _FAILED)
    except KeyboardInterrupt:
        return _end(_GO_ON, _INTERRUPTED)
    if options.is_dry:  # As comments: what is printed is a script.
        print("# Nothing was changed. These calls would end with:")
        print("\n".join(f"# {line}" for line in table(HEADING, rows)))
    else:
        print("\n".join(table(HEADING, rows)))
    if any(row.result is Result.INTERRUPTED for row in rows):
        return _end(_GO_ON, _INTERRUPTED)
    return _FAILED if any(row.result is Result.FAILED for row in rows) else 0


def _end(sentence: str, status: int) -> int:
    print(f"watch.py: {sentence}", file=sys.stderr)
    return status


def _tasks(run: Run, environment: Mapping[str, str]) -> dict[str, Task]:
    """What is to be done in each subscription, once it is known that it can be."""
    if not TEMPLATE.is_file():
        raise RefusedError(f"{TEMPLATE} is missing: take the whole folder infra")
    accounts = find_accounts(run.az, anew=bool(run.options.management_group))
    options = replace(run.options, hub=run.options.hub or default_account(accounts))
    check_visible((options.hub, *options.subscriptions), accounts)
    if options.command == "remove":
        remaining = _app_unless_gone(run.az, options, environment)
        targets = _targets(run, remaining, accounts)
        tasks = _removals(run, remaining, targets)
    else:
        app = read_app(run.az, options, environment)
        targets = _targets(run, app, accounts)
        tasks = (
            _additions(run, app, targets)
            if options.command == "add"
            else {who: partial(_list, run, app, who) for who in targets}
        )
    if not tasks:
        raise RefusedError(
            f"there is nothing to {options.command}: say --subscription or --management-group"
        )
    for who in targets:
        state = accounts.get(who, {}).get("state")
        if state in ("Disabled", "Deleted"):
            remark = f"the subscription is {state.lower()}"
            tasks[who] = partial(Row, who, Result.SKIPPED, "", remark)
    return tasks


def _targets(run: Run, app: App | None, accounts: Mapping[str, Any]) -> tuple[str, ...]:
    options = run.options
    if options.management_group:
        run.progress.tell(options.management_group, "listing its subscriptions")
        return list_below(run.az, options.management_group)
    targets = options.subscriptions or (app.subscriptions if app else ())
    check_visible(targets, accounts)
    return targets


def _app_unless_gone(az: Az, options: Options, environment: Mapping[str, str]) -> App | None:
    """The app; None if it is gone, and the command line says what is to be removed."""
    try:
        return read_app(az, options, environment)
    except RefusedError:
        if options.subscriptions or options.management_group:
            return None
        raise


def _additions(run: Run, app: App, targets: Sequence[str]) -> dict[str, Task]:
    if targets:
        if run.options.dead_letter_group:
            check_group(run.az, run.options.dead_letter_group)
        wait_for_functions(run, app)
    assignments = Assignments(run.az, app)
    return {who: partial(add, run, app, assignments, who) for who in targets}


def _removals(run: Run, app: App | None, targets: Sequence[str]) -> dict[str, Task]:
    """What the command line names, or else everything: the roles on the zones as well."""
    group = run.options.management_group
    is_whole = not (run.options.subscriptions or group)
    zones = app.zone_subscriptions if app and is_whole else ()
    tasks: dict[str, Task] = {
        who: partial(remove, run, app, who, with_zones=who in zones)
        for who in dict.fromkeys((*targets, *zones))
    }
    if group:
        tasks[group] = partial(remove_group_roles, run, group)
    return tasks


def _list(run: Run, app: App, subscription: str) -> Row:
    run.progress.tell(subscription, "looking for a system topic")
    topic = find_topic(run.az, subscription, run.options.name)
    if topic is None or not topic.of_deployment(run.options.name):
        return Row(subscription, Result.NOT_WATCHED, str(topic or ""))
    differences = find_differences(topic, app, run.options.name)
    result = Result.DIFFERS if differences else Result.WATCHED
    return Row(subscription, result, str(topic), ", ".join(differences))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
