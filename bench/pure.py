"""The pure part of a full sync beside octoDNS's plan of the same records."""

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

from bench import page, pure_records
from bench.environments import InstallError, python_with

_HERE = Path(__file__).parent
_REGISTRIES = (50, 500, 5_000)
_CHANGES = 200
_TURNS = 3


async def run() -> None:
    """Let both plan the same zones in turn, and print medians and their ratios."""
    page.section(
        "The pure part beside octoDNS, on the same records",
        f"Milliseconds of processor time; medians of {_TURNS} fresh processes each, in turn.",
        "ours: from everything as read to the changes that are due (desired and plan).",
        "octoDNS: desired fills its Zone, plan is provider.plan(), compare the diff alone;",
        "both: desired and plan.",
    )
    try:
        page.progress("installing octodns, once")
        octodns = python_with("octodns", "import octodns.provider.base, octodns.record")
    except InstallError as error:
        page.note(f"octodns cannot be installed here: {error}")
        return
    rows = []
    for registries in _REGISTRIES:
        changes = min(_CHANGES, registries)
        theirs, ours = [], []
        for turn in range(_TURNS):
            page.progress(f"{registries:,} registries, turn {turn + 1} of {_TURNS}")
            ours.append(_probe([sys.executable, "-m", "bench.pure_probe"], registries, changes))
            theirs.append(_probe([octodns, str(_HERE / "octodns_probe.py")], registries, changes))
        rows.append(_row(registries, ours, theirs))
    page.table(
        ["records", "changes", "ours", "desired", "plan", "compare", "both/ours", "plan/ours"],
        rows,
    )  # fmt: skip


def _row(
    registries: int, ours: list[dict[str, float]], theirs: list[dict[str, float]]
) -> list[str]:
    mine = statistics.median(one["plan"] for one in ours)
    desired, plan, compare = (
        statistics.median(one[what] for one in theirs) for what in ("desired", "plan", "compare")
    )
    found = {one["changes"] for one in (*ours, *theirs)}
    return [
        f"{registries * pure_records.NAMES_OF_A_REGISTRY:,}",
        "/".join(f"{count:g}" for count in sorted(found)),
        *(f"{1000 * seconds:.1f}" for seconds in (mine, desired, plan, compare)),
        f"{(desired + plan) / mine:.1f}",
        f"{plan / mine:.1f}",
    ]


def _probe(command: list[str], registries: int, changes: int) -> dict[str, float]:
    done = subprocess.run(  # noqa: S603 - the bench's own command
        [*command, str(registries), str(changes)],
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=_HERE.parent,
        env={name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ},
    )
    cost: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return cost
