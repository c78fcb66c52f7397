"""The version: said in three places, and the same in each."""

import tomllib
from pathlib import Path

from shared.version import VERSION
from tests import document


def test_the_version_is_one() -> None:
    """What status answers is what the project and the OpenAPI document say."""
    project = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["project"]
    assert VERSION == project["version"] == document.document()["info"]["version"]
