metadata description = 'Names that more than one template must agree on.'

@export()
@description('The app\'s resource group.')
func groupName(name string) string => 'rg-${name}'

@export()
@description('The function app; the whole world sees its name, so it ends in a hash.')
func appName(subscriptionId string, name string) string => 'func-${name}-${uniqueString(subscriptionId, name)}'

@export()
@description('The storage account; its name takes neither dashes nor more than 24 characters.')
func storageName(subscriptionId string, name string) string => 'st${uniqueString(subscriptionId, name)}'

@export()
@description('The resource group of the topic, in each watched subscription.')
func eventsGroupName(name string) string => 'rg-${name}-events'

@export()
@description('What a custom role is called: Azure wants every name once in a tenant.')
func roleName(role string, name string, scope string) string => '${role} ${name} ${scope}'

@export()
@description('The container of the app\'s package.')
var packageContainer = 'packages'

@export()
@description('The container of events that were never delivered.')
var deadLetterContainer = 'dead-letters'
