"""Good answers: what a client may lose by no write of ours (client-never-worse). Pure.

Good is an address that a ready endpoint of the registry gives, whoever keeps its records, and the
public answer of a registry whose public access is on.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property

from shared.domain.client_view import Answer, Client
from shared.domain.endpoint_state import judge_endpoint
from shared.domain.link_holds import NameFacts, ReachableAnswers
from shared.domain.observation import Observation
from shared.domain.own_names import own_members
from shared.domain.ownership import Claim, Ownership, network_hash
from shared.domain.reading import Found, Reading, Unknown, UnknownReason
from shared.domain.registry_state import member_addresses, reading_of
from shared.domain.resource_id import ResourceId
from shared.domain.resources import Registry
from shared.domain.zone import record_name


class GoodAnswers:
    """Tells good answers, by what was observed of the sources.

    Args:
        observation: of one pass.
    """

    def __init__(self, observation: Observation) -> None:
        self._observation = observation

    def __call__(self, client: Client, fqdn: str, answer: Answer) -> bool | None:
        """Whether an answer is good for a client; None where a source of it cannot be read."""
        return ReachableAnswers(self.facts, None)(client, fqdn, answer)

    def is_public(self, name: str) -> bool | None:
        """Whether a name's registry answers in public; None where that may be known later."""
        ids = self._registries[name] | self._login_names[name.partition(".")[0]]
        readings = [self._observation.registries.get(id_) for id_ in ids]
        if any(isinstance(one, Found) and one.value.is_public for one in readings):
            return True
        # One that cannot be read for good holds nothing.
        return None if any(map(_may_be_public, readings)) else False

    def facts(self, fqdn: str) -> NameFacts:
        """What is known of a name, for who judges reach as well."""
        name = record_name(fqdn, self._observation.suffix) or ""
        ready = defaultdict[str, frozenset[str]](frozenset)
        for claim in self._ready_claims[name]:
            ready[claim.address] |= {claim.network}
        return NameFacts(self.is_public(name), ready, self._unread_addresses[name])

    def names_of(self, network: ResourceId) -> frozenset[str]:
        """The names that a network's endpoints give, or have claimed, as far as they were read.

        Whether it reaches endpoints in other networks is not known here.
        """
        return self._names_by_network[network_hash(network)]

    @cached_property
    def _names_by_network(self) -> Mapping[str, frozenset[str]]:
        names = defaultdict[str, set[str]](set)
        for reading in self._observation.endpoint_readings.values():
            if isinstance(reading.endpoint, Found):
                hash_ = network_hash(reading.endpoint.value.network)
                for member in own_members(reading, self._observation.registries):
                    name = record_name(member.fqdn, self._observation.suffix)
                    names[hash_] |= {name} if name else set()
        for name, ownership in self._ownerships:
            for claim in ownership.claims:
                names[claim.network].add(name)
        return defaultdict(frozenset, ((key, frozenset(value)) for key, value in names.items()))

    @cached_property
    def _ready_claims(self) -> Mapping[str, frozenset[Claim]]:
        claims = defaultdict[str, frozenset[Claim]](frozenset)
        for _, name, claim in self._pairs:
            claims[name] |= {claim}
        return claims

    @cached_property
    def _pairs(self) -> tuple[tuple[ResourceId, str, Claim], ...]:
        """Each registry with the names that its ready endpoints give, and where they come from."""
        observation = self._observation
        return tuple(
            (registry_id, one.name, one.claim)
            for registry_id, readings in observation.readings_by_registry.items()
            if registry_id in observation.registries
            for reading in readings.values()
            for one in member_addresses(
                [judge_endpoint(reading, registry_id, observation.registries[registry_id])],
                observation.suffix,
            )
        )

    @cached_property
    def _unread_addresses(self) -> Mapping[str, frozenset[str]]:
        """Addresses that stand in a zone for endpoints which cannot be read."""
        addresses = defaultdict[str, frozenset[str]](frozenset)
        for name, ownership in self._ownerships:
            for claim in ownership.claims:
                reading = reading_of(self._observation, claim.endpoint)
                if isinstance(reading.endpoint, Unknown) or isinstance(reading.interface, Unknown):
                    addresses[name] |= {claim.address}
        return addresses

    @cached_property
    def _registries(self) -> Mapping[str, frozenset[ResourceId]]:
        """The registries that a name is taken to be of."""
        registries = defaultdict[str, frozenset[ResourceId]](frozenset)
        for registry_id, name, _ in self._pairs:
            registries[name] |= {registry_id}
        for name, ownership in self._ownerships:
            if ownership.registry is not None:
                registries[name] |= {ownership.registry}
        return registries

    @cached_property
    def _login_names(self) -> Mapping[str, frozenset[ResourceId]]:
        """The registries whose names begin with a label."""
        registries = defaultdict[str, frozenset[ResourceId]](frozenset)
        for id_, reading in self._observation.registries.items():
            if isinstance(reading, Found):
                name = record_name(reading.value.login_server, self._observation.suffix)
                registries[name or ""] |= {id_}
        return registries

    @property
    def _ownerships(self) -> Iterator[tuple[str, Ownership]]:
        """Our ownership of all records that were read."""
        for ownerships in self._observation.ownerships.values():
            yield from ownerships.items()


def _may_be_public(reading: Reading[Registry] | None) -> bool:
    return isinstance(reading, Unknown) and reading.reason is UnknownReason.TRANSIENT
