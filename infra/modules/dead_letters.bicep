metadata description = 'Lets a topic, or a group of topics, keep what could not be delivered.'

import { deadLetterContainer } from '../names.bicep'

@description('Name of the storage account.')
param storageName string

@description('Object ID of the topic\'s identity, or of the group.')
param principalId string

@description('Whether it is a group\'s.')
param isGroup bool

@description('Storage Blob Data Contributor.')
var blobDataContributor = 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: storageName

  resource blobs 'blobServices' existing = {
    name: 'default'

    resource deadLetters 'containers' existing = {
      name: deadLetterContainer
    }
  }
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: account::blobs::deadLetters
  name: guid(account::blobs::deadLetters.id, principalId, blobDataContributor)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', blobDataContributor)
    principalId: principalId
    principalType: isGroup ? 'Group' : 'ServicePrincipal'
    description: 'Event Grid keeps here what it could not deliver to ACR Private DNS.'
  }
}
