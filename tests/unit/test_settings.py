"""settings: read once, and every mistake told at once."""

import json
from pathlib import Path
from typing import Any

import pytest

from shared.domain.zone import Links, Peered, Selection
from shared.settings import Settings, load, load_schedule
from shared.settings.catalogue import PREFIX, SETTINGS
from shared.settings.reader import SettingsError

SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
ZONE = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/dns/providers/Microsoft.Network"
    "/privateDnsZones/privatelink.azurecr.io"
)
OTHER = ZONE.replace("/dns/", "/dns-east/")
EAST = {"regions": ["East US"]}
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
    assert (zone.selection, zone.links) == (Selection.FIRST, Links.MANAGE)
    assert settings.subscriptions == frozenset({SUBSCRIPTION})
    assert (settings.policy, settings.dry_run, settings.schedule) == (
        "sync",
        False,
        "0 */15 * * * *",
    )
    assert (
        settings.delete_threshold.percent,
        settings.delete_threshold.min_deletes,
        zone.peered,
    ) == (
        10,
        3,
        Peered.KEEP,
    )
    assert settings.cloud.base_url == "https://management.azure.com"
    assert settings.permissions == frozenset()


@pytest.mark.parametrize("word", ["all", "ALL", " All "])
def test_all_subscriptions_can_be_watched(word: str) -> None:
    """One word stands for every subscription that the app's identity can list, in any case."""
    assert load({**GOOD, "ACR_PRIVATE_DNS_SUBSCRIPTIONS": word}).subscriptions is None


def test_everything_can_be_said() -> None:
    """What a deployment decides arrives where it is used, in the words of the domain."""
    network = ZONE.replace("privateDnsZones/privatelink.azurecr.io", "virtualNetworks/Hub")
    zones = [
        {"id": ZONE, "peered": "unlink"},
        {"id": OTHER, **EAST, "networks": [network], "subscriptions": [SUBSCRIPTION.upper()]},
    ]
    settings = load(
        GOOD
        | {
            "ACR_PRIVATE_DNS_ZONES": json.dumps(zones),
            "ACR_PRIVATE_DNS_POLICY": "upsert-only",
            "ACR_PRIVATE_DNS_DRY_RUN": "true",
            "ACR_PRIVATE_DNS_DELETE_THRESHOLD_PERCENT": "0",
            "ACR_PRIVATE_DNS_DELETE_THRESHOLD_MIN": "7",
            "ACR_PRIVATE_DNS_ALLOW": "adopt , overrideDeleteThreshold",
            "ACR_PRIVATE_DNS_SCHEDULE": "0 0,30  8-17/2 * jan-MAR Mon-Fri",
            "ACR_PRIVATE_DNS_API_VERSIONS": '{"network": "2024-05-01"}',
        }
    )
    rest, east = settings.zones
    assert (rest.peered, east.peered) == (Peered.UNLINK, Peered.KEEP)
    assert not rest.selector
    assert [str(one).lower() for one in east.selector.networks] == [network.lower()]
    assert east.selector.subscriptions == {SUBSCRIPTION}
    assert east.selector.regions == {"eastus"}
    assert rest.other_selectors == east.selector
    assert (settings.policy, settings.dry_run) == ("upsert-only", True)
    assert (settings.delete_threshold.percent, settings.delete_threshold.min_deletes) == (0, 7)
    assert settings.permissions == {"adopt", "overrideDeleteThreshold"}
    assert settings.schedule == "0 0,30 8-17/2 * jan-MAR Mon-Fri"
    assert settings.api_versions == {"network": "2024-05-01"}


def test_the_sample_has_every_setting() -> None:
    """What a developer copies to start with is accepted, and shows all that can be said."""
    values = json.loads(Path("local.settings.sample.json").read_text("utf-8"))["Values"]
    assert load(values).zones[0].owner == "laptop"
    given = {name: value for name, value in values.items() if name.startswith(PREFIX)}
    assert [name.removeprefix(PREFIX) for name in given] == list(SETTINGS)
    defaults = {name: one.default for name, one in SETTINGS.items() if one.default is not None}
    assert {name: given[PREFIX + name] for name in defaults} == defaults


def test_every_setting_of_the_catalogue_is_read() -> None:
    """A setting that is told of and read by nobody would be set in vain, and its default hold."""

    class Environment(dict[str, str]):
        """Notes what is asked for."""

        def get(self, key: str, default: object = None) -> Any:
            names.append(key)
            return super().get(key, default)

    names: list[str] = []
    load(Environment(GOOD))
    assert {name.removeprefix(PREFIX) for name in names} == set(SETTINGS)


def test_settings_without_a_word_are_those_of_a_test() -> None:
    """The defaults of the catalogue are those with which `Settings` are made by hand."""
    settings = load(GOOD)
    by_hand = Settings(settings.zones, settings.subscriptions, "prod", settings.cloud, None)
    assert settings == by_hand


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("OWNER", "", "is not set, but should be a name for this deployment"),
        ("OWNER", "a b", "is 'a b', but should be a name for this deployment"),
        ("SUBSCRIPTIONS", "mine", "is 'mine', but should be subscription IDs"),
        ("SUBSCRIPTIONS", f"{SUBSCRIPTION},", "should be subscription IDs, separated by commas"),
        ("SUBSCRIPTIONS", f"all,{SUBSCRIPTION}", "separated by commas, or all, alone"),
        ("SUBSCRIPTIONS", f"{SUBSCRIPTION}, All", "separated by commas, or all, alone"),
        ("SUBSCRIPTIONS", "all,all", "separated by commas, or all, alone"),
        ("ZONES", "", "is not set, but should be a JSON list of zones"),
        ("ZONES", "[]", "should be a JSON list of zones"),
        ("ZONES", ZONE, "should be a JSON list of zones"),
        (
            "ZONES",
            '["x"]',
            "keys id, links, networks, peered, regions, selection, subscriptions only",
        ),
        ("ZONES", '[{"id": "x"}]', "zones with the `id` of a private DNS zone (not a resource ID)"),
        ("ZONES", json.dumps([{"id": ZONE, "color": 1}]), "with the keys id, links, networks"),
        ("ZONES", json.dumps([{"id": ZONE, "selection": "last"}]), "first or merge"),
        ("ZONES", json.dumps([{"id": ZONE, "links": []}]), "manage or leave"),
        ("ZONES", json.dumps([{"id": ZONE.replace("privatelink.", "")}]), "is called privatelink."),
        ("ZONES", json.dumps([{"id": ZONE}] * 2), "without the same zone twice"),
        ("ZONES", json.dumps([{"id": ZONE}, {"id": OTHER}]), "two zones for the same networks"),
        ("ZONES", json.dumps([{"id": ZONE, **EAST}, {"id": OTHER, **EAST}]), "the same networks"),
        ("ZONES", json.dumps([{"id": ZONE, "regions": "x"}]), "`regions` is a list of strings"),
        ("ZONES", json.dumps([{"id": ZONE, "regions": []}]), "with at least one in it"),
        ("ZONES", json.dumps([{"id": ZONE, "regions": ["?"]}]), "names of regions, as westeurope"),
        ("ZONES", json.dumps([{"id": ZONE, "networks": [ZONE]}]), "the ID of another type"),
        ("ZONES", json.dumps([{"id": ZONE, "subscriptions": ["me"]}]), "(not a GUID)"),
        ("ZONES", json.dumps([{"id": ZONE, "peered": "cut"}]), "`peered` keep or unlink"),
        ("POLICY", "delete", "is 'delete', but should be sync or upsert-only"),
        ("DRY_RUN", "yes", "is 'yes', but should be true or false"),
        ("DELETE_THRESHOLD_PERCENT", "101", "percent from 0 to 100"),
        ("DELETE_THRESHOLD_PERCENT", "-1", "percent from 0 to 100"),
        ("DELETE_THRESHOLD_MIN", "some", "deletes from 0 to 1000000"),
        ("ALLOW", "all", "is 'all', but should be words of overrideDeleteThreshold, adopt, separ"),
        ("ALLOW", "failover", "words of overrideDeleteThreshold, adopt, separated by commas"),
        ("ALLOW", "adopt,", "words of overrideDeleteThreshold, adopt, separated by commas"),
        ("ALLOW", "Adopt", "words of overrideDeleteThreshold, adopt, separated by commas"),
        ("SCHEDULE", "*/15 * * * *", "six fields of NCRONTAB"),
        ("SCHEDULE", "0 */0 * * * *", "six fields of NCRONTAB"),
        ("SCHEDULE", "0 60 * * * *", "six fields of NCRONTAB"),
        ("SCHEDULE", "0 9-5 * * * *", "six fields of NCRONTAB"),
        ("SCHEDULE", "00:15:00", "six fields of NCRONTAB"),
        ("SCHEDULE", "%OTHER% * * * * *", "six fields of NCRONTAB"),
        ("API_VERSIONS", "2024-06-01", "a JSON object with dates, as 2024-06-01, at container"),
        ("API_VERSIONS", '{"dns": "2024-06-01"}', "at containerregistry, network, privatedns"),
        ("API_VERSIONS", '{"network": "latest"}', "a JSON object with dates"),
        ("TTL", "0", "is '0', but should be seconds from 1 to 2147483647"),
        ("TTL", "ten", "should be seconds"),
        ("CLOUD", "http://127.0.0.1", "public, china, usgov, or the https:// URL"),
        ("CLOUD", "https://host/path", "the https:// URL of a Resource Manager"),
        ("TTL", "１０", "should be seconds"),  # noqa: RUF001 - digits of another script
        ("TLL", "20", "is no setting; there are ACR_PRIVATE_DNS_ALLOW"),
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
    named = [mistake.split()[0] for mistake in refused.value.mistakes]
    assert sorted(named) == [
        f"ACR_PRIVATE_DNS_{name}" for name in ("OWNER", "SUBSCRIPTIONS", "TTL", "ZONES")
    ]
    assert "\n" not in str(refused.value)
    assert all(mistake in str(refused.value) for mistake in refused.value.mistakes)


def test_a_long_value_is_told_by_its_beginning() -> None:
    """However much stands in a setting, the line about it can be read (bounded)."""
    with pytest.raises(SettingsError) as refused:
        load({**GOOD, "ACR_PRIVATE_DNS_ZONES": "[\n" + "x" * 100_000})
    (mistake,) = refused.value.mistakes
    assert mistake.startswith("ACR_PRIVATE_DNS_ZONES is '[\\nxxx")
    assert "xxx'…, but should be a JSON list of zones" in mistake
    assert len(mistake) < 300


@pytest.mark.parametrize(
    ("schedule", "wanted"),
    [
        ({"ACR_PRIVATE_DNS_SCHEDULE": "0 0 * * * *"}, "0 0 * * * *"),
        ({"ACR_PRIVATE_DNS_SCHEDULE": "hourly"}, "0 */15 * * * *"),
        ({"ACR_PRIVATE_DNS_SCHEDULE": " "}, "0 */15 * * * *"),
        ({}, "0 */15 * * * *"),
    ],
)
def test_there_is_a_schedule_whatever_is_wrong(schedule: dict[str, str], wanted: str) -> None:
    """A wrong one is told with the other mistakes; the timer has the default meanwhile."""
    assert load_schedule(schedule) == wanted
    assert load_schedule({**schedule, "ACR_PRIVATE_DNS_TTL": "x"}) == wanted


def test_the_readme_has_the_catalogue() -> None:
    """The table that a newcomer reads is the one by which the app starts."""
    lines = [f"| `{PREFIX}…` | | if not set |", "|---|---|---|"]
    for name, one in SETTINGS.items():
        default = "refused" if one.default is None else f"`{one.default}`" if one.default else ""
        lines.append(f"| `{name}` | {one.meaning} | {default} |")
    section = Path("README.md").read_text("utf-8").partition("\n## Settings\n")[2]
    table = [line for line in section.partition("\n## ")[0].splitlines() if line.startswith("|")]
    assert table == lines


@pytest.mark.parametrize("cloud", ["china", "usgov", "https://127.0.0.1:8443/"])
def test_other_clouds_are_reached_at_their_own_host(cloud: str) -> None:
    """The sovereign clouds and a local one are a setting, not a change of code."""
    settings = load({**GOOD, "ACR_PRIVATE_DNS_CLOUD": cloud})
    assert settings.cloud.base_url in {
        "https://management.chinacloudapi.cn",
        "https://management.usgovcloudapi.net",
        "https://127.0.0.1:8443",
    }


@pytest.mark.parametrize(
    ("cloud", "scope"),
    [
        ("public", "https://management.azure.com/.default"),
        ("usgov", "https://management.core.usgovcloudapi.net/.default"),
        ("https://evil.example", "https://evil.example/.default"),
        ("https://management.azure.com.evil.example/", None),
        ("https://evil-management.azure.com", None),
        ("https://management.azure.com:8443", None),
        ("https://management.azure.com./", None),
        ("https://127.0.0.1:8443/", "https://127.0.0.1:8443/.default"),
        # By its URL a cloud is no other than by its name.
        ("https://MANAGEMENT.azure.com:443/", "https://management.azure.com/.default"),
        ("https://management.usgovcloudapi.net", "https://management.core.usgovcloudapi.net/.def"),
    ],
)
def test_a_host_gets_tokens_for_itself_alone(cloud: str, scope: str | None) -> None:
    """A token for Azure's own Resource Manager is made for no other host, however it is spelled."""
    found = load({**GOOD, "ACR_PRIVATE_DNS_CLOUD": cloud}).cloud.scope
    assert found.startswith(scope or f"{cloud.rstrip('/')}/.default")
    if not scope:
        assert found != "https://management.azure.com/.default"
