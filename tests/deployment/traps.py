"""Mistakes that compile clean, each to be planted in a copy of the sources, and who must notice.

They are what a naive author gets wrong: Azure would refuse them in the middle of a
deployment, or take them and do something else. Where `check` is None the compiler itself
notices by now, since the types that the templates share are sealed.
"""

from dataclasses import dataclass

from tests.deployment import checks, decisions
from tests.deployment.checks import Check


@dataclass(frozen=True, slots=True)
class Trap:
    """One mistake.

    Attributes:
        name: what it is called.
        shape: the shape that shows it.
        file: where it is planted, below infra/.
        right: the text as it is.
        wrong: the text as it would be.
        check: what must notice it; None for the compiler.
        words: a part of what is said of it.
    """

    name: str
    shape: str
    file: str
    right: str
    wrong: str
    check: Check | None
    words: str


_ENUMS = (
    Trap(
        "event schema by another name",
        "watched",
        "modules/events.bicep",
        "'EventGridSchema'",
        "'CloudEventSchema'",
        checks.check_words,
        "'CloudEventSchema' at properties.eventDeliverySchema",
    ),
    Trap(
        "principal type that is none",
        "central",
        "modules/zone_assignments.bicep",
        "'ServicePrincipal'",
        "'ManagedIdentity'",
        checks.check_words,
        "'ManagedIdentity' at properties.principalType",
    ),
    Trap(
        "role type that is none",
        "watched",
        "subscription.bicep",
        "'CustomRole'",
        "'Custom'",
        checks.check_words,
        "'Custom' at properties.type",
    ),
    Trap(
        "deployment storage that is none",
        "central",
        "modules/app.bicep",
        "'blobContainer'",
        "'blob'",
        checks.check_words,
        "'blob' at properties.functionAppConfig.deployment.storage.type",
    ),
    Trap(
        "runtime with a capital",
        "central",
        "modules/app.bicep",
        "name: 'python'",
        "name: 'Python'",
        checks.check_words,
        "'Python' at properties.functionAppConfig.runtime.name",
    ),
    Trap(
        "TLS version of sites as storage spells it",
        "central",
        "modules/app.bicep",
        " minTlsVersion: '1.2'",
        " minTlsVersion: 'TLS1_2'",
        checks.check_words,
        "'TLS1_2' at properties.siteConfig.minTlsVersion",
    ),
    Trap(
        "TLS version of storage as sites spell it",
        "central",
        "modules/storage.bicep",
        "'TLS1_2'",
        "'1.2'",
        checks.check_words,
        "'1.2' at properties.minimumTlsVersion",
    ),
    Trap(
        "public access of storage in small letters",
        "central",
        "modules/storage.bicep",
        "publicNetworkAccess: 'Enabled'",
        "publicNetworkAccess: 'enabled'",
        checks.check_words,
        "'enabled' at properties.publicNetworkAccess",
    ),
    Trap(
        "service tag in small letters",
        "regional",
        "modules/app.bicep",
        "'ServiceTag'",
        "'serviceTag'",
        checks.check_words,
        "'serviceTag' at properties.siteConfig.ipSecurityRestrictions.*.tag",
    ),
    Trap(
        "log category that is none",
        "watched",
        "modules/events.bicep",
        "'DeliveryFailures'",
        "'deliveryFailure'",
        checks.check_words,
        "'deliveryFailure' at properties.logs.*.category",
    ),
    Trap(
        "workspace feature misspelt",
        "central",
        "modules/telemetry.bicep",
        "disableLocalAuth: true",
        "disableLocalAuthentication: true",
        checks.check_words,
        "True at properties.features.disableLocalAuthentication",
    ),
    Trap(
        "local authentication left on",
        "central",
        "modules/telemetry.bicep",
        "disableLocalAuth: true",
        "disableLocalAuth: false",
        checks.check_words,
        "False at properties.features.disableLocalAuth",
    ),
    Trap(
        "shared keys left on",
        "central",
        "modules/storage.bicep",
        "    allowSharedKeyAccess: false\n",
        "",
        checks.check_words,
        "does not say properties.allowSharedKeyAccess",
    ),
)

_RIGHTS = (
    Trap(
        "assignment by a readable name",
        "watched",
        "subscription.bicep",
        "name: guid(subscription().id, principalId, reader.id)",
        "name: 'reader-${name}'",
        checks.check_guids,
        "reader-acr-private-dns is no name",
    ),
    Trap(
        "two groups that differ by case",
        "regional",
        "main.bicep",
        "map(zones, zone => toLower(zone.id))",
        "map(zones, zone => zone.id)",
        checks.check_grants,
        "on /subscriptions/00000000-0000-0000-0000-00000000000C/",
    ),
    Trap(
        "keeper on the whole group",
        "central",
        "modules/zone_assignments.bicep",
        "    scope: zones[i]\n",
        "",
        checks.check_grants,
        "gives ACR Private DNS Zone Keeper on",
    ),
    Trap(
        "dead letters by way of the whole account",
        "watched",
        "modules/dead_letters.bicep",
        "  scope: account::blobs::deadLetters\n",
        "  scope: account\n",
        checks.check_grants,
        "gives Storage Blob Data Contributor (to the topic) on",
    ),
    Trap(
        "storage by way of the whole group",
        "central",
        "modules/access.bicep",
        "  scope: account\n",
        "",
        checks.check_grants,
        "gives Storage Blob Data Owner on",
    ),
    Trap(
        "joiner everywhere although networks are named",
        "access",
        "subscription.bicep",
        "if (joins && empty(joinerScopes))",
        "if (joins)",
        checks.check_grants,
        f"gives ACR Private DNS Network Joiner on {decisions.WATCHED}",
    ),
    Trap(
        "joiner everywhere where no network is named",
        "elsewhere",
        "subscription.bicep",
        "if (joins && empty(joinerScopes))",
        "if (joins && empty(networkIds))",
        checks.check_grants,
        f"gives ACR Private DNS Network Joiner on {decisions.WATCHED}",
    ),
    Trap(
        "dead letters written by the app",
        "watched",
        "subscription.bicep",
        "topic!.outputs.principalId",
        "principalId",
        checks.check_grants,
        "does not give Storage Blob Data Contributor (to the topic) on",
    ),
    Trap(
        "roles although others make them",
        "hub",
        "main.bicep",
        "if (zoneAccess) {",
        "if (zoneAccess || !empty(zones)) {",
        checks.check_grants,
        "gives ACR Private DNS Zone Keeper on",
    ),
    Trap(
        "role for every subscription of the tenant",
        "watched",
        "subscription.bicep",
        "assignableScopes: [subscription().id]",
        "assignableScopes: ['/']",
        checks.check_roles,
        "can be assigned elsewhere",
    ),
    Trap(
        "role that allows more than its file",
        "watched",
        "subscription.bicep",
        "[{ actions: readerFile.actions }]",
        "[{ actions: union(readerFile.actions, ['*/read']) }]",
        checks.check_roles,
        "allows more than it says",
    ),
    Trap(
        "key in a setting",
        "central",
        "modules/app.bicep",
        "  AzureWebJobsStorage__credential: 'managedidentity'",
        "  AzureWebJobsStorage__credential: component.listKeys().keys[0].value",
        checks.check_keys,
        "asks for a key",
    ),
    Trap(
        "secret in an output",
        "central",
        "modules/telemetry.bicep",
        "output workspaceId string = workspaceId",
        "output workspaceId string = workspaceId\n\n@description('For the app.')\n"
        "output component string = component.properties.ConnectionString",
        checks.check_keys,
        "the output component tells a secret",
    ),
)

_TIMES = (
    Trap(
        "code before the app",
        "regional",
        "main.bicep",
        "packageUri: packageUri }\n  dependsOn: [app]",
        "packageUri: packageUri }",
        checks.check_order,
        "code does not wait for app",
    ),
    Trap(
        "package that is built anew",
        "regional",
        "modules/code.bicep",
        "remoteBuild: false",
        "remoteBuild: true",
        checks.check_words,
        "says True at properties.remoteBuild",
    ),
    Trap(
        "group by its name",
        "central",
        "main.bicep",
        "module identity 'modules/identity.bicep' = {\n  scope: group",
        "module identity 'modules/identity.bicep' = {\n  scope: resourceGroup(groupName(name))",
        checks.check_order,
        "identity does not wait for group",
    ),
    Trap(
        "rights on what is not there yet",
        "central",
        "main.bicep",
        "dependsOn: [storage, telemetry]",
        "dependsOn: [telemetry]",
        checks.check_order,
        "access does not wait for storage",
    ),
    Trap(
        "app before its rights",
        "central",
        "main.bicep",
        "  dependsOn: [access]\n",
        "  dependsOn: [telemetry]\n",
        checks.check_order,
        "app does not wait for access",
    ),
    Trap(
        "events before their container may be written",
        "watched",
        "subscription.bicep",
        "dependsOn: [topic, deadLetters]",
        "dependsOn: [topic]",
        checks.check_order,
        "eventSubscriptions does not wait for deadLetters",
    ),
    Trap(
        "topic of others changed",
        "adopted",
        "modules/topic.bicep",
        "@onlyIfNotExists()\n",
        "",
        checks.check_topics,
        "changes a topic that is there",
    ),
    Trap(
        "event subscriptions all at once",
        "watched",
        "modules/events.bicep",
        "@batchSize(1)\n",
        "",
        checks.check_topics,
        "come together",
    ),
    Trap(
        "group that azd would delete elsewhere",
        "central",
        "main.bicep",
        "module identity 'modules/identity.bicep' = {",
        "resource dns 'Microsoft.Resources/resourceGroups@2024-11-01' = {\n"
        "  name: 'rg-dns'\n  location: location\n}\n\n"
        "module identity 'modules/identity.bicep' = {",
        checks.check_groups,
        "makes the groups",
    ),
)

_TEXTS = (
    Trap(
        "truth in Bicep's words",
        "regional",
        "main.bicep",
        "settings.?dryRun == null ? null : settings.?dryRun == true ? 'true' : 'false'",
        "settings.?dryRun == null ? null : string(settings.?dryRun)",
        checks.check_settings,
        "ACR_PRIVATE_DNS_DRY_RUN is 'False'",
    ),
    Trap(
        "filter without types",
        "watched",
        "events/endpoint_deleted.json",
        "includedEventTypes",
        "includedEventType",
        None,
        "includedEventTypes",
    ),
    Trap(
        "filter operator by another name",
        "watched",
        "events/endpoint_deleted.json",
        "StringIn",
        "StringEquals",
        None,
        "StringIn",
    ),
    Trap(
        "role without actions",
        "watched",
        "roles/reader.json",
        '"actions"',
        '"action"',
        None,
        "actions",
    ),
    Trap(
        "carriage returns in a loaded file",
        "watched",
        "roles/reader.json",
        "\n",
        "\r\n",
        checks.check_line_ends,
        "reader.json has carriage returns",
    ),
    Trap(
        "function that is not there",
        "watched",
        "modules/events.bicep",
        "endpoint_deleted: load",
        "endpoint_removed: load",
        checks.check_events,
        "endpoint_removed",
    ),
    Trap(
        "dead letters without an identity",
        "adopted",
        "subscription.bicep",
        "adopt.?hasIdentity ?? true",
        "adopt.?name == null || !empty(adopt.?name)",
        checks.check_events,
        "undelivered events are kept",
    ),
    Trap(
        "group's assignment made as an identity's",
        "grouped",
        "subscription.bicep",
        "isGroup: !empty(letterGroup)",
        "isGroup: empty(letterGroup)",
        checks.check_grants,
        "does not give Storage Blob Data Contributor (to the group)",
    ),
    Trap(
        "lock on the zone",
        "zone",
        "modules/zone.bicep",
        "@description('Resource ID of the zone.')",
        "resource lock 'Microsoft.Authorization/locks@2020-05-01' = {\n  scope: zone\n"
        "  name: 'keep'\n  properties: { level: 'CanNotDelete' }\n}\n\n"
        "@description('Resource ID of the zone.')",
        checks.check_locks,
        "Microsoft.Authorization/locks",
    ),
    Trap(
        "version that no sovereign cloud has",
        "central",
        "modules/storage.bicep",
        "storageAccounts@2025-06-01",
        "storageAccounts@2026-04-01",
        checks.check_versions,
        "2026-04-01",
    ),
)

TRAPS = (*_ENUMS, *_RIGHTS, *_TIMES, *_TEXTS)
