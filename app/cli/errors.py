"""What the command line says when it cannot go on, and the exit codes it ends with.

TenexError
├── EnvironmentUnusable     this machine or folder is not fit for it
│   ├── PortInUse           another program listens there
│   ├── AddressUnusable     nothing can listen on that address
│   ├── FolderUnusable      a folder cannot be made or written to
│   └── WorkersFailing      the processes that do the work keep dying
├── UsageWrong              the arguments contradict each other, or name a file that cannot be read
├── NothingFound            nothing has the name that was given
├── UploadFailed            the file was not taken in
└── RenderFailed            the job ended without a video
"""

from __future__ import annotations

from enum import IntEnum

from app.core.errors import TenexError


class Exit(IntEnum):
    """Exit codes of every command."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NOT_FOUND = 3
    NO_CREDITS = 4
    ENVIRONMENT = 5
    INTERRUPTED = 130


class EnvironmentUnusable(TenexError):
    code = "environment_unusable"


class PortInUse(EnvironmentUnusable):
    code = "port_in_use"


class AddressUnusable(EnvironmentUnusable):
    code = "address_unusable"


class FolderUnusable(EnvironmentUnusable):
    code = "folder_unusable"


class WorkersFailing(EnvironmentUnusable):
    code = "workers_failing"


class UsageWrong(TenexError):
    status = 400
    code = "usage"


class NothingFound(TenexError):
    status = 404
    code = "not_found"


class RenderFailed(TenexError):
    """The code is that of the job."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


class UploadFailed(TenexError):
    """The code is the reason why the file was not taken in."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


_BY_STATUS = {
    400: Exit.USAGE,
    402: Exit.NO_CREDITS,
    404: Exit.NOT_FOUND,
    503: Exit.ENVIRONMENT,
    507: Exit.ENVIRONMENT,
}
_ENVIRONMENT_CODES = frozenset({"settings_invalid", "database_too_new", "voice_unavailable"})


def exit_code(error: TenexError) -> Exit:
    """The exit code that says what kind of error it was."""
    if isinstance(error, EnvironmentUnusable) or error.code in _ENVIRONMENT_CODES:
        return Exit.ENVIRONMENT
    if error.code.startswith("unknown_"):
        return Exit.NOT_FOUND
    return _BY_STATUS.get(error.status, Exit.FAILED)
