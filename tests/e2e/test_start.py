"""The app's start: settings are checked once, and a mistake is told before any event comes."""

import pytest

from simulator.functions.process import AppFailedToStartError
from tests.e2e.conftest import staged


async def test_a_wrong_setting_stops_the_app_at_start() -> None:
    """The message that a person sees names the setting, its value, and what was expected."""
    with pytest.raises(AppFailedToStartError) as stopped:
        async with staged(settings={"ACR_PRIVATE_DNS_TTL": "ten"}):
            pass
    assert "ACR_PRIVATE_DNS_TTL is 'ten', but should be seconds from 1 to" in str(stopped.value)


async def test_the_functions_are_those_of_the_filters_and_doors() -> None:
    """Each event subscription finds the function that it is named after; timer and HTTP follow."""
    async with staged() as stage:
        url = f"{stage.operator.line['functions']}/admin/functions"
        headers = {"x-functions-key": stage.operator.line["functionsKey"]}
        async with stage.operator.session.get(url, headers=headers) as reply:
            names = sorted(function["name"] for function in await reply.json())
    events = ["endpoint_deleted", "endpoint_written", "registry_changed"]
    doors = ["explain", "no_such_route", "plan", "reconcile", "status", "full_sync"]
    assert names == sorted([*events, *doors])
