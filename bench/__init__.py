"""The bench: what the app asks of Azure, and what it costs by itself. See docs/bench.md."""
