using '../subscription.bicep'

// A subscription that has a system topic, without an identity, and whose role comes from its
// management group: three event subscriptions, and nothing else.
param name = 'acr-private-dns'
param location = 'westeurope'
param principalId = '00000000-0000-0000-0000-0000000000ee'
param functionAppId = '/subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/rg-acr-private-dns/providers/Microsoft.Web/sites/func-acr-private-dns'
param storageId = '/subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/rg-acr-private-dns/providers/Microsoft.Storage/storageAccounts/stacrprivatedns'
param access = false
param adopt = {
  name: 'evgt-monitoring'
  resourceGroup: 'rg-monitoring'
  hasIdentity: false
}
