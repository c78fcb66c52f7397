"""One story through the local Azure, told so that each of Azure's documents has its answer.

Whatever a message may name has a digit in its name, so that sentences can be
compared without it (see shapes.py).
"""

from typing import Any

from tests.contract.arm_estate import OTHER, SUBSCRIPTION, Cloud, Wire

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/group1"
_NETWORK = f"{GROUP}/providers/Microsoft.Network"
NETWORK = f"{_NETWORK}/virtualNetworks/network1"
SUBNET = f"{NETWORK}/subnets/subnet1"
ZONE = f"{_NETWORK}/privateDnsZones/privatelink.zone2.example"
REGISTRY = f"{GROUP}/providers/Microsoft.ContainerRegistry/registries/registry2"
PLACE = {"location": "westeurope"}
GLOBAL = {"location": "global"}
NEW = {"If-None-Match": "*"}
ADDRESS = {"ttl": 3600, "aRecords": [{"ipv4Address": "10.0.0.1"}]}
MARKED = {**ADDRESS, "metadata": {"key1": "value1"}}
TAGS = {"tags": {"key1": "value1"}}


class Story:
    """The answers so far, each under a name of its own.

    Args:
        cloud: where it is set.
    """

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.answers: dict[str, Wire] = {}

    async def ask(
        self, name: str, method: str, path: str, body: object = None, **more: Any
    ) -> Wire:
        """Send a request and keep its answer."""
        self.answers[name] = answer = await self.cloud.send(method, path, body, **more)
        return answer

    async def follow(self, name: str, answer: Wire) -> None:
        """Keep a poll while the operation runs, and its last one."""
        url = answer.headers.get("azure-asyncoperation") or answer.headers["location"]
        await self.ask(f"{name} under way", "GET", url)
        self.cloud.world.clock.scale = 50
        self.answers[f"{name} ended"] = await self.cloud.settle(answer)

    async def run(
        self, name: str, method: str, path: str, body: object = None, **more: Any
    ) -> None:
        """Send a request that takes its time; keep the answer and the polls."""
        with self.cloud.frozen():
            await self.follow(name, await self.ask(name, method, path, body, **more))


async def tell(cloud: Cloud) -> dict[str, Wire]:
    """Tell the whole story, and give every answer in it by name."""
    story = Story(cloud)
    await _zones_and_records(story)
    await _links(story)
    await _registries(story)
    await _manual_endpoints(story)
    await _endpoints(story)
    await _ends(story)
    return story.answers


async def _zones_and_records(story: Story) -> None:
    await story.run("zone put", "PUT", ZONE, {**GLOBAL, **TAGS}, headers=NEW)
    await story.ask("zone get", "GET", ZONE)
    await story.run("other zone put", "PUT", ZONE.replace("zone2", "zone3"), {**GLOBAL, **TAGS})
    zones = f"{_NETWORK}/privateDnsZones"
    await story.ask("zones page", "GET", zones, query={"$top": "1"})
    await story.run("other zone delete", "DELETE", ZONE.replace("zone2", "zone3"))
    await story.ask("zone delete again", "DELETE", ZONE.replace("zone2", "zone3"))

    marked, plain = f"{ZONE}/a/record3", f"{ZONE}/a/record4"
    made = await story.ask("record put", "PUT", plain, {"properties": ADDRESS}, headers=NEW)
    await story.ask("record put exists", "PUT", plain, {"properties": ADDRESS}, headers=NEW)
    await story.ask("marked record put", "PUT", marked, {"properties": MARKED})
    await story.ask("marked record put again", "PUT", marked, {"properties": MARKED})
    stale = {"If-Match": made.body["etag"]}
    await story.ask("marked record put stale", "PUT", marked, {"properties": MARKED}, headers=stale)
    await story.ask("marked record get", "GET", marked)
    await story.ask("records page", "GET", f"{ZONE}/A", query={"$top": "1"})
    await story.ask("all records page", "GET", f"{ZONE}/ALL", query={"$top": "1"})
    patch = {"properties": {"metadata": {"key2": "value2"}}}
    await story.ask("marked record patch", "PATCH", marked, patch)
    await story.ask("record missing", "GET", f"{ZONE}/a/record5")
    orphan = ZONE.replace("zone2", "zone9")
    await story.ask("record without zone", "PUT", f"{orphan}/a/record3", {"properties": ADDRESS})
    await story.ask("record delete", "DELETE", plain)
    await story.ask("record delete again", "DELETE", plain)


async def _links(story: Story) -> None:
    for number in (1, 2):
        space = {"addressSpace": {"addressPrefixes": [f"10.{number}.0.0/16"]}}
        subnet = {"name": "subnet1", "properties": {"addressPrefix": f"10.{number}.0.0/24"}}
        body = {**PLACE, "properties": {**space, "subnets": [subnet]}}
        await story.run("network put", "PUT", NETWORK.replace("work1", f"work{number}"), body)
    old, link = {"version": "2020-06-01"}, f"{ZONE}/virtualNetworkLinks/link4"
    redirect = {"virtualNetwork": {"id": NETWORK}, "resolutionPolicy": "NxDomainRedirect"}
    await story.run("link put", "PUT", link, {**GLOBAL, "properties": redirect}, headers=NEW)
    await story.ask("link get", "GET", link)
    await story.run("link put exists", "PUT", link, {**GLOBAL, "properties": redirect}, headers=NEW)
    tagged, other = f"{ZONE}/virtualNetworkLinks/link1", NETWORK.replace("work1", "work2")
    body = {**GLOBAL, **TAGS, "properties": {"virtualNetwork": {"id": other}}}
    await story.run("tagged link put", "PUT", tagged, body, **old)
    await story.ask("tagged link get", "GET", tagged, **old)
    await story.ask("links page", "GET", f"{ZONE}/virtualNetworkLinks", query={"$top": "1"}, **old)
    patch = {"tags": {"key2": "value2"}, "properties": {"registrationEnabled": True}}
    await story.run("tagged link patch", "PATCH", tagged, patch, **old)
    await story.ask("tagged link get patched", "GET", tagged, **old)
    await story.run("link delete", "DELETE", link)
    await story.ask("link delete again", "DELETE", link)
    await story.ask("link missing", "GET", link)


async def _registries(story: Story) -> None:
    premium = {**PLACE, "sku": {"name": "Premium"}}
    await story.run("registry put", "PUT", REGISTRY, premium)
    await story.ask("registry put again", "PUT", REGISTRY, premium)
    await story.ask("registry get", "GET", REGISTRY)
    path = "providers/Microsoft.ContainerRegistry/registries"
    await story.ask("registries of group", "GET", f"{GROUP}/{path}")
    await story.ask("registries of subscription", "GET", f"/subscriptions/{SUBSCRIPTION}/{path}")
    await story.ask("no replications", "GET", f"{REGISTRY}/replications")
    await story.ask("link resources", "GET", f"{REGISTRY}/privateLinkResources")
    switched = {"properties": {"dataEndpointEnabled": True}}
    await story.ask("registry patch", "PATCH", REGISTRY, switched)
    replica, body = f"{REGISTRY}/replications/eastus", {"location": "eastus", **TAGS}
    await story.run("replication put", "PUT", replica, body)
    await story.ask("replication put again", "PUT", replica, body)
    await story.ask("replication get", "GET", replica)
    await story.ask("replications", "GET", f"{REGISTRY}/replications")
    await story.run("replication delete", "DELETE", replica)
    await story.ask("replication delete again", "DELETE", replica)


def _endpoint(*, manual: bool, message: str = "", subnet: str = SUBNET) -> dict[str, Any]:
    array = "manualPrivateLinkServiceConnections" if manual else "privateLinkServiceConnections"
    asked = {"privateLinkServiceId": REGISTRY, "groupIds": ["registry"]}
    asked |= {"requestMessage": message} if message else {}
    connection = {"name": "connection6", "properties": asked}
    return {**PLACE, "properties": {"subnet": {"id": subnet}, array: [connection]}}


async def _manual_endpoints(story: Story) -> None:
    """Pending, approved; a second one pending beside it, and rejected: in the recordings' order."""
    first, old = f"{_NETWORK}/privateEndpoints/endpoint5", {"version": "2021-05-01"}
    await story.run("manual endpoint put", "PUT", first, _endpoint(manual=True), **old)
    await story.ask("manual endpoint get", "GET", first, **old)
    connections = f"{REGISTRY}/privateEndpointConnections"
    listed = await story.ask("connections, one pending", "GET", connections)
    connection = listed.body["value"][0]["id"]
    await story.ask("connection get pending", "GET", connection)
    await story.run("connection approve", "PUT", connection, _decision("Approved"))
    await story.ask("connection get approved", "GET", connection)
    second = f"{_NETWORK}/privateEndpoints/endpoint7"
    await story.run(
        "asking endpoint put",
        "PUT",
        second,
        _endpoint(manual=True, message="Please approve it."),
        **old,
    )
    await story.ask("asking endpoint get", "GET", second, **old)
    listed = await story.ask("connections, one approved", "GET", connections)
    (other,) = {item["id"] for item in listed.body["value"]} - {connection}
    await story.run("connection reject", "PUT", other, _decision("Rejected"))
    await story.run("connection delete", "DELETE", other)
    await story.ask("connection delete again", "DELETE", other)


def _decision(status: str) -> dict[str, object]:
    state = {"status": status, "description": "somedescription"}
    return {"properties": {"privateLinkServiceConnectionState": state}}


async def _endpoints(story: Story) -> None:
    path, old = f"{_NETWORK}/privateEndpoints/endpoint8", {"version": "2021-02-01"}
    body = _endpoint(manual=False, message="Please approve it.")
    await story.run("endpoint put", "PUT", path, body, **old)
    await story.ask("endpoint put again", "PUT", path, body, **old)
    await story.cloud.settle(story.answers["endpoint put again"])
    endpoint = await story.ask("endpoint get", "GET", path, **old)
    interface = endpoint.body["properties"]["networkInterfaces"][0]["id"]
    await story.ask("interface get", "GET", interface, **old)
    for scope, name in ((GROUP, "group"), (f"/subscriptions/{SUBSCRIPTION}", "subscription")):
        for kind in ("privateEndpoints", "networkInterfaces"):
            listed = f"{scope}/providers/Microsoft.Network/{kind}"
            await story.ask(f"{kind} of {name}", "GET", listed, **old)
    empty = f"/subscriptions/{OTHER}/providers/Microsoft.Network/privateEndpoints"
    await story.ask("no endpoints", "GET", empty, **old)
    zone = f"{_NETWORK}/privateDnsZones/privatelink.azurecr.io"
    await story.run("registry zone put", "PUT", zone, GLOBAL)
    config = {"name": "config1", "properties": {"privateDnsZoneId": zone}}
    group, body = f"{path}/privateDnsZoneGroups/group1", {"privateDnsZoneConfigs": [config]}
    await story.run("zone group put", "PUT", group, {"properties": body}, **old)
    await story.ask("zone group get", "GET", group, **old)
    await story.ask("zone groups", "GET", f"{path}/privateDnsZoneGroups", **old)
    await story.ask("zone group put again", "PUT", group, {"properties": body}, **old)
    await story.cloud.settle(story.answers["zone group put again"])


async def _ends(story: Story) -> None:
    path = f"{_NETWORK}/privateEndpoints/endpoint8"
    await story.run("endpoint delete", "DELETE", path)
    location = story.answers["endpoint delete"].headers["location"]
    await story.ask("endpoint delete result", "GET", location)
    await story.ask("endpoint delete again", "DELETE", path)
    for name in ("other zone delete", "link delete"):
        location = story.answers[name].headers["location"]
        await story.ask(f"{name} result", "GET", location)
