"""watch.py and the templates: what one hands over, the other takes."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.deployment.stage import A, Stage, answer, main_deployment, topic

COMPILED = Path(__file__).parents[2] / "infra" / "compiled"
_TYPES: dict[str, type] = {"string": str, "bool": bool, "array": list}
_NETWORK = f"/subscriptions/{A}/resourceGroups/rg/providers/Microsoft.Network/virtualNetworks/vnet"


def compiled(name: str) -> dict[str, Any]:
    """A compiled template."""
    template: dict[str, Any] = json.loads((COMPILED / f"{name}.json").read_text())
    return template


@pytest.mark.parametrize("adopts", [False, True])
def test_the_template_takes_what_watch_hands_over(stage: Stage, *, adopts: bool) -> None:
    """Each parameter exists, has the type that the template wants, and none is left out."""
    if adopts:
        stage.tell(
            "eventgrid system-topic list", answer([topic(A, "evgt-platform", "rg-t")]), about=A
        )
    assert stage.run("add", "--subscription", A, "--network", _NETWORK).status == 0
    (given,) = stage.deployed().values()
    assert ("adopt" in given) is adopts
    wanted = compiled("subscription")["parameters"]
    needed = {k for k, v in wanted.items() if "defaultValue" not in v and not v.get("nullable")}
    assert needed <= given.keys() <= wanted.keys()
    for name, value in given.items():
        kind = _TYPES.get(wanted[name].get("type", ""), dict)
        assert isinstance(value, kind), name


def test_main_puts_out_what_watch_asks_for() -> None:
    """Whatever the stage's deployment of main.bicep answers, the template really puts out."""
    outputs = main_deployment()["properties"]["outputs"]
    assert {name.upper() for name in outputs} <= compiled("main")["outputs"].keys()
