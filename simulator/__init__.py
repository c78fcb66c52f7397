"""A local Azure: strict enough to believe, small enough to start in a second."""
