"""The actions that requests need, copied from Microsoft's own list of them and from nowhere else.

A right is called `{Company}.{ProviderName}/{resourceType}/{action}`, says Microsoft Learn, and
lists every one by provider. The rows below are copied from there, never from the app's roles: a
role that lacks an action must fail here as it would in Azure.
"""

# "Azure permissions for Networking", Microsoft.Network
# (azure-docs, articles/role-based-access-control/permissions/networking.md @941b3613).
_NETWORKING = """
Microsoft.Network/locations/operationResults/read
Microsoft.Network/locations/operations/read
Microsoft.Network/networkInterfaces/read
Microsoft.Network/privateDnsOperationResults/read
Microsoft.Network/privateDnsOperationStatuses/read
Microsoft.Network/privateDnsZones/read
Microsoft.Network/privateDnsZones/write
Microsoft.Network/privateDnsZones/delete
Microsoft.Network/privateDnsZones/join/action
Microsoft.Network/privateDnsZones/A/read
Microsoft.Network/privateDnsZones/A/write
Microsoft.Network/privateDnsZones/A/delete
Microsoft.Network/privateDnsZones/ALL/read
Microsoft.Network/privateDnsZones/SOA/read
Microsoft.Network/privateDnsZones/virtualNetworkLinks/read
Microsoft.Network/privateDnsZones/virtualNetworkLinks/write
Microsoft.Network/privateDnsZones/virtualNetworkLinks/delete
Microsoft.Network/privateEndpoints/read
Microsoft.Network/privateEndpoints/write
Microsoft.Network/privateEndpoints/delete
Microsoft.Network/privateEndpoints/privateDnsZoneGroups/read
Microsoft.Network/privateEndpoints/privateDnsZoneGroups/write
Microsoft.Network/privateEndpoints/privateDnsZoneGroups/delete
Microsoft.Network/virtualNetworks/read
Microsoft.Network/virtualNetworks/write
Microsoft.Network/virtualNetworks/delete
Microsoft.Network/virtualNetworks/join/action
Microsoft.Network/virtualNetworks/peer/action
Microsoft.Network/virtualNetworks/subnets/read
Microsoft.Network/virtualNetworks/subnets/write
Microsoft.Network/virtualNetworks/subnets/delete
Microsoft.Network/virtualNetworks/subnets/join/action
Microsoft.Network/virtualNetworks/virtualNetworkPeerings/read
Microsoft.Network/virtualNetworks/virtualNetworkPeerings/write
Microsoft.Network/virtualNetworks/virtualNetworkPeerings/delete
"""

# "Azure permissions for Containers", Microsoft.ContainerRegistry
# (same folder, containers.md @fa7514ac).
_CONTAINERS = """
Microsoft.ContainerRegistry/registries/read
Microsoft.ContainerRegistry/registries/write
Microsoft.ContainerRegistry/registries/delete
Microsoft.ContainerRegistry/registries/operationStatuses/read
Microsoft.ContainerRegistry/registries/privateEndpointConnectionsApproval/action
Microsoft.ContainerRegistry/registries/privateEndpointConnections/read
Microsoft.ContainerRegistry/registries/privateEndpointConnections/write
Microsoft.ContainerRegistry/registries/privateEndpointConnections/delete
Microsoft.ContainerRegistry/registries/privateEndpointConnections/operationStatuses/read
Microsoft.ContainerRegistry/registries/replications/read
Microsoft.ContainerRegistry/registries/replications/write
Microsoft.ContainerRegistry/registries/replications/delete
Microsoft.ContainerRegistry/registries/replications/operationStatuses/read
"""

# "Azure permissions for Management and governance", Microsoft.Authorization and
# Microsoft.Resources (same folder, management-and-governance.md @f295d54d).
_MANAGEMENT = """
Microsoft.Authorization/locks/read
Microsoft.Authorization/locks/write
Microsoft.Authorization/locks/delete
Microsoft.Resources/subscriptions/read
Microsoft.Resources/subscriptions/operationresults/read
Microsoft.Resources/subscriptions/providers/read
Microsoft.Resources/subscriptions/resourceGroups/read
Microsoft.Resources/subscriptions/resourceGroups/write
Microsoft.Resources/subscriptions/resourceGroups/delete
"""

# On none of Microsoft's pages, and so called here by the rule above. The app asks for none of it.
_UNLISTED = """
Microsoft.ContainerRegistry/registries/operationResults/read
Microsoft.ContainerRegistry/registries/privateEndpointConnections/operationResults/read
Microsoft.ContainerRegistry/registries/privateLinkResources/read
Microsoft.ContainerRegistry/registries/replications/operationResults/read
"""

ACTIONS = frozenset((_NETWORKING + _CONTAINERS + _MANAGEMENT + _UNLISTED).split())
"""Every action that a request here can need."""
