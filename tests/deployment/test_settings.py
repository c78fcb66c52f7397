"""The app starts with the settings that the templates give it, of which there is one list."""

import ast
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from infra.build.artefacts import INFRA
from shared.settings import SettingsError, load
from tests.deployment.deployment import Deployment, is_expression

ROOT = INFRA.parent
PREFIX = "ACR_PRIVATE_DNS_"
REQUIRED = {"OWNER", "SUBSCRIPTIONS", "ZONES", "CLOUD", "CLIENT_ID"}
CLIENT = "00000000-0000-0000-0000-0000000000cc"
CLOUDS = {
    "AzureCloud": "https://management.azure.com",
    "AzureChinaCloud": "https://management.chinacloudapi.cn",
    "AzureUSGovernment": "https://management.usgovcloudapi.net",
}


def make_environment(deployment: Deployment, shape: str, cloud: str) -> dict[str, str]:
    """What a shape's app finds in its environment, with what Azure alone knows put in."""
    (site,) = (
        one["properties"]["siteConfig"]["appSettings"]
        for name, one in deployment.select("Microsoft.Web/sites")
        if name == shape
    )
    found = {one["name"]: one["value"] for one in site if one["name"].startswith(PREFIX)}
    expressions = {name for name, value in found.items() if is_expression(value)}
    assert expressions == {f"{PREFIX}CLOUD", f"{PREFIX}CLIENT_ID"}
    clouds = dict(re.findall(r"'(\w+)', '(\w+)'", found[f"{PREFIX}CLOUD"]))
    return found | {f"{PREFIX}CLOUD": clouds[cloud], f"{PREFIX}CLIENT_ID": CLIENT}


@pytest.mark.parametrize("cloud", CLOUDS)
@pytest.mark.parametrize("shape", ["central", "hub", "regional"])
def test_the_app_starts(deployment: Deployment, shape: str, cloud: str) -> None:
    """A wrong setting would show as an app without functions, after everything was deployed."""
    settings = load(make_environment(deployment, shape, cloud))
    assert settings.cloud.base_url == CLOUDS[cloud]
    assert settings.client_id == CLIENT


def test_what_is_given_arrives(deployment: Deployment) -> None:
    """Every setting that the regional shape gives is the one in force, as literal values."""
    settings = load(make_environment(deployment, "regional", "AzureCloud"))
    assert settings.owner == "acr-dns-prod"
    assert settings.subscriptions == frozenset({"00000000-0000-0000-0000-000000000001"})
    assert {zone.ttl for zone in settings.zones} == {60}
    assert [str(zone.selection) for zone in settings.zones] == ["first", "first", "merge", "first"]
    assert (str(settings.policy), settings.dry_run) == ("upsert-only", False)
    assert settings.permissions == {"adopt"}
    assert settings.schedule == "0 */30 * * * *"
    assert settings.api_versions == {"network": "2024-05-01", "privatedns": "2024-06-01"}


def test_what_is_not_given_is_the_apps_default(deployment: Deployment) -> None:
    """A default that the templates repeated would stay behind when the app's own changes."""
    found = make_environment(deployment, "central", "AzureCloud")
    assert found.keys() == {PREFIX + name for name in REQUIRED}


def test_there_is_one_list_of_settings() -> None:
    """The app, the template, its parameter file, the README and the sample know the same."""
    known = set(list_known_settings())
    template = (INFRA / "main.bicep").read_text()
    assert set(re.findall(rf"{PREFIX}(\w+):", template)) == known
    parameters = (INFRA / "main.bicepparam").read_text()
    computed = {"OWNER", "CLOUD", "CLIENT_ID"}
    assert set(re.findall(rf"Variable\(\s*'{PREFIX}(\w+)'", parameters)) == known - computed
    assert set(list_readme_settings()) == known
    sample = json.loads((ROOT / "local.settings.sample.json").read_text())["Values"]
    assert {name.removeprefix(PREFIX) for name in sample if name.startswith(PREFIX)} == known


def test_a_zone_says_what_the_setting_takes(deployment: Deployment) -> None:
    """A key that only one side knew would be refused by the other."""
    with pytest.raises(SettingsError) as refusal:
        load({f"{PREFIX}ZONES": '[{"color": 1}]'})
    sentence = re.search(r"with the keys ([\w, ]+) only", str(refusal.value))
    assert sentence
    zone: Mapping[str, object] = deployment.templates["main"]["definitions"]["zoneType"]
    assert zone["additionalProperties"] is False
    assert sorted(list_keys(zone)) == sentence[1].split(", ")


def test_functions_that_stand_ready_are_there(deployment: Deployment) -> None:
    """Azure takes any name, and keeps nothing ready for a function that is not there."""
    type_ = deployment.templates["main"]["definitions"]["alwaysReadyType"]
    allowed = type_["properties"]["name"]["allowedValues"]
    assert set(allowed) == {"http", *(f"function:{name}" for name in list_functions())}


def list_keys(type_: Mapping[str, object]) -> Iterator[str]:
    """The keys of an object type."""
    properties = type_["properties"]
    assert isinstance(properties, dict)
    yield from properties


def list_known_settings() -> list[str]:
    """The settings that the app reads, as it tells them to whoever mistypes one."""
    with pytest.raises(SettingsError) as refusal:
        load({f"{PREFIX}COLOR": "red"})
    _, _, names = str(refusal.value).partition(f"{PREFIX}COLOR is no setting; there are ")
    return [name.removeprefix(PREFIX) for name in names.splitlines()[0].split(", ")]


def list_readme_settings() -> list[str]:
    """The first column of the README's table."""
    section = Path(ROOT / "README.md").read_text().partition("## Settings")[2].partition("\n## ")[0]
    rows = [line.split("|")[1] for line in section.splitlines() if line.startswith("| `")]
    return [name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)]


def list_functions() -> list[str]:
    """The functions of the app that scale one by one, by name."""
    return [
        node.name
        for node in ast.parse((ROOT / "function_app.py").read_text()).body
        if isinstance(node, ast.AsyncFunctionDef)
        and any("_trigger" in ast.unparse(one) for one in node.decorator_list)
    ]
