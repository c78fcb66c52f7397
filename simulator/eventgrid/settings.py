"""How Event Grid delivers: what an event subscription can set, and what Azure leaves to chance.

The ranges are Azure's (docs/azure.md#event-grid).
"""

from dataclasses import dataclass, fields

from simulator.eventgrid.schema import Schema
from simulator.world import Json

_RANGES = {
    "maxDeliveryAttempts": (1, 30),
    "eventTimeToLiveInMinutes": (1, 1440),
    "maxEventsPerBatch": (1, 5000),
    "preferredBatchSizeInKilobytes": (1, 1024),
    "jitter": (0, 1),
    "skips": (0, 1),
    "seed": (0, 2**63),
}
_FRACTIONS = ("jitter", "skips")


@dataclass(slots=True)
class Settings:
    """The settings of every event subscription, under the names that the control surface uses.

    Attributes:
        deliverySchema: Event Grid's own, or CloudEvents 1.0.
        maxDeliveryAttempts: after so many the event is given up.
        eventTimeToLiveInMinutes: after so many simulated minutes likewise.
        maxEventsPerBatch: most events in one delivery.
        preferredBatchSizeInKilobytes: a batch ends where one more event would pass this.
        deadLetter: whether what is given up is kept; else it is dropped.
        jitter: by which part of itself a wait may be longer or shorter.
        skips: how probably a step of the schedule is skipped.
        seed: of that chance; setting it begins the same row of numbers anew.
    """

    deliverySchema: Schema = Schema.EVENT_GRID  # noqa: N815 - Azure's own names, as on the wire
    maxDeliveryAttempts: int = 30  # noqa: N815
    eventTimeToLiveInMinutes: int = 1440  # noqa: N815
    maxEventsPerBatch: int = 1  # noqa: N815
    preferredBatchSizeInKilobytes: int = 64  # noqa: N815
    deadLetter: bool = True  # noqa: N815
    jitter: float = 0.0
    skips: float = 0.0
    seed: int = 0

    def change(self, wanted: Json) -> None:
        """Set the named settings; the others stay. ValueError names a bad one."""
        names = {f.name for f in fields(self)}
        for name, value in wanted.items():
            if name not in names:
                raise ValueError(f"no setting is called {name!r}; there are {sorted(names)}")
            _check(name, value)
        for name, value in wanted.items():
            setattr(self, name, Schema(value) if name == "deliverySchema" else value)

    def as_json(self) -> Json:
        """All settings by name."""
        return {f.name: getattr(self, f.name) for f in fields(self)}


def _check(name: str, value: object) -> None:
    if name == "deliverySchema":
        known = [str(one) for one in Schema]
        if value not in known:
            raise ValueError(f"deliverySchema must be one of {known}")
    elif name == "deadLetter":
        if not isinstance(value, bool):
            raise ValueError(f"deadLetter must be true or false, not {value!r}")
    else:
        least, most = _RANGES[name]
        number = isinstance(value, int | float if name in _FRACTIONS else int)
        if not number or isinstance(value, bool) or not least <= value <= most:  # type: ignore[operator] # a number
            raise ValueError(f"{name} must be from {least} to {most}, not {value!r}")
