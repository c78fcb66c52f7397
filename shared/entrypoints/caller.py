"""Who calls an HTTP function: somebody with a key, or a principal for whom App Service answers."""

from collections.abc import Mapping

from shared.render.request_line import clean

# The host keeps to itself which of its keys it was sent.
KEY = "key"
# Beyond any name or ID that a directory gives.
_MAX_CHARACTERS = 256


def find_caller(headers: Mapping[str, str], environment: Mapping[str, str]) -> str:
    """Who calls, in words for the log.

    Args:
        headers: the request's, by names in any case.
        environment: the app's.
    """
    # Only App Service authentication takes these headers from whoever sends them along: without
    # it anybody could bear any name (docs/azure.md#functions).
    if environment.get("WEBSITE_AUTH_ENABLED", "").lower() != "true":
        return KEY
    parts = (headers.get(f"x-ms-client-principal-{kind}", "") for kind in ("name", "id"))
    words = [clean(part, _MAX_CHARACTERS) for part in parts if part]
    return f"principal {', '.join(words)}" if words else KEY
