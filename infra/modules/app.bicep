metadata description = 'The function app, on Flex Consumption.'

import { alwaysReadyType } from '../types.bicep'
import { packageContainer } from '../names.bicep'

@description('Name of the app.')
param name string

@description('Name of the plan.')
param planName string

@description('Region.')
param location string

@description('Tags.')
param tags { *: string }

@description('Resource ID of the app\'s identity.')
param identityId string

@description('Client ID of the app\'s identity.')
param clientId string

@description('Blob endpoint of the storage account, with a slash at the end.')
param blobEndpoint string

@description('Name of the Application Insights component.')
param componentName string

@description('The app\'s own settings.')
param settings { *: string }

@description('Most instances of each function\'s group.')
@minValue(1)
@maxValue(1000)
param mostInstances int

@description('Memory of an instance, in MB.')
@allowed([512, 2048, 4096])
param instanceMemory int

@description('Functions that always have instances ready.')
param alwaysReady alwaysReadyType[]

@description('Ranges that may call the app, besides Event Grid; none leaves it open.')
param allowedRanges string[]

resource component 'Microsoft.Insights/components@2020-02-02' existing = {
  name: componentName
}

// Addresses, not the account's name: the host would put the public cloud's suffix behind that.
var hostSettings = {
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'Authorization=AAD;ClientId=${clientId}'
  APPLICATIONINSIGHTS_CONNECTION_STRING: component.properties.ConnectionString
  AzureWebJobsStorage__blobServiceUri: blobEndpoint
  AzureWebJobsStorage__clientId: clientId
  AzureWebJobsStorage__credential: 'managedidentity'
}

var eventGridRule = {
  name: 'event-grid'
  priority: 100
  action: 'Allow'
  tag: 'ServiceTag'
  ipAddress: 'AzureEventGrid'
}

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true }
}

resource site 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  tags: tags
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identityId}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    publicNetworkAccess: 'Enabled'
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${blobEndpoint}${packageContainer}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
      runtime: { name: 'python', version: '3.13' }
      scaleAndConcurrency: {
        maximumInstanceCount: mostInstances
        instanceMemoryMB: instanceMemory
        alwaysReady: alwaysReady
      }
    }
    siteConfig: {
      appSettings: map(items(union(hostSettings, settings)), setting => {
        name: setting.key
        value: setting.value
      })
      ftpsState: 'Disabled'
      http20Enabled: true
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ipSecurityRestrictionsDefaultAction: empty(allowedRanges) ? 'Allow' : 'Deny'
      ipSecurityRestrictions: empty(allowedRanges)
        ? []
        : concat(
            [eventGridRule],
            map(range(0, length(allowedRanges)), i => {
              name: 'range-${i}'
              priority: 200 + i
              action: 'Allow'
              tag: 'Default'
              ipAddress: allowedRanges[i]
            })
          )
    }
  }

  resource ftp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: { allow: false }
  }

  resource scm 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: { allow: false }
  }
}

@description('Resource ID of the app.')
output id string = site.id

@description('Name of the app.')
output name string = site.name
