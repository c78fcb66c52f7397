"""The OpenAPI document against the running app: schemathesis asks whatever it allows, and more."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig

from tests import document
from tests.e2e.conftest import Stage, staged

pytestmark = pytest.mark.asyncio(loop_scope="module")

# The key is sent with each: what the host says without one has tests of its own.
CONFIG = SchemathesisConfig.from_dict({"generation": {"with-security-parameters": False}})
# Each as it should be, and, where anything in it could be wrong, wrong.
CASES = [
    (method.upper(), path, mode)
    for path, operations in document.document()["paths"].items()
    for method, operation in operations.items()
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    if mode is GenerationMode.POSITIVE or {"requestBody", "parameters"} & operation.keys()
]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared_stage() -> AsyncIterator[Stage]:
    """One stage with a registry behind an endpoint."""
    async with staged(deliver=False) as stage:
        await stage.hurry()
        await stage.publish()
        yield stage


@pytest.mark.parametrize(("method", "path", "mode"), CASES)
async def test_schemathesis_finds_nothing(
    shared_stage: Stage, method: str, path: str, mode: GenerationMode
) -> None:
    """Whatever is allowed is taken, whatever is not is refused, each as the document says."""
    line = shared_stage.operator.line
    schema = schemathesis.openapi.from_dict(document.document(), config=CONFIG)
    operation: Any = schema[path][method]

    @seed(20261124)
    @settings(
        max_examples=30,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        case.call_and_validate(
            base_url=line["functions"],
            headers={"x-functions-key": line["functionsDefaultKey"]},
        )

    # The app, its worker and Azure live in this loop; the questions come from beside it.
    await asyncio.to_thread(ask)
