"""The outside: events in, reports out."""
