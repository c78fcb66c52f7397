"""Every document of Azure's is held against the local Azure's answer to the same request."""

import asyncio
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.contract.arm_estate import Wire, running
from tests.contract.arm_story import tell
from tests.contract.documents import Document, resource_manager
from tests.contract.shapes import Difference, differences, of_headers

DOCUMENTS = resource_manager()
ACR = "spec/acr-2021-06-01-preview"
NETWORK = "spec/network-2021-02-01"
DNS = "spec/privatedns-2020-06-01"
APPROVAL = "recorded/acr_pec_approve_operation_statuses"
PENDING = "recorded/acr_private_endpoint_pending_then_approved"
REGISTRY = "recorded/acr_registry_2026-09-01-preview_data_endpoint"
OPERATIONS = "recorded/privatedns_async_operations"
RECORDS = "recorded/privatedns_record_set"

ANSWERS = {
    f"{ACR}/PrivateEndpointConnectionCreateOrUpdate 200": "connection get approved",
    f"{ACR}/PrivateEndpointConnectionCreateOrUpdate 201": "connection approve",
    f"{ACR}/PrivateEndpointConnectionDelete 200": "connection delete ended",
    f"{ACR}/PrivateEndpointConnectionDelete 202": "connection delete",
    f"{ACR}/PrivateEndpointConnectionDelete 204": "connection delete again",
    f"{ACR}/PrivateEndpointConnectionGet 200": "connection get approved",
    f"{ACR}/PrivateEndpointConnectionList 200": "connections, one approved",
    f"{ACR}/RegistryGet 200": "registry get",
    f"{ACR}/RegistryList 200": "registries of subscription",
    f"{ACR}/RegistryListByResourceGroup 200": "registries of group",
    f"{ACR}/RegistryListPrivateLinkResources 200": "link resources",
    f"{ACR}/ReplicationCreate 200": "replication put again",
    f"{ACR}/ReplicationCreate 201": "replication put",
    f"{ACR}/ReplicationDelete 200": "replication delete ended",
    f"{ACR}/ReplicationDelete 202": "replication delete",
    f"{ACR}/ReplicationDelete 204": "replication delete again",
    f"{ACR}/ReplicationGet 200": "replication get",
    f"{ACR}/ReplicationList 200": "replications",
    f"{NETWORK}/NetworkInterfaceGet 200": "interface get",
    f"{NETWORK}/NetworkInterfaceList 200": "networkInterfaces of group",
    f"{NETWORK}/NetworkInterfaceListAll 200": "networkInterfaces of subscription",
    f"{NETWORK}/PrivateEndpointCreate 200": "endpoint put again",
    f"{NETWORK}/PrivateEndpointCreate 201": "endpoint put",
    f"{NETWORK}/PrivateEndpointCreateForManualApproval 200": "asking endpoint get",
    f"{NETWORK}/PrivateEndpointCreateForManualApproval 201": "asking endpoint put",
    f"{NETWORK}/PrivateEndpointDelete 200": "endpoint delete result",
    f"{NETWORK}/PrivateEndpointDelete 202": "endpoint delete",
    f"{NETWORK}/PrivateEndpointDelete 204": "endpoint delete again",
    f"{NETWORK}/PrivateEndpointDnsZoneGroupCreate 200": "zone group put again",
    f"{NETWORK}/PrivateEndpointDnsZoneGroupCreate 201": "zone group put",
    f"{NETWORK}/PrivateEndpointDnsZoneGroupGet 200": "zone group get",
    f"{NETWORK}/PrivateEndpointDnsZoneGroupList 200": "zone groups",
    f"{NETWORK}/PrivateEndpointGet 200": "endpoint get",
    f"{NETWORK}/PrivateEndpointGetForManualApproval 200": "asking endpoint get",
    f"{NETWORK}/PrivateEndpointList 200": "privateEndpoints of group",
    f"{NETWORK}/PrivateEndpointListAll 200": "privateEndpoints of subscription",
    f"{DNS}/PrivateZoneDelete 200": "other zone delete result",
    f"{DNS}/PrivateZoneDelete 202": "other zone delete",
    f"{DNS}/PrivateZoneDelete 204": "zone delete again",
    f"{DNS}/PrivateZoneGet 200": "zone get",
    f"{DNS}/PrivateZoneListInResourceGroup 200": "zones page",
    f"{DNS}/PrivateZonePut 200": "zone get",
    f"{DNS}/PrivateZonePut 201": "zone get",
    f"{DNS}/PrivateZonePut 202": "other zone put",
    f"{DNS}/RecordSetADelete 200": "record delete",
    f"{DNS}/RecordSetADelete 204": "record delete again",
    f"{DNS}/RecordSetAGet 200": "marked record get",
    f"{DNS}/RecordSetAList 200": "records page",
    f"{DNS}/RecordSetALLList 200": "all records page",
    f"{DNS}/RecordSetAPatch 200": "marked record patch",
    f"{DNS}/RecordSetAPut 200": "marked record put again",
    f"{DNS}/RecordSetAPut 201": "marked record put",
    f"{DNS}/VirtualNetworkLinkDelete 200": "link delete result",
    f"{DNS}/VirtualNetworkLinkDelete 202": "link delete",
    f"{DNS}/VirtualNetworkLinkDelete 204": "link delete again",
    f"{DNS}/VirtualNetworkLinkGet 200": "tagged link get",
    f"{DNS}/VirtualNetworkLinkList 200": "links page",
    f"{DNS}/VirtualNetworkLinkPatch 200": "tagged link get patched",
    f"{DNS}/VirtualNetworkLinkPatch 202": "tagged link patch",
    f"{DNS}/VirtualNetworkLinkPut 200": "tagged link get",
    f"{DNS}/VirtualNetworkLinkPut 201": "tagged link get",
    f"{DNS}/VirtualNetworkLinkPut 202": "tagged link put",
    f"{APPROVAL} 0": "connection approve under way",
    f"{APPROVAL} 1": "connection approve under way",
    f"{APPROVAL} 2": "connection approve ended",
    f"{APPROVAL} 3": "connection get approved",
    f"{APPROVAL} 4": "connections, one approved",
    f"{APPROVAL} 5": "connection reject",
    f"{PENDING} 0": "manual endpoint put",
    f"{PENDING} 1": "manual endpoint put under way",
    f"{PENDING} 2": "manual endpoint put under way",
    f"{PENDING} 3": "manual endpoint put under way",
    f"{PENDING} 4": "manual endpoint put ended",
    f"{PENDING} 5": "manual endpoint get",
    f"{PENDING} 6": "connections, one pending",
    f"{PENDING} 7": "connection get pending",
    f"{PENDING} 8": "connection approve",
    f"{PENDING} 9": "connection get approved",
    f"{REGISTRY} 0": "registry put again",
    f"{REGISTRY} 1": "registry get",
    f"{REGISTRY} 2": "no replications",
    f"{REGISTRY} 3": "registry patch",
    f"{OPERATIONS} 0": "zone put",
    f"{OPERATIONS} 1": "zone put under way",
    f"{OPERATIONS} 2": "zone put ended",
    f"{OPERATIONS} 3": "link put exists",
    f"{OPERATIONS} 4": "link put exists ended",
    f"{OPERATIONS} 5": "link missing",
    f"{OPERATIONS} 6": "link delete",
    f"{RECORDS} 0": "record put",
    f"{RECORDS} 1": "marked record put",
    f"{RECORDS} 2": "record put exists",
    f"{RECORDS} 3": "marked record put stale",
    f"{RECORDS} 4": "record missing",
    f"{RECORDS} 5": "record without zone",
    f"{RECORDS} 6": "record delete",
    "recorded/privatedns_virtual_network_link_2024-06-01": "link get",
}
"""Which request of the story (arm_story.py) answers to which document."""


class Allowed(NamedTuple):
    """A difference that may be, and why.

    Attributes:
        documents: pattern of the documents' keys.
        where: pattern of the way.
        what: the kind of difference.
        because: the reason.
    """

    documents: str
    where: str
    what: str
    because: str


_RECORDED = "the example shows a part; the recording of the same answer shows the whole, and wins"
_MODEL = "no recording of this answer is at hand; Microsoft's model has the field"
_AT_ONCE = "the example shows the end; the recorded answer comes before it"
_OTHER = "the example's endpoint leads to another service"

ALLOWED = [
    # Recordings, of which nothing else is excused.
    Allowed("*", "headers.azure-asyncoperation", "form", "signed by t, c, s and h since 2023"),
    Allowed("*", "headers.location", "form", "signed by t, c, s and h since 2023"),
    Allowed("recorded/acr_*", "body.systemData.*By", "form", "the person's name is redacted"),
    Allowed(f"{RECORDS} 4", "body.message", "word", "the subscription is redacted"),
    # Examples in general.
    Allowed("spec/*", "headers.*", "extra", "the examples leave most headers out"),
    Allowed("spec/*", "*.name", "form", "a placeholder there"),
    Allowed(f"{DNS}/*", "headers.retry-after", "missing", "recordings of 2024 have none"),
    Allowed(
        f"{DNS}/*", "body.nextLink", "form", "the example forgot the zone's name, or had no $top"
    ),
    # Private DNS.
    Allowed(f"{DNS}/*Put 201", "status", "word", "recorded: 202, and the document at the end"),
    Allowed(f"{DNS}/VirtualNetworkLink*", "*.etag", "form", "recorded: quotes are part of it"),
    # Container Registry.
    Allowed(f"{ACR}/Registry*", "*", "extra", _RECORDED),
    Allowed(f"{ACR}/Registry*", "*.status", "missing", "gone from the recording of 2026"),
    Allowed(f"{ACR}/Registry*", "*.tags", "empty", "the story's registry has none, as recorded"),
    Allowed(f"{ACR}/ReplicationList*", "*.tags", "empty", "the home region, which nobody made"),
    Allowed(
        f"{ACR}/PrivateEndpointConnection*", "*.actionsRequired", "missing", "recorded without"
    ),
    Allowed(
        f"{ACR}/PrivateEndpointConnection*", "*.description", "word", "the approver's own words"
    ),
    Allowed(
        f"{ACR}/PrivateEndpointConnection*",
        "*.description",
        "missing",
        "recorded: Pending has none",
    ),
    Allowed(
        f"{ACR}/PrivateEndpointConnectionList*", "*.status", "word", "one is Pending, as recorded"
    ),
    Allowed(f"{ACR}/PrivateEndpointConnectionC* 201", "*.status", "word", _AT_ONCE),
    Allowed(f"{ACR}/PrivateEndpointConnectionC* 201", "*.provisioningState", "word", _AT_ONCE),
    Allowed(f"{ACR}/PrivateEndpointConnectionC* 201", "body.systemData", "extra", _RECORDED),
    # Private endpoints.
    Allowed(f"{NETWORK}/PrivateEndpoint[CGL]*", "*", "extra", _RECORDED),
    Allowed(
        f"{NETWORK}/PrivateEndpoint[CGL]*", "*.networkInterfaces.each.id", "form", "`provders`"
    ),
    Allowed(f"{NETWORK}/PrivateEndpoint[CGL]*", "*.privateLinkServiceId", "form", _OTHER),
    Allowed(
        f"{NETWORK}/PrivateEndpoint[CGL]*",
        "*.description",
        "word",
        "recorded: `Auto Approved`, then `Auto-Approved`; `Awaiting Approval`, then nothing",
    ),
    Allowed(
        f"{NETWORK}/PrivateEndpoint[CGL]*",
        "*.customDnsConfigs",
        "empty",
        "recorded: empty while updating and while Pending",
    ),
    Allowed(f"{NETWORK}/PrivateEndpointCreate*", "*.provisioningState", "word", _AT_ONCE),
    Allowed(
        f"{NETWORK}/PrivateEndpoint*Manual* 201",
        "*.privateLinkServiceConnections",
        "empty",
        "the example of a manual endpoint shows one that was approved by itself",
    ),
    Allowed(
        f"{NETWORK}/PrivateEndpointList*",
        "*rivateLinkServiceConnections",
        "*",
        "the story's third endpoint, rejected and cut off, is like none of the examples'",
    ),
    # Zone groups and interfaces.
    Allowed(f"{NETWORK}/PrivateEndpointDnsZoneGroup*", "*", "extra", _MODEL),
    Allowed(
        f"{NETWORK}/PrivateEndpointDnsZoneGroup*",
        "body*.id",
        "form",
        "`privateLinkServices` in a private endpoint's ID",
    ),
    Allowed(f"{NETWORK}/PrivateEndpointDnsZoneGroup*", "*.recordSetName", "form", "a placeholder"),
    Allowed(f"{NETWORK}/PrivateEndpointDnsZoneGroupC*", "*.provisioningState", "word", _AT_ONCE),
    Allowed(f"{NETWORK}/PrivateEndpointDnsZoneGroupC*", "*.recordSets", "empty", _AT_ONCE),
    Allowed(f"{NETWORK}/NetworkInterface*", "*", "extra", _MODEL),
    *(
        Allowed(f"{NETWORK}/NetworkInterface*", where, "missing", "a virtual machine's")
        for where in (
            "*.dscpConfiguration",
            "*.internalDomainNameSuffix",
            "*.networkSecurityGroup",
            "*.properties.primary",
            "*.publicIPAddress",
            "*.virtualMachine",
        )
    ),
    Allowed(f"{NETWORK}/NetworkInterface*", "*.macAddress", "form", "an endpoint's has none"),
]
"""What may differ: examples are old and illustrative, and where a recording differs, it wins."""


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Wire]:
    """Every answer of the story, told once."""

    async def told(folder: Path, patch: pytest.MonkeyPatch) -> dict[str, Wire]:
        async with running(folder, patch) as cloud:
            return await tell(cloud)

    with pytest.MonkeyPatch.context() as patch:
        return asyncio.run(told(tmp_path_factory.mktemp("story"), patch))


def found(document: Document, answer: Wire) -> Iterator[Difference]:
    """Every difference between a document and the answer to the same request."""
    if document.status not in {None, answer.status}:
        yield Difference("status", "word", f"is {answer.status}, and {document.status} there")
    yield from of_headers(document.headers, answer.headers)
    if document.body is not None:
        yield from differences(document.body, answer.text and answer.body)


def excuses(key: str, difference: Difference) -> list[Allowed]:
    """What allows the difference, if anything does."""
    return [
        allowed
        for allowed in ALLOWED
        if fnmatchcase(key, allowed.documents)
        and fnmatchcase(difference.where, allowed.where)
        and fnmatchcase(difference.what, allowed.what)
    ]


def test_every_document_has_its_answer() -> None:
    """No document is left out, and none is spoken of that is not there."""
    assert set(ANSWERS) == set(DOCUMENTS)


@pytest.mark.parametrize("key", sorted(DOCUMENTS))
def test_the_answer_has_the_documents_shape(key: str, answers: dict[str, Wire]) -> None:
    """Names, nesting, types, forms, words, headers and status are Azure's, or argued above."""
    unexcused = [
        str(difference)
        for difference in sorted(found(DOCUMENTS[key], answers[ANSWERS[key]]))
        if not excuses(key, difference)
    ]
    assert unexcused == []


def test_no_excuse_is_idle(answers: dict[str, Wire]) -> None:
    """An allowance that nothing needs any more goes, before it hides something new."""
    used = {
        allowed
        for key, name in ANSWERS.items()
        for difference in found(DOCUMENTS[key], answers[name])
        for allowed in excuses(key, difference)
    }
    assert [allowed for allowed in ALLOWED if allowed not in used] == []
