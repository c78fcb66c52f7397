"""Own names: whoever makes an interface list another registry's names gets nothing for it."""

from dataclasses import replace

import pytest

from shared.domain.findings import FindingKind, Severity
from shared.domain.ownership import REGISTRY_KEY
from shared.domain.reading import Unknown, UnknownReason
from shared.domain.resource_id import REGISTRY, ResourceId
from shared.domain.resources import Member
from shared.domain.scope import EndpointScope, FormerEndpointScope, RegistryScope
from tests.simulation.azure import Azure, an_id
from tests.simulation.full_syncs import full_sync
from tests.simulation.run import run
from tests.simulation.situations import kinds

PROD = {"prod": ["10.1.0.4"], "prod.westeurope.data": ["10.1.0.5"]}
AEVIL = {"aevil": ["10.6.6.4"], "aevil.westeurope.data": ["10.6.6.5"]}


def give(azure: Azure, endpoint: ResourceId, *fqdns: str) -> None:
    """Further names on an endpoint's interface, at addresses of its own."""
    nic = azure.endpoints[endpoint].interfaces[0]
    old = azure.interfaces[nic]
    members = (Member("registry", fqdn, f"10.6.6.{66 + i}") for i, fqdn in enumerate(fqdns))
    azure.interfaces[nic] = replace(old, members=(*old.members, *members))


async def attack(azure: Azure, *fqdns: str) -> ResourceId:
    """Registry aevil, whose ID comes first, with an endpoint that gives these names as well."""
    registry = azure.add_registry("aevil")
    endpoint = azure.add_endpoint("pe-evil", registry, "10.6.6.4", "net-evil")
    give(azure, endpoint, *fqdns)
    return endpoint


async def published() -> tuple[Azure, ResourceId, ResourceId]:
    """Registry prod, published; with it and its endpoint."""
    azure = Azure()
    registry = azure.add_registry("prod")
    endpoint = azure.add_endpoint("pe-prod", registry, "10.1.0.4")
    await run(azure, EndpointScope(endpoint))
    return azure, registry, endpoint


async def test_another_registrys_names_are_never_taken() -> None:
    """What another registry's live endpoint answers for stays, in full syncs and events.

    Invariant: own-names-only.
    """
    azure, _, _ = await published()
    evil = await attack(azure, "prod.azurecr.io", "prod.westeurope.data.azurecr.io")
    result = await run(azure, EndpointScope(evil))
    assert azure.zone() == {**PROD, **AEVIL}
    results = await full_sync(azure)
    assert azure.zone() == {**PROD, **AEVIL}
    for one in (result, results[0]):
        (finding,) = (f for f in one.findings if f.kind is FindingKind.OTHERS_NAME)
        assert finding.kind.severity is Severity.ERROR
        assert "prod.azurecr.io" in finding.detail


async def test_a_name_that_nobody_answers_for_is_not_taken_either() -> None:
    """A registry without a live endpoint keeps resolving publicly, whoever claims its names."""
    azure = Azure()
    azure.add_registry("prod")
    evil = await attack(azure, "prod.azurecr.io", "unheard-of.azurecr.io", "aevil.x.azurecr.io")
    await run(azure, EndpointScope(evil))
    await full_sync(azure)
    assert azure.zone() == AEVIL


async def test_a_registry_whose_interface_gives_only_others_names_is_not_waited_for() -> None:
    """An attacker's registry cannot hold a run for names that it will never have."""
    azure, _, _ = await published()
    evil = await attack(azure)
    nic = azure.endpoints[evil].interfaces[0]
    members = (Member("registry", "prod.azurecr.io", "10.6.6.66"),)
    azure.interfaces[nic] = replace(azure.interfaces[nic], members=members)
    result = await run(azure, EndpointScope(evil))
    assert (result.in_progress, result.missing_members, result.passes) == ((), (), 1)
    (synced,) = await full_sync(azure)
    assert (synced.in_progress, azure.zone()) == ((), PROD)
    assert FindingKind.OTHERS_NAME in kinds(synced)


async def test_others_names_on_an_interface_cost_no_reads() -> None:
    """An interface that lists a hundred names has not a hundred records read, nor registries."""
    azure, prod, _ = await published()
    evil = await attack(azure, *(f"prod{i}.azurecr.io" for i in range(100)), "prod.azurecr.io")
    azure.calls.clear()
    await run(azure, EndpointScope(evil))
    assert {what for method, what in azure.calls if method == "record"} == set(AEVIL)
    # The new link would show what stands in the zone: whose that is, is asked, and no more.
    registries = {what for method, what in azure.calls if method == "registry"}
    assert registries <= {an_id(REGISTRY, "aevil"), prod}


async def test_a_forged_note_of_the_registry_is_not_believed() -> None:
    """Ownership that names another registry judges no claim: the name's own registry does.

    Invariant: own-names-only.
    """
    azure, _, _ = await published()
    evil = await attack(azure)
    await run(azure, EndpointScope(evil))
    aevil = an_id(REGISTRY, "aevil")
    for name, record in list(azure.sets.items()):
        if name.startswith("prod"):
            metadata = {**record.metadata, REGISTRY_KEY: aevil.short}
            azure.sets[name] = replace(record, metadata=metadata)
    # Were aevil asked, it would say that it knows no such endpoint.
    await run(azure, RegistryScope(aevil))
    azure.delete_endpoint(evil)
    await run(azure, FormerEndpointScope(evil))
    del azure.registries[aevil]
    await run(azure, RegistryScope(aevil))
    assert azure.zone() == PROD
    await full_sync(azure)
    assert azure.zone() == PROD
    # Its owner is noted again.
    notes = {record.metadata[REGISTRY_KEY] for record in azure.sets.values()}
    assert notes == {an_id(REGISTRY, "prod").short}


async def test_a_forged_claim_goes_in_a_full_sync() -> None:
    """An address that somebody else's endpoint claims at a name goes once prod's side says so."""
    azure, _, _ = await published()
    evil = await attack(azure, "prod.azurecr.io")
    await run(azure, EndpointScope(evil))
    claim = azure.sets["aevil"].metadata["acrPrivateDnsAddress01"]
    record = azure.sets["prod"]
    metadata = {**record.metadata, "acrPrivateDnsAddress02": claim}
    azure.sets["prod"] = replace(record, addresses=("10.1.0.4", "10.6.6.4"), metadata=metadata)
    await full_sync(azure)
    assert azure.zone() == {**PROD, **AEVIL}


@pytest.mark.parametrize("reason", list(UnknownReason))
async def test_of_a_registry_that_cannot_be_read_the_id_tells_the_names(
    reason: UnknownReason,
) -> None:
    """Unreadable, a registry's names begin with the name in its ID, hash and all."""
    azure = Azure()
    evil = await attack(
        azure,
        "aevil-x1y2.azurecr.io",
        "aevil-x1y2.northeurope.geo.azurecr.io",
        "aevilprod.azurecr.io",
        "prod.azurecr.io",
    )
    azure.unknown[an_id(REGISTRY, "aevil")] = Unknown(reason)
    await run(azure, EndpointScope(evil))
    assert set(azure.zone()) == {*AEVIL, "aevil-x1y2", "aevil-x1y2.northeurope.geo"}


async def test_the_registry_that_is_read_has_its_name() -> None:
    """Of two that may have a name, it is the one's whose login server it is, whatever the IDs."""
    azure = Azure()
    prod, other = azure.add_registry("prod"), an_id(REGISTRY, "prod", "a-group")
    azure.registries[other] = replace(azure.registries[prod], id=other)
    azure.add_endpoint("pe-prod", prod, "10.1.0.4")
    azure.add_endpoint("pe-evil", other, "10.6.6.4", "net-evil")
    azure.unknown[other] = Unknown(UnknownReason.FORBIDDEN)
    await full_sync(azure)
    assert azure.zone() == PROD


async def test_the_fast_path_does_not_pass_over_names_of_others() -> None:
    """What stands as somebody else's endpoint claims it is never taken for right."""
    azure = Azure()
    evil = await attack(azure)
    await run(azure, EndpointScope(evil))
    nic = azure.endpoints[evil].interfaces[0]
    login, *rest = azure.interfaces[nic].members
    members = (replace(login, fqdn="prod.azurecr.io"), *rest)
    azure.interfaces[nic] = replace(azure.interfaces[nic], members=members)
    azure.sets["prod"] = replace(azure.sets.pop("aevil"), name="prod")
    (result,) = await full_sync(azure)
    assert FindingKind.OTHERS_NAME in kinds(result)
