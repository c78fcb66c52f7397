"""Microsoft's guide to ACR private endpoints, played as a story on the local Azure."""
