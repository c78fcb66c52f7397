"""The command line of the local Azure."""

import argparse
import asyncio
import sys
from pathlib import Path

from simulator.control import FASTEST
from simulator.deployment import DeploymentError
from simulator.functions.process import AppFailedToStartError
from simulator.serve import serve


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="simulator", description="A local Azure.")
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("serve", help="run it until SIGTERM or Ctrl-C")
    command.add_argument("--json", action="store_true", help="print one line of JSON when ready")
    command.add_argument(
        "--scale", type=_scale, default=1.0, metavar="N", help="simulated seconds to a real second"
    )
    command.add_argument(
        "--app",
        type=Path,
        default=Path(__file__).resolve().parents[1],
        metavar="FOLDER",
        help="where function_app.py is (default: this repository)",
    )
    return parser


def _scale(text: str) -> float:
    scale = float(text)
    if not 0 < scale <= FASTEST:
        raise argparse.ArgumentTypeError("must be above 0, 1e9 at most")
    return scale


def run() -> int:
    """Do what the command line asks for; the exit status."""
    asked = _parser().parse_args()
    try:
        asyncio.run(serve(as_json=asked.json, scale=asked.scale, app_directory=asked.app.resolve()))
    except (AppFailedToStartError, DeploymentError) as error:
        print(f"The local Azure cannot start: {error}", file=sys.stderr)  # noqa: T201 - a command
        return 1
    return 0
