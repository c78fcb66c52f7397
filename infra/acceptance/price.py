"""What a run costs: an estimate, from list prices that were known when this was written."""

from dataclasses import dataclass

ASSUMED = "November 2026"
"""When the prices were assumed; `price-list` looks whether they still hold."""

HOURS = 2.0
"""For how long a run's endpoints are paid for; it takes less."""


@dataclass(frozen=True, slots=True)
class Price:
    """A list price.

    Attributes:
        what: what is paid for, and the unit.
        meter: its name in Microsoft's retail price list, which needs no sign-in.
        dollars: US dollars a unit.
        units: how many a run uses.
    """

    what: str
    meter: str
    dollars: float
    units: float

    @property
    def sum(self) -> float:
        """What a run pays for it, in US dollars."""
        return self.dollars * self.units


PRICES = (
    # A registry and its replica are charged by the day that has begun, each in its region.
    Price("registry, Premium, a day", "Premium Registry Unit", 1.667, 2),
    Price("private endpoint, an hour", "Standard Private Endpoint", 0.01, 3 * HOURS),
    Price("private DNS zone, a month", "Private Zone", 0.50, 3 / 30),
)


def estimate() -> float:
    """US dollars for one run: a day of registry and replica, hours of endpoints, a day of zones."""
    return sum(price.sum for price in PRICES)
