"""The command line: the same engine from a laptop, with the operator's own sign-in."""
