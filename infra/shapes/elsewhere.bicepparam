using '../subscription.bicep'

// One list of networks that may be linked serves every subscription; none of these lies here.
param name = 'acr-private-dns'
param location = 'westeurope'
param principalId = '00000000-0000-0000-0000-0000000000ee'
param functionAppId = '/subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/rg-acr-private-dns/providers/Microsoft.Web/sites/func-acr-private-dns'
param storageId = '/subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/rg-acr-private-dns/providers/Microsoft.Storage/storageAccounts/stacrprivatedns'
param events = false
param joinerScopes = [
  '/subscriptions/00000000-0000-0000-0000-000000000002/resourceGroups/rg-spoke/providers/Microsoft.Network/virtualNetworks/spoke-3'
]
