metadata description = 'The zone of registries behind Private Link, whatever they are called in this cloud.'

@description('Tags.')
param tags { *: string }

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' = {
  name: 'privatelink${environment().suffixes.acrLoginServer}'
  location: 'global'
  tags: tags
}

@description('Resource ID of the zone.')
output id string = zone.id
