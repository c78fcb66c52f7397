"""The outside: events in, results out."""
