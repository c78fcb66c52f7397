"""One error tree, by what the caller should do.

    AppError
    ├── RetryLater     Azure could not be read or written; the same call may succeed later
    │   └── Conflict   somebody else wrote first: read again, plan again
    ├── Locked         a management lock forbids the write; a person must lift it
    └── Refused        the settings or the request are wrong; a person must change them

Anything else that is raised is a bug.
"""


class AppError(Exception):
    """Anything that the app raises on purpose."""


class RetryLater(AppError):  # noqa: N818 - the name says what to do, as the design's error tree does
    """Azure could not be read or written; nothing false was reported."""


class Conflict(RetryLater):
    """A conditional write was refused with 412: the record is not the one that was read."""


class Locked(AppError):  # noqa: N818 - as RetryLater
    """A management lock protects what was to be written; trying again changes nothing."""


class Refused(AppError):  # noqa: N818 - as RetryLater
    """The settings or the request are wrong; the message says what, where and what to do."""
