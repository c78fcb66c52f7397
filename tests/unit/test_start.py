"""The start: an app where the settings are right, and else their mistakes for whoever comes."""

import pytest

from shared.engine.azure import Azure
from shared.entrypoints.start import Start
from shared.settings import Settings, SettingsError
from tests.simulation.azure import Azure as MemoryAzure
from tests.unit.test_settings import GOOD


def test_right_settings_make_one_app() -> None:
    """All triggers share it, and Azure was connected to once."""
    connections = list[Settings]()

    def connect(settings: Settings) -> Azure:
        connections.append(settings)
        return MemoryAzure()

    start = Start(GOOD, connect)
    assert start.app is start.app
    assert start.handler is start.handler
    assert connections == [start.app.settings]


def test_wrong_settings_are_told_at_each_call_and_connect_to_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Each caller gets an error of its own, whose trace does not grow from call to call."""

    def connect(_settings: Settings) -> Azure:
        raise AssertionError("wrong settings must reach nobody")

    start = Start({**GOOD, "ACR_PRIVATE_DNS_OWNER": "", "ACR_PRIVATE_DNS_TTL": "ten"}, connect)
    errors = list[SettingsError]()
    for _ in range(3):
        with pytest.raises(SettingsError) as refused:
            _ = start.handler
        errors.append(refused.value)
        with pytest.raises(SettingsError) as refused:
            _ = start.app
        errors.append(refused.value)
    assert len(set(map(id, errors))) == 6
    (mistakes,) = {error.mistakes for error in errors}
    assert [mistake.split()[0] for mistake in mistakes] == [
        "ACR_PRIVATE_DNS_OWNER",
        "ACR_PRIVATE_DNS_TTL",
    ]
    # Said once, however many come.
    assert caplog.messages == [f"a setting is wrong: {mistake}" for mistake in mistakes]
