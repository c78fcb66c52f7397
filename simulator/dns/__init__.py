"""Azure's resolver, as seen from inside each virtual network and from outside."""
