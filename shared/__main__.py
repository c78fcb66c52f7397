"""`python -m shared`: the commands of a laptop; signs in and hands on."""

import asyncio
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from shared.entrypoints.app import App
from shared.entrypoints.cli.arguments import Command, parse
from shared.entrypoints.cli.command import FAILED, run_command
from shared.entrypoints.log import error_lines, set_log_levels
from shared.errors import RefusedError
from shared.render.clean import clean
from shared.settings import SettingsError, load


def main(arguments: Sequence[str]) -> int:
    """Run one command; the exit status is 0 in step, 2 drift found, 1 failed."""
    set_log_levels()
    try:
        return asyncio.run(_run(parse(arguments)))
    except SettingsError as error:
        return _fail("\n  ".join(("The settings are wrong:", *error.mistakes)))
    except RefusedError as error:
        return _fail(str(error))
    except KeyboardInterrupt:
        return _fail("Ended. What was written stays; the same command goes on from there.")
    except Exception as error:  # noqa: BLE001 - a bug's text may hold what a stranger wrote
        return _fail(f"A bug: {error_lines(error)}")


async def _run(command: Command) -> int:
    settings = load(os.environ if command.settings is None else _values(command.settings))
    # Microsoft's clients take seconds to import: a mistake, or a word of help, needs none of them.
    from shared.arm.connect import connect  # noqa: PLC0415

    async with connect(settings) as azure:
        return await run_command(command, App(settings, azure))


def _values(path: Path) -> Mapping[str, str]:
    """The settings in a `local.settings.json`."""
    try:
        values = json.loads(path.read_text("utf-8"))["Values"]
        return {name: str(value) for name, value in values.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        kind = type(error).__name__
        raise RefusedError(f"{path} cannot be read as a local.settings.json ({kind})") from None


def _fail(text: str) -> int:
    print("\n".join(map(clean, text.split("\n"))), file=sys.stderr)
    return FAILED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
