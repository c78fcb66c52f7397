using '../main.bicep'

// A hub whose zone is linked by its own team and seen through central resolvers: no links from here.
// Roles on the zone are that team's too: it deploys modules/zone_access.bicep.
param name = 'acr-private-dns'
param location = 'westeurope'
param zones = [
  {
    id: '/subscriptions/00000000-0000-0000-0000-00000000000b/resourceGroups/rg-hub-dns/providers/Microsoft.Network/privateDnsZones/privatelink.azurecr.io'
    links: 'leave'
  }
]
param zoneAccess = false
param watched = [
  '00000000-0000-0000-0000-000000000001'
  '00000000-0000-0000-0000-000000000002'
  '00000000-0000-0000-0000-000000000003'
]
