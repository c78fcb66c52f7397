"""One error tree, by what the caller should do.

    AppError
    ├── TransientError               Azure could not be read or written; try again later
    │   └── PreconditionFailedError  somebody else wrote first: read again, plan again
    ├── LockedError                  a management lock forbids the write; a person must lift it
    └── RefusedError                 settings or request are wrong; a person must change them

Anything else that is raised is a bug.
"""


class AppError(Exception):
    """Anything that the app raises on purpose."""


class TransientError(AppError):
    """Azure could not be read or written; nothing false was reported."""


# A transient error, since who does not plan again can still try the whole run later.
class PreconditionFailedError(TransientError):
    """A conditional write was refused with 412: the record is not the one that was read."""


class LockedError(AppError):
    """A management lock protects what was to be written; trying again changes nothing."""


class RefusedError(AppError):
    """The settings or the request are wrong; the message says what, where and what to do."""
