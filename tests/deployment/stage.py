"""A copy of infra/ with an az in front that answers from a table and records its command lines."""

import compileall
import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

INFRA = Path(__file__).resolve().parents[2] / "infra"
HUB, A, B, C = (f"00000000-0000-0000-0000-00000000000{digit}" for digit in "fabc")
NAME = "acr-private-dns"
FUNCTIONS = ("endpoint_deleted", "endpoint_written", "registry_changed")
APP = f"/subscriptions/{HUB}/resourceGroups/rg-{NAME}/providers/Microsoft.Web/sites/func-x"
STORAGE = (
    f"/subscriptions/{HUB}/resourceGroups/rg-{NAME}/providers/Microsoft.Storage/storageAccounts/st"
)
WORKSPACE = (
    f"/subscriptions/{HUB}/resourceGroups/rg-{NAME}"
    "/providers/Microsoft.OperationalInsights/workspaces/log"
)
ZONE = (
    f"/subscriptions/{HUB}/resourceGroups/rg-zones"
    "/providers/Microsoft.Network/privateDnsZones/privatelink.azurecr.io"
)
PRINCIPAL = "00000000-0000-0000-0000-0000000000ee"
GROUP = "00000000-0000-0000-0000-0000000000cc"
TOPIC_PRINCIPAL = "00000000-0000-0000-0000-0000000000dd"

# An entry answers a call of its command about its subject; its answers come in turn, and the last
# for good.
_AZ = """#!{python} -SE
import json, os, sys, time
os.chdir(os.path.dirname(__file__))
words = sys.argv[1:]
command = " ".join(words).partition(" --")[0]
def record(file, what):
    with open(file, "a") as stream:
        stream.write(json.dumps(what) + "\\n")
record("calls", words)
record("times", [time.monotonic(), 1])
for number, (key, about, answers) in enumerate(json.load(open("table"))):
    if command.endswith(key) and about in ("", *words):
        turn = 0
        while turn < len(answers) - 1:
            try:
                open(f"{{number}}.{{turn}}", "x")
                break
            except FileExistsError:
                turn += 1
        answer = answers[turn]
        time.sleep(answer["seconds"])
        record("times", [time.monotonic(), -1])
        sys.stderr.write(answer["error"])
        sys.stdout.write(json.dumps(answer["out"]))
        sys.exit(1 if answer["error"] else 0)
sys.exit("no answer for az " + " ".join(words))
"""


def answer(out: object = None, *, error: str = "", seconds: float = 0) -> dict[str, object]:
    """What az prints, or the error that it ends with."""
    return {"out": out, "error": error, "seconds": seconds}


@dataclass(frozen=True)
class Ended:
    """How a run of watch.py ended."""

    status: int
    out: str
    error: str

    @property
    def rows(self) -> dict[str, str]:
        """The table's rows by subscription."""
        return {line.split()[0]: line for line in self.out.splitlines()[1:]}


class Stage:
    """One person's machine: infra/, az, and what az answers.

    Args:
        folder: where all of it lies.
        copy: of infra/, as copy_infra makes it.
    """

    def __init__(self, folder: Path, copy: Path) -> None:
        self.infra = folder / "infra"
        shutil.copytree(copy, self.infra)
        self.template = self.infra / "compiled" / "subscription.json"
        self.bin = folder / "bin"
        self.bin.mkdir()
        az = self.bin / "az"
        az.write_text(_AZ.format(python=sys.executable))
        az.chmod(0o755)
        self._table: list[tuple[str, str, Sequence[object]]] = []
        self.tell("delete", answer())
        self.tell("list", answer([]))
        self.tell("member add", answer())
        self.tell("member remove", answer())
        self.tell("member check", answer({"value": False}))
        self.tell("group show", answer(error="ERROR: (ResourceGroupNotFound) Not found."))
        self.tell("ad group show", answer({"id": GROUP}))
        self.tell("deployment sub create", answer())
        self.tell("rest", answer())
        self.tell("functionapp function list", answer([{"name": f"func-x/{f}"} for f in FUNCTIONS]))
        self.tell("deployment sub show", answer(error="ERROR: (DeploymentNotFound) Not found."))
        self.tell("deployment sub show", answer(main_deployment()), about=NAME)
        self.tell("account list", answer([account(HUB, default=True), *map(account, (A, B, C))]))

    def tell(self, command: str, *answers: object, about: str = "") -> None:
        """Calls of a command, about this ID or name, are answered so: instead of earlier ones."""
        self._table.insert(0, (command, about, answers))
        self._write()

    def start(self, *arguments: str, **more: Any) -> subprocess.Popen[str]:
        """A run of watch.py in a process of its own, to talk to."""
        environment = more.pop("environment", {})
        return subprocess.Popen(
            (sys.executable, str(self.infra / "watch" / "watch.py"), *arguments),
            env={"PATH": f"{self.bin}:/usr/bin:/bin", "COLUMNS": "200", **environment},
            stdin=subprocess.DEVNULL,
            text=True,
            **more,
        )

    def run(self, *arguments: str, **environment: str) -> Ended:
        """A run of watch.py to its end, its output piped."""
        process = self.start(
            *("--pause", "0.02", *arguments),
            environment=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        try:
            out, error = process.communicate(timeout=120)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise
        return Ended(process.returncode, out, error)

    def calls(self, words: str = "") -> list[list[str]]:
        """The command lines so far that have all these words."""
        path = self.bin / "calls"
        recorded = path.read_text().splitlines() if path.exists() else []
        lines: list[list[str]] = [json.loads(line) for line in recorded]
        return [line for line in lines if set(words.split()) <= set(line)]

    def changes(self) -> list[list[str]]:
        """The command lines so far that change something."""
        verbs = {"add", "create", "delete", "post", "remove"}
        return [line for line in self.calls() if verbs & set(line)]

    def deployed(self) -> dict[str, dict[str, Any]]:
        """The parameters of each subscription's last deployment."""
        return {
            option(line, "--subscription"): {
                key: found["value"]
                for key, found in json.loads(option(line, "--parameters")).items()
            }
            for line in self.calls("deployment sub create")
        }

    def most_at_once(self) -> int:
        """How many az ran at the same time."""
        times = sorted(json.loads(line) for line in (self.bin / "times").read_text().splitlines())
        running, most = 0, 0
        for _, change in times:
            running += change
            most = max(most, running)
        return most

    def _write(self) -> None:
        whole = self.bin / f"table.{os.getpid()}"
        whole.write_text(json.dumps(self._table))
        whole.replace(self.bin / "table")
        for turn in self.bin.glob("*.[0-9]"):
            turn.unlink()


def copy_infra(folder: Path) -> Path:
    """What watch.py needs of infra/, byte-compiled once for the hundred times that it starts."""
    copy = folder / "infra"
    for part in ("watch", "events", "roles"):
        shutil.copytree(INFRA / part, copy / part)
    (copy / "compiled").mkdir()
    (copy / "compiled" / "subscription.json").write_text("{}")
    compileall.compile_dir(copy / "watch", quiet=1)
    return copy


def option(line: Sequence[str], name: str) -> str:
    """An option's value in a command line."""
    return line[line.index(name) + 1]


def account(subscription: str, *, default: bool = False, state: str = "Enabled") -> dict[str, Any]:
    """A subscription as `az account list` shows it."""
    return {"id": subscription, "isDefault": default, "state": state, "name": "any"}


def main_deployment(state: str = "Succeeded") -> dict[str, Any]:
    """main.bicep's deployment; Resource Manager changes the case of an output's first letters."""
    outputs = {
        "functioN_APP_ID": APP,
        "principaL_ID": PRINCIPAL,
        "storagE_ID": STORAGE,
        "workspacE_ID": WORKSPACE,
        "links": True,
    }
    return {
        "location": "westeurope",
        "properties": {
            "provisioningState": state,
            "outputs": {key: {"value": value} for key, value in outputs.items()},
            "parameters": {"watched": {"value": [A]}, "zones": {"value": [{"id": ZONE}]}},
        },
    }


def topic(
    subscription: str, name: str = f"evgt-{NAME}", group: str = f"rg-{NAME}-events", **more: Any
) -> dict[str, Any]:
    """A system topic of a subscription's own events."""
    return {
        "id": f"/subscriptions/{subscription}/resourceGroups/{group}"
        f"/providers/Microsoft.EventGrid/systemTopics/{name}",
        "name": name,
        "topicType": "Microsoft.Resources.Subscriptions",
        "identity": {"type": "SystemAssigned", "principalId": TOPIC_PRINCIPAL},
        **more,
    }


def event_subscription(function: str, **more: Any) -> dict[str, Any]:
    """An event subscription as subscription.bicep makes it and az shows it."""
    return {
        "name": f"{NAME}-{function.replace('_', '-')}",
        "provisioningState": "Succeeded",
        "destination": {
            "endpointType": "AzureFunction",
            "resourceId": f"{APP}/functions/{function}",
        },
        "filter": json.loads((INFRA / "events" / f"{function}.json").read_text("utf-8")),
        "deadLetterWithResourceIdentity": {"identity": {"type": "SystemAssigned"}},
        **more,
    }


def role(title: str, scope: str) -> dict[str, str]:
    """A role definition of the deployment at a scope."""
    return {
        "name": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{title} {scope}")),
        "roleName": f"ACR Private DNS {title} {NAME} {scope.rpartition('/')[2]}",
    }


def assignment(definition: dict[str, str], scope: str) -> dict[str, str]:
    """An assignment of a role at a scope."""
    return {
        "id": f"{scope}/providers/Microsoft.Authorization/roleAssignments/{definition['name']}",
        "roleDefinitionId": f"/any/roleDefinitions/{definition['name']}",
        "principalId": PRINCIPAL,
    }
