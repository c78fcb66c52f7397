"""The version of the app, as pyproject.toml has it, which is not deployed."""

VERSION = "0.1.0"
