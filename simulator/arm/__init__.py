"""Resource Manager: the room of the local Azure that holds the truth."""
