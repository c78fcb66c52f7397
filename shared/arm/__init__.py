"""The adapter: Azure through Microsoft's own clients, and nothing else that speaks to Azure."""
