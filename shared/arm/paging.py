"""Long lists, page by page, as plain documents.

Microsoft's clients make a model of every item first, which costs ten times the
processor time of everything else about a page: seconds for a full zone
(docs/bench.md). So the pages come through the client's own pipeline, with its
policies and its version, but without the models.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Protocol

from azure.core.exceptions import HttpResponseError, ServiceResponseError
from azure.core.rest import AsyncHttpResponse, HttpRequest

from shared.arm.documents import Document, UnreadableError

# A zone of 25,000 records has 250 pages (docs/azure.md#functions); twice that is no list any more.
MAX_PAGES = 500


class _Client(Protocol):
    """Any of Microsoft's management clients."""

    def send_request(self, request: HttpRequest, /) -> Awaitable[AsyncHttpResponse]:
        """Send a request through the client's pipeline."""


async def each_item(
    client: _Client,
    path: str,
    api_version: str,
    turn: Callable[[], Awaitable[None]] | None = None,
) -> AsyncIterator[Document]:
    """Every item of every page; a page that fails, or a list without end, fails the whole.

    Args:
        client: sends the requests, to the host that it is made for.
        path: the list's, as `/subscriptions/…/privateDnsZones/<zone>/A`.
        api_version: the client's.
        turn: awaited before each page.

    Raises:
        AzureError: a page could not be read.
        UnreadableError: an item is no object, or there are too many pages.
        ValueError, KeyError, TypeError: a page is none (see `CLIENT_ERRORS`).
    """
    url = f"{path}?api-version={api_version}"
    for number in range(MAX_PAGES):
        if turn:
            await turn()
        response = await client.send_request(HttpRequest("GET", url))
        # Half a list would show absent what stands on its other half (no-unproven-delete).
        try:
            response.raise_for_status()
        except HttpResponseError as error:
            if number and error.status_code == HTTPStatus.BAD_REQUEST:
                # Azure's own link was wrong, and the next list's may be right.
                raise ServiceResponseError("a next link was refused", error=error) from error
            raise
        page = response.json()
        for item in page["value"]:
            if not isinstance(item, Mapping):
                raise UnreadableError("an item of a list is no object")
            yield item
        # Sent through the client, whose pipeline lets it go to no other host (clients.py).
        url = page.get("nextLink") or ""
        if not url:
            return
    raise UnreadableError(f"more than {MAX_PAGES} pages")
