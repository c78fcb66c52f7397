"""A run of watch.py as a person and a pipeline see it: progress, table, Ctrl-C, and again."""

import os
import pty
import signal
import subprocess
import time
from collections.abc import Callable

import pytest

from tests.deployment.stage import A, B, C, Stage, answer

# Past this a process hangs: no measure of speed, since machines are slow at times.
_HANG_SECONDS = 60


def _wait_until(is_so: Callable[[], object]) -> None:
    end = time.monotonic() + _HANG_SECONDS
    while not is_so():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.01)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "a pipeline"])
def test_an_interrupted_run_is_finished_by_the_same_command(
    stage: Stage, number: signal.Signals
) -> None:
    """What was done is told; the next run waits for what Azure still has at work."""
    stage.tell(
        "deployment sub create",
        answer(seconds=60),
        answer(error="ERROR: (DeploymentActive) The deployment is still active."),
        answer(),
        about=B,
    )
    command = ("add", "-s", A, "-s", B, "-s", C)
    process = stage.start(*command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stderr
    done: set[str] = set()
    while done != {A, C}:
        line = process.stderr.readline()
        assert line, "it ended by itself"
        done |= {line.split(":")[0]} if "watched" in line else set()
    # Its first answer is taken by now: the next run gets the second.
    _wait_until(lambda: list(stage.bin.glob("*.0")))
    process.send_signal(number)
    out, error = process.communicate(timeout=_HANG_SECONDS)
    assert process.returncode == 130
    assert [line.split()[1] for line in out.splitlines()[1:]] == [
        "watched",
        "interrupted",
        "watched",
    ]
    assert error.endswith("watch.py: interrupted; the same command goes on from here\n")

    ended = stage.run(*command)
    assert ended.status == 0
    assert [row.split()[1] for row in ended.rows.values()] == ["watched"] * 3
    assert "an earlier deployment is still at work" in ended.error


def test_a_run_is_interrupted_while_it_waits(stage: Stage) -> None:
    """Nobody has to wait for the end of a pause, nor sees a traceback."""
    stage.tell("functionapp function list", answer([]))
    process = stage.start("add", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    _wait_until(lambda: stage.calls("function list"))
    # The call above was recorded when it began: a moment later its pause has, which is meant.
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    out, error = process.communicate(timeout=_HANG_SECONDS)
    assert (process.returncode, out) == (130, "")
    assert error.splitlines()[-1] == "watch.py: interrupted; the same command goes on from here"
    assert "Traceback" not in error


def test_piped_output_is_the_table_alone(stage: Stage) -> None:
    """A pipeline's log has a line for each step, and what is piped is the table."""
    ended = stage.run("add")
    assert ended.status == 0
    assert len(ended.out.splitlines()) == 2
    assert ended.error.splitlines() == [
        "func-x: syncing its functions",
        f"{A}: looking for a system topic",
        f"{A}: deploying",
        f"{A}: watched",
    ]


def test_a_terminal_shows_one_line_that_goes_away(stage: Stage) -> None:
    """A person sees what is being done on one line, and then the table alone."""
    ours, theirs = pty.openpty()
    process = stage.start("add", "-s", A, "-s", B, stdout=theirs, stderr=theirs)
    os.close(theirs)
    written = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # as Linux says that nobody writes any more
            break
        if not piece:
            break
        written += piece
    os.close(ours)
    assert process.wait(timeout=_HANG_SECONDS) == 0
    *steps, table = written.decode().replace("\r\n", "\n").rpartition("\r")
    assert "2 of 2  " in "".join(steps)
    assert "\n" not in "".join(steps)
    assert table.startswith("SUBSCRIPTION")
    assert len(table.splitlines()) == 3


def test_an_odd_answer_hides_no_other(stage: Stage) -> None:
    """What az never answered before fails its own subscription, and the table still comes."""
    stage.tell("system-topic list", answer([{"surprise": True}]), about=A)
    ended = stage.run("add", "-s", A, "-s", B)
    assert ended.status == 1
    assert [row.split()[1] for row in ended.rows.values()] == ["failed", "watched"]
    assert "Traceback" not in ended.error
