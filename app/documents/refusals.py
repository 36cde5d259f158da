"""Why a file is not taken, as named facts.

TenexError
├── FileRefused             400  the file cannot be taken as it is; trying again does not help
│   ├── UnsupportedFile     400  it is something else than what is taken
│   ├── EmptyFile           400  it holds no bytes
│   ├── Encrypted           400  a password is needed to open it
│   ├── Corrupt             400  it is damaged, breaks off, or breaks the rules of its format
│   ├── ZipBomb             400  it is small and unpacks to more than any deck needs
│   ├── TooManyPages        400
│   ├── TooManyPixels       400
│   ├── TooLong             400
│   ├── TooDemanding        400  it needs more time or memory than one file may use
│   └── FileTooLarge        413
└── ConverterMissing        503  LibreOffice is needed and not installed

A message says what was found and what to do; the numbers are in ``extra`` too.
"""

from __future__ import annotations

from app.core.errors import InvalidRequest, TenexError, Unavailable
from app.media.errors import ChildLost, ToolTimedOut


class FileRefused(InvalidRequest):
    code = "file_refused"


class UnsupportedFile(FileRefused):
    code = "unsupported_file"


class EmptyFile(FileRefused):
    code = "empty_file"


class Encrypted(FileRefused):
    code = "encrypted"


class Corrupt(FileRefused):
    code = "corrupt"


class ZipBomb(FileRefused):
    code = "zip_bomb"


class TooManyPages(FileRefused):
    code = "too_many_pages"


class TooManyPixels(FileRefused):
    code = "too_many_pixels"


class TooLong(FileRefused):
    code = "too_long"


class TooDemanding(FileRefused):
    code = "too_demanding"


class FileTooLarge(FileRefused):
    status = 413
    code = "too_large"


class ConverterMissing(Unavailable):
    code = "converter_missing"
    retryable = False


def overrun(error: TenexError, name: str) -> TooDemanding | None:
    """The refusal for a child that was stopped at its limits, or None for an error that says more by itself.

    A child that was lost may have been killed with its worker: say this only after it was lost more than once.
    """
    if isinstance(error, ToolTimedOut):
        spent = "more time"
    elif isinstance(error, ChildLost) or error.code == "out_of_memory":
        spent = "more time or memory"
    else:
        return None
    return TooDemanding(f"{name} needs {spent} than one file may use. Save it with smaller pictures, or in parts.")
