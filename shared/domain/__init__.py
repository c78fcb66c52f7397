"""Pure: no Azure, no clock, no network, no logging. What is right, and what to change."""
