"""The demo: the first thing that a newcomer runs."""

import asyncio
import sys

import pytest


@pytest.mark.timeout(240)
async def test_the_demo_comes_out() -> None:
    """Every step of the story comes out, the exit status says so, and nothing is left on stderr."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "demo",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, errors = await process.communicate()
    text = out.decode()
    assert process.returncode == 0, text
    assert "10 of 10 steps came out as they should" in text
    assert text.count("  ✓ ") == 10
    assert not errors.decode()
