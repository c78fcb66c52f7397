"""`python -m bench [section …]`: measures and prints; asserts nothing."""

import argparse
import asyncio

from bench import calls, imports, page, pure, speed, whole

SECTIONS = {
    "calls": calls.run,
    "speed": speed.run,
    "imports": imports.run,
    "pure": pure.run,
    "whole": whole.run,
}


async def _run(names: list[str]) -> None:
    for name in names:
        await SECTIONS[name]()


def main() -> None:
    """Run the sections that the command line names, or all of them."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("section", nargs="*", help=f"any of {', '.join(SECTIONS)} (all)")
    asked = parser.parse_args().section
    unknown = set(asked) - SECTIONS.keys()
    if unknown:
        parser.error(f"there is no section {', '.join(sorted(unknown))}")
    asyncio.run(_run(asked or list(SECTIONS)))
    page.end()


if __name__ == "__main__":
    main()
