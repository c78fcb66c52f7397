"""The zones' setting: which zones the app keeps, which networks each serves, and how it is kept."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import fields

from shared.domain.resource_id import (
    NETWORK,
    ZONE,
    InvalidNameError,
    parse_guid,
    parse_id,
    region_name,
)
from shared.domain.zone import (
    Links,
    Peered,
    Selection,
    Selector,
    Zone,
    ZoneReach,
    find_ties,
    public_suffix,
    with_other_selectors,
)

_EXAMPLE = '[{"id": "/subscriptions/…/privateDnsZones/privatelink.azurecr.io"}]'
_CHOICES = {"selection": Selection, "links": Links, "peered": Peered, "reach": ZoneReach}
_SELECTORS = tuple(field.name for field in fields(Selector))
_REGION = re.compile(r"[a-z][a-z0-9]{1,49}", re.ASCII)
_KEYS = {"id", *_CHOICES, *_SELECTORS}


def parse_zones(text: str, owner: str, ttl: int) -> tuple[Zone, ...]:
    """The zones, each knowing what the others of its name serve.

    Raises:
        ValueError: in words that end "should be …".
    """
    try:
        items = json.loads(text)
    except (ValueError, RecursionError):
        items = None
    if not isinstance(items, list) or not items:
        raise ValueError(f"a JSON list of zones, as {_EXAMPLE}")
    zones = tuple(_zone(item, owner, ttl) for item in items)
    if len({zone.id for zone in zones}) < len(zones):
        raise ValueError("without the same zone twice")
    # Else which zone serves a network would depend on the order in which they are written.
    for one, other in find_ties(zones):
        raise ValueError(f"without two zones for the same networks: {one.id} and {other.id}")
    return with_other_selectors(zones)


def _zone(item: object, owner: str, ttl: int) -> Zone:
    # A mistyped key, ignored, would leave the zone to serve other networks than was meant.
    if not isinstance(item, dict) or not item.keys() <= _KEYS:
        raise ValueError(f"a list of objects with the keys {', '.join(sorted(_KEYS))} only")
    try:
        id_ = parse_id(item.get("id"), ZONE)
        suffix = public_suffix(id_.name)
    except InvalidNameError as error:
        raise ValueError(f"zones with the `id` of a private DNS zone ({error})") from None
    try:
        return Zone(
            id=id_,
            suffix=suffix,
            owner=owner,
            ttl=ttl,
            selection=Selection(item.get("selection", Selection.FIRST)),
            links=Links(item.get("links", Links.MANAGE)),
            peered=Peered(item.get("peered", Peered.KEEP)),
            reach=ZoneReach(item.get("reach", ZoneReach.PEERED)),
            selector=_selector(item),
        )
    except InvalidNameError as error:
        raise ValueError(f"zones with selectors that can be read ({error})") from None
    except ValueError:
        choices = [f"`{key}` {' or '.join(choice)}" for key, choice in _CHOICES.items()]
        raise ValueError(f"zones with {', '.join(choices)}") from None


def _selector(item: Mapping[str, object]) -> Selector:
    return Selector(
        networks=frozenset(parse_id(text, NETWORK) for text in _texts(item, "networks")),
        subscriptions=frozenset(parse_guid(text) for text in _texts(item, "subscriptions")),
        regions=frozenset(_region(text) for text in _texts(item, "regions")),
    )


def _texts(item: Mapping[str, object], key: str) -> Iterator[str]:
    """A selector's list; one without anything in it selects nothing, and so must not be there."""
    values = item.get(key, ["never read"])
    if not isinstance(values, list) or not values or not all(isinstance(v, str) for v in values):
        raise InvalidNameError(f"`{key}` is a list of strings with at least one in it")
    return iter(values if key in item else ())


def _region(text: str) -> str:
    """A region as names use it; Azure's portal writes "West Europe"."""
    region = region_name(text)
    if not _REGION.fullmatch(region):
        raise InvalidNameError("`regions` are names of regions, as westeurope")
    return region
