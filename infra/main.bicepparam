using 'main.bicep'

// From the environment, under the settings' own names: the same words on a laptop, in the app and here.
// azd gets them by `azd env set`, everybody else by `export`. What is not set keeps main.bicep's
// default. Parameters that are not here have no variable: write a line for them.

import { arePermissions, areSubscriptions, areZoneIds, isBool, isName, isNumber } from 'checks.bicep'

var nameText = readEnvironmentVariable('AZURE_ENV_NAME', 'acr-private-dns')
param name = isName(nameText)
  ? nameText
  : fail('AZURE_ENV_NAME is "${nameText}", but should be letters and digits, with dashes between them.')

var locationText = readEnvironmentVariable('AZURE_LOCATION', '')
param location = empty(locationText) ? null : locationText

var zoneList = json(readEnvironmentVariable('ACR_PRIVATE_DNS_ZONES'))
param zones = areZoneIds(map(zoneList, zone => zone.id))
  ? zoneList
  : fail('ACR_PRIVATE_DNS_ZONES has an id that is no resource ID of a zone privatelink.…')

var watchedText = readEnvironmentVariable('ACR_PRIVATE_DNS_SUBSCRIPTIONS', '')
param watched = empty(watchedText)
  ? null
  : areSubscriptions(map(split(watchedText, ','), id => trim(id)))
      ? map(split(watchedText, ','), id => trim(id))
      : fail('ACR_PRIVATE_DNS_SUBSCRIPTIONS is "${watchedText}", but should be IDs of subscriptions, separated by commas, or all, alone.')

var ttl = readEnvironmentVariable('ACR_PRIVATE_DNS_TTL', '')
var policy = readEnvironmentVariable('ACR_PRIVATE_DNS_POLICY', '')
var dryRun = readEnvironmentVariable('ACR_PRIVATE_DNS_DRY_RUN', '')
var percent = readEnvironmentVariable('ACR_PRIVATE_DNS_DELETE_THRESHOLD_PERCENT', '')
var min = readEnvironmentVariable('ACR_PRIVATE_DNS_DELETE_THRESHOLD_MIN', '')
var allow = readEnvironmentVariable('ACR_PRIVATE_DNS_ALLOW', '')
var allowWords = map(split(allow, ','), word => trim(word))
var schedule = readEnvironmentVariable('ACR_PRIVATE_DNS_SCHEDULE', '')
var apiVersions = readEnvironmentVariable('ACR_PRIVATE_DNS_API_VERSIONS', '')
param settings = {
  ttl: empty(ttl)
    ? null
    : isNumber(ttl, 1, 2147483647)
        ? int(ttl)
        : fail('ACR_PRIVATE_DNS_TTL is "${ttl}", but should be seconds from 1 to 2147483647.')
  policy: empty(policy)
    ? null
    : policy == 'sync'
        ? 'sync'
        : policy == 'upsert-only'
            ? 'upsert-only'
            : fail('ACR_PRIVATE_DNS_POLICY is "${policy}", but should be sync or upsert-only.')
  dryRun: empty(dryRun)
    ? null
    : isBool(dryRun) ? bool(dryRun) : fail('ACR_PRIVATE_DNS_DRY_RUN is "${dryRun}", but should be true or false.')
  deleteThresholdPercent: empty(percent)
    ? null
    : isNumber(percent, 0, 100)
        ? int(percent)
        : fail('ACR_PRIVATE_DNS_DELETE_THRESHOLD_PERCENT is "${percent}", but should be percent from 0 to 100.')
  deleteThresholdMin: empty(min)
    ? null
    : isNumber(min, 0, 1000000)
        ? int(min)
        : fail('ACR_PRIVATE_DNS_DELETE_THRESHOLD_MIN is "${min}", but should be deletes from 0 to 1000000.')
  allow: empty(allow)
    ? null
    : arePermissions(allowWords)
        ? filter(['overrideDeleteThreshold', 'adopt'], word => contains(allowWords, word))
        : fail('ACR_PRIVATE_DNS_ALLOW is "${allow}", but should be words of overrideDeleteThreshold, adopt, separated by commas.')
  schedule: empty(schedule)
    ? null
    : length(filter(split(schedule, ' '), field => !empty(field))) == 6
        ? schedule
        : fail('ACR_PRIVATE_DNS_SCHEDULE is "${schedule}", but should be six fields of NCRONTAB.')
  apiVersions: empty(apiVersions) ? null : json(empty(apiVersions) ? 'null' : apiVersions)
}

var zoneAccessText = readEnvironmentVariable('ZONE_ACCESS', '')
param zoneAccess = empty(zoneAccessText)
  ? null
  : isBool(zoneAccessText)
      ? bool(zoneAccessText)
      : fail('ZONE_ACCESS is "${zoneAccessText}", but should be true or false.')

var packageText = readEnvironmentVariable('PACKAGE_URI', '')
param packageUri = empty(packageText)
  ? null
  : startsWith(packageText, 'https://') ? packageText : fail('PACKAGE_URI should begin with https://.')

var allowedRangesText = readEnvironmentVariable('ALLOWED_RANGES', '')
param allowedRanges = empty(allowedRangesText) ? null : map(split(allowedRangesText, ','), range => trim(range))
