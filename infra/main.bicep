targetScope = 'subscription'

metadata description = 'The app, its identity, storage and telemetry, and what it may do with its zones. Deployed once.'

import { areSubscriptions, areZoneIds } from 'checks.bicep'
import { appName, groupName, storageName as accountName } from 'names.bicep'
import { zoneType, settingsType, alwaysReadyType } from 'types.bicep'

@description('Name of the deployment: the owner in every record that the app keeps, and part of every resource\'s name. Never change it.')
@minLength(2)
@maxLength(24)
param name string = 'acr-private-dns'

@description('Region of everything.')
param location string = deployment().location

@description('The zones that the app keeps.')
@minLength(1)
param zones zoneType[]

@description('IDs of the subscriptions to look after; or all, alone, for every one that the app can list.')
@minLength(1)
param watched string[] = [subscription().subscriptionId]

@description('The app\'s settings, where they are not to be its defaults.')
param settings settingsType = {}

@description('Whether the roles on the zones are made and assigned here; false where others do it, with modules/zone_access.bicep.')
param zoneAccess bool = true

@description('Where Azure gets the app\'s package, an address that it can read without signing in; empty where the code is published otherwise, as by azd or func.')
@secure()
param packageUri string = ''

@description('Ranges that may call the app\'s HTTP functions, besides Event Grid; none leaves it open to all who have a key.')
param allowedRanges string[] = []

@description('Most instances of each function\'s group.')
@minValue(1)
@maxValue(1000)
param mostInstances int = 40

@description('Memory of an instance, in MB.')
@allowed([512, 2048, 4096])
param instanceMemory int = 2048

@description('Functions that always have instances ready, against cold starts.')
param alwaysReady alwaysReadyType[] = []

@description('Resource ID of a workspace to use; empty to make one.')
param existingWorkspaceId string = ''

@description('How long logs are kept, in days, in a workspace that is made here.')
@minValue(30)
@maxValue(730)
param retentionDays int = 90

@description('How long undelivered events are kept, in days.')
@minValue(1)
@maxValue(365)
param deadLetterDays int = 30

@description('Tags of every resource.')
param tags { *: string } = {}

var allTags = union(tags, { 'acr-private-dns': name, 'azd-env-name': name })

// The names that the app's setting knows; a cloud without one is no parameter's business.
var clouds = {
  AzureCloud: 'public'
  AzureChinaCloud: 'china'
  AzureUSGovernment: 'usgov'
}

// Not string(settings.dryRun): that says 'True', which the app refuses.
var optionalSettings = {
  ACR_PRIVATE_DNS_TTL: settings.?ttl
  ACR_PRIVATE_DNS_POLICY: settings.?policy
  ACR_PRIVATE_DNS_DRY_RUN: settings.?dryRun == null ? null : settings.?dryRun == true ? 'true' : 'false'
  ACR_PRIVATE_DNS_DELETE_THRESHOLD_PERCENT: settings.?deleteThresholdPercent
  ACR_PRIVATE_DNS_DELETE_THRESHOLD_MIN: settings.?deleteThresholdMin
  ACR_PRIVATE_DNS_ALLOW: empty(settings.?allow) ? null : join(settings.?allow ?? [], ',')
  ACR_PRIVATE_DNS_SCHEDULE: settings.?schedule
  ACR_PRIVATE_DNS_API_VERSIONS: settings.?apiVersions == null ? null : string(settings.?apiVersions)
}
var givenSettings = filter(items(optionalSettings), setting => setting.value != null)

// IDs differ by case alone where people type them; each subscription is to get its roles once.
var zoneIds = areZoneIds(map(zones, zone => zone.id))
  ? map(zones, zone => toLower(zone.id))
  : fail('zones has an id that is no resource ID of a zone privatelink.…')
var zoneSubscriptions = union([], map(zoneIds, id => split(id, '/')[2]))

var subscriptions = areSubscriptions(watched)
  ? join(watched, ',')
  : fail('watched has what is no ID of a subscription, nor all, alone.')

var storageName = accountName(subscription().subscriptionId, name)
var componentName = 'appi-${name}'

resource group 'Microsoft.Resources/resourceGroups@2024-11-01' = {
  name: groupName(name)
  location: location
  tags: allTags
}

module identity 'modules/identity.bicep' = {
  scope: group
  params: { name: 'id-${name}', location: location, tags: allTags }
}

module storage 'modules/storage.bicep' = {
  scope: group
  params: { name: storageName, location: location, tags: allTags, deadLetterDays: deadLetterDays }
}

module telemetry 'modules/telemetry.bicep' = {
  scope: group
  params: {
    workspaceName: 'log-${name}'
    componentName: componentName
    location: location
    tags: allTags
    existingWorkspaceId: existingWorkspaceId
    retentionDays: retentionDays
  }
}

module access 'modules/access.bicep' = {
  scope: group
  params: {
    #disable-next-line what-if-short-circuiting // Known only once the identity is there; and an assignment's name must change with it.
    principalId: identity.outputs.principalId
    storageName: storageName
    componentName: componentName
  }
  dependsOn: [storage, telemetry]
}

module app 'modules/app.bicep' = {
  scope: group
  params: {
    name: appName(subscription().subscriptionId, name)
    planName: 'asp-${name}'
    location: location
    tags: union(allTags, { 'azd-service-name': 'app' })
    identityId: identity.outputs.id
    clientId: identity.outputs.clientId
    blobEndpoint: storage.outputs.blobEndpoint
    componentName: componentName
    settings: {
      ACR_PRIVATE_DNS_OWNER: name
      ACR_PRIVATE_DNS_SUBSCRIPTIONS: subscriptions
      ACR_PRIVATE_DNS_ZONES: string(zones)
      ACR_PRIVATE_DNS_CLOUD: clouds[environment().name]
      ACR_PRIVATE_DNS_CLIENT_ID: identity.outputs.clientId
      ...toObject(givenSettings, setting => setting.key, setting => string(setting.value))
    }
    mostInstances: mostInstances
    instanceMemory: instanceMemory
    alwaysReady: alwaysReady
    allowedRanges: allowedRanges
  }
  // An app that starts without its rights stays down until somebody starts it again.
  dependsOn: [access]
}

module code 'modules/code.bicep' = if (!empty(packageUri)) {
  scope: group
  params: { appName: appName(subscription().subscriptionId, name), packageUri: packageUri }
  dependsOn: [app]
}

module zoneRoles 'modules/zone_access.bicep' = [
  for id in zoneSubscriptions: if (zoneAccess) {
    scope: subscription(id)
    params: {
      name: name
      #disable-next-line what-if-short-circuiting // As in access.
      principalId: identity.outputs.principalId
      zoneIds: filter(zoneIds, zone => split(zone, '/')[2] == id)
    }
  }
]

@description('Resource group of the app; azd looks for it there.')
output AZURE_RESOURCE_GROUP string = group.name

@description('Name of the app.')
output FUNCTION_APP_NAME string = app.outputs.name

@description('Resource ID of the app, for subscription.bicep.')
output FUNCTION_APP_ID string = app.outputs.id

@description('Object ID of the app\'s identity, for subscription.bicep and management_group.bicep.')
output PRINCIPAL_ID string = identity.outputs.principalId

@description('Resource ID of the storage account, for subscription.bicep.')
output STORAGE_ID string = storage.outputs.id

@description('Resource ID of the workspace, for subscription.bicep.')
output WORKSPACE_ID string = telemetry.outputs.workspaceId

@description('Whether the app links networks in any zone, for subscription.bicep and management_group.bicep.')
output LINKS bool = !empty(filter(zones, zone => (zone.?links ?? 'manage') == 'manage'))
