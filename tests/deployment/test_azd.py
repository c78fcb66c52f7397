"""azure.yaml: azd finds the template, the app and the hooks.

Its keys are those of azd's schema (`schemas/v1.0/azure.yaml.json` of Azure/azure-dev),
which takes no hook of another name and no other key in a hook.
"""

from typing import Any

import yaml

from infra.build.artefacts import INFRA
from tests.deployment.deployment import Deployment

FILE: dict[str, Any] = yaml.safe_load((INFRA.parent / "azure.yaml").read_text())


def test_azd_finds_the_template_and_the_app() -> None:
    """The app's code is built where it runs, since packages for another system do not start."""
    assert FILE["infra"] == {"provider": "bicep", "path": "infra", "module": "main"}
    assert (INFRA / "main.bicepparam").is_file()
    service = {"project": ".", "host": "function", "language": "python", "remoteBuild": True}
    assert FILE["services"] == {"app": service}


def test_azd_finds_what_it_deployed(deployment: Deployment) -> None:
    """The site is found by the service's tag, in the group that an output names."""
    for shape, site in deployment.select("Microsoft.Web/sites"):
        assert site["tags"]["azd-service-name"] in FILE["services"]
        outputs = deployment.snapshots[shape]["outputs"]
        assert f"/resourceGroups/{outputs['AZURE_RESOURCE_GROUP']}/" in site["id"]
        assert site["tags"]["azd-env-name"] == site["tags"]["acr-private-dns"]


def test_the_hooks_see_to_the_watched_subscriptions() -> None:
    """They come after the code, and go before the app that their event subscriptions name."""
    assert FILE["hooks"].keys() == {"postdeploy", "predown"}
    for hook, verb in (("postdeploy", "add"), ("predown", "remove")):
        posix, windows = FILE["hooks"][hook]["posix"], FILE["hooks"][hook]["windows"]
        command = f"infra/watch/watch.py {verb}"
        assert posix == {"shell": "sh", "run": f"python3 {command}", "interactive": True}
        assert windows == {"shell": "pwsh", "run": f"python {command}", "interactive": True}


def test_a_subscription_takes_what_main_gives(deployment: Deployment) -> None:
    """The parameter file of a subscription reads main's outputs by the names that they have."""
    text = (INFRA / "subscription.bicepparam").read_text()
    given = {"PRINCIPAL_ID", "FUNCTION_APP_ID", "STORAGE_ID", "WORKSPACE_ID", "LINKS"}
    assert all(f"readEnvironmentVariable('{name}'" in text for name in given)
    for shape in ("central", "hub", "regional"):
        outputs = deployment.snapshots[shape]["outputs"]
        assert outputs.keys() == given | {"AZURE_RESOURCE_GROUP", "FUNCTION_APP_NAME"}
        assert outputs["LINKS"] == (shape != "hub")
