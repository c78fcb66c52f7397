using '../management_group.bicep'

// Every subscription of a management group, those of next year included.
param name = 'acr-private-dns'
param principalId = '00000000-0000-0000-0000-0000000000ee'
