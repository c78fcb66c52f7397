"""What a cold start imports: processor time and memory, beside what nobody could do without."""

import json
import os
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from bench import page
from bench.environments import InstallError, python_with

ROUNDS = 9
_PROBE = Path(__file__).with_name("probe.py")
_REPOSITORY = _PROBE.parents[1]
_SUBSCRIPTION = "/subscriptions/0f2b7d5e-7c5d-4f0a-9a53-3a3d6b8f9e01"
_ZONE = f"{_SUBSCRIPTION}/resourceGroups/dns/providers/Microsoft.Network/privateDnsZones"
_SETTINGS = {
    "IDENTITY_ENDPOINT": "http://127.0.0.1:1/msi/token",
    "IDENTITY_HEADER": "none",
    "ACR_PRIVATE_DNS_OWNER": "bench",
    "ACR_PRIVATE_DNS_SUBSCRIPTIONS": _SUBSCRIPTION.rpartition("/")[2],
    "ACR_PRIVATE_DNS_ZONES": json.dumps([{"id": f"{_ZONE}/privatelink.azurecr.io"}]),
    "PYTHONPATH": str(_REPOSITORY),
}
_SDK = (
    "import azure.functions, azure.identity.aio, azure.mgmt.network.aio, "
    "azure.mgmt.privatedns.aio, azure.mgmt.containerregistry.aio"
)
_PACKAGE = "c7n-azure"
_CUSTODIAN = "from c7n_azure import entry, handler; entry.initialize_azure()"


@dataclass(frozen=True, slots=True)
class _Subject:
    """What is imported, and by which interpreter."""

    name: str
    code: str
    python: str = sys.executable


async def run() -> None:
    """Measure every subject in turn, round after round, and print the medians."""
    subjects = [
        _Subject("the SDKs alone", _SDK),
        _Subject("the SDKs and aiohttp, which they load at the first call", f"{_SDK}, aiohttp"),
        _Subject("function_app", "import function_app"),
    ]
    why = ""
    page.progress(f"installing {_PACKAGE}, once")
    try:
        name, python = (
            "c7n_azure, as its function starts",
            python_with(_PACKAGE, "import c7n_azure.handler, c7n_azure.entry"),
        )
        subjects.append(_Subject(name, _CUSTODIAN, python))
    except InstallError as error:
        why = f"{_PACKAGE} cannot be installed here: {error}"
    page.section(
        "Imports of a cold start",
        f"Medians of {ROUNDS} fresh processes each, in turn (A B C A B C), bytecode compiled.",
        "time: processor time of the imports. memory: the process's peak resident set.",
        "SDKs: azure.functions, azure.identity.aio and the three aio management clients.",
    )
    costs = _measure(subjects)
    own, peak = costs[subjects[0].name]
    rows = [
        [name, f"{its_own:.2f} s", f"{its_own / own:.2f}", f"{its_peak:.0f} MB",
         f"{its_peak / peak:.2f}"]
        for name, (its_own, its_peak) in costs.items()
    ]  # fmt: skip
    page.table(["import", "time", "to SDKs", "memory", "to SDKs"], rows)
    if why:
        page.note(why)


def _measure(subjects: list[_Subject]) -> dict[str, tuple[float, float]]:
    """Median seconds and megabytes of each."""
    costs: dict[str, list[tuple[float, float]]] = {one.name: [] for one in subjects}
    for number in range(ROUNDS + 1):
        page.progress(f"imports, round {number} of {ROUNDS}")
        for one in subjects:
            cost = _probe(one)
            if number:  # the first warms the disk
                costs[one.name].append(cost)
    return {
        name: (statistics.median(own for own, _ in each), statistics.median(mb for _, mb in each))
        for name, each in costs.items()
    }


def _probe(subject: _Subject) -> tuple[float, float]:
    """Seconds of processor time and megabytes of one fresh process."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(  # noqa: S603 - the bench's own command
        [subject.python, str(_PROBE), subject.code],
        check=True,
        capture_output=True,
        text=True,
        cwd=_REPOSITORY,
        env=inherited | _SETTINGS,
    )
    cost = json.loads(done.stdout.splitlines()[-1])
    return cost["own"], cost["peak"]
