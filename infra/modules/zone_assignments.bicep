metadata description = 'The roles on the zones of this resource group: the keeper on each zone, never on the group, which usually holds every other privatelink zone as well.'

@description('Object ID of the app\'s identity.')
param principalId string

@description('Names of the zones.')
param zoneNames string[]

@description('Resource ID of the role that keeps a zone.')
param keeperId string

@description('Resource ID of the role that reads operation statuses, whose path lies in the group.')
param statusReaderId string

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' existing = [
  for name in zoneNames: {
    name: name
  }
]

resource keeperAssignments 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for i in range(0, length(zoneNames)): {
    scope: zones[i]
    name: guid(zones[i].id, principalId, keeperId)
    properties: {
      roleDefinitionId: keeperId
      principalId: principalId
      principalType: 'ServicePrincipal'
      description: 'ACR Private DNS keeps the zone\'s A records and links.'
    }
  }
]

resource statusAssignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(resourceGroup().id, principalId, statusReaderId)
  properties: {
    roleDefinitionId: statusReaderId
    principalId: principalId
    principalType: 'ServicePrincipal'
    description: 'ACR Private DNS waits for links to be made.'
  }
}
