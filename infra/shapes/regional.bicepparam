using '../main.bicep'

// A zone a region, so that each region resolves to its own endpoint; here with everything that can be
// said. The zones lie in two subscriptions, two of them in one group: each gets the keeper for itself.
param name = 'acr-dns-prod'
param location = 'westeurope'
param zones = [
  {
    id: '/subscriptions/00000000-0000-0000-0000-00000000000b/resourceGroups/rg-dns-west/providers/Microsoft.Network/privateDnsZones/privatelink.azurecr.io'
    regions: ['westeurope']
    selection: 'first'
  }
  {
    id: '/subscriptions/00000000-0000-0000-0000-00000000000b/resourceGroups/rg-dns-north/providers/Microsoft.Network/privateDnsZones/privatelink.azurecr.io'
    regions: ['northeurope']
    selection: 'first'
  }
  {
    // The zone that serves the rest, and what no region says.
    id: '/subscriptions/00000000-0000-0000-0000-00000000000C/resourceGroups/RG-DNS-rest/providers/Microsoft.Network/privateDnsZones/privatelink.azurecr.io'
    selection: 'merge'
    peered: 'unlink'
  }
  {
    id: '/subscriptions/00000000-0000-0000-0000-00000000000c/resourceGroups/rg-dns-rest/providers/Microsoft.Network/privateDnsZones/privatelink.azurecr.cn'
    links: 'leave'
  }
]
param watched = ['00000000-0000-0000-0000-000000000001']
param settings = {
  ttl: 60
  policy: 'upsert-only'
  dryRun: false
  deleteThresholdPercent: 5
  deleteThresholdMin: 0
  allow: ['adopt']
  schedule: '0 */30 * * * *'
  apiVersions: { network: '2024-05-01', privatedns: '2024-06-01' }
}
param packageUri = 'https://releases.example.com/acr-private-dns.zip'
param allowedRanges = ['203.0.113.0/24']
param alwaysReady = [{ name: 'function:endpoint_written', instanceCount: 1 }]
param existingWorkspaceId = '/subscriptions/00000000-0000-0000-0000-00000000000b/resourceGroups/rg-logs/providers/Microsoft.OperationalInsights/workspaces/log-central'
param tags = { costCentre: '4711' }
