"""Own names, over the wire: an interface that lists another registry's name."""

from tests.e2e.conftest import LOGIN, PUBLISHED, WRITTEN, Stage

INTERFACES = "Microsoft.Network/networkInterfaces"


async def test_what_an_interface_lists_of_others_is_told_and_never_resolves(
    silent_stage: Stage,
) -> None:
    """By no event and no full sync does another registry's endpoint answer for a name.

    Invariant: own-names-only.
    """
    stage, operator = silent_stage, silent_stage.operator
    await stage.publish()
    assert await stage.deliver("endpoint_written", stage.endpoint_event(WRITTEN)) == 202
    assert await operator.records() == PUBLISHED
    # Its ID comes first, and its side alone approves.
    await operator.create_network("network-b", "10.6.6.0/24")
    aevil = await operator.create_registry("aevil", publicNetworkAccess="Disabled")
    await operator.create_endpoint("pe-evil", "network-b", aevil)
    (interface,) = (
        one
        for one in stage.azure.world.of_type(INTERFACES)
        if "pe-evil" in str(one.properties.get("privateEndpoint", {}).get("id"))
    )
    for config in interface.properties["ipConfigurations"]:
        fqdns = config["properties"]["privateLinkConnectionProperties"]["fqdns"]
        fqdns.extend((LOGIN, "unheard-of.azurecr.io"))
    assert await stage.deliver("endpoint_written", stage.endpoint_event(WRITTEN, "pe-evil")) == 202
    assert await stage.tick() is None
    records = await operator.records()
    assert PUBLISHED.items() <= records.items()
    assert sorted(records.keys() - PUBLISHED.keys()) == ["aevil", "aevil.westeurope.data"]
    assert (await operator.resolve(LOGIN, "network-a")).addresses == ("10.1.0.5",)
    told = [line for line in stage.said() if line.startswith("finding others-name at ")]
    assert len(told) == 2
    assert all(f"{LOGIN}, unheard-of.azurecr.io" in line for line in told)
