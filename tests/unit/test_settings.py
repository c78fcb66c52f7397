"""settings: read once, and every mistake told at once."""

import json
from pathlib import Path

import pytest

from shared.domain.model import Conflict, Links
from shared.settings import SettingsError, load

SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
ZONE = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/dns/providers/Microsoft.Network"
    "/privateDnsZones/privatelink.azurecr.io"
)
GOOD = {
    "ACR_PRIVATE_DNS_OWNER": "prod",
    "ACR_PRIVATE_DNS_SUBSCRIPTIONS": SUBSCRIPTION,
    "ACR_PRIVATE_DNS_ZONES": json.dumps([{"id": ZONE}]),
}


def test_the_least_settings_have_safe_defaults() -> None:
    """Three settings suffice, and what is not said is the careful choice."""
    settings = load(GOOD)
    (zone,) = settings.zones
    assert (zone.suffix, zone.owner, zone.ttl) == ("azurecr.io", "prod", 10)
    assert (zone.conflict, zone.links) == (Conflict.FIRST, Links.MANAGE)
    assert settings.watched == {SUBSCRIPTION}
    assert settings.cloud.base_url == "https://management.azure.com"


def test_the_sample_loads() -> None:
    """What a developer copies to start with is accepted."""
    values = json.loads(Path("local.settings.sample.json").read_text())["Values"]
    assert load(values).zones[0].owner == "laptop"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("OWNER", "", "is not set, but should be a name for this deployment"),
        ("OWNER", "a b", "is 'a b', but should be a name for this deployment"),
        ("SUBSCRIPTIONS", "mine", "is 'mine', but should be subscription IDs"),
        ("SUBSCRIPTIONS", f"{SUBSCRIPTION},", "should be subscription IDs, separated by commas"),
        ("ZONES", "", "is not set, but should be a JSON list of zones"),
        ("ZONES", "[]", "should be a JSON list of zones"),
        ("ZONES", ZONE, "should be a JSON list of zones"),
        ("ZONES", '["x"]', "a list of objects with the keys conflict, id, links only"),
        ("ZONES", '[{"id": "x"}]', "zones with the `id` of a private DNS zone (not a resource ID)"),
        ("ZONES", json.dumps([{"id": ZONE, "color": 1}]), "keys conflict, id, links only"),
        ("ZONES", json.dumps([{"id": ZONE, "conflict": "last"}]), "first or merge"),
        ("ZONES", json.dumps([{"id": ZONE, "links": []}]), "manage or leave"),
        ("ZONES", json.dumps([{"id": ZONE.replace("privatelink.", "")}]), "is called privatelink."),
        ("ZONES", json.dumps([{"id": ZONE}] * 2), "without two zones for the same names"),
        ("TTL", "0", "is '0', but should be seconds from 1 to 2147483647"),
        ("TTL", "ten", "should be seconds"),
        ("CLOUD", "http://127.0.0.1", "public, china, usgov, or the https:// URL"),
        ("CLOUD", "https://host/path", "the https:// URL of a Resource Manager"),
        ("TTL", "１０", "should be seconds"),  # noqa: RUF001 - digits of another script
        ("TLL", "20", "is no setting; there are ACR_PRIVATE_DNS_CLIENT_ID"),
        ("ZONES", "[" * 100_000, "should be a JSON list of zones"),
        ("CLOUD", "https://x:abc", "the https:// URL of a Resource Manager"),
        ("CLOUD", "https://x:99999", "the https:// URL of a Resource Manager"),
        ("CLOUD", "https://user:password@x", "the https:// URL of a Resource Manager"),
        ("CLOUD", "https://[::1", "the https:// URL of a Resource Manager"),
        ("CLOUD", "https://x#part", "the https:// URL of a Resource Manager"),
        ("CLIENT_ID", "me", "the client ID of a user-assigned identity"),
    ],
)
def test_a_mistake_is_named_with_its_value_and_what_was_expected(
    name: str, value: str, expected: str
) -> None:
    """A person who mistyped a setting learns which, what it held, and what to write."""
    with pytest.raises(SettingsError) as refused:
        load({**GOOD, f"ACR_PRIVATE_DNS_{name}": value})
    assert f"ACR_PRIVATE_DNS_{name}" in str(refused.value)
    assert expected in str(refused.value)


def test_all_mistakes_are_told_at_once() -> None:
    """Nobody has to start the app five times to learn of five mistakes."""
    with pytest.raises(SettingsError) as refused:
        load({"ACR_PRIVATE_DNS_TTL": "x"})
    named = [line.split()[0] for line in str(refused.value).splitlines()[1:]]
    assert sorted(named) == [
        f"ACR_PRIVATE_DNS_{name}" for name in ("OWNER", "SUBSCRIPTIONS", "TTL", "ZONES")
    ]


@pytest.mark.parametrize("cloud", ["china", "usgov", "https://127.0.0.1:8443/"])
def test_other_clouds_are_reached_at_their_own_host(cloud: str) -> None:
    """The sovereign clouds and a local one are a setting, not a change of code."""
    settings = load({**GOOD, "ACR_PRIVATE_DNS_CLOUD": cloud})
    assert settings.cloud.base_url in {
        "https://management.chinacloudapi.cn",
        "https://management.usgovcloudapi.net",
        "https://127.0.0.1:8443",
    }
