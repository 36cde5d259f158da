"""Links to this server's own routes, for blobs in a folder. All of a link is signed."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from app.core.clock import Clock, utc_now
from app.core.signing import Signer
from app.storage.base import check_key, check_number
from app.storage.links import InvalidLink, LinkExpired, PartRequest, disposition_of

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
        self._tokens = _Tokens(Signer(secret, "download"), clock, "Get the video again for a new one.")
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
        self._tokens = _Tokens(Signer(secret, "part"), clock, "Ask for the upload again for a new one.")
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


class _Tokens:
    """Facts as text for an address, signed; one of them is when they ``expires``."""

    def __init__(self, signer: Signer, clock: Clock, remedy: str) -> None:
        self._signer, self._clock, self._remedy = signer, clock, remedy

    def seal(self, facts: dict[str, Any]) -> str:
        payload = json.dumps(facts, separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(self._signer.sign(payload) + payload).rstrip(b"=").decode()

    def open(self, token: str) -> dict[str, Any]:
        """Raises InvalidLink, LinkExpired."""
        try:
            raw = base64.b64decode(token.encode("ascii") + b"=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (UnicodeEncodeError, binascii.Error) as error:
            raise self._invalid() from error
        signature, payload = raw[: self._signer.size], raw[self._signer.size :]
        if not self._signer.verify(payload, signature):
            raise self._invalid()
        facts = json.loads(payload)
        expires = datetime.fromtimestamp(facts["expires"], UTC)
        if self._clock() >= expires:
            raise LinkExpired(f"This link expired at {expires:%Y-%m-%d %H:%M:%S} UTC. {self._remedy}")
        return facts

    def _invalid(self) -> InvalidLink:
        return InvalidLink(f"This link was not made by this server, or was changed. {self._remedy}")


def _for_people(filename: str) -> str:
    """The last part of the address: what a browser or curl names the file after if it ignores the headers."""
    return quote(re.sub(r"[/\\\x00-\x1f]+", "_", filename).strip(".") or "file", safe="")
