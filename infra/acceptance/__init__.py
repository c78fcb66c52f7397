"""Proves the app, and what it rests on, against an Azure: `python -m infra.acceptance.run`."""
