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


class TransientError(AppError):
    """Azure could not be read or written; nothing false was reported."""


class PreconditionFailedError(TransientError):
    """A conditional write was refused with 412: the record is not the one that was read."""


class LockedError(AppError):
    """A management lock protects what was to be written; trying again changes nothing."""


class RefusedError(AppError):
    """The settings or the request are wrong; the message says what, where and what to do."""
