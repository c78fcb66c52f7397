"""Goes through the subscriptions, some at once, and brings one row from each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed

from az import AzError, InterruptedRunError
from row import Result, Row
from run import Run

Task = Callable[[], Row]

_AT_ONCE = 4


def run_tasks(run: Run, tasks: Mapping[str, Task]) -> list[Row]:
    """Every task's row in the tasks' order, whatever becomes of the others.

    Ctrl-C ends what runs; the rows of what did not end by itself say so.
    """
    run.progress.expect(len(tasks))
    rows = {who: Row(who, Result.INTERRUPTED) for who in tasks}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        futures = {pool.submit(_row, who, task): who for who, task in tasks.items()}
        try:
            for future in as_completed(futures):
                row = rows[futures[future]] = future.result()
                run.progress.finish(row.subscription, f"{row.result.value} {row.remark}".rstrip())
        except KeyboardInterrupt:
            run.az.interrupt()  # which ends every other task at its next call
    return list(rows.values())


def _row(who: str, task: Task) -> Row:
    try:
        return task()
    except AzError as error:
        return Row(who, Result.FAILED, "", str(error))
    except InterruptedRunError:
        return Row(who, Result.INTERRUPTED)
    except Exception as error:  # noqa: BLE001 - an odd answer about one must not hide the others
        return Row(who, Result.FAILED, "", f"{type(error).__name__}: {error}")
