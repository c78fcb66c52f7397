"""Reads settings one by one, and remembers every mistake instead of stopping at the first."""

from collections.abc import Callable, Iterable, Mapping

from shared.errors import RefusedError
from shared.settings.catalogue import PREFIX, SETTINGS

# Of a longer value the beginning is enough to know it by (bounded).
_MAX_SHOWN = 100


class SettingsError(RefusedError):
    """The settings are wrong; the message is one line, with all that is.

    Args:
        mistakes: a sentence for each, with the setting, its value and what was expected.
    """

    def __init__(self, mistakes: Iterable[str]) -> None:
        self.mistakes = tuple(mistakes)
        text = "; ".join(self.mistakes)
        super().__init__(f"Nothing is done, since the settings are wrong: {text}")


class Reader:
    """The settings in an environment.

    Args:
        environment: names and values.

    Attributes:
        errors: one sentence for each setting that is missing, wrong or unknown.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.errors: list[str] = []

    def require[T](self, name: str, parse: Callable[[str], T]) -> T | None:
        """The setting's value; None, and a mistake, if it is missing or wrong."""
        text = self._environment.get(PREFIX + name, "").strip()
        try:
            return parse(text)
        except ValueError as error:
            state = f"is {_shorten(text)}" if text else "is not set"
            self.errors.append(f"{PREFIX}{name} {state}, but should be {error}")
            return None

    def get[T](self, name: str, parse: Callable[[str], T]) -> T:
        """The setting's value, or the catalogue's default if it is not set."""
        default = parse(SETTINGS[name].default or "")
        # Empty counts as unset: portals and templates leave empty values behind.
        if not self._environment.get(PREFIX + name, "").strip():
            return default
        value = self.require(name, parse)
        return default if value is None else value

    def refuse_unknown(self) -> None:
        """A setting that nobody reads is most often a mistyped one."""
        for name in sorted(self._environment):
            if name.startswith(PREFIX) and name.removeprefix(PREFIX) not in SETTINGS:
                names = ", ".join(f"{PREFIX}{one}" for one in sorted(SETTINGS))
                self.errors.append(f"{name} is no setting; there are {names}")


def _shorten(text: str) -> str:
    """A value in quotes, or its beginning."""
    return repr(text) if len(text) <= _MAX_SHOWN else f"{text[:_MAX_SHOWN]!r}…"
