"""How host and worker speak: JSON messages, each behind its length, so that none is too long."""

import asyncio
import json

from simulator.world import Json

_LENGTH_BYTES = 4


def pack(message: Json) -> bytes:
    """A message as it travels."""
    body = json.dumps(message).encode()
    return len(body).to_bytes(_LENGTH_BYTES) + body


async def receive(reader: asyncio.StreamReader) -> Json | None:
    """The next message, None when the other side has ended, be it in the middle of one."""
    try:
        length = int.from_bytes(await reader.readexactly(_LENGTH_BYTES))
        message: Json = json.loads(await reader.readexactly(length))
    except asyncio.IncompleteReadError:
        return None
    return message
