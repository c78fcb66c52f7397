using '../subscription.bicep'

// One of thousands of watched subscriptions: its topic keeps undelivered events as a member of a
// group, since Azure allows 4,000 role assignments in the app's subscription.
param name = 'acr-private-dns'
param location = 'westeurope'
param principalId = '00000000-0000-0000-0000-0000000000ee'
param functionAppId = '/subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/rg-acr-private-dns/providers/Microsoft.Web/sites/func-acr-private-dns'
param storageId = '/subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/rg-acr-private-dns/providers/Microsoft.Storage/storageAccounts/stacrprivatedns'
param access = false
param deadLetterGroup = '00000000-0000-0000-0000-0000000000cc'
