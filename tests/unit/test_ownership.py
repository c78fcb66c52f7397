"""marks: how a record set says that it is ours."""

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.ownership import (
    MAX_ADDRESSES,
    MAX_METADATA,
    MAX_VALUE,
    Claim,
    Ownership,
    OwnershipStatus,
    decode_ownership,
    encode_ownership,
    is_ownership_key,
    ownership_status,
)
from shared.domain.resource_id import ENDPOINT, REGISTRY, ZONE, ResourceId
from shared.domain.zone import RecordSet, Zone

SUBSCRIPTION = "11111111-1111-1111-1111-111111111111"

names = st.from_regex(r"[a-z0-9][a-z0-9-]{0,78}", fullmatch=True)
groups = st.from_regex(r"[a-z0-9][a-z0-9._()-]{0,88}[a-z0-9]", fullmatch=True)
hexes = st.from_regex(r"[0-9a-f]{12}", fullmatch=True)
claims = st.builds(
    Claim,
    endpoint=st.builds(
        lambda group, name: ResourceId(SUBSCRIPTION, group, ENDPOINT, (name,)), groups, names
    ),
    address=st.ip_addresses(v=4).map(str),
    guid=hexes.map(lambda text: text[:8]),
    network=hexes,
)
marks = st.builds(
    Ownership,
    owner=st.from_regex(r"[a-z0-9][a-z0-9.-]{0,63}", fullmatch=True),
    registry=st.none() | names.map(lambda name: ResourceId(SUBSCRIPTION, "rg", REGISTRY, (name,))),
    claims=st.lists(claims, max_size=MAX_ADDRESSES, unique=True).map(
        lambda some: tuple(sorted(some))
    ),
)


def kept_by(owner: str) -> Zone:
    return Zone(
        ResourceId(SUBSCRIPTION, "dns", ZONE, ("privatelink.azurecr.io",)), "azurecr.io", owner
    )


def record(metadata: dict[str, str]) -> RecordSet:
    return RecordSet("myregistry", "etag", 10, ("10.0.0.4",), metadata)


@given(marks)
def test_a_mark_survives_its_encoding(ownership: Ownership) -> None:
    """What is written into a zone is read back as the same provenance."""
    assert (
        decode_ownership(record(encode_ownership(ownership)), kept_by(ownership.owner)) == ownership
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
    ownership = Ownership(
        "prod", registry, (Claim(endpoint, "10.1.0.4", "9d09199d", "0123456789ab"),)
    )
    assert encode_ownership(ownership) == {
        "acrPrivateDns": "prod",
        "acrPrivateDnsRegistry": f"{SUBSCRIPTION}/rg/myregistry",
        "acrPrivateDnsAddress01": f"10.1.0.4 {SUBSCRIPTION}/rg/pe-a 9d09199d 0123456789ab",
    }


def test_whose_a_record_is() -> None:
    """Another deployment's mark is as foreign as none at all."""
    assert ownership_status({"acrPrivateDns": "prod"}, kept_by("prod")) is OwnershipStatus.MANAGED
    assert (
        ownership_status({"acrPrivateDns": "prod"}, kept_by("test")) is OwnershipStatus.OTHER_OWNER
    )
    assert ownership_status({"owner": "prod"}, kept_by("prod")) is OwnershipStatus.UNMANAGED
    assert decode_ownership(record({"acrPrivateDns": "prod"}), kept_by("test")) is None


@given(st.dictionaries(st.text(max_size=30), st.text(max_size=300), max_size=15))
def test_damage_never_raises(metadata: dict[str, str]) -> None:
    """A mark that somebody edited is read as far as it goes, and stays ours."""
    damaged = {**metadata, "acrPrivateDns": "prod", "acrPrivateDnsAddress01": "10.0.0.4 nonsense"}
    ownership = decode_ownership(record(damaged), kept_by("prod"))
    assert ownership is not None
    assert all(claim.address != "10.0.0.4" for claim in ownership.claims)


def test_only_our_own_keys_are_ours() -> None:
    """A foreign key is never taken for a part of the mark, and so survives our writes."""
    assert is_ownership_key("acrPrivateDnsAddress07")
    assert is_ownership_key("ACRPRIVATEDNS")
    assert not is_ownership_key("owner")
    assert not is_ownership_key("creator")
