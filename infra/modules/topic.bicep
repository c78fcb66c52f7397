metadata description = 'The system topic of this subscription\'s own events: made if it is not there, and left as it is if it is.'

@description('Name of the topic.')
param name string

@description('Tags.')
param tags { *: string }

@description('Whether the topic has an identity of its own; one that is made here has.')
param hasIdentity bool

// Azure allows one a source, so an existing one may well serve others: nothing of it is touched.
@onlyIfNotExists()
resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: name
  location: 'global'
  tags: tags
  identity: { type: 'SystemAssigned' }
  properties: {
    source: subscription().id
    topicType: 'Microsoft.Resources.Subscriptions'
  }
}

@description('Object ID of the topic\'s own identity; empty if it has none.')
output principalId string = hasIdentity ? topic.identity.principalId : ''
