"""marks: how a record set says that it is ours."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.ownership import (
    MAX_ADDRESSES,
    MAX_METADATA,
    MAX_VALUE,
    Claim,
    Ownership,
    OwnershipStatus,
    creator_guid,
    decode_ownership,
    encode_ownership,
    has_creator,
    is_ownership_key,
    is_same_metadata,
    ownership_status,
    registry_of,
)
from shared.domain.resource_id import ENDPOINT, REGISTRY, ResourceId, fold_case
from shared.domain.zone import RecordSet

SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"
NETWORK = "m37es72qbejtl2bgmfihyioywy"

names = st.from_regex(r"[a-z0-9][a-z0-9-]{0,78}", fullmatch=True)
groups = st.from_regex(r"[a-z0-9][a-z0-9._()-]{0,88}[a-z0-9]", fullmatch=True)
groups_of_any_script = groups | st.from_regex(r"[\w().-]{0,89}[\w()-]", fullmatch=True).filter(
    lambda text: fold_case(text) == text
)
claims = st.builds(
    Claim,
    endpoint=st.builds(
        lambda group, name: ResourceId(SUBSCRIPTION, group, ENDPOINT, (name,)),
        groups_of_any_script,
        names,
    ),
    address=st.ip_addresses(v=4).map(str),
    guid=st.from_regex(r"[0-9a-f]{8}", fullmatch=True),
    network=st.from_regex(r"[a-z2-7]{26}", fullmatch=True),
)
marks = st.builds(
    Ownership,
    owner=st.from_regex(r"[a-z0-9][a-z0-9.-]{0,63}", fullmatch=True),
    registry=st.none() | names.map(lambda name: ResourceId(SUBSCRIPTION, "rg", REGISTRY, (name,))),
    claims=st.lists(claims, max_size=MAX_ADDRESSES, unique=True).map(
        lambda some: tuple(sorted(some))
    ),
)


def record(metadata: dict[str, str]) -> RecordSet:
    return RecordSet("myregistry", "etag", 10, ("10.0.0.4",), metadata)


@given(marks)
def test_a_mark_survives_its_encoding(ownership: Ownership) -> None:
    """What is written into a zone is read back as the same provenance."""
    assert (
        decode_ownership(record(encode_ownership(ownership)), frozenset({ownership.owner}))
        == ownership
    )


@given(marks)
def test_a_mark_keeps_azures_limits(ownership: Ownership) -> None:
    """A mark always fits beside at least three entries of others, and each value in 256."""
    metadata = encode_ownership(ownership)
    assert len(metadata) <= MAX_METADATA - 3
    assert all(len(value) <= MAX_VALUE for value in metadata.values())
    assert all(key.isalnum() and not key[0].isdigit() for key in metadata)


def test_the_marks_form_is_the_designs() -> None:
    """The metadata that other tools and older versions meet is this, to the letter."""
    endpoint = ResourceId(SUBSCRIPTION, "rg", ENDPOINT, ("pe-a",))
    registry = ResourceId(SUBSCRIPTION, "rg", REGISTRY, ("myregistry",))
    ownership = Ownership("prod", registry, (Claim(endpoint, "10.1.0.4", "9d09199d", NETWORK),))
    assert encode_ownership(ownership) == {
        "acrPrivateDns": "prod",
        "acrPrivateDnsRegistry": f"{SUBSCRIPTION}/rg/myregistry",
        "acrPrivateDnsAddress01": f"10.1.0.4 {'1' * 32}/rg/pe-a 9d09199d {NETWORK}",
    }


def test_the_longest_claim_fits() -> None:
    """The longest names that Azure allows still leave room for everything else of a claim."""
    endpoint = ResourceId(SUBSCRIPTION, "g" * 90, ENDPOINT, ("e" * 80,))
    ownership = Ownership("prod", None, (Claim(endpoint, "255.255.255.255", "9d09199d", NETWORK),))
    assert len(encode_ownership(ownership)["acrPrivateDnsAddress01"]) == MAX_VALUE


@pytest.mark.parametrize(
    "claim",
    [
        f"10.1.0.4 {SUBSCRIPTION}/rg/pe-a 9d09199d 0123456789ab",
        f"10.1.0.4 {SUBSCRIPTION}/rg/pe-a 9d09199d {NETWORK}",
        f"10.1.0.4 {'1' * 32}/rg/pe-a 9d09199d 0123456789ab",
        f"10.1.0.4 {'1' * 32}/rg/pe-a 9d09199d {NETWORK.upper()}",
        f"10.1.0.4 {'1' * 32}/rg/pe-a 9d09199d {NETWORK}a",
        f"10.1.0.4 {'1' * 32}/rg/../pe-a 9d09199d {NETWORK}",
    ],
)
def test_a_claim_in_another_form_is_damaged(claim: str) -> None:
    """A claim of an earlier form, or a garbled one, is none: the record is ours and repaired."""
    metadata = {"acrPrivateDns": "prod", "acrPrivateDnsAddress01": claim}
    ownership = decode_ownership(record(metadata), frozenset({"prod"}))
    assert ownership is not None
    assert ownership.claims == ()


@given(marks, st.sampled_from([str.lower, str.upper, str.title, str.swapcase]))
def test_keys_are_read_in_any_case(ownership: Ownership, change: Callable[[str], str]) -> None:
    """Should Azure give keys back in a case of its own, whose a record is stays the same."""
    metadata = {change(key): value for key, value in encode_ownership(ownership).items()}
    assert decode_ownership(record(metadata), frozenset({ownership.owner})) == ownership
    assert registry_of(record(metadata), frozenset({ownership.owner})) == ownership.registry
    assert ownership_status(metadata, frozenset({"another"})) is OwnershipStatus.OTHER_OWNER
    assert is_same_metadata(metadata, encode_ownership(ownership))
    assert not is_same_metadata({**metadata, "more": "1"}, encode_ownership(ownership))


def test_keys_are_folded_in_ascii_alone() -> None:
    """A key that only looks like ours is somebody else's."""
    key = "acrPr\u0130vateDns"  # of which Python makes an `i` and a dot in lower case
    assert not is_ownership_key(key)
    assert ownership_status({key: "prod"}, frozenset({"prod"})) is OwnershipStatus.UNMANAGED


def test_who_wrote_a_record_is_read_in_what_azure_can_have_written() -> None:
    """A text longer than any of Azure's is cut first: to search it whole takes the square of it."""
    guid = "9d09199d-1111-2222-3333-444455556666"
    start, end = "created by private endpoint ", f" with resource guid {guid}"
    assert creator_guid(record({"Creator": f"{start}pe-a{end}"})) == guid
    assert creator_guid(record({"creator": f"{start}{'x' * MAX_VALUE}{end}"})) is None
    assert has_creator(record({"CREATOR": f"{start}{'x' * MAX_VALUE}{end}"}))
    assert not has_creator(record({"created": end}))


def test_whose_a_record_is() -> None:
    """Another deployment's mark is as foreign as none at all."""
    assert (
        ownership_status({"acrPrivateDns": "prod"}, frozenset({"prod"})) is OwnershipStatus.MANAGED
    )
    assert (
        ownership_status({"acrPrivateDns": "prod"}, frozenset({"test"}))
        is OwnershipStatus.OTHER_OWNER
    )
    assert ownership_status({"owner": "prod"}, frozenset({"prod"})) is OwnershipStatus.UNMANAGED
    assert decode_ownership(record({"acrPrivateDns": "prod"}), frozenset({"test"})) is None


@given(st.dictionaries(st.text(max_size=30), st.text(max_size=300), max_size=15))
def test_damage_never_raises(metadata: dict[str, str]) -> None:
    """A mark that somebody edited is read as far as it goes, and stays ours."""
    damaged = {**metadata, "acrPrivateDns": "prod", "acrPrivateDnsAddress01": "10.0.0.4 nonsense"}
    ownership = decode_ownership(record(damaged), frozenset({"prod"}))
    assert ownership is not None
    assert all(claim.address != "10.0.0.4" for claim in ownership.claims)


def test_only_our_own_keys_are_ours() -> None:
    """A foreign key is never taken for a part of the mark, and so survives our writes."""
    assert is_ownership_key("acrPrivateDnsAddress07")
    assert is_ownership_key("ACRPRIVATEDNS")
    assert not is_ownership_key("owner")
    assert not is_ownership_key("creator")
