"""Keeps the private DNS of Azure Container Registry private endpoints right."""
