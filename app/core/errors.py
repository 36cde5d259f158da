"""The errors a user can meet, as named facts.

TenexError                  500  the root: status, code, retryable, a message and extra facts
├── InvalidRequest          400  the request cannot be understood or holds what cannot be stored
│   └── InvalidCursor       400  a page cursor that this server did not hand out
├── Unauthorized            401  no credentials, or none that are valid: never told which
├── PaymentRequired         402  the workspace cannot pay for it
├── Forbidden               403  the credentials are valid and do not allow this
├── NotFound                404  no such thing in this workspace
├── Conflict                409  it contradicts what is already there
├── TooLarge                413  more bytes than are accepted
├── SettingsInvalid         500  a setting has a value that cannot be used
├── Unavailable             503  something this server needs does not answer
│   ├── DatabaseBusy        503  another process held the write lock for too long
│   └── DatabaseDamaged     503  the database file is not readable as a database
└── StorageFull             507  the disk has no room left

Modules add their own leaves below these. A message says what happened, why, and what to do next; ``extra`` holds
machine-readable facts that are sent next to ``detail`` and ``code``.
"""

from __future__ import annotations

import errno
from collections.abc import Mapping
from typing import Any

Facts = Mapping[str, Any]


class TenexError(Exception):
    """Root of every error with a name. Survives pickling, whatever the arguments of a subclass."""

    status: int = 500
    code: str = "internal_error"
    retryable: bool = False

    def __init__(self, message: str, *, extra: Facts | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.extra: dict[str, Any] = dict(extra or {})

    def say(self, message: str) -> None:
        """Say it in other words: it stays the same error, with its code and its facts."""
        self.message, self.args = message, (message,)

    def as_body(self) -> dict[str, Any]:
        """The JSON body of an HTTP answer: ``detail`` and ``code``, then the facts."""
        return {"detail": self.message, "code": self.code} | self.extra

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers that belong to this answer."""
        return {}

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuilt, (type(self), self.args), self.__dict__


def _rebuilt(kind: type[TenexError], arguments: tuple[Any, ...]) -> TenexError:
    return kind.__new__(kind, *arguments)


class InvalidRequest(TenexError):
    status = 400
    code = "invalid_request"


class InvalidCursor(InvalidRequest):
    code = "invalid_cursor"


class Unauthorized(TenexError):
    status = 401
    code = "unauthorized"

    @property
    def headers(self) -> Mapping[str, str]:
        return {"WWW-Authenticate": "Bearer"}


class PaymentRequired(TenexError):
    status = 402
    code = "payment_required"


class Forbidden(TenexError):
    status = 403
    code = "forbidden"


class NotFound(TenexError):
    status = 404
    code = "not_found"


class Conflict(TenexError):
    status = 409
    code = "conflict"


class TooLarge(TenexError):
    status = 413
    code = "payload_too_large"


class SettingsInvalid(TenexError):
    code = "settings_invalid"


class Unavailable(TenexError):
    status = 503
    code = "unavailable"
    retryable = True


class DatabaseBusy(Unavailable):
    code = "database_busy"


class DatabaseDamaged(Unavailable):
    code = "database_damaged"
    retryable = False


class StorageFull(TenexError):
    status = 507
    code = "storage_full"
    retryable = True


#: No space, more than a quota, more than a limit on the size of a file.
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def storage_full(error: OSError) -> StorageFull | None:
    """The named error for an operating system's that says there is no room, or None for any other."""
    if error.errno not in _FULL:
        return None
    return StorageFull(
        f"There is no room left on the disk ({error}). Free some space and render again: what is finished is kept."
    )
