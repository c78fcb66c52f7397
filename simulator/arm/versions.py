"""Which API versions each type knows, and how Azure refuses the others.

Three refusals, each in recorded words. Resource Manager names its own types'
versions newest first (Azure/bicep issue 17091). For a provider's type it looks
for the location first: where it knows one, from the body or from what exists,
no provider is registered *there* (Azure/azure-sdk-for-java issue 36152); where
it knows none, the type does not exist (Azure/azure-powershell issue 12061).

The lists: Microsoft.Network to 2023-04-01 from Azure/azure-cli issue 27010, then
from the template reference, the last five from azure-mgmt-network 33.1; Private
DNS from azure-mgmt-privatedns 2.0 and the issue above; Container Registry from
the recorded header `api-supported-versions` of September 2026 and, for what is
older, JulianHayward/Azure-MG-Sub-Governance-Reporting issue 266. Versions that
Azure has and these sources do not name are refused.
"""

from simulator.arm.errors import ArmError
from simulator.arm.wire import Request
from simulator.world import World


def _each(text: str) -> list[str]:
    return text.split()


_NETWORK = _each("""
2019-02-01 2019-04-01 2019-06-01 2019-07-01 2019-08-01 2019-09-01 2019-11-01 2019-12-01
2020-01-01 2020-03-01 2020-04-01 2020-05-01 2020-06-01 2020-07-01 2020-08-01 2020-11-01
2021-01-01 2021-02-01 2021-03-01 2021-04-01 2021-05-01 2021-06-01 2021-08-01 2021-12-01
2022-01-01 2022-05-01 2022-07-01 2022-09-01 2022-11-01
2023-02-01 2023-04-01 2023-05-01 2023-06-01 2023-09-01 2023-11-01
2024-01-01 2024-03-01 2024-05-01 2024-07-01 2024-10-01
2025-01-01 2025-03-01 2025-05-01 2025-07-01 2025-09-01 2026-01-01 2026-03-01
""")
_PRIVATE_DNS = ["2018-09-01", "2020-01-01", "2020-06-01", "2024-06-01"]
_REGISTRY = _each("""
2017-03-01 2017-10-01 2019-05-01 2019-12-01-preview 2020-11-01-preview 2021-06-01-preview
2021-08-01-preview 2021-09-01 2021-12-01-preview 2022-02-01-preview 2022-12-01
2023-01-01-preview 2023-06-01-preview 2023-07-01 2023-08-01-preview 2023-11-01-preview
2024-01-01-preview 2024-11-01-preview 2025-03-01-preview 2025-04-01 2025-05-01-preview
2025-06-01-preview 2025-09-01-preview 2025-11-01 2025-12-01-preview 2026-01-01-preview
2026-03-01-preview 2026-09-01-preview
""")
_RESOURCES = _each("""
2024-11-01 2024-10-01-preview 2024-08-01 2024-07-01 2024-06-01-preview 2024-03-01 2023-07-01
2023-07-01-preview 2023-03-01-preview 2022-12-01 2022-11-01-preview 2022-09-01 2022-06-01
2022-05-01 2022-03-01-preview 2022-01-01 2021-04-01 2021-01-01 2020-10-01 2020-09-01 2020-08-01
2020-07-01 2020-06-01 2020-05-01 2020-01-01 2019-11-01 2019-10-01 2019-09-01 2019-08-01 2019-07-01
2019-06-01 2019-05-10 2019-05-01 2019-03-01 2018-11-01 2018-09-01 2018-08-01 2018-07-01 2018-06-01
2018-05-01 2018-02-01 2018-01-01 2017-12-01 2017-08-01 2017-06-01 2017-05-10 2017-05-01 2017-03-01
2016-09-01 2016-07-01 2016-06-01 2016-02-01 2015-11-01 2015-01-01 2014-04-01-preview 2014-04-01
""")
_LOCKS = ["2015-01-01", "2016-09-01", "2017-04-01", "2020-05-01"]

KNOWN = {
    "microsoft.authorization/locks": _LOCKS,
    "microsoft.containerregistry/": _REGISTRY,
    "microsoft.containerregistry/registries/privateendpointconnections": _REGISTRY[3:],
    "microsoft.containerregistry/registries/privatelinkresources": _REGISTRY[3:],
    "microsoft.network/": _NETWORK,
    "microsoft.network/privatednsoperation": _PRIVATE_DNS,
    "microsoft.network/privatednszones": _PRIVATE_DNS,
    "microsoft.network/privateendpoints/privatednszonegroups": _NETWORK[
        _NETWORK.index("2020-03-01") :
    ],
    "microsoft.resources/": _RESOURCES,
}
"""By the beginning of a type in lower case; the longest that fits counts."""

_LOCATIONS = (
    "westus, eastus, northeurope, westeurope, eastasia, southeastasia, northcentralus, "
    "southcentralus, centralus, eastus2, japaneast, japanwest, brazilsouth, australiaeast, "
    "australiasoutheast, centralindia, southindia, westindia, canadacentral, canadaeast, "
    "westcentralus, westus2, ukwest, uksouth, koreacentral, koreasouth, francecentral, "
    "australiacentral, southafricanorth, uaenorth, switzerlandnorth, germanywestcentral, "
    "norwayeast, westus3, jioindiawest, swedencentral, qatarcentral, polandcentral"
)


def known(resource_type: str) -> list[str]:
    """The API versions of a type, in any case, in the order in which Azure names them."""
    lower = resource_type.lower()
    return KNOWN[max((start for start in KNOWN if lower.startswith(start)), key=len)]


def check_version(world: World, request: Request) -> None:
    """Raise ArmError if the request speaks a version that its type does not know."""
    target, version = request.target, request.api_version
    versions = known(target.type)
    if version.lower() in versions:
        return
    if target.namespace == "Microsoft.Resources":
        raise invalid(version)
    types, location = "/".join(target.types), _location(world, request)
    if location:
        locations = ", global" if location == "global" else _LOCATIONS
        message = (
            f"No registered resource provider found for location '{location}' and API version "
            f"'{version}' for type '{types}'. The supported api-versions are "
            f"'{', '.join(versions)}'. The supported locations are '{locations}'."
        )
        raise ArmError(400, "NoRegisteredProviderFound", message, gateway=True)
    message = (
        f"The resource type '{types}' could not be found in the namespace '{target.namespace}' "
        f"for api version '{version}'. The supported api-versions are '{','.join(versions)}'."
    )
    raise ArmError(404, "InvalidResourceType", message, gateway=True)


def invalid(version: str) -> ArmError:
    """The refusal of a version that is none, or that Resource Manager's own types do not know."""
    message = (
        f"The api-version '{version}' is invalid. The supported versions are "
        f"'{','.join(_RESOURCES)}'."
    )
    return ArmError(400, "InvalidApiVersionParameter", message, gateway=True)


def _location(world: World, request: Request) -> str:
    """Where the request's target is, or is to be; empty if nothing tells."""
    asked = request.body.get("location")
    if asked:
        return str(asked).lower().replace(" ", "")
    path = request.target.path
    while "/providers/" in path.lower():
        resource = world.get(path)
        if resource and "location" in resource.body:
            return str(resource.body["location"])
        path = path.rpartition("/")[0]
    return ""
