"""Plain stand-ins for the gRPC messages between the Functions host and Microsoft's worker.

`azure_functions_runtime` looks its message classes up on a namespace that the
caller passes, so this module is that namespace (docs/azure.md#clients).
Only what Event Grid, timer and HTTP functions touch is here.
"""

from types import SimpleNamespace
from typing import ClassVar


class Message(SimpleNamespace):
    """A message: its fields are attributes."""


class WorkerInitResponse(Message):
    """What the worker can do, or why the app did not load."""


class WorkerMetadata(Message):
    """The worker's own version."""


class FunctionMetadataResponse(Message):
    """The functions that the worker found."""


class RpcFunctionMetadata(Message):
    """One function and its bindings."""


class InvocationResponse(Message):
    """How one invocation ended."""


class RpcException(Message):
    """An exception, as text."""


class RpcRetryOptions(Message):
    """A function's own retry policy."""


class StatusResult(Message):
    """Success, or failure with an exception."""

    Failure: ClassVar = 0
    Success: ClassVar = 1


class BindingInfo(Message):
    """One binding; its class holds the numbers of directions and data types."""

    out: ClassVar = 1
    inout: ClassVar = 2
    undefined: ClassVar = 0


class _OneOf(Message):
    """A message of which exactly one field is set."""

    def WhichOneof(self, _group: str) -> str | None:  # noqa: N802 - protobuf's own name
        """The name of the field that is set."""
        return next(iter(vars(self)), None)


class TypedData(_OneOf):
    """A value, under the name of its kind: `json`, `string`, `bytes`, `http`."""


class RpcHttp(Message):
    """An HTTP request, or the answer to one."""


class ParameterBinding(Message):
    """A value for a named parameter."""

    def WhichOneof(self, _group: str) -> str:  # noqa: N802 - protobuf's own name
        """Values travel in the message itself, never in shared memory."""
        return "data"
