"""What the app logged and printed, as the host keeps it."""

import datetime as dt
from collections import deque
from dataclasses import asdict, dataclass

from simulator.world import Json

_KEPT = 20_000


@dataclass(frozen=True, slots=True)
class LogRecord:
    """One log record of the app.

    Attributes:
        index: counts up from 0, for "everything since".
        time: ISO 8601, UTC.
        level: Python's name of the level.
        logger: the logger's name; "console" for what the app printed.
        message: the text, a traceback included.
        invocation: which invocation logged it, if one did.
        function: the name of that invocation's function.
    """

    index: int
    time: str
    level: str
    logger: str
    message: str
    invocation: str | None
    function: str | None

    def as_json(self) -> Json:
        """The record as the control surface shows it."""
        return asdict(self)


class AppLog:
    """The last twenty thousand records, oldest first."""

    def __init__(self) -> None:
        self._records: deque[LogRecord] = deque(maxlen=_KEPT)
        self._next = 0

    def add(self, record: Json, function: str | None) -> None:
        """Keep a record that the worker sent."""
        when = dt.datetime.fromtimestamp(record["time"], dt.UTC)
        self._append(
            when,
            record["level"],
            record["logger"],
            record["message"],
            record["invocation"],
            function,
        )

    def printed(self, line: str) -> None:
        """Keep a line that the app printed."""
        self._append(dt.datetime.now(dt.UTC), "INFO", "console", line, None, None)

    def host(self, level: str, message: str) -> None:
        """Keep a line of the host itself."""
        self._append(dt.datetime.now(dt.UTC), level, "host", message, None, None)

    def since(self, index: int = 0) -> list[LogRecord]:
        """The kept records from an index on."""
        return [record for record in self._records if record.index >= index]

    def _append(  # noqa: PLR0913, PLR0917 - the fields of a record, in its order
        self,
        when: dt.datetime,
        level: str,
        logger: str,
        message: str,
        invocation: str | None,
        function: str | None,
    ) -> None:
        record = LogRecord(
            self._next, when.isoformat(), level, logger, message, invocation, function
        )
        self._records.append(record)
        self._next += 1
