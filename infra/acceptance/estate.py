"""The throw-away estate: what is made for the checks, and how all of it goes again.

Everything lies in two resource groups that bear a tag of ours. What is in a group
without it is nobody's to touch.
"""

import hashlib
import time
from collections.abc import Callable, Iterator
from typing import Any, cast

from azure.core.exceptions import AzureError, HttpResponseError

from infra.acceptance.arguments import Options
from infra.acceptance.azure import ABSENT, Azure, Json, UnfinishedError, is_absent
from infra.acceptance.check import NotCheckableError
from infra.acceptance.engine import Engine

TAG = "acr-private-dns-acceptance"
GROUPS = "2021-04-01"
LOCKS = "2020-05-01"
PRIVATE_DNS = "2024-06-01"
SUBNET = "endpoints"
_SUFFIXES = {
    "https://management.chinacloudapi.cn": "azurecr.cn",
    "https://management.usgovcloudapi.net": "azurecr.us",
}
_NETWORKS = {
    "network-a": ["10.91.1.0/24"],
    "network-b": ["10.91.2.0/24"],
    "network-other": ["10.91.3.0/24", "fd00:db8:91::/64"],
}


class ForeignGroupError(Exception):
    """A resource group of the name is there, and is not ours."""


class Estate:
    """What is made, under fixed names, and what the checks ask of it.

    Args:
        azure: the subscription.
        options: names and regions.

    Attributes:
        engine: who keeps the records; set before the first check.
        regions: the list of replications before the first replica, once it was read.
    """

    engine: Engine

    def __init__(self, azure: Azure, options: Options) -> None:
        self.azure = azure
        self.options = options
        self.group = f"rg-{options.name}"
        self.other_group = f"{self.group}-other"
        self.suffix = _SUFFIXES.get(options.cloud.base_url, "azurecr.io")
        self.zone_name = f"privatelink.{self.suffix}"
        # A registry's name is unique in the world, and the same at every run of a name.
        seed = f"{options.subscription}/{options.name}".lower()
        self.registry = f"acceptance{hashlib.sha256(seed.encode()).hexdigest()[:10]}"
        self.regions: set[str] | None = None

    # ── Names ───────────────────────────────────────────────────────────────

    @property
    def groups(self) -> tuple[str, str]:
        """All that is made lies in these."""
        return self.group, self.other_group

    def group_path(self, group: str) -> str:
        """A group's ID."""
        return f"/subscriptions/{self.azure.subscription}/resourceGroups/{group}"

    def id_of(self, kind: str, name: str, group: str = "") -> str:
        """ID of something in one of the groups, as `virtualNetworks` of Microsoft.Network."""
        namespace = "Microsoft.ContainerRegistry" if kind == "registries" else "Microsoft.Network"
        return f"{self.group_path(group or self.group)}/providers/{namespace}/{kind}/{name}"

    @property
    def registry_id(self) -> str:
        """The one registry."""
        return self.id_of("registries", self.registry)

    @property
    def zone(self) -> str:
        """The throw-away zone."""
        return self.id_of("privateDnsZones", self.zone_name)

    def network_id(self, name: str) -> str:
        """One of the networks."""
        return self.id_of("virtualNetworks", name)

    # ── Coming ──────────────────────────────────────────────────────────────

    def furnish(self) -> Iterator[str]:
        """Make the groups, zones, networks and the registry; gives each step before it begins."""
        for group in self.groups:
            yield f"group {group}"
            body = {"location": self.options.location, "tags": {TAG: self.options.name}}
            answer = self.azure.send("PUT", self.group_path(group), GROUPS, body)
            if not answer.is_good:
                raise UnfinishedError(f"{answer}: {answer.message}")
        for group in self.groups:
            yield f"zone {self.zone_name} in {group}"
            self.make_zone(self.zone_name, group)
        for name, prefixes in _NETWORKS.items():
            yield f"network {name}"
            self.make_network(name, prefixes)
        yield f"registry {self.registry}"
        # Without public access: else a network that does not reach the others would stay unlinked.
        body = {
            "location": self.options.location,
            "sku": {"name": "Premium"},
            "properties": {"publicNetworkAccess": "Disabled"},
        }
        self.azure.registries.registries.begin_create(self.group, self.registry, body).result()

    def make_zone(self, name: str, group: str) -> None:
        """A private DNS zone."""
        zones = self.azure.zones.private_zones
        zones.begin_create_or_update(group, name, {"location": "global"}).result()

    def make_network(self, name: str, prefixes: list[str]) -> None:
        """A network with one subnet over all of it."""
        subnet = {"name": SUBNET, "properties": {"addressPrefixes": prefixes}}
        if len(prefixes) == 1:
            subnet["properties"] = {"addressPrefix": prefixes[0]}
        body = {
            "location": self.options.location,
            "properties": {"addressSpace": {"addressPrefixes": prefixes}, "subnets": [subnet]},
        }
        networks = self.azure.networks.virtual_networks
        networks.begin_create_or_update(self.group, name, body).result()

    def make_endpoint(
        self, name: str, network: str, *, manual: bool = False, **more: object
    ) -> None:
        """A private endpoint to the registry; `more` lies over its properties."""
        connection = {
            "name": name,
            "properties": {"privateLinkServiceId": self.registry_id, "groupIds": ["registry"]},
        }
        kind = "manualPrivateLinkServiceConnections" if manual else "privateLinkServiceConnections"
        subnet = {"id": f"{self.network_id(network)}/subnets/{SUBNET}"}
        body = {
            "location": self.options.location,
            "properties": {"subnet": subnet, kind: [connection], **more},
        }
        endpoints = self.azure.networks.private_endpoints
        endpoints.begin_create_or_update(self.group, name, body).result()

    def drop_endpoint(self, name: str) -> None:
        """Delete an endpoint, and wait until it is gone; one that is not there is no error."""
        self.azure.networks.private_endpoints.begin_delete(self.group, name).result()

    def make_replica(self) -> None:
        """The registry's replica."""
        region = self.options.replica
        replications = self.azure.registries.replications
        body = {"location": region}
        replications.begin_create(self.group, self.registry, region, body).result()

    def drop_replica(self) -> None:
        """Delete the replica."""
        replications = self.azure.registries.replications
        replications.begin_delete(self.group, self.registry, self.options.replica).result()

    def link(self, name: str, network: str, zone: str, version: str = PRIVATE_DNS) -> None:
        """A link of a network to a zone, both by ID, with the fallback that the zone may have."""
        is_private = zone.rpartition("/")[2].startswith("privatelink.")
        properties = {
            "virtualNetwork": {"id": network},
            "registrationEnabled": False,
            "resolutionPolicy": "NxDomainRedirect" if is_private else "Default",
        }
        body = {"location": "global", "properties": properties}
        path = f"{zone}/virtualNetworkLinks/{name}"
        self.azure.finish(self.azure.send("PUT", path, version, body))

    def unlink(self, name: str, zone: str) -> None:
        """Delete a link of a zone."""
        answer = self.azure.send("DELETE", f"{zone}/virtualNetworkLinks/{name}", PRIVATE_DNS)
        self.azure.finish(answer)

    # ── Standing ────────────────────────────────────────────────────────────

    def endpoint(self, name: str) -> Json:
        """An endpoint's document; NotCheckableError if it is not there."""
        return self._need(self.azure.networks.private_endpoints.get, name)

    def addresses(self, name: str) -> dict[str, str]:
        """What an endpoint's interface gives: IPv4 addresses by FQDN, as Azure itself says."""
        interface_id = self.endpoint(name)["properties"]["networkInterfaces"][0]["id"]
        interface = self._need(
            self.azure.networks.network_interfaces.get, interface_id.rpartition("/")[2]
        )
        return {
            fqdn.lower(): one["properties"]["privateIPAddress"]
            for one in interface["properties"]["ipConfigurations"]
            if one["properties"].get("privateIPAddressVersion", "IPv4") == "IPv4"
            for fqdn in one["properties"]["privateLinkConnectionProperties"]["fqdns"]
        }

    def replications(self) -> set[str]:
        """The regions on the registry's list of replications."""
        listed = self.azure.registries.replications.list(self.group, self.registry)
        return {one.as_dict()["location"].lower().replace(" ", "") for one in listed}

    def connection(self, endpoint: str) -> Json:
        """The registry's side of an endpoint's connection; NotCheckableError if there is none."""
        listed = self.azure.registries.private_endpoint_connections.list(self.group, self.registry)
        wanted = f"/privateEndpoints/{endpoint}".lower()
        for one in (item.as_dict() for item in listed):
            if one["properties"]["privateEndpoint"]["id"].lower().endswith(wanted):
                return cast("Json", one)
        raise NotCheckableError(f"the registry knows no connection of {endpoint}")

    def approve(self, endpoint: str) -> None:
        """Approve a connection on the registry's side."""
        one = self.connection(endpoint)
        state = {"status": "Approved", "description": "acceptance"}
        properties = {**one["properties"], "privateLinkServiceConnectionState": state}
        connections = self.azure.registries.private_endpoint_connections
        begun = connections.begin_create_or_update(
            self.group, self.registry, one["name"], {"properties": properties}
        )
        begun.result()

    def until(self, is_so: Callable[[], bool]) -> bool:
        """Look again and again until something is so; False if patience ends first."""
        end = time.monotonic() + self.options.patience
        while not is_so():
            if time.monotonic() > end:
                return False
            time.sleep(self.options.pause)
        return True

    def _need(self, get: Callable[[str, str], Any], name: str) -> Json:
        try:
            return cast("Json", get(self.group, name).as_dict())
        except HttpResponseError as error:
            if is_absent(error):
                raise NotCheckableError(f"{name} is not there: a step before failed") from error
            raise

    # ── Going ───────────────────────────────────────────────────────────────

    def leftovers(self) -> list[str]:
        """Those of our groups that are there.

        Raises:
            ForeignGroupError: one of these names is somebody else's.
            UnfinishedError: Azure cannot be asked.
        """
        found = []
        for group in self.groups:
            answer = self.azure.send("GET", self.group_path(group), GROUPS)
            if answer.status == ABSENT:
                continue
            if not answer.is_good:
                raise UnfinishedError(f"group {group} cannot be read: {answer}: {answer.message}")
            if (answer.body.get("tags") or {}).get(TAG) != self.options.name:
                raise ForeignGroupError(group)
            found.append(group)
        return found

    def remove(self) -> Iterator[str]:
        """Remove all that is there; gives each step before it begins. Repeatable.

        Raises:
            UnfinishedError: something stays, though it was tried until patience ended.
        """
        end = time.monotonic() + self.options.patience
        # The second group's zone may serve networks of the first, never the other way round.
        while found := self.leftovers():
            trouble = ""
            for group in reversed(found):
                yield f"group {group}"
                try:
                    self._remove_group(group)
                # One group that stays keeps no other: the registry in it would go on costing.
                except (AzureError, UnfinishedError) as error:
                    trouble = str(error)
            if trouble and time.monotonic() > end:
                raise UnfinishedError(trouble)
            if trouble:
                time.sleep(self.options.pause)

    def _remove_group(self, group: str) -> None:
        """A lock would keep the group; what stands in it goes with it."""
        for path in (self.group_path(group), *self._zones(group)):
            locks = self.azure.send("GET", f"{path}/providers/Microsoft.Authorization/locks", LOCKS)
            for lock in locks.body.get("value", ()):
                self.azure.send("DELETE", lock["id"], LOCKS)
        answer = self.azure.send("DELETE", self.group_path(group), GROUPS)
        if answer.status != ABSENT:
            self.azure.finish(answer)

    def _zones(self, group: str) -> list[str]:
        return [self.id_of("privateDnsZones", self.zone_name, group)]
