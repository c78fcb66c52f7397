targetScope = 'managementGroup'

metadata description = 'What the app may read and join in every subscription of a management group, those of the future included. Events still go to each: subscription.bicep with access false.'

import { roleName } from 'names.bicep'
import { roleType } from 'types.bicep'

@description('Name of the deployment, as in main.bicep.')
@minLength(2)
@maxLength(24)
param name string

@description('Object ID of the app\'s identity.')
param principalId string

@description('Whether the app links networks to any zone.')
param links bool = true

var readerFile roleType = loadJsonContent('roles/reader.json')
var joinerFile roleType = loadJsonContent('roles/network_joiner.json')

resource reader 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(managementGroup().id, name, readerFile.name)
  properties: {
    roleName: roleName(readerFile.name, name, managementGroup().name)
    description: readerFile.description
    type: 'CustomRole'
    permissions: [{ actions: readerFile.actions }]
    assignableScopes: [managementGroup().id]
  }
}

resource readerAssignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(managementGroup().id, principalId, reader.id)
  properties: {
    roleDefinitionId: reader.id
    principalId: principalId
    principalType: 'ServicePrincipal'
    description: 'ACR Private DNS reads registries, endpoints and networks.'
  }
}

resource joiner 'Microsoft.Authorization/roleDefinitions@2022-04-01' = if (links) {
  name: guid(managementGroup().id, name, joinerFile.name)
  properties: {
    roleName: roleName(joinerFile.name, name, managementGroup().name)
    description: joinerFile.description
    type: 'CustomRole'
    permissions: [{ actions: joinerFile.actions }]
    assignableScopes: [managementGroup().id]
  }
}

resource joinerAssignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (links) {
  name: guid(managementGroup().id, principalId, joiner.id)
  properties: {
    roleDefinitionId: joiner.id
    principalId: principalId
    principalType: 'ServicePrincipal'
    description: 'ACR Private DNS links networks to its zones.'
  }
}
