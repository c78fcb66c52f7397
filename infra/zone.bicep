targetScope = 'subscription'

metadata description = 'A zone in a resource group of its own, for whoever has none. Not part of main.bicep: no tear-down of the app may take it.'

@description('Name of the resource group.')
param resourceGroupName string = 'rg-acr-private-dns-zone'

@description('Region of the resource group; a zone has none.')
param location string = deployment().location

@description('Tags.')
param tags { *: string } = {}

// No lock on either: CanNotDelete would keep the app from deleting records and links.
resource group 'Microsoft.Resources/resourceGroups@2024-11-01' = {
  name: resourceGroupName
  location: location
  tags: tags
}

module zone 'modules/zone.bicep' = {
  scope: group
  params: { tags: tags }
}

@description('Resource ID of the zone.')
output ZONE_ID string = zone.outputs.id
