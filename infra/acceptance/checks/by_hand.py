"""What no script in a throw-away group can see: what to do, in the order of docs/azure.md."""

from infra.acceptance.check import Check

CHECKS = (
    Check("event-subject-case", "see the subjects in the queue of docs/deploy.md, Events by hand"),
    Check("approval-event", "approve an endpoint, and look for its event in that queue"),
    Check("write-event-at-end", "count in that queue the events of one endpoint that is made"),
    Check("service-event", "add a replica, and look in that queue for events of endpoints"),
    Check(
        "listed-by-which-role",
        "give a fresh identity Reader on one record set, and list subscriptions as it",
    ),
    Check(
        "link-of-former-network",
        "link a network, delete it and make it again with a machine in it, and dig there",
    ),
    Check(
        "linked-authorization",
        "link a network as an identity with the keeper's role and without the joiner's",
    ),
    Check("delayed-delivery", "stop the app, raise 20 events, start it, and time what comes"),
    Check("batch-retry", "set maxEventsPerBatch 10, let the app fail once, and see the retry"),
    Check("auth-variable", "put a sign-in before an app, POST /api/plan, and read its log"),
    Check("first-delivery", "restart the app, raise an event at once, and see its deliveries"),
    Check("http-concurrency", "send two POST /api/plan at once; see the instances in the logs"),
    Check("deployer-rights", "deploy as somebody with the roles of docs/deploy.md alone"),
    Check("remote-build", "func azure functionapp publish <app> --python"),
    Check("package-address", "deploy main with packageUri, then with an address that is not there"),
    Check("package-upload", "azd deploy --from-package, and look for a build in its output"),
    Check("portal-form", "press the button in README.md, and fill the form in"),
    Check("azd-hooks", "azd up, in an environment of its own"),
    Check("role-spread", "time `watch.py add` for a subscription with a new topic"),
    Check("deployment-time", "time `watch.py add` for four subscriptions"),
    Check("setting-length", "set ACR_PRIVATE_DNS_SUBSCRIPTIONS to 300 IDs on an idle app"),
    Check("event-grid-operations", "compare a day's bill with the topic's metrics"),
    Check("small-instance", "deploy with instanceMemory 512, and run POST /api/plan for all"),
    Check("stopped-app", "stop the app over a tick of the timer, then look into the logs"),
)
