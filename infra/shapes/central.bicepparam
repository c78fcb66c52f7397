using '../main.bicep'

// One zone for everything, in one of the subscriptions that are looked after, and the app links the
// networks: a single team, or the first day.
param name = 'acr-private-dns'
param location = 'westeurope'
param zones = [
  {
    id: '/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-acr-private-dns-zone/providers/Microsoft.Network/privateDnsZones/privatelink.azurecr.io'
  }
]
param watched = [
  '00000000-0000-0000-0000-000000000001'
  '00000000-0000-0000-0000-000000000002'
]
