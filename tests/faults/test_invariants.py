"""Each checker catches a history that breaks its invariant.

The histories are real: a villain with the app's own identity does to a zone
what the app must never do.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from simulator.world import Json
from tests.faults.enumeration import base, tale
from tests.faults.invariants import idempotent, quiet, violations
from tests.faults.kinds import KINDS, LOGIN, PE_A, REPLICA, WEST, endpoint, replica
from tests.faults.stage import NETWORKING, REGISTRY, ZONE, Stage, context
from tests.faults.tale import Tale
from tests.virtual_time import run

_BY_NAME = {kind.name: kind for kind in KINDS}
_LOGIN, _WEST = f"{ZONE}/A/{LOGIN}", f"{ZONE}/A/{WEST}"
_OWN = {"acrPrivateDns": "owner"}

type Deed = Callable[[Stage], Awaitable[None]]


def told(kind: str, deed: Deed) -> Tale:
    """The tale of a deed in the estate of a kind of run, before what changes in it."""

    async def done() -> Tale:
        async with context() as common, Stage(common, await base(common, _BY_NAME[kind])) as stage:
            stage.history.begin()
            await deed(stage)
            return tale(stage)

    return run(done())


def document(stage: Stage, resource_id: str) -> Json:
    """What there is."""
    resource = stage.world.get(resource_id)
    assert resource is not None
    return resource.body


def with_address(found: Json, address: str) -> Json:
    """A record set's own body, with another address."""
    properties = found["properties"] | {"aRecords": [{"ipv4Address": address}]}
    return {"properties": properties}


async def read_all(stage: Stage) -> None:
    """Read the records, and then every source, as the app does."""
    for resource_id in (_LOGIN, _WEST, PE_A, REGISTRY):
        await stage.as_app("GET", resource_id)
    if stage.world.get(PE_A):
        interfaces = document(stage, PE_A)["properties"]["networkInterfaces"]
        await stage.as_app("GET", interfaces[0]["id"])


async def overwrite(stage: Stage, resource_id: str, body: Json) -> None:
    """Replace a record set under its ETag."""
    await stage.as_app("PUT", resource_id, body, If_Match=document(stage, resource_id)["etag"])


async def remove(stage: Stage, resource_id: str) -> None:
    """Delete something under its ETag."""
    await stage.as_app("DELETE", resource_id, If_Match=document(stage, resource_id)["etag"])


async def _delete_a_live_name(stage: Stage) -> None:
    await read_all(stage)
    await remove(stage, _LOGIN)


async def _delete_a_data_record_in_service(stage: Stage) -> None:
    interface = document(stage, PE_A)["properties"]["networkInterfaces"][0]["id"]
    resource = stage.world.get(interface)
    assert resource is not None
    del resource.properties["ipConfigurations"][0]  # the home region's member flickers
    await read_all(stage)
    await remove(stage, _WEST)


async def _write_without_condition(stage: Stage) -> None:
    await read_all(stage)
    await stage.as_app("PUT", _LOGIN, with_address(document(stage, _LOGIN), "10.1.0.5"))
    await stage.as_app("PUT", _LOGIN, with_address(document(stage, _LOGIN), "10.1.0.9"))


async def _read_sources_before_the_record(stage: Stage) -> None:
    await read_all(stage)
    await stage.as_app("GET", _LOGIN)
    await overwrite(stage, _LOGIN, with_address(document(stage, _LOGIN), "10.1.0.9"))


async def _write_under_an_etag_never_read(stage: Stage) -> None:
    await read_all(stage)
    await stage.put(_LOGIN, with_address(document(stage, _LOGIN), "10.1.0.7"))
    await overwrite(stage, _LOGIN, with_address(document(stage, _LOGIN), "10.1.0.9"))


async def _write_an_empty_set(stage: Stage) -> None:
    await read_all(stage)
    properties = document(stage, _LOGIN)["properties"] | {"aRecords": []}
    await overwrite(stage, _LOGIN, {"properties": properties})


async def _delete_and_create_again(stage: Stage) -> None:
    await read_all(stage)
    body = with_address(document(stage, _LOGIN), "10.1.0.5")
    await remove(stage, _LOGIN)
    await stage.as_app("PUT", _LOGIN, body, If_None_Match="*")


async def _replace_by_a_dead_address(stage: Stage) -> None:
    await read_all(stage)
    await overwrite(stage, _LOGIN, with_address(document(stage, _LOGIN), "10.1.0.99"))


async def _write_a_foreign_record(stage: Stage) -> None:
    printer = f"{ZONE}/A/printer"
    await stage.as_app("GET", printer)
    await overwrite(stage, printer, with_address(document(stage, printer), "10.9.9.1"))


async def _delete_another_owners_record(stage: Stage) -> None:
    await stage.as_app("GET", f"{ZONE}/A/other")
    await remove(stage, f"{ZONE}/A/other")


async def _lose_others_metadata(stage: Stage) -> None:
    mine = document(stage, _LOGIN)["properties"]
    await stage.put(_LOGIN, {"properties": mine | {"metadata": mine["metadata"] | {"team": "x"}}})
    await read_all(stage)
    await overwrite(stage, _LOGIN, {"properties": mine})


async def _delete_a_foreign_link(stage: Stage) -> None:
    await remove(stage, f"{ZONE}/virtualNetworkLinks/hub")


async def _write_what_a_zone_group_keeps(stage: Stage) -> None:
    kept = document(stage, _LOGIN)["properties"]
    ownerships = {"properties": kept | {"metadata": kept["metadata"] | _OWN}}
    await stage.put(_LOGIN, ownerships)
    await read_all(stage)
    await overwrite(stage, _LOGIN, {"properties": ownerships["properties"] | {"ttl": 11}})


async def _publish_what_nobody_gives(stage: Stage) -> None:
    await read_all(stage)
    await overwrite(stage, _LOGIN, with_address(document(stage, _LOGIN), "10.6.6.6"))


async def _publish_for_another_registry(stage: Stage) -> None:
    interface = document(stage, PE_A)["properties"]["networkInterfaces"][0]["id"]
    resource = stage.world.get(interface)
    assert resource is not None
    for config in resource.properties["ipConfigurations"]:
        config["properties"]["privateLinkConnectionProperties"]["fqdns"].append("prod.azurecr.io")
    await read_all(stage)
    body = {"ttl": 10, "aRecords": [{"ipv4Address": "10.1.0.5"}], "metadata": _OWN}
    await stage.as_app("PUT", f"{ZONE}/A/prod", {"properties": body}, If_None_Match="*")


async def _login_before_data(stage: Stage) -> None:
    await endpoint(stage, PE_A, "a")
    await read_all(stage)
    body = {"ttl": 10, "aRecords": [{"ipv4Address": "10.1.0.5"}], "metadata": _OWN}
    await stage.as_app("PUT", _LOGIN, {"properties": body}, If_None_Match="*")


async def _link_before_records(stage: Stage) -> None:
    await endpoint(stage, PE_A, "a")
    network = {"id": f"{NETWORKING}/virtualNetworks/net-a"}
    body = {"location": "global", "tags": _OWN, "properties": {"virtualNetwork": network}}
    await stage.as_app("PUT", f"{ZONE}/virtualNetworkLinks/ours", body, If_None_Match="*")


async def _link_onto_a_leftover(stage: Stage) -> None:
    await stage.put(_LOGIN, {"properties": {"ttl": 10, "aRecords": [{"ipv4Address": "10.9.9.9"}]}})
    await _link_before_records(stage)


async def _data_goes_first(stage: Stage) -> None:
    await stage.delete(PE_A)
    await read_all(stage)
    await remove(stage, _WEST)


async def _link_goes_first(stage: Stage) -> None:
    await stage.delete(PE_A)
    kind = "Microsoft.Network/privateDnsZones/virtualNetworkLinks"
    (ours,) = (link for link in stage.world.of_type(kind) if link.body.get("tags"))
    await remove(stage, ours.id)


@pytest.mark.parametrize(
    ("invariant", "kind", "deed", "words"),
    [
        ("no-unproven-delete", "replica-created", _delete_a_live_name, "an endpoint that approves"),
        (
            "no-unproven-delete",
            "replica-created",
            _delete_a_data_record_in_service,
            "its region is in service",
        ),
        ("no-stale-overwrite", "replica-created", _write_without_condition, "without a condition"),
        (
            "no-stale-overwrite",
            "replica-created",
            _read_sources_before_the_record,
            "not read between",
        ),
        ("no-stale-overwrite", "replica-created", _write_under_an_etag_never_read, "never read"),
        ("never-empty", "replica-created", _write_an_empty_set, "was written empty"),
        ("never-empty", "replica-created", _delete_and_create_again, "lost its last good address"),
        (
            "never-empty",
            "replica-created",
            _replace_by_a_dead_address,
            "lost its last good address",
        ),
        ("others-untouched", "replica-created", _write_a_foreign_record, "printer is not ours"),
        ("others-untouched", "replica-created", _delete_another_owners_record, "other is not ours"),
        ("others-untouched", "replica-created", _lose_others_metadata, "metadata of others"),
        ("others-untouched", "replica-created", _delete_a_foreign_link, "link hub is not ours"),
        (
            "others-untouched",
            "zone-group-removed",
            _write_what_a_zone_group_keeps,
            "kept by a zone group",
        ),
        ("provenance", "replica-created", _publish_what_nobody_gives, "got 10.6.6.6"),
        ("own-names-only", "replica-created", _publish_for_another_registry, "prod got 10.1.0.5"),
        ("no-half-registry", "endpoint-written", _login_before_data, f"before {WEST}"),
        (
            "no-half-registry",
            "endpoint-written",
            _link_before_records,
            "a network was linked before",
        ),
        ("no-half-registry", "replica-created", _data_goes_first, f"{WEST} went before {LOGIN}"),
        (
            "no-half-registry",
            "replica-created",
            _link_goes_first,
            "the link of a network went before",
        ),
        ("client-never-worse", "replica-created", _write_an_empty_set, "and is no data"),
        ("client-never-worse", "replica-created", _replace_by_a_dead_address, "is 10.1.0.99"),
        (
            "client-never-worse",
            "endpoint-written",
            _link_onto_a_leftover,
            "was the public answer, and is 10.9.9.9",
        ),
    ],
)
def test_a_broken_invariant_is_caught(invariant: str, kind: str, deed: Deed, words: str) -> None:
    """What the app must never do is seen in the world's history, and named."""
    found = violations(told(kind, deed), invariant)
    assert any(words in problem for problem in found), found


async def _rewrite_what_is_right(stage: Stage) -> None:
    await read_all(stage)
    await overwrite(stage, _LOGIN, with_address(document(stage, _LOGIN), "10.1.0.5"))


async def _follow_a_lost_region(stage: Stage) -> None:
    await replica(stage)
    await stage.delete(REPLICA)
    await read_all(stage)


@pytest.mark.parametrize("deed", [_rewrite_what_is_right, _follow_a_lost_region])
def test_what_is_allowed_is_no_violation(deed: Deed) -> None:
    """A checker that cries at everything would be worth nothing."""
    assert violations(told("replica-created", deed)) == []


def test_a_write_on_a_right_zone_is_caught() -> None:
    """A run that has nothing to do makes no call that writes, not even one without effect."""
    assert list(idempotent(told("replica-created", _rewrite_what_is_right))) == [f"PUT {LOGIN}"]
    assert list(idempotent(told("replica-created", read_all))) == []


@pytest.mark.parametrize(
    ("line", "caught"),
    [("INFO app token eyJhbGciOi", True), ("INFO app S3cret", True), ("INFO app all well", False)],
)
def test_a_secret_in_the_log_is_caught(line: str, caught: bool) -> None:
    """Tokens, keys and foreign text are found in any line, in any case."""
    told: Any = replace(Tale(ZONE, "owner", "app"), said=("INFO app first", line))
    assert bool(list(quiet(told, ("eyJ", "s3CRET")))) is caught
