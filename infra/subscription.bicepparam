using 'subscription.bicep'

// For whoever deploys a subscription by hand, from the environment: the first five are main's
// outputs, under the outputs' names. infra/watch/watch.py gives the same to the compiled template.

import { areNetworkIds, isBool, isGuid, isName } from 'checks.bicep'

param principalId = readEnvironmentVariable('PRINCIPAL_ID')
param functionAppId = readEnvironmentVariable('FUNCTION_APP_ID')
param storageId = readEnvironmentVariable('STORAGE_ID')

var workspaceIdText = readEnvironmentVariable('WORKSPACE_ID', '')
param workspaceId = empty(workspaceIdText) ? null : workspaceIdText

var linksText = readEnvironmentVariable('LINKS', '')
param links = empty(linksText)
  ? null
  : isBool(linksText) ? bool(linksText) : fail('LINKS is "${linksText}", but should be true or false.')

var nameText = readEnvironmentVariable('AZURE_ENV_NAME', 'acr-private-dns')
param name = isName(nameText)
  ? nameText
  : fail('AZURE_ENV_NAME is "${nameText}", but should be letters and digits, with dashes between them.')

var locationText = readEnvironmentVariable('AZURE_LOCATION', '')
param location = empty(locationText) ? null : locationText

var joinerScopesText = readEnvironmentVariable('JOINER_SCOPES', '')
param joinerScopes = empty(joinerScopesText)
  ? null
  : areNetworkIds(map(split(joinerScopesText, ','), id => trim(id)))
      ? map(split(joinerScopesText, ','), id => trim(id))
      : fail('JOINER_SCOPES is "${joinerScopesText}", but should be resource IDs of virtual networks, separated by commas.')

// JSON: {"name": "…", "resourceGroup": "…", "hasIdentity": true}
var adoptText = readEnvironmentVariable('ADOPT', '')
param adopt = empty(adoptText) ? null : json(empty(adoptText) ? 'null' : adoptText)

var deadLetterGroupText = readEnvironmentVariable('DEAD_LETTER_GROUP', '')
param deadLetterGroup = empty(deadLetterGroupText)
  ? null
  : isGuid(deadLetterGroupText)
      ? deadLetterGroupText
      : fail('DEAD_LETTER_GROUP is "${deadLetterGroupText}", but should be the object ID of a group in Entra ID.')

var topicOnlyText = readEnvironmentVariable('TOPIC_ONLY', '')
param topicOnly = empty(topicOnlyText)
  ? null
  : isBool(topicOnlyText) ? bool(topicOnlyText) : fail('TOPIC_ONLY is "${topicOnlyText}", but should be true or false.')

var accessText = readEnvironmentVariable('ACCESS', '')
param access = empty(accessText)
  ? null
  : isBool(accessText) ? bool(accessText) : fail('ACCESS is "${accessText}", but should be true or false.')

var eventsText = readEnvironmentVariable('EVENTS', '')
param events = empty(eventsText)
  ? null
  : isBool(eventsText) ? bool(eventsText) : fail('EVENTS is "${eventsText}", but should be true or false.')
