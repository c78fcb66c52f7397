"""What was decided about the deployment, in literal values, for `checks.py` to hold it to.

The types of many properties are open: the compiler takes any word, or any key, and Azure
refuses it, or takes it and does something else. So each word and switch stands here, as
Microsoft's reference of the resource type spells it.
"""

HUB = "/subscriptions/00000000-0000-0000-0000-00000000000a"
DNS = "/subscriptions/00000000-0000-0000-0000-00000000000b"
REST = "/subscriptions/00000000-0000-0000-0000-00000000000c"
WATCHED = "/subscriptions/00000000-0000-0000-0000-000000000001"
CORP = "/providers/Microsoft.Management/managementGroups/corp"

# The newest are not in every cloud yet, so these are about a year old.
VERSIONS = {
    "Microsoft.Authorization/roleAssignments": "2022-04-01",
    "Microsoft.Authorization/roleDefinitions": "2022-04-01",
    "Microsoft.EventGrid/systemTopics": "2025-02-15",
    "Microsoft.EventGrid/systemTopics/eventSubscriptions": "2025-02-15",
    "Microsoft.Insights/components": "2020-02-02",
    "Microsoft.Insights/diagnosticSettings": "2021-05-01-preview",
    "Microsoft.ManagedIdentity/userAssignedIdentities": "2024-11-30",
    "Microsoft.Network/privateDnsZones": "2024-06-01",
    "Microsoft.Network/virtualNetworks": "2024-05-01",
    "Microsoft.OperationalInsights/workspaces": "2025-07-01",
    "Microsoft.Resources/deployments": "2025-04-01",
    "Microsoft.Resources/resourceGroups": "2024-11-01",
    "Microsoft.Storage/storageAccounts": "2025-06-01",
    "Microsoft.Storage/storageAccounts/blobServices": "2025-06-01",
    "Microsoft.Storage/storageAccounts/blobServices/containers": "2025-06-01",
    "Microsoft.Storage/storageAccounts/managementPolicies": "2025-06-01",
    "Microsoft.Web/serverfarms": "2025-03-01",
    "Microsoft.Web/sites": "2025-03-01",
    "Microsoft.Web/sites/basicPublishingCredentialsPolicies": "2025-03-01",
    "Microsoft.Web/sites/extensions": "2025-03-01",
}

# What each resource of a type must say, at least.
REQUIRED: dict[str, dict[str, object]] = {
    "Microsoft.Authorization/roleDefinitions": {"properties.type": "CustomRole"},
    "Microsoft.EventGrid/systemTopics": {
        "identity.type": "SystemAssigned",
        "location": "global",
        "properties.topicType": "Microsoft.Resources.Subscriptions",
    },
    "Microsoft.EventGrid/systemTopics/eventSubscriptions": {
        "properties.destination.endpointType": "AzureFunction",
        "properties.destination.properties.maxEventsPerBatch": 1,
        "properties.eventDeliverySchema": "EventGridSchema",
        "properties.filter.advancedFilters.*.operatorType": "StringIn",
        "properties.retryPolicy.eventTimeToLiveInMinutes": 1440,
        "properties.retryPolicy.maxDeliveryAttempts": 30,
    },
    "Microsoft.Insights/components": {
        "kind": "web",
        "properties.Application_Type": "web",
        "properties.DisableLocalAuth": True,
        "properties.IngestionMode": "LogAnalytics",
    },
    "Microsoft.Insights/diagnosticSettings": {
        "properties.logs.*.category": "DeliveryFailures",
        "properties.logs.*.enabled": True,
    },
    "Microsoft.Network/privateDnsZones": {"location": "global"},
    "Microsoft.OperationalInsights/workspaces": {
        "properties.features.disableLocalAuth": True,
        "properties.features.enableLogAccessUsingOnlyResourcePermissions": True,
        "properties.sku.name": "PerGB2018",
    },
    "Microsoft.Storage/storageAccounts": {
        "kind": "StorageV2",
        "properties.accessTier": "Hot",
        "properties.allowBlobPublicAccess": False,
        "properties.allowCrossTenantReplication": False,
        "properties.allowSharedKeyAccess": False,
        "properties.defaultToOAuthAuthentication": True,
        "properties.minimumTlsVersion": "TLS1_2",
        "properties.publicNetworkAccess": "Enabled",
        "properties.supportsHttpsTrafficOnly": True,
        "sku.name": "Standard_LRS",
    },
    "Microsoft.Storage/storageAccounts/blobServices": {
        "properties.deleteRetentionPolicy.enabled": True,
    },
    "Microsoft.Storage/storageAccounts/blobServices/containers": {
        "properties.publicAccess": "None"
    },
    "Microsoft.Storage/storageAccounts/managementPolicies": {
        "properties.policy.rules.*.definition.filters.blobTypes.*": "blockBlob",
        "properties.policy.rules.*.type": "Lifecycle",
    },
    "Microsoft.Web/serverfarms": {
        "kind": "functionapp",
        "properties.reserved": True,
        "sku.name": "FC1",
        "sku.tier": "FlexConsumption",
    },
    "Microsoft.Web/sites": {
        "identity.type": "UserAssigned",
        "kind": "functionapp,linux",
        "properties.functionAppConfig.deployment.storage.authentication.type": (
            "UserAssignedIdentity"
        ),
        "properties.functionAppConfig.deployment.storage.type": "blobContainer",
        "properties.functionAppConfig.runtime.name": "python",
        "properties.functionAppConfig.runtime.version": "3.13",
        "properties.httpsOnly": True,
        "properties.publicNetworkAccess": "Enabled",
        "properties.siteConfig.ftpsState": "Disabled",
        "properties.siteConfig.http20Enabled": True,
        "properties.siteConfig.minTlsVersion": "1.2",
        "properties.siteConfig.scmMinTlsVersion": "1.2",
    },
    "Microsoft.Web/sites/basicPublishingCredentialsPolicies": {"properties.allow": False},
    "Microsoft.Web/sites/extensions": {
        "properties.packageUri": "[parameters('packageUri')]",
        "properties.remoteBuild": False,
    },
}

# What some resources of a type say, and then in one of these words.
CHOICES: dict[tuple[str, str], set[object]] = {
    ("Microsoft.Authorization/roleAssignments", "properties.principalType"): {
        "Group",
        "ServicePrincipal",
    },
    (
        "Microsoft.EventGrid/systemTopics/eventSubscriptions",
        "properties.deadLetterWithResourceIdentity.deadLetterDestination.endpointType",
    ): {"StorageBlob"},
    (
        "Microsoft.EventGrid/systemTopics/eventSubscriptions",
        "properties.deadLetterWithResourceIdentity.identity.type",
    ): {"SystemAssigned"},
    (
        "Microsoft.Web/sites",
        "properties.functionAppConfig.scaleAndConcurrency.alwaysReady.*.name",
    ): {"function:endpoint_written"},
    ("Microsoft.Web/sites", "properties.siteConfig.ipSecurityRestrictions.*.action"): {"Allow"},
    ("Microsoft.Web/sites", "properties.siteConfig.ipSecurityRestrictions.*.tag"): {
        "Default",
        "ServiceTag",
    },
    ("Microsoft.Web/sites", "properties.siteConfig.ipSecurityRestrictionsDefaultAction"): {
        "Allow",
        "Deny",
    },
}

# Keys whose values are names, texts or IDs: any word will do.
FREE = frozenset(
    {
        "actions",
        "advancedFilters.*.key",
        "advancedFilters.*.values",
        "appSettings.*.name",
        "appSettings.*.value",
        "assignableScopes",
        "blobContainerName",
        "definition.filters.prefixMatch",
        "description",
        "filter.includedEventTypes",
        "ipAddress",
        "ipSecurityRestrictions.*.name",
        "location",
        "principalId",
        "resourceId",
        "roleDefinitionId",
        "roleName",
        "rules.*.name",
        "serverFarmId",
        "source",
        "storage.value",
        "userAssignedIdentityResourceId",
        "workspaceId",
        "WorkspaceResourceId",
    }
)

# Who must be there first. Nothing else says so, where names and IDs are computed.
ORDER = {
    ("main", "access"): {"group", "identity", "storage", "telemetry"},
    ("main", "app"): {"access", "group", "identity", "storage"},
    ("main", "code"): {"access", "app", "group"},
    ("main", "identity"): {"group"},
    ("main", "storage"): {"group"},
    ("main", "telemetry"): {"group"},
    ("main", "zoneRoles"): {"identity"},
    ("main.zoneRoles", "assignments"): {"keeper", "statusReader"},
    ("management_group", "joinerAssignment"): {"joiner"},
    ("management_group", "readerAssignment"): {"reader"},
    ("subscription", "deadLetters"): {"topic"},
    ("subscription", "eventSubscriptions"): {"deadLetters", "group", "topic"},
    ("subscription", "joinerAssignment"): {"joiner"},
    ("subscription", "joinerAssignments"): {"joiner"},
    ("subscription", "readerAssignment"): {"reader"},
    ("subscription", "topic"): {"group"},
    ("zone", "zone"): {"group"},
}

ROLE_FILES = ("keeper", "network_joiner", "reader", "status_reader")
BUILT_IN_ROLES = {
    "b7e6dc6d-f1e8-4753-8033-0f276bb0955b": "Storage Blob Data Owner",
    "ba92f5b4-2d11-453d-a403-e96b0029c9fe": "Storage Blob Data Contributor",
    "3913510d-42f4-4e42-8a64-420c390055eb": "Monitoring Metrics Publisher",
}
TO_TOPIC = " (to the topic)"
TO_GROUP = " (to the group)"
"""Behind a role that the topic's identity gets, and not the app's."""

KEEPER, STATUS = "ACR Private DNS Zone Keeper", "ACR Private DNS Status Reader"
READER, JOINER = "ACR Private DNS Reader", "ACR Private DNS Network Joiner"


def _list_own_grants(name: str, storage: str) -> set[tuple[str, str]]:
    """What the app may do with its own storage and telemetry."""
    group = f"{HUB}/resourceGroups/rg-{name}/providers"
    return {
        ("Storage Blob Data Owner", f"{group}/Microsoft.Storage/storageAccounts/{storage}"),
        ("Monitoring Metrics Publisher", f"{group}/Microsoft.Insights/components/appi-{name}"),
    }


def _list_zone_grants(group: str, name: str = "azurecr.io") -> set[tuple[str, str]]:
    """What the app may do with a zone."""
    return {
        (KEEPER, f"{group}/providers/Microsoft.Network/privateDnsZones/privatelink.{name}"),
        (STATUS, group),
    }


_APP = f"{HUB}/resourceGroups/rg-acr-private-dns/providers"
_ACCOUNT = f"{_APP}/Microsoft.Storage/storageAccounts/stacrprivatedns"
_SPOKES = f"{WATCHED}/resourceGroups/rg-spoke"

# Every right that a shape gives: the role, and where.
GRANTS: dict[str, set[tuple[str, str]]] = {
    "central": {
        *_list_own_grants("acr-private-dns", "stc2lbtagpvye26"),
        *_list_zone_grants(f"{WATCHED}/resourceGroups/rg-acr-private-dns-zone"),
    },
    "regional": {
        *_list_own_grants("acr-dns-prod", "stp66purzqk3l4i"),
        *_list_zone_grants(f"{DNS}/resourceGroups/rg-dns-west"),
        *_list_zone_grants(f"{DNS}/resourceGroups/rg-dns-north"),
        *_list_zone_grants(f"{REST}/resourceGroups/rg-dns-rest"),
        *_list_zone_grants(f"{REST}/resourceGroups/rg-dns-rest", "azurecr.cn"),
    },
    "hub": _list_own_grants("acr-private-dns", "stc2lbtagpvye26"),
    "watched": {
        (READER, WATCHED),
        (JOINER, WATCHED),
        (
            f"Storage Blob Data Contributor{TO_TOPIC}",
            f"{_ACCOUNT}/blobServices/default/containers/dead-letters",
        ),
    },
    "adopted": set(),
    "grouped": {
        (
            f"Storage Blob Data Contributor{TO_GROUP}",
            f"{_ACCOUNT}/blobServices/default/containers/dead-letters",
        ),
    },
    "access": {
        (READER, WATCHED),
        *(
            (
                JOINER,
                f"{_SPOKES}/providers/Microsoft.Network/virtualNetworks/{network}",
            )
            for network in ("spoke-1", "spoke-2")
        ),
    },
    "elsewhere": {(READER, WATCHED)},
    "corp": {(READER, CORP), (JOINER, CORP)},
    "zone": set(),
}
