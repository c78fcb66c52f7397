"""One error tree, by what the caller should do.

    AppError
    ├── TransientError               Azure could not be read or written; try again later
    │   ├── PreconditionFailedError  somebody else wrote first: read again, plan again
    │   └── LastingError             Azure refused, and will again: only a person can help
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


# A transient error as well, since the next full sync tries again all that is still to be done.
class LastingError(TransientError):
    """Azure refused a call, and would refuse it again until a person changes something.

    Args:
        text: the call and Azure's own code.
        can_pass: whether it may pass within minutes all the same: a right that was just given.
    """

    def __init__(self, text: str, *, can_pass: bool = False) -> None:
        super().__init__(text)
        self.can_pass = can_pass


class LockedError(AppError):
    """A management lock protects what was to be written; trying again changes nothing."""


class RefusedError(AppError):
    """The settings or the request are wrong; the message says what, where and what to do."""
