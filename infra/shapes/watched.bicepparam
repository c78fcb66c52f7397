using '../subscription.bicep'

// A watched subscription as most are: roles, a topic of its own, events.
param name = 'acr-private-dns'
param location = 'westeurope'
param principalId = '00000000-0000-0000-0000-0000000000ee'
param functionAppId = '/subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/rg-acr-private-dns/providers/Microsoft.Web/sites/func-acr-private-dns'
param storageId = '/subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/rg-acr-private-dns/providers/Microsoft.Storage/storageAccounts/stacrprivatedns'
param workspaceId = '/subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/rg-acr-private-dns/providers/Microsoft.OperationalInsights/workspaces/log-acr-private-dns'
