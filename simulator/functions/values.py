"""Typed values as they travel between host and worker: in JSON, bytes in Base64."""

import base64

from simulator.functions import protos
from simulator.world import Json


def pack(value: protos.TypedData) -> Json:
    """What a function returned, under its kind."""
    kind = str(value.WhichOneof("data"))
    if kind == "http":
        answer = value.http
        return {
            "http": {
                "status": int(answer.status_code),
                "headers": dict(answer.headers),
                "body": pack(answer.body),
            }
        }
    content = getattr(value, kind)
    return {kind: base64.b64encode(content).decode() if kind == "bytes" else content}


def unpack(packed: Json) -> protos.TypedData:
    """What a trigger gives to a function."""
    ((kind, content),) = packed.items()
    if kind == "http":
        body = unpack(content["body"]) if content["body"] else protos.TypedData()
        return protos.TypedData(http=protos.RpcHttp(**content | {"body": body}))
    return protos.TypedData(**{kind: base64.b64decode(content) if kind == "bytes" else content})


def of_bytes(content: bytes) -> Json:
    """Bytes, packed."""
    return {"bytes": base64.b64encode(content).decode()}


def bytes_of(packed: Json) -> bytes:
    """The bytes in what `pack` made of bytes or text."""
    ((kind, content),) = packed.items()
    return base64.b64decode(content) if kind == "bytes" else str(content).encode()
