"""The app's own log, and how a bug is told in it."""

import logging
import traceback
from pathlib import Path

from shared.render.clean import clean

log = logging.getLogger("acr_private_dns")


def clean_record(record: logging.LogRecord) -> bool:
    """Put a record into one line that can be printed, whatever it repeats of Azure (quiet)."""
    record.msg, record.args = clean(record.getMessage()), ()
    return True


# Here, once for every line: no caller can forget it.
log.addFilter(clean_record)


def error_lines(error: BaseException) -> str:
    """The kind of an error and the lines that led to it, without its text (quiet)."""
    calls = traceback.extract_tb(error.__traceback__)
    lines = " < ".join(f"{Path(f.filename).name}:{f.lineno}" for f in reversed(calls))
    return f"{type(error).__name__} at {lines}"


def set_log_levels() -> None:
    """Let the libraries log nothing: they log answers as they came.

    What matters in them is raised, and told in our own words (quiet).
    """
    for name in ("azure.core", "azure.identity", "azure.mgmt", "msal"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
