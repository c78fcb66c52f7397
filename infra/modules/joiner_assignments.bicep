metadata description = 'The joiner role on networks of this resource group, where it is not to cover the whole subscription.'

@description('Object ID of the app\'s identity.')
param principalId string

@description('Names of the networks.')
param networkNames string[]

@description('Resource ID of the role.')
param joinerId string

resource networks 'Microsoft.Network/virtualNetworks@2024-05-01' existing = [
  for name in networkNames: {
    name: name
  }
]

resource assignments 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for i in range(0, length(networkNames)): {
    scope: networks[i]
    name: guid(networks[i].id, principalId, joinerId)
    properties: {
      roleDefinitionId: joinerId
      principalId: principalId
      principalType: 'ServicePrincipal'
      description: 'ACR Private DNS links this network to its zones.'
    }
  }
]
