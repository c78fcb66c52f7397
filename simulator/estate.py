"""What there is at the start: one resource group, "dns", with the cloud's zone for registries.

It is made through Resource Manager's own door, so that it looks like
everything that is made there later.
"""

import ssl

import aiohttp

from simulator.clock import Clock
from simulator.identity import Identity
from simulator.world import World

_ZONE_API = "2024-06-01"
_HURRY = 10_000.0


def zone_id(world: World) -> str:
    """The resource ID of the zone that is there from the start."""
    group = f"/subscriptions/{world.subscriptions[0]}/resourceGroups/dns"
    return f"{group}/providers/Microsoft.Network/privateDnsZones/privatelink.{world.suffix}"


async def furnish(world: World, identity: Identity, arm_url: str, ca_file: str) -> None:
    """Make the zone, as the operator, before anybody listens to the world."""
    scale, world.clock.scale = world.clock.scale, _HURRY
    trust = ssl.create_default_context(cafile=ca_file)
    connector = aiohttp.TCPConnector(ssl=trust)
    try:
        async with aiohttp.ClientSession(connector=connector, raise_for_status=True) as session:
            session.headers["Authorization"] = f"Bearer {await _token(session, identity)}"
            zone = f"{arm_url}{zone_id(world)}?api-version={_ZONE_API}"
            async with session.put(zone, json={"location": "global"}) as response:
                operation = response.headers["Azure-AsyncOperation"]
            await _until_done(session, operation, world.clock)
    finally:
        world.clock.scale = scale


async def _token(session: aiohttp.ClientSession, identity: Identity) -> str:
    params = {"api-version": "2019-08-01", "resource": "https://management.azure.com"}
    headers = {"X-IDENTITY-HEADER": identity.operator_header}
    async with session.get(identity.url, params=params, headers=headers) as response:
        issued = await response.json()
    return str(issued["access_token"])


async def _until_done(session: aiohttp.ClientSession, operation: str, clock: Clock) -> None:
    while True:
        async with session.get(operation) as response:
            status = (await response.json())["status"]
        if status == "Succeeded":
            return
        if status != "InProgress":
            raise RuntimeError(f"the zone of the start could not be made: {status}")
        await clock.sleep(10.0)
