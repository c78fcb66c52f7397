metadata description = 'The app\'s code, from a package that is ready to run. Azure fetches it while this is deployed.'

@description('Name of the app.')
param appName string

@description('Where Azure gets the package: an address that it can read without signing in; one with a signature is a secret.')
@secure()
param packageUri string

resource site 'Microsoft.Web/sites@2025-03-01' existing = {
  name: appName
}

resource package 'Microsoft.Web/sites/extensions@2025-03-01' = {
  parent: site
  name: 'onedeploy'
  #disable-next-line BCP187 // The type knows the name and none of its properties: https://github.com/Azure/bicep-types-az/issues/2249
  properties: {
    packageUri: packageUri
    // It has its wheels in it, with the hashes that were tested; nothing is fetched from a registry.
    remoteBuild: false
  }
}
