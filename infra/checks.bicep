metadata description = 'What texts may hold. The parameter files ask here, so that a wrong variable is refused before anything reaches Azure, and the templates ask again, for those who write parameters by hand. Each says itself what is wrong: fail() cannot be imported.'

@export()
@description('Whether a text can be part of every resource\'s name.')
func isName(text string) bool =>
  hasOnly(text, 'abcdefghijklmnopqrstuvwxyz0123456789-') && !startsWith(text, '-') && !endsWith(text, '-')

@export()
@description('Whether a text is a whole number of a range.')
func isNumber(text string, low int, high int) bool =>
  hasOnly(text, '0123456789') && length(text) <= length(string(high)) && int(text) >= low && int(text) <= high

@export()
@description('Whether a text is true or false, as the app writes them.')
func isBool(text string) bool => contains(['true', 'false'], text)

@export()
@description('Whether texts are what requests over HTTP may be allowed.')
func arePermissions(texts string[]) bool =>
  empty(filter(texts, text => !contains(['overrideDeleteThreshold', 'adopt'], text)))

@export()
@description('Whether texts are IDs of subscriptions; or all, alone, for every one that the app can list.')
func areSubscriptions(texts string[]) bool =>
  (length(texts) == 1 && toLower(texts[0]) == 'all') || empty(filter(texts, text => !isGuid(text)))

@export()
@description('Whether texts are resource IDs of private DNS zones of registries.')
func areZoneIds(texts string[]) bool =>
  empty(filter(
    texts,
    text =>
      !isResourceId(text, 'Microsoft.Network/privateDnsZones') || !startsWith(
        toLower(last(split(text, '/'))),
        'privatelink.'
      )
  ))

@export()
@description('Whether texts are resource IDs of virtual networks.')
func areNetworkIds(texts string[]) bool =>
  empty(filter(texts, text => !isResourceId(text, 'Microsoft.Network/virtualNetworks')))

func hasOnly(text string, characters string) bool =>
  empty(filter(range(0, length(text)), i => !contains(characters, toLower(substring(text, i, 1)))))

@export()
@description('Whether a text is a GUID, as subscriptions and identities have one.')
func isGuid(text string) bool =>
  hasOnly(text, '0123456789abcdef-') && join(map(split(text, '-'), part => string(length(part))), '-') == '8-4-4-4-12'

func isResourceId(text string, type string) bool =>
  length(split(text, '/')) == 9 && isGuid(split(text, '/')[2]) && toLower('${split(text, '/')[6]}/${split(text, '/')[7]}') == toLower(type)
