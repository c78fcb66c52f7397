"""The version of the app, as CHANGELOG.md has it; `tests/unit/test_version.py` holds them equal."""

VERSION = "0.1.0"
