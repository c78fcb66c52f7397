using '../subscription.bicep'

// Roles alone, by whoever may give them: the app may link two networks here, and no others.
param name = 'acr-private-dns'
param location = 'westeurope'
param principalId = '00000000-0000-0000-0000-0000000000ee'
param functionAppId = '/subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/rg-acr-private-dns/providers/Microsoft.Web/sites/func-acr-private-dns'
param storageId = '/subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/rg-acr-private-dns/providers/Microsoft.Storage/storageAccounts/stacrprivatedns'
param events = false
param joinerScopes = [
  '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-spoke/providers/Microsoft.Network/virtualNetworks/spoke-1'
  '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/RG-Spoke/providers/Microsoft.Network/virtualNetworks/spoke-2'
  // Of another subscription, where it counts: one list serves them all.
  '/subscriptions/00000000-0000-0000-0000-000000000002/resourceGroups/rg-spoke/providers/Microsoft.Network/virtualNetworks/spoke-3'
]
