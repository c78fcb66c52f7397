"""Environments for the parameter files, all of them in one compiler's, told apart by a prefix.

A compiler takes seconds to start and reads the environment that it started in. So each
variable is there once for each environment, as `least_AZURE_LOCATION`, and the parameter
files are copied with these names in the place of their own.
"""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

from infra.build.artefacts import INFRA

type Environment = Mapping[str, str]

SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
_GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/dns/providers/Microsoft.Network"
ZONE: dict[str, object] = {"id": f"{_GROUP}/privateDnsZones/privatelink.azurecr.io"}
NETWORKS = [f"{_GROUP}/virtualNetworks/a", f"{_GROUP}/virtualNetworks/b"]
TOPIC = {"name": "t", "resourceGroup": "g", "hasIdentity": False}
MERGED = ZONE | {"selection": "merge", "links": "leave", "regions": ["westeurope"]}

_BY_COMMAS = "should be IDs of subscriptions, separated by commas"
APP = {"PRINCIPAL_ID": "p", "FUNCTION_APP_ID": "/app", "STORAGE_ID": "/storage"}
LEAST = APP | {"ACR_PRIVATE_DNS_ZONES": json.dumps([ZONE])}
# A variable that is set to nothing is not set.
_EMPTY = dict.fromkeys(
    ("AZURE_LOCATION", "ACR_PRIVATE_DNS_TTL", "ALLOWED_RANGES", "LINKS", "PACKAGE_URI"), ""
)

EVERYTHING = APP | {
    "AZURE_ENV_NAME": "prod-1",
    "AZURE_LOCATION": "westeurope",
    "ACR_PRIVATE_DNS_ZONES": json.dumps([MERGED]),
    "ACR_PRIVATE_DNS_SUBSCRIPTIONS": f"{SUBSCRIPTION}, {SUBSCRIPTION[:-1]}2",
    "ACR_PRIVATE_DNS_TTL": "60",
    "ACR_PRIVATE_DNS_POLICY": "upsert-only",
    "ACR_PRIVATE_DNS_DRY_RUN": "true",
    "ACR_PRIVATE_DNS_DELETE_THRESHOLD_PERCENT": "0",
    "ACR_PRIVATE_DNS_DELETE_THRESHOLD_MIN": "7",
    "ACR_PRIVATE_DNS_ALLOW": "adopt, overrideDeleteThreshold",
    "ACR_PRIVATE_DNS_SCHEDULE": "0 */30 * * * *",
    "ACR_PRIVATE_DNS_API_VERSIONS": '{"network": "2024-05-01"}',
    "ALLOWED_RANGES": "203.0.113.0/24,198.51.100.0/24",
    "PACKAGE_URI": "https://releases.example.com/acr-private-dns.zip?signature",
    "ZONE_ACCESS": "false",
    "WORKSPACE_ID": "/workspace",
    "LINKS": "false",
    "JOINER_SCOPES": ", ".join(NETWORKS),
    "ADOPT": json.dumps(TOPIC),
    "DEAD_LETTER_GROUP": SUBSCRIPTION,
    "TOPIC_ONLY": "true",
    "ACCESS": "false",
    "EVENTS": "true",
}

MISTAKES = APP | {
    "AZURE_ENV_NAME": "a b",
    "ACR_PRIVATE_DNS_ZONES": json.dumps([{"id": "privatelink.azurecr.io"}]),
    "ACR_PRIVATE_DNS_SUBSCRIPTIONS": "mine",
    "ACR_PRIVATE_DNS_TTL": "0",
    "ZONE_ACCESS": "no",
    "PACKAGE_URI": "http://releases.example.com/signature",
    "LINKS": "no",
    "JOINER_SCOPES": str(ZONE["id"]),
    "DEAD_LETTER_GROUP": "letters",
    "TOPIC_ONLY": "no",
    "ACCESS": "no",
    "EVENTS": "no",
}

ALL = LEAST | {"ACR_PRIVATE_DNS_SUBSCRIPTIONS": " All "}

# One wrong setting each, and what is said of it.
WRONG = {
    "SUBSCRIPTIONS": (f"all, {SUBSCRIPTION}", f"{_BY_COMMAS}, or all, alone"),
    "ZONES": (json.dumps([ZONE | {"link": "leave"}]), 'property "link" is not allowed'),
    "POLICY": ("delete", "should be sync or upsert-only"),
    "DRY_RUN": ("yes", "should be true or false"),
    "DELETE_THRESHOLD_PERCENT": ("101", "should be percent from 0 to 100"),
    "DELETE_THRESHOLD_MIN": ("-1", "should be deletes from 0 to 1000000"),
    "ALLOW": ("adopt,failover", "words of overrideDeleteThreshold, adopt, separated by commas"),
    "SCHEDULE": ("*/15 * * * *", "should be six fields of NCRONTAB"),
    "API_VERSIONS": ('{"dns": "2024-06-01"}', 'property "dns" is not allowed'),
}

_ENVIRONMENTS: Mapping[str, Environment] = {
    "nothing": {},
    "least": _EMPTY | LEAST,
    "everything": EVERYTHING,
    "mistakes": MISTAKES,
    "all": ALL,
    **{
        f"wrong_{name}": LEAST | {f"ACR_PRIVATE_DNS_{name}": value}
        for name, (value, _) in WRONG.items()
    },
}

VARIABLES = {
    f"{environment}_{name}": value
    for environment, variables in _ENVIRONMENTS.items()
    for name, value in variables.items()
}


def copy_infra(environment: str, folder: Path) -> tuple[Path, Path]:
    """Copies of both parameter files that read one of the environments, main's first."""
    infra = folder / "infra"
    shutil.copytree(INFRA, infra, ignore=shutil.ignore_patterns("compiled", "*.py", "__pycache__"))
    read = "readEnvironmentVariable('"
    for path in infra.glob("*.bicepparam"):
        path.write_text(path.read_text().replace(read, f"{read}{environment}_"))
    return infra / "main.bicepparam", infra / "subscription.bicepparam"
