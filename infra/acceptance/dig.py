"""Asks the resolver of the network that this machine is in."""

import shutil
import subprocess

from infra.acceptance.check import DifferenceError, NotCheckableError
from infra.acceptance.estate import Estate

_SECONDS = 5


def ask(estate: Estate, name: str) -> tuple[str, list[str]]:
    """What a name resolves to: dig's status, and the addresses at the end of the chain.

    Raises:
        NotCheckableError: this machine is in no network of Azure, or has no dig.
    """
    if not estate.options.network:
        raise NotCheckableError("this machine is in no network that --network names")
    if shutil.which("dig") is None:
        raise NotCheckableError("dig is not installed")
    address, port = estate.options.resolver
    done = subprocess.run(  # noqa: S603 - a checked address and a name of our own
        ("dig", f"@{address}", "-p", str(port), name, "A", "+noall", "+comments", "+answer",  # noqa: S607 - found on PATH, as a person would
         f"+time={_SECONDS}"),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    status, addresses = "no answer", list[str]()
    for line in done.stdout.splitlines():
        if "status: " in line:
            status = line.partition("status: ")[2].partition(",")[0]
        elif line and not line.startswith(";") and line.split()[3] == "A":
            addresses.append(line.split()[4])
    return status, addresses


def ask_all(estate: Estate, wanted: dict[str, str]) -> str:
    """Resolve each record's public name; a phrase for the table.

    Raises:
        DifferenceError: one does not give its address, and did not before patience ended.
    """
    texts = list[str]()

    def is_right() -> bool:
        texts.clear()
        for record, address in wanted.items():
            status, addresses = ask(estate, f"{record}.{estate.suffix}")
            if addresses != [address]:
                texts.append(f"dig gives {', '.join(addresses) or status} for {record}")
        return not texts

    if not estate.until(is_right):
        raise DifferenceError("; ".join(texts))
    return ", as dig says"
