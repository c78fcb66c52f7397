"""names: the only parser of foreign strings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.ownership import network_hash
from shared.domain.resource_id import (
    ENDPOINT,
    NETWORK,
    REGISTRY,
    REPLICATION,
    SUBNET,
    InvalidNameError,
    fold_case,
    parse_address,
    parse_compact,
    parse_fqdn,
    parse_id,
    parse_short,
    region_name,
)
from shared.domain.zone import public_suffix, record_name

SUBSCRIPTION = "0a1b2c3d-0000-1111-2222-333344445555"
ENDPOINT_ID = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/RG-Net/providers/{ENDPOINT}/pe-A"


@given(st.lists(st.booleans(), min_size=len(ENDPOINT_ID), max_size=len(ENDPOINT_ID)))
def test_ids_compare_without_regard_to_case(upper: list[bool]) -> None:
    """However Azure spells an ID, it is the same ID, or a live record would look stale."""
    spelt = "".join(
        c.upper() if up else c.lower() for c, up in zip(ENDPOINT_ID, upper, strict=True)
    )
    assert parse_id(spelt, ENDPOINT) == parse_id(ENDPOINT_ID, ENDPOINT)


def test_an_id_is_written_back_as_resource_manager_writes_it() -> None:
    """An ID that we send reads as Azure's own, with the provider in its own case."""
    assert str(parse_id(ENDPOINT_ID.upper(), ENDPOINT)) == (
        f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-net"
        "/providers/Microsoft.Network/privateEndpoints/pe-a"
    )


def test_a_child_knows_its_parent() -> None:
    """A replication's registry and a subnet's network come from the ID alone."""
    base = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg/providers"
    replica = parse_id(f"{base}/{REGISTRY}/r1/replications/northeurope", REPLICATION)
    subnet = parse_id(f"{base}/{NETWORK}/net/subnets/default", SUBNET)
    assert replica.parent == parse_id(f"{base}/{REGISTRY}/r1", REGISTRY)
    assert subnet.parent.short == f"{SUBSCRIPTION}/rg/net"


@pytest.mark.parametrize(
    "text",
    [
        None,
        17,
        "",
        "/",
        ENDPOINT_ID + "/",
        ENDPOINT_ID + "/x",
        ENDPOINT_ID.replace("pe-A", ".."),
        ENDPOINT_ID.replace("pe-A", "pe?api-version=1"),
        ENDPOINT_ID.replace("pe-A", "pe%2e"),
        ENDPOINT_ID.replace("pe-A", "pe#"),
        ENDPOINT_ID.replace("pe-A", "a b"),
        ENDPOINT_ID.replace("pe-A", "x" * 2000),
        ENDPOINT_ID.replace(SUBSCRIPTION, "not-a-guid"),
        ENDPOINT_ID.replace("Microsoft.Network", "Microsoft.Storage"),
        ENDPOINT_ID.replace("privateEndpoints", "networkInterfaces"),
        ENDPOINT_ID.replace("/resourceGroups/RG-Net", ""),
        "https://evil.example" + ENDPOINT_ID,
        ENDPOINT_ID + "\n",
    ],
)
def test_anything_but_an_expected_id_is_refused(text: object) -> None:
    """What is no ID of the expected type never becomes a request to Azure."""
    with pytest.raises(InvalidNameError) as refused:
        parse_id(text, ENDPOINT)
    assert "evil" not in str(refused.value)


@given(st.text(max_size=300))
def test_a_stranger_can_only_cause_one_error(text: str) -> None:
    """No text, however odd, raises anything but the one error that callers expect."""
    for parse in (parse_fqdn, parse_address, lambda t: parse_short(t, REGISTRY)):
        try:
            parse(text)
        except InvalidNameError:
            continue


def test_a_marks_short_form_is_the_id_again() -> None:
    """What a mark notes leads back to the same resource."""
    id_ = parse_id(ENDPOINT_ID, ENDPOINT)
    assert parse_short(id_.short, ENDPOINT) == id_
    assert parse_compact(id_.compact, ENDPOINT) == id_
    assert id_.compact == "0a1b2c3d000011112222333344445555/rg-net/pe-a"
    for text in (id_.short, id_.compact[1:], f"a{id_.compact}", id_.compact.replace("/", "/x/", 1)):
        with pytest.raises(InvalidNameError):
            parse_compact(text, ENDPOINT)


@pytest.mark.parametrize("letter", ["\u0130", "\u212a", "\u1e9e", "\u00c4", "\u2126", "\u01c5"])
def test_letters_beyond_ascii_are_compared_and_sent_as_azure_wrote_them(letter: str) -> None:
    """Two resource groups whose names Python would fold into one stay two, each by its name."""
    one, other = (ENDPOINT_ID.replace("RG-Net", f"RG{x}-Net") for x in (letter, letter.lower()))
    id_ = parse_id(one, ENDPOINT)
    assert id_.group == f"rg{letter}-net"
    assert f"/resourceGroups/rg{letter}-net/" in str(id_)
    assert parse_compact(id_.compact, ENDPOINT) == id_ == parse_id(str(id_), ENDPOINT)
    try:
        assert parse_id(other, ENDPOINT) != id_
    except InvalidNameError:
        assert letter == "\u0130"  # whose lower case is two characters, one of them none of a name
    # A resource's own name holds ASCII alone: no other letter becomes one of these.
    with pytest.raises(InvalidNameError):
        parse_id(ENDPOINT_ID.replace("pe-A", f"pe-{letter}"), ENDPOINT)


@given(st.text(max_size=50))
def test_folding_changes_nothing_but_ascii(text: str) -> None:
    """As many characters come out as went in, and each but `A` to `Z` is as it was."""
    pairs = list(zip(text, fold_case(text), strict=True))
    assert all(out == (c.lower() if c.isascii() else c) for c, out in pairs)


@pytest.mark.parametrize(
    ("fqdn", "suffix", "name"),
    [
        ("myregistry.azurecr.io", "azurecr.io", "myregistry"),
        ("myregistry.northeurope.data.azurecr.io", "azurecr.io", "myregistry.northeurope.data"),
        ("r.northeurope.geo.azurecr.cn", "azurecr.cn", "r.northeurope.geo"),
        ("myregistry.azurecr.io", "azurecr.cn", None),
        ("azurecr.io", "azurecr.io", None),
        ("notazurecr.io", "azurecr.io", None),
    ],
)
def test_a_records_name_is_the_fqdn_less_the_suffix(
    fqdn: str, suffix: str, name: str | None
) -> None:
    """The whole suffix comes off, and no split at the first dot invents a zone."""
    assert record_name(fqdn, suffix) == name


def test_a_zone_serves_the_suffix_after_privatelink() -> None:
    """The sovereign clouds' zones work like the public one's."""
    assert public_suffix("privatelink.azurecr.us") == "azurecr.us"
    with pytest.raises(InvalidNameError, match="privatelink"):
        public_suffix("azurecr.io")


def test_a_location_is_a_region_however_it_is_written() -> None:
    """A display name in a document is the region that the FQDN holds."""
    assert region_name("West Europe") == region_name("westeurope") == "westeurope"


def test_a_networks_hash_is_the_designs() -> None:
    """The hash in marks is of the lower-case ID, so that every deployment computes the same."""
    network = parse_id(
        f"/subscriptions/{SUBSCRIPTION}/resourceGroups/RG/providers/{NETWORK}/Net", NETWORK
    )
    # printf %s '/subscriptions/0a1b…/resourcegroups/rg/providers/microsoft.network/…' | sha256sum
    #   | cut -c-32 | xxd -r -p | base32 | tr A-Z a-z | tr -d =
    assert network_hash(network) == "m37es72qbejtl2bgmfihyioywy"
