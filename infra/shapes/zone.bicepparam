using '../zone.bicep'

// A zone for whoever has none.
param location = 'westeurope'
