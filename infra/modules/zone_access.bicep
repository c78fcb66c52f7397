targetScope = 'subscription'

metadata description = 'What the app may do with the zones of one subscription. Part of main.bicep, and deployed by itself by whoever may assign roles there, where the app\'s own team may not.'

import { roleName } from '../names.bicep'
import { roleType } from '../types.bicep'

@description('Name of the deployment, as in main.bicep.')
@minLength(2)
@maxLength(24)
param name string

@description('Object ID of the app\'s identity.')
param principalId string

@description('Resource IDs of the zones, all of this subscription.')
@minLength(1)
param zoneIds string[]

var keeperFile roleType = loadJsonContent('../roles/keeper.json')
var statusFile roleType = loadJsonContent('../roles/status_reader.json')
var ids = map(zoneIds, id => toLower(id))
var groups = union([], map(ids, id => split(id, '/')[4]))

resource keeper 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(subscription().id, name, keeperFile.name)
  properties: {
    roleName: roleName(keeperFile.name, name, subscription().subscriptionId)
    description: keeperFile.description
    type: 'CustomRole'
    permissions: [{ actions: keeperFile.actions }]
    assignableScopes: [subscription().id]
  }
}

resource statusReader 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(subscription().id, name, statusFile.name)
  properties: {
    roleName: roleName(statusFile.name, name, subscription().subscriptionId)
    description: statusFile.description
    type: 'CustomRole'
    permissions: [{ actions: statusFile.actions }]
    assignableScopes: [subscription().id]
  }
}

module assignments 'zone_assignments.bicep' = [
  for group in groups: {
    scope: resourceGroup(group)
    params: {
      principalId: principalId
      zoneNames: map(filter(ids, id => split(id, '/')[4] == group), id => last(split(id, '/')))
      keeperId: keeper.id
      statusReaderId: statusReader.id
    }
  }
]
