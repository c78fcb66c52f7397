"""Azure's own documents, as Resource Manager answers them, by ID in any case and by type.

Nothing here knows the product: names and fields are Microsoft's.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

type Json = dict[str, Any]

A = "microsoft.network/privatednszones/a"
ENDPOINT = "microsoft.network/privateendpoints"
INTERFACE = "microsoft.network/networkinterfaces"
LINK = "microsoft.network/privatednszones/virtualnetworklinks"
NETWORK = "microsoft.network/virtualnetworks"
REGISTRY = "microsoft.containerregistry/registries"
REPLICATION = "microsoft.containerregistry/registries/replications"
ZONE = "microsoft.network/privatednszones"


def type_of(resource_id: str) -> str:
    """The full type that an ID names, in lower case."""
    provider, *segments = resource_id.lower().rpartition("/providers/")[2].split("/")
    return "/".join([provider, *segments[::2]])


def parent_of(resource_id: str) -> str:
    """The ID of the resource that a nested one belongs to."""
    return resource_id.rsplit("/", 2)[0]


def last_segment(resource_id: str) -> str:
    """The name at the end of an ID, in lower case."""
    return resource_id.rpartition("/")[2].lower()


class Documents:
    """An estate at one moment: every document that Azure would answer a GET with.

    Args:
        documents: each with its `id`; of two with one ID the last counts.
    """

    def __init__(self, documents: Iterable[Json] = ()) -> None:
        self._by_id = {document["id"].lower(): document for document in documents}
        self._by_type: dict[str, dict[str, Json]] = defaultdict(dict)
        for id_, document in self._by_id.items():
            self._by_type[type_of(id_)][id_] = document

    def __iter__(self) -> Iterator[Json]:
        return iter(self._by_id.values())

    def get(self, resource_id: str) -> Json | None:
        """A document by its ID."""
        return self._by_id.get(resource_id.lower())

    def of(self, type_: str, below: str = "") -> Iterator[Json]:
        """The documents of a type (in lower case), all or those below a resource."""
        prefix = f"{below.lower()}/" if below else ""
        for id_, document in self._by_type[type_].items():
            if id_.startswith(prefix):
                yield document

    def replaced(self, resource_id: str, document: Json | None) -> "Documents":
        """The same estate with one document changed, made, or gone (None)."""
        others = [one for id_, one in self._by_id.items() if id_ != resource_id.lower()]
        return Documents([*others, document] if document else others)
