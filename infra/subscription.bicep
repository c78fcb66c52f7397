targetScope = 'subscription'

metadata description = 'What a watched subscription needs: what the app may read and join here, and events. Deployed once in each.'

import { areNetworkIds, isGuid } from 'checks.bicep'
import { eventsGroupName, roleName } from 'names.bicep'
import { roleType, topicType } from 'types.bicep'

@description('Name of the deployment, as in main.bicep.')
@minLength(2)
@maxLength(24)
param name string

@description('Region of the resource group; topics have none.')
param location string = deployment().location

@description('Object ID of the app\'s identity.')
param principalId string

@description('Resource ID of the function app; its functions must exist.')
param functionAppId string

@description('Resource ID of the storage account for undelivered events.')
param storageId string

@description('Resource ID of the workspace that hears of failed deliveries; empty if none does.')
param workspaceId string = ''

@description('Whether the app links networks to any zone.')
param links bool = true

@description('Resource IDs of the only networks that the app may link; those of other subscriptions do not count here. None: all of the subscription.')
param joinerScopes string[] = []

@description('The system topic that this subscription has already, if it has one: Azure allows one.')
param adopt topicType?

@description('Object ID of the Entra group whose members may keep undelivered events; empty if each topic may. Its members: the topics\' identities, which must be in it before events are sent.')
param deadLetterGroup string = ''

@description('Whether the topic is made without events, so that its identity can enter the group before.')
param topicOnly bool = false

@description('Whether roles are made and assigned here; false where a management group gives them, or others make them.')
param access bool = true

@description('Whether events are sent; false for whoever may make roles and nothing else.')
param events bool = true

var tags = { 'acr-private-dns': name }
var topicName = adopt.?name ?? 'evgt-${name}'
var topicGroup = adopt.?resourceGroup ?? eventsGroupName(name)
// By a parameter and not by what the topic says: a condition cannot wait for that.
var keepsDeadLetters = adopt.?hasIdentity ?? true
var storage = split(storageId, '/')
var letterGroup = empty(deadLetterGroup) || isGuid(deadLetterGroup)
  ? deadLetterGroup
  : fail('deadLetterGroup is no object ID of a group.')

var readerFile roleType = loadJsonContent('roles/reader.json')
var joinerFile roleType = loadJsonContent('roles/network_joiner.json')
var joins = access && links
var networkIds = areNetworkIds(joinerScopes)
  ? filter(map(joinerScopes, id => toLower(id)), id => split(id, '/')[2] == subscription().subscriptionId)
  : fail('joinerScopes has what is no resource ID of a virtual network.')
var networkGroups = union([], map(networkIds, id => split(id, '/')[4]))

resource reader 'Microsoft.Authorization/roleDefinitions@2022-04-01' = if (access) {
  name: guid(subscription().id, name, readerFile.name)
  properties: {
    roleName: roleName(readerFile.name, name, subscription().subscriptionId)
    description: readerFile.description
    type: 'CustomRole'
    permissions: [{ actions: readerFile.actions }]
    assignableScopes: [subscription().id]
  }
}

resource readerAssignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (access) {
  name: guid(subscription().id, principalId, reader.id)
  properties: {
    roleDefinitionId: reader.id
    principalId: principalId
    principalType: 'ServicePrincipal'
    description: 'ACR Private DNS reads registries, endpoints and networks.'
  }
}

resource joiner 'Microsoft.Authorization/roleDefinitions@2022-04-01' = if (joins) {
  name: guid(subscription().id, name, joinerFile.name)
  properties: {
    roleName: roleName(joinerFile.name, name, subscription().subscriptionId)
    description: joinerFile.description
    type: 'CustomRole'
    permissions: [{ actions: joinerFile.actions }]
    assignableScopes: [subscription().id]
  }
}

resource joinerAssignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (joins && empty(joinerScopes)) {
  name: guid(subscription().id, principalId, joiner.id)
  properties: {
    roleDefinitionId: joiner.id
    principalId: principalId
    principalType: 'ServicePrincipal'
    description: 'ACR Private DNS links networks to its zones.'
  }
}

module joinerAssignments 'modules/joiner_assignments.bicep' = [
  for group in networkGroups: if (joins) {
    scope: resourceGroup(group)
    params: {
      principalId: principalId
      networkNames: map(filter(networkIds, id => split(id, '/')[4] == group), id => last(split(id, '/')))
      joinerId: joiner.id
    }
  }
]

resource group 'Microsoft.Resources/resourceGroups@2024-11-01' = if (events && adopt == null) {
  name: eventsGroupName(name)
  location: location
  tags: tags
}

// An adopted topic's group is not declared here, so the group's symbol cannot be the scope.
module topic 'modules/topic.bicep' = if (events) {
  scope: resourceGroup(topicGroup)
  params: { name: topicName, tags: tags, hasIdentity: keepsDeadLetters }
  dependsOn: [group]
}

// The group's assignment is the same one from wherever it is made.
module deadLetters 'modules/dead_letters.bicep' = if (events && keepsDeadLetters) {
  scope: resourceGroup(storage[2], storage[4])
  params: {
    storageName: storage[8]
    #disable-next-line what-if-short-circuiting // The topic's identity is known only once it is there.
    principalId: empty(letterGroup) ? topic!.outputs.principalId : letterGroup
    isGroup: !empty(letterGroup)
  }
}

module eventSubscriptions 'modules/events.bicep' = if (events && !topicOnly) {
  scope: resourceGroup(topicGroup)
  params: {
    topicName: topicName
    prefix: name
    functionAppId: functionAppId
    storageId: storageId
    keepsDeadLetters: keepsDeadLetters
    workspaceId: workspaceId
  }
  // Event Grid tries the container when it is told of it, and by then the topic may write there.
  dependsOn: [topic, deadLetters]
}
