"""What a person sees: the plan and the price, each step, and one table at the end."""

import sys
from collections import Counter
from collections.abc import Sequence

from infra.acceptance.check import Check, Result, Row
from infra.acceptance.estate import Estate
from infra.acceptance.price import ASSUMED, HOURS, PRICES, estimate
from infra.acceptance.text import count


def plan(estate: Estate, checks: Sequence[Check]) -> str:
    """What is going to be made, where, for how much."""
    options = estate.options
    by_hand = sum(check.look is None for check in checks)
    lines = [
        f"In subscription {options.subscription} this makes, and removes in the end:",
        f"  groups     {estate.group} and {estate.other_group}, in {options.location}",
        f"  registry   {estate.registry}, Premium, with a replica in {options.replica}",
        "  endpoints  two for the story, at most one more beside them, in three networks",
        f"  zones      {estate.zone_name}, twice, and one below it; no zone of yours is written to",
    ]
    if options.app_url:
        lines.append(f"  records    in the zone that the app at {options.app_url} keeps")
    if options.network:
        lines.append(f"  a link     of {options.network}: until the end it resolves by this zone")
    lines += [
        f"It makes {count(len(checks) - by_hand, 'check')}, in about half an hour.",
        f"Estimated cost: {estimate():.2f} US dollars, by list prices of {ASSUMED}:",
        *(f"  {price.what:<28} {price.dollars:.3f} x {price.units:.4g}" for price in PRICES),
        f"  (endpoints for {HOURS:g} hours, zones for a day)",
    ]
    return "\n".join(lines)


def tell(text: str) -> None:
    """A step, on standard error: standard output is for the table."""
    print(text, file=sys.stderr, flush=True)


def table(rows: Sequence[Row]) -> str:
    """The table, and how many there are of each result."""
    lines = [("CHECK", "RESULT", "SEEN"), *((row.name, row.result, row.seen) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in (0, 1)]
    texts = [
        f"{name:<{widths[0]}}  {result:<{widths[1]}}  {seen}".rstrip()
        for name, result, seen in lines
    ]
    numbers = Counter(row.result for row in rows)
    counts = ", ".join(f"{numbers[result]} {result}" for result in Result)
    return "\n".join([*texts, "", counts])
