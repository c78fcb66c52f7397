metadata description = 'What a subscription\'s topic tells the app: one event subscription for each function of events/.'

import { deadLetterContainer } from '../names.bicep'
import { filterType } from '../types.bicep'

@description('Name of the topic.')
param topicName string

@description('Name of the deployment, in front of every event subscription\'s.')
param prefix string

@description('Resource ID of the function app.')
param functionAppId string

@description('Resource ID of the storage account of undelivered events.')
param storageId string

@description('Whether undelivered events are kept.')
param keepsDeadLetters bool

@description('Resource ID of the workspace that hears of failed deliveries; empty if none does.')
param workspaceId string

var app = split(functionAppId, '/')
var filters { *: filterType } = {
  endpoint_deleted: loadJsonContent('../events/endpoint_deleted.json')
  endpoint_written: loadJsonContent('../events/endpoint_written.json')
  registry_changed: loadJsonContent('../events/registry_changed.json')
}

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: topicName
}

// One after another: Event Grid refuses changes of one topic that come together.
@batchSize(1)
resource eventSubscriptions 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = [
  for function in items(filters): {
    parent: topic
    name: '${prefix}-${replace(function.key, '_', '-')}'
    properties: {
      eventDeliverySchema: 'EventGridSchema'
      destination: {
        endpointType: 'AzureFunction'
        properties: {
          resourceId: resourceId(app[2], app[4], 'Microsoft.Web/sites/functions', app[8], function.key)
          maxEventsPerBatch: 1
          preferredBatchSizeInKilobytes: 64
        }
      }
      filter: {
        includedEventTypes: function.value.includedEventTypes
        advancedFilters: function.value.advancedFilters
      }
      retryPolicy: {
        maxDeliveryAttempts: 30
        eventTimeToLiveInMinutes: 1440
      }
      deadLetterWithResourceIdentity: keepsDeadLetters
        ? {
            identity: { type: 'SystemAssigned' }
            deadLetterDestination: {
              endpointType: 'StorageBlob'
              properties: { resourceId: storageId, blobContainerName: deadLetterContainer }
            }
          }
        : null
    }
  }
]

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = if (!empty(workspaceId)) {
  scope: topic
  name: prefix
  properties: {
    workspaceId: workspaceId
    logs: [{ category: 'DeliveryFailures', enabled: true }]
  }
}
