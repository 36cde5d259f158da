"""Why a recording is not taken in: what was found, and what to do about it.

Refused (422)
├── NotMedia           not a video file: text, a document, an archive, a picture, a play list
├── NoVideoStream      sound without a picture
├── Truncated          the file ends before its content does
├── Corrupt            the file is damaged: it cannot be read, or nothing in it can be decoded
├── Encrypted          protected by DRM or a password
├── TooLong            lasts longer than is accepted
├── TooBig       413   more bytes than are accepted
├── TooManyPixels      larger pictures than are accepted
└── UnsupportedCodec   a real video in a format that is not decoded here
"""

from __future__ import annotations

from app.core.errors import TenexError


class Refused(TenexError):
    """Trying again with the same bytes cannot help."""

    status = 422
    code = "refused"


class NotMedia(Refused):
    code = "not_media"


class NoVideoStream(Refused):
    code = "no_video_stream"


class Truncated(Refused):
    code = "truncated"


class Corrupt(Refused):
    code = "corrupt"


class Encrypted(Refused):
    code = "encrypted"


class TooLong(Refused):
    code = "too_long"


class TooBig(Refused):
    status = 413
    code = "too_large"


class TooManyPixels(Refused):
    code = "too_many_pixels"


class UnsupportedCodec(Refused):
    code = "unsupported_codec"


def named(size: int) -> str:
    """Bytes as people say them: ``1.4 GB``."""
    amount, unit = float(size), "bytes"
    for larger in ("kB", "MB", "GB", "TB"):
        if amount < 1000:
            break
        amount, unit = amount / 1000, larger
    return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"


def clock(seconds: float) -> str:
    """A length as people say it: ``1:02:03``, ``2:03``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
