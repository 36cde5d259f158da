"""Links to this server's own routes, for blobs in a folder. All of a link is signed."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from urllib.parse import quote

from app.core.clock import Clock, utc_now
from app.core.signing import SealedTokens, Signer
from app.storage.base import check_key, check_number
from app.storage.links import PartRequest, disposition_of

FILES, UPLOADS = "/files", "/uploads"


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """What a link allows: this blob, under this name and type, until ``expires`` (Unix seconds)."""

    key: str
    filename: str
    content_type: str
    inline: bool
    expires: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PartUpload:
    """What a link allows: this part of this upload, with exactly ``size`` bytes, until ``expires`` (Unix seconds)."""

    key: str
    upload_id: str
    number: int
    size: int
    expires: int


class SignedLinks:
    """Links to ``/files/<token>/<name>``."""

    def __init__(self, secret: bytes, *, base_url: str, lifetime: timedelta, clock: Clock = utc_now) -> None:
        self._tokens = SealedTokens(Signer(secret, "download"), clock, "Get the video again for a new one.")
        self._base_url, self._lifetime, self._clock = base_url.rstrip("/"), lifetime, clock

    def url(self, key: str, *, filename: str, content_type: str, inline: bool = False) -> str:
        expires = int((self._clock() + self._lifetime).timestamp())
        shown = disposition_of(content_type, inline=inline) == "inline"
        download = Download(key=key, filename=filename, content_type=content_type, inline=shown, expires=expires)
        return f"{self._base_url}{FILES}/{self._tokens.seal(asdict(download))}/{_for_people(filename)}"

    def expires_at(self) -> datetime:
        return (self._clock() + self._lifetime).replace(microsecond=0)

    def open(self, token: str) -> Download:
        """What a token allows. Raises InvalidLink, LinkExpired."""
        return Download(**self._tokens.open(token))


class SignedPartLinks:
    """Links to ``/uploads/<token>``."""

    def __init__(self, secret: bytes, *, base_url: str, lifetime: timedelta, clock: Clock = utc_now) -> None:
        self._tokens = SealedTokens(Signer(secret, "part"), clock, "Ask for the upload again for a new one.")
        self._base_url, self._lifetime, self._clock = base_url.rstrip("/"), lifetime, clock

    def part_url(self, key: str, upload_id: str, number: int, size: int) -> PartRequest:
        expires_at = (self._clock() + self._lifetime).replace(microsecond=0)
        part = PartUpload(
            key=check_key(key),
            upload_id=upload_id,
            number=check_number(number),
            size=size,
            expires=int(expires_at.timestamp()),
        )
        url = f"{self._base_url}{UPLOADS}/{self._tokens.seal(asdict(part))}"
        return PartRequest(url=url, expires_at=expires_at)

    def open(self, token: str) -> PartUpload:
        """What a token allows. Raises InvalidLink, LinkExpired."""
        return PartUpload(**self._tokens.open(token))


def _for_people(filename: str) -> str:
    """The last part of the address: what a browser or curl names the file after if it ignores the headers."""
    return quote(re.sub(r"[/\\\x00-\x1f]+", "_", filename).strip(".") or "file", safe="")
