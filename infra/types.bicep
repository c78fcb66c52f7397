metadata description = 'Types that the templates share.'

@export()
@description('A private DNS zone that the app keeps, as the setting ACR_PRIVATE_DNS_ZONES takes it.')
@sealed()
type zoneType = {
  @description('Resource ID of the zone.')
  id: string

  @description('What is published where several endpoints stand behind one name.')
  selection: ('first' | 'merge')?

  @description('Whether the app makes the links of networks.')
  links: ('manage' | 'leave')?

  @description('What happens to unused links of peered networks.')
  peered: ('keep' | 'unlink')?

  @description('Networks that the zone serves, by resource ID.')
  networks: string[]?

  @description('Subscriptions that the zone serves.')
  subscriptions: string[]?

  @description('Regions that the zone serves.')
  regions: string[]?
}

@export()
@description('What the app may be told beside its zones; what is left out keeps the app\'s default.')
@sealed()
type settingsType = {
  @description('Seconds, of each record.')
  @minValue(1)
  @maxValue(2147483647)
  ttl: int?

  @description('Whether runs may take away.')
  policy: ('sync' | 'upsert-only')?

  @description('Whether runs only say what they would do.')
  dryRun: bool?

  @description('Percent of its records and links that a full sync may delete.')
  @minValue(0)
  @maxValue(100)
  deleteThresholdPercent: int?

  @description('Deletes that a full sync may make whatever the percentage.')
  @minValue(0)
  @maxValue(1000000)
  deleteThresholdMin: int?

  @description('What requests over HTTP may ask for beyond the other settings.')
  allow: ('overrideDeleteThreshold' | 'adopt')[]?

  @description('When the timer runs, in NCRONTAB.')
  schedule: string?

  @description('Dates of API versions, by client, for a cloud that lags behind.')
  apiVersions: apiVersionsType?
}

@export()
@description('Dates of API versions, by client.')
@sealed()
type apiVersionsType = {
  @description('Of the network client.')
  network: string?

  @description('Of the private DNS client.')
  privatedns: string?

  @description('Of the container registry client.')
  containerregistry: string?
}

@export()
@description('Instances that stand ready, for functions that scale together.')
@sealed()
type alwaysReadyType = {
  @description('All HTTP functions together, or one other function: those scale one by one.')
  name:
    | 'http'
    | 'function:endpoint_deleted'
    | 'function:endpoint_written'
    | 'function:full_sync'
    | 'function:registry_changed'

  @description('How many.')
  @minValue(1)
  instanceCount: int
}

@export()
@description('The Event Grid system topic that a subscription has already.')
@sealed()
type topicType = {
  @description('Its name.')
  name: string

  @description('Its resource group.')
  resourceGroup: string

  @description('Whether it has a system-assigned identity; without one, undelivered events are not kept.')
  hasIdentity: bool
}

@export()
@description('A role under roles/.')
@sealed()
type roleType = {
  @description('What it is called, before the deployment and the scope are added.')
  name: string

  @description('What it is for.')
  description: string

  @description('What it allows.')
  @minLength(1)
  actions: string[]
}

@export()
@description('A filter under events/: which events a function gets.')
@sealed()
type filterType = {
  @description('Event types.')
  @minLength(1)
  includedEventTypes: string[]

  @description('All of these must hold.')
  @minLength(1)
  advancedFilters: operationFilterType[]
}

@description('The value at a key is one of several; Azure takes 25 at most in a subscription.')
@sealed()
type operationFilterType = {
  @description('How values are compared.')
  operatorType: 'StringIn'

  @description('Where the value stands in the event.')
  key: 'data.operationName'

  @description('What it may be.')
  @minLength(1)
  @maxLength(25)
  values: string[]
}
