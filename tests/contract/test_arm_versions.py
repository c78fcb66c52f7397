"""API versions: what each type knows is taken, everything else refused in Azure's words."""

import re
from pathlib import Path
from types import ModuleType

import azure.mgmt.containerregistry
import azure.mgmt.network
import azure.mgmt.privatedns
import pytest

from simulator.arm.versions import known
from tests.contract.arm_estate import ENDPOINT, NETWORK, REGISTRY, SCOPE, SUBSCRIPTION, ZONE, Cloud

NEVER = "2020-04-02"


async def refusal(
    cloud: Cloud, method: str, path: str, body: object = None
) -> tuple[int, str, str]:
    """Status, code and message of a request in a version that there never was."""
    refused = await cloud.send(method, path, body, version=NEVER)
    assert refused.headers["x-ms-failure-cause"] == "gateway"
    return refused.status, refused.body["error"]["code"], refused.body["error"]["message"]


async def test_where_a_location_is_known_no_provider_is_registered_there(cloud: Cloud) -> None:
    """400, with the versions that would do: the location is the resource's, or the zone's."""
    await cloud.zone()
    status, code, message = await refusal(cloud, "DELETE", f"{ZONE}/virtualNetworkLinks/to-hub")
    assert (status, code) == (400, "NoRegisteredProviderFound")
    assert message == (
        "No registered resource provider found for location 'global' and API version "
        "'2020-04-02' for type 'privateDnsZones/virtualNetworkLinks'. The supported api-versions "
        "are '2018-09-01, 2020-01-01, 2020-06-01, 2024-06-01'. The supported locations are "
        "', global'."
    )
    body = {"location": "West Europe", "sku": {"name": "Premium"}}
    status, code, message = await refusal(cloud, "PUT", REGISTRY, body)
    assert (status, code) == (400, "NoRegisteredProviderFound")
    assert "location 'westeurope' and API version '2020-04-02' for type 'registries'" in message
    assert "'2017-03-01, 2017-10-01, " in message
    assert (await cloud.send("GET", REGISTRY)).status == 404


@pytest.mark.parametrize(
    "path",
    [ENDPOINT, f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Network/privateEndpoints"],
)
async def test_where_none_is_known_the_type_does_not_exist(cloud: Cloud, path: str) -> None:
    """404 `InvalidResourceType`: a 404 that says nothing at all about the resource.

    Invariant: no-unproven-delete.
    """
    status, code, message = await refusal(cloud, "GET", path)
    assert (status, code) == (404, "InvalidResourceType")
    assert message.startswith(
        "The resource type 'privateEndpoints' could not be found in the namespace "
        "'Microsoft.Network' for api version '2020-04-02'. The supported api-versions are "
        "'2019-02-01,2019-04-01,"
    )


async def test_resource_manager_names_its_own_versions_newest_first(cloud: Cloud) -> None:
    """Groups are the gateway's own: 400 `InvalidApiVersionParameter`."""
    status, code, message = await refusal(cloud, "PUT", SCOPE, {"location": "westeurope"})
    assert (status, code) == (400, "InvalidApiVersionParameter")
    assert message.startswith(
        "The api-version '2020-04-02' is invalid. The supported versions are '2024-11-01,"
    )


async def test_a_type_knows_no_version_of_another_provider(cloud: Cloud) -> None:
    """Zones and networks share a namespace and no versions, as on Azure."""
    assert (await cloud.send("GET", ZONE, version="2024-05-01")).status == 404
    assert (await cloud.send("GET", NETWORK, version="2024-06-01")).status == 404
    codes = [
        (await cloud.send("GET", path, version=version)).body["error"]["code"]
        for path, version in ((ZONE, "2024-05-01"), (NETWORK, "2024-06-01"))
    ]
    assert codes == ["InvalidResourceType"] * 2


@pytest.mark.parametrize(
    ("package", "types"),
    [
        (azure.mgmt.network, ("privateEndpoints", "networkInterfaces", "virtualNetworks/subnets")),
        (azure.mgmt.privatedns, ("privateDnsZones/A", "privateDnsOperationStatuses")),
    ],
    ids=["network", "privatedns"],
)
def test_what_the_installed_clients_send_is_known(
    package: ModuleType, types: tuple[str, ...]
) -> None:
    """A client that is updated past the table must fail here, and not deep in a story."""
    assert all(sent_by(package) in known(f"Microsoft.Network/{one}") for one in types)


def test_what_the_installed_registry_client_sends_is_known() -> None:
    """The same for Container Registry."""
    sent = sent_by(azure.mgmt.containerregistry)
    assert sent in known("Microsoft.ContainerRegistry/registries/replications")


def sent_by(package: ModuleType) -> str:
    """The newest version in the source of one of Microsoft's clients."""
    path = Path(package.__path__[0]) / "operations" / "_operations.py"
    sent: str = max(re.findall(r'"api-version", "([^"]+)"', path.read_text(encoding="utf-8")))
    return sent


async def test_a_provider_says_which_versions_it_serves(cloud: Cloud) -> None:
    """Whoever asks before deploying is told types and versions; an unknown provider is 404."""
    path = f"/subscriptions/{SUBSCRIPTION}/providers"
    found = await cloud.send("GET", f"{path}/microsoft.network", version="2021-04-01")
    assert (found.status, found.body["namespace"]) == (200, "Microsoft.Network")
    served = {one["resourceType"]: one["apiVersions"] for one in found.body["resourceTypes"]}
    assert served["privateDnsZones/A"] == ["2024-06-01", "2020-06-01", "2020-01-01", "2018-09-01"]
    assert served["privateEndpoints"][0] == "2026-03-01"
    refused = await cloud.send("GET", f"{path}/Microsoft.Web", version="2021-04-01")
    assert (refused.status, refused.body["error"]["code"]) == (404, "InvalidResourceNamespace")
