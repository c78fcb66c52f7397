"""The start of a process: an app, or the mistakes in its settings, told by every trigger then."""

from collections.abc import Callable, Mapping

from shared.engine.azure import Azure
from shared.entrypoints.app import App
from shared.entrypoints.event import EventHandler
from shared.entrypoints.log import log
from shared.settings import Settings, SettingsError, load, load_schedule


class Start:
    """What the settings came to, read once.

    An app that did not start would be a host without functions, which answers 404 to
    everything and tells nobody why (docs/azure.md#functions).

    Args:
        environment: names and values.
        connect: from settings to Azure.

    Attributes:
        schedule: when the timer runs, in NCRONTAB, whatever is wrong.
    """

    def __init__(
        self, environment: Mapping[str, str], connect: Callable[[Settings], Azure]
    ) -> None:
        self.schedule = load_schedule(environment)
        self._mistakes: tuple[str, ...] = ()
        try:
            settings = load(environment)
        except SettingsError as error:
            self._mistakes = error.mistakes
            for mistake in error.mistakes:
                log.critical("a setting is wrong: %s", mistake)
            return
        self._app = App(settings, connect(settings))
        # One context for all events of the process: they share runs and listings
        # (docs/decisions/0005-bursts-join-at-passes.md).
        self._handler = EventHandler(self._app.context(), self._app.options)

    @property
    def app(self) -> App:
        """The app.

        Raises:
            SettingsError: the settings are wrong.
        """
        self._refuse_mistakes()
        return self._app

    @property
    def handler(self) -> EventHandler:
        """What all events of the process go to.

        Raises:
            SettingsError: the settings are wrong.
        """
        self._refuse_mistakes()
        return self._handler

    def _refuse_mistakes(self) -> None:
        # Made anew each time: one error raised again and again would grow by its traces.
        if self._mistakes:
            raise SettingsError(self._mistakes)
