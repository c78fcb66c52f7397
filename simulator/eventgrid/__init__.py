"""Event Grid: what happens in a subscription becomes an event, and finds its function."""
