"""The faces that the providers put on one and the same long-running operation."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one provider shows a running operation.

    Attributes:
        status_path: template of the path in `Azure-AsyncOperation`.
        result_path: template of the path in `Location`.
        name: template of the operation's name.
        http_while_running: HTTP status of a status poll before the end.
        repeats: which polling headers such a poll carries again.
        names_itself: whether the poll's body holds `id` and `name`.
    """

    status_path: str
    result_path: str
    name: str
    http_while_running: int
    repeats: frozenset[str] = frozenset()
    names_itself: bool = False


NETWORK = Dialect(
    "/subscriptions/{subscription}/providers/Microsoft.Network/locations/{location}/operations",
    "/subscriptions/{subscription}/providers/Microsoft.Network/locations/{location}"
    "/operationResults",
    "{guid}",
    http_while_running=200,
)
PRIVATE_DNS = Dialect(
    "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Network"
    "/privateDnsOperationStatuses",
    "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Network"
    "/privateDnsOperationResults",
    "FrontEndAsyncOperation;{label};{guid}",
    http_while_running=202,
    repeats=frozenset({"Azure-AsyncOperation", "Location"}),
)
REGISTRY = Dialect(
    "{resource}/operationStatuses",
    "{resource}/operationResults",
    "{label}-{guid}",
    http_while_running=201,
    repeats=frozenset({"Azure-AsyncOperation"}),
)
CONNECTION = replace(REGISTRY, names_itself=True)
"""A connection's poll names what it is about; the registry's own does not (both recorded)."""
RESOURCES = Dialect(
    "/subscriptions/{subscription}/operationresults",
    "/subscriptions/{subscription}/operationresults",
    "{guid}",
    http_while_running=202,
)
