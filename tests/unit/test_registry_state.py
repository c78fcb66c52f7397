"""registry_state: whose each name is, and how the endpoints behind it stand."""

import pytest

from shared.domain.observation import Observation
from shared.domain.registry_state import registry_states
from tests.unit.observations import (
    backwards,
    case,
    endpoints,
    kept_state,
    observation,
    registries,
    state_words,
    zone,
)


def names_of(seen: Observation) -> tuple[str, ...]:
    """Each registry with the names that it answers for, and those of which none does."""
    states, orphans = registry_states(seen, kept_state(seen))
    owned = (f"{s.id.name}: {', '.join(name.name for name in s.names)}" for s in states if s.names)
    lost = [f"nobody: {', '.join(name.name for name in orphans)}"] if orphans else []
    return (*owned, *lost)


def endpoints_of(seen: Observation) -> tuple[str, ...]:
    """Each registry with its endpoints and their state; in capitals those that publish here."""
    states, _ = registry_states(seen, kept_state(seen))
    return tuple(
        f"{state.id.name}: "
        + ", ".join(
            f"{id_.name.upper() if id_ in state.ready_endpoints else id_.name} "
            f"{'elsewhere' if id_ in state.routes else state_words(one)}"
            for id_, one in state.endpoint_states.items()
        )
        for state in states
        if state.endpoint_states
    )


@pytest.mark.parametrize(
    ("seen", "owned"),
    [
        # Nothing stands yet: the interface tells the names, the login server's first.
        case("an endpoint appears", observation(endpoints("a: approved")), ["r: r, r.we.data"]),
        case("a pending one gives no names", observation(endpoints("a: pending")), []),
        case(
            "regional names",
            observation(endpoints("a: approved; gives r.we.geo")),
            ["r: r, r.we.data, r.we.geo"],
        ),
        case(
            "two registries",
            observation(endpoints("a: approved; of s", "b: approved; of r")),
            ["r: r, r.we.data", "s: s, s.we.data"],
        ),
        case(
            "names outside the zone are nobody's here",
            observation(endpoints("a: approved; of s"), registries("s: we; login s.azurecr.cn")),
            [],
        ),
        # A record notes its registry.
        case("the note", observation(zone("r.ne.data -> a")), ["r: r.ne.data"]),
        case(
            "the note, though the registry is gone",
            observation(zone("r, r.ne.data -> a"), registries("r: gone")),
            ["r: r, r.ne.data"],
        ),
        case(
            "the note, though the login server has another name",
            observation(zone("q -> a; of r"), registries("r: we; login q")),
            ["r: q"],
        ),
        case(
            "the login server's name is first, whatever its label",
            observation(zone("r-a.we.data, r-b -> a; of r")),
            ["r: r-b, r-a.we.data"],
        ),
        case(
            "the note of a registry that cannot have the name",
            observation(zone("r -> a; of s"), registries("r: we", "s: we")),
            ["r: r"],
        ),
        case(
            "the same, and nobody else is known",
            observation(zone("q -> a; of s"), registries("s: we")),
            ["nobody: q"],
        ),
        case(
            "names that are not its own",
            observation(endpoints("a: approved; gives q; gives r.we.geo; gives q.we.data")),
            ["r: r, r.we.data, r.we.geo"],
        ),
        # A ready endpoint that gives the name comes before the note.
        case(
            "made again elsewhere, where an endpoint gives the name",
            observation(
                zone("r -> a"), endpoints("b: approved; of s"), registries("s: we; login r")
            ),
            ["s: r, r.we.data"],
        ),
        case(
            "made again elsewhere, its endpoint pending",
            observation(
                zone("r -> a"),
                endpoints("b: pending; of s"),
                registries("s: we; login r", "r: gone"),
            ),
            ["r: r"],
        ),
        # Without a note the login server's label tells.
        case(
            "the note is lost",
            observation(zone("r, r.ne.data -> a; no registry")),
            ["r: r, r.ne.data"],
        ),
        case(
            "the note is lost, the registry forbidden",
            observation(zone("r -> a; no registry"), registries("r: forbidden")),
            ["nobody: r"],
        ),
        case(
            "the note is lost, and no registry has the name",
            observation(zone("q, r -> a; no registry")),
            ["r: r", "nobody: q"],
        ),
        case(
            "the note is lost, and the registry that has the label is another zone's",
            observation(zone("q -> a; no registry"), registries("r: we; login q.azurecr.cn")),
            ["nobody: q"],
        ),
        # What is not ours has no registry but the one whose endpoint gives it.
        case("by hand", observation(zone("r -> 10.9.9.9; by hand")), []),
        case("by another owner", observation(zone("r -> a; by other")), []),
        case(
            "by hand, and an endpoint gives it",
            observation(zone("r -> 10.9.9.9; by hand"), endpoints("a: approved")),
            ["r: r, r.we.data"],
        ),
    ],
)
def test_each_name_has_one_registry(seen: Observation, owned: list[str]) -> None:
    """A name is the one's whose ready endpoint gives it, else the noted one's, else the label's."""
    assert names_of(seen) == tuple(owned)
    assert names_of(backwards(seen)) == tuple(owned)


@pytest.mark.parametrize(
    ("seen", "standing"),
    [
        case(
            "one of each",
            observation(endpoints("a: approved", "b: pending", "c: rejected")),
            "r: A ready, b stays, c removed",
        ),
        case("the registry alone knows", observation(endpoints("a: none/approved")), "r: a soon"),
        case("the endpoint alone knows", observation(endpoints("a: approved/gone")), "r: a soon-r"),
        case("neither knows", observation(endpoints("a: none/gone")), ""),
        case("named, but not read", observation(endpoints("a: unread/approved")), ""),
        case(
            "another zone serves it", observation(endpoints("a: approved; north")), "r: a elsewhere"
        ),
        case(
            "the registry is forbidden",
            observation(endpoints("a: approved"), registries("r: forbidden")),
            "r: A ready",
        ),
        case(
            "ready, but all its names are another zone's",
            observation(endpoints("a: approved; of s"), registries("s: we; login s.azurecr.cn")),
            "s: a ready",
        ),
    ],
)
def test_the_endpoints_of_a_registry_are_those_that_either_side_names(
    seen: Observation, standing: str
) -> None:
    """An endpoint counts by its own word or the registry's; a ready one publishes here."""
    assert "; ".join(endpoints_of(seen)) == standing
