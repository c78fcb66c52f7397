"""A function as the host knows it once the worker has indexed it."""

from dataclasses import dataclass

from simulator.world import Json


@dataclass(frozen=True, slots=True)
class Function:
    """One function.

    Attributes:
        name: its name in URLs.
        id: what the worker calls it.
        bindings: its bindings, as in a function.json, with app settings filled in.
        is_disabled: whether an app setting switches it off.
    """

    name: str
    id: str
    bindings: tuple[Json, ...]
    is_disabled: bool = False

    @property
    def trigger(self) -> Json:
        """The binding that starts it."""
        return next(one for one in self.bindings if str(one["type"]).endswith("Trigger"))

    @property
    def kind(self) -> str:
        """The trigger's type, as "eventGridTrigger"."""
        return str(self.trigger["type"])

    @property
    def parameter(self) -> str:
        """The parameter that gets the trigger's value."""
        return str(self.trigger["name"])
