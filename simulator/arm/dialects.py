"""The faces that the providers put on one and the same long-running operation."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one provider shows a running operation.

    Attributes:
        status_path: template of the path in `Azure-AsyncOperation`.
        result_path: template of the path in `Location`.
        name: template of the operation's name.
        http_while_running: HTTP status of a status poll before the end.
        repeats_headers: whether such a poll carries the polling headers again.
        names_itself: whether the poll's body holds `id` and `name`.
        signed: whether the URLs carry a signature.
    """

    status_path: str
    result_path: str
    name: str
    http_while_running: int
    repeats_headers: bool = False
    names_itself: bool = False
    signed: bool = False


NETWORK = Dialect(
    "/subscriptions/{subscription}/providers/Microsoft.Network/locations/{location}/operations",
    "/subscriptions/{subscription}/providers/Microsoft.Network/locations/{location}"
    "/operationResults",
    "{guid}",
    http_while_running=200,
    signed=True,
)
PRIVATE_DNS = Dialect(
    "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Network"
    "/privateDnsOperationStatuses",
    "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Network"
    "/privateDnsOperationResults",
    "FrontEndAsyncOperation;{label};{guid}",
    http_while_running=202,
    repeats_headers=True,
)
REGISTRY = Dialect(
    "{resource}/operationStatuses",
    "{resource}/operationResults",
    "{label}-{guid}",
    http_while_running=201,
    repeats_headers=True,
    names_itself=True,
)
RESOURCES = Dialect(
    "/subscriptions/{subscription}/operationresults",
    "/subscriptions/{subscription}/operationresults",
    "{guid}",
    http_while_running=202,
)
