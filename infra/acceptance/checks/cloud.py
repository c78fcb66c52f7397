"""What a cloud offers: names, API versions, prices; and how soon a deployed app answers."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import requests

from infra.acceptance.check import Check, DifferenceError, NotCheckableError, demand
from infra.acceptance.engine import DeployedApp
from infra.acceptance.estate import GROUPS, Estate
from infra.acceptance.price import PRICES, Price
from infra.acceptance.text import count
from shared.settings.values import PUBLIC

_COMPILED = Path(__file__).resolve().parents[2] / "compiled"
_PRICE_LIST = "https://prices.azure.com/api/retail/prices"
_SECONDS = 30  # Event Grid waits so long for an answer (docs/azure.md, Event Grid).


def _suffix(estate: Estate) -> str:
    found = estate.azure.registries.registries.get(estate.group, estate.registry).as_dict()
    server = str(found["properties"]["loginServer"])
    return demand(server.partition(".")[2] == estate.suffix, f"login server {server}")


def _versions(estate: Estate) -> str:
    """Ask which versions each provider serves, and look for those of the templates."""
    absent, unknown, number = list[str](), list[str](), 0
    for namespace, wanted in sorted(_wanted().items()):
        path = f"/subscriptions/{estate.azure.subscription}/providers/{namespace}"
        answer = estate.azure.send("GET", path, GROUPS)
        if not answer.is_good:
            unknown.append(namespace)
            continue
        served = {
            str(one["resourceType"]).lower(): one["apiVersions"]
            for one in answer.body["resourceTypes"]
        }
        number += len(wanted)
        absent += [
            f"{namespace}/{kind}@{version}"
            for kind, version in sorted(wanted)
            if version not in served.get(kind, [])
        ]
    if unknown and not absent:
        raise NotCheckableError(f"{number} types are served; unknown: {', '.join(unknown)}")
    return demand(not absent, f"not served: {', '.join(absent) or 'nothing'} of {number} types")


def _wanted() -> dict[str, set[tuple[str, str]]]:
    """The types and versions in the compiled templates, by namespace."""
    found: dict[str, set[tuple[str, str]]] = {}
    for path in _COMPILED.glob("*.json"):
        if path.name.endswith(".snapshot.json"):
            continue
        for kind, version in _resources(json.loads(path.read_text("utf-8"))):
            namespace, _, rest = kind.partition("/")
            found.setdefault(namespace, set()).add((rest.lower(), version))
    return found


def _resources(value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        kind, version = value.get("type"), value.get("apiVersion")
        if isinstance(kind, str) and isinstance(version, str):
            yield kind, version
        value = list(value.values())
    for item in value if isinstance(value, list) else ():
        yield from _resources(item)


def _price_list(estate: Estate) -> str:
    """Look up the assumed prices in Microsoft's public list."""
    if estate.options.cloud != PUBLIC:
        raise NotCheckableError("Microsoft's price list is that of the public cloud")
    found = {price: _listed(price, estate.options.location) for price in PRICES}
    wrong = [
        f"{price.what} {', '.join(f'{one:g}' for one in listed)} instead of {price.dollars:g}"
        for price, listed in found.items()
        if all(abs(one - price.dollars) > price.dollars / 10 for one in listed)
    ]
    return demand(not wrong, "; ".join(wrong) or f"{count(len(PRICES), 'price')}, within a tenth")


def _listed(price: Price, region: str) -> list[float]:
    """What one unit costs by the list, a price a tier: in the region, or wherever it is named."""
    clauses = f"meterName eq '{price.meter}' and priceType eq 'Consumption'"
    try:
        answer = requests.get(_PRICE_LIST, params={"$filter": clauses}, timeout=60)
        items = answer.json()["Items"]
    except (requests.RequestException, ValueError, KeyError) as error:
        raise NotCheckableError(f"no price list: {type(error).__name__}") from error
    here = [one for one in items if one.get("armRegionName") == region] or items
    if not here:
        raise NotCheckableError(f"the price list has no meter {price.meter}")
    return sorted({float(one["retailPrice"]) for one in here})


def _cold_start(estate: Estate) -> str:
    if not estate.options.app_url:
        raise NotCheckableError("--app names no deployed app; let it rest 20 minutes before")
    began = time.monotonic()
    DeployedApp(estate.options)
    seconds = time.monotonic() - began
    if seconds >= _SECONDS:
        raise DifferenceError(f"the first answer came after {seconds:.1f} s")
    return f"the first answer came after {seconds:.1f} s"


COLD_START = Check("cold-start", "an app at rest answers within 30 s", _cold_start)
CHECKS = (
    Check("sovereign-suffixes", "azurecr.io, azurecr.cn or azurecr.us, by the cloud", _suffix),
    Check("sovereign-versions", "the templates' API versions are served", _versions),
    Check("price-list", "the assumed prices, within a tenth", _price_list),
)
