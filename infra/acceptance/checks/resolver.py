"""What a network's resolver answers: asked by dig, from a machine in that network."""

from infra.acceptance import dig
from infra.acceptance.azure import UnfinishedError
from infra.acceptance.check import Check, DifferenceError, NotCheckableError, demand
from infra.acceptance.checks import records
from infra.acceptance.estate import PRIVATE_DNS, Estate

_ADDRESS = "10.91.203.1"
_LINK = "check-resolver"


def link_machine(estate: Estate) -> None:
    """Link this machine's network to the zone that is asked about.

    Raises:
        NotCheckableError: it cannot be, as if it has a link to a zone of the name already.
    """
    try:
        estate.link(_LINK, estate.options.network, estate.zone)
    except UnfinishedError as error:
        raise NotCheckableError(f"--network cannot be linked: {error}") from error


def _empty_set(estate: Estate) -> str:
    """Ask for a name whose record set is empty; the registry answers publicly for lack of it."""
    name = f"check-empty.{estate.suffix}"
    dig.ask(estate, name)
    estate.azure.send(
        "PUT",
        f"{estate.zone}/A/check-empty",
        PRIVATE_DNS,
        {"properties": {"ttl": 10, "aRecords": []}},
    )
    status, addresses = dig.ask(estate, f"check-empty.{estate.zone_name}")
    records.drop(estate, "check-empty")
    seen = f"{status} with {', '.join(addresses) or 'no address'}"
    return demand(status == "NOERROR" and not addresses, seen)


def _longest_zone(estate: Estate) -> str:
    """Put a zone for one region's data names beside the zone, and ask for such a name."""
    region = f"{estate.options.location}.data"
    dig.ask(estate, estate.zone_name)
    inner = f"{region}.{estate.zone_name}"
    zone = estate.id_of("privateDnsZones", inner)
    estate.make_zone(inner, estate.group)
    estate.link(_LINK, estate.options.network, zone)
    records.put(estate, f"check-longest.{region}", _ADDRESS)
    status, addresses = dig.ask(estate, f"check-longest.{inner}")
    records.drop(estate, f"check-longest.{region}")
    estate.unlink(_LINK, zone)
    if addresses == [_ADDRESS]:
        raise DifferenceError("the shorter zone's record is found")
    return f"the longer zone alone is asked: {status}, {', '.join(addresses) or 'no address'}"


CHECKS = (
    Check("empty-set-answer", "no-data: NOERROR without an address", _empty_set),
    Check("longest-zone", "the zone with the longest name alone answers", _longest_zone),
)
