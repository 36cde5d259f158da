"""Links that let whoever has them download one blob, until they expire."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from app.core.clock import Clock, utc_now
from app.core.errors import Forbidden
from app.core.signing import Signer

PREFIX = "/files"


class InvalidLink(Forbidden):
    code = "link_invalid"


class LinkExpired(Forbidden):
    code = "link_expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """What a link allows: this blob, under this name and type, until ``expires`` (Unix seconds)."""

    key: str
    filename: str
    content_type: str
    inline: bool
    expires: int


class Links:
    """Makes links and checks them. All of a link is signed."""

    def __init__(self, secret: bytes, *, base_url: str, lifetime: timedelta, clock: Clock = utc_now) -> None:
        self._signer = Signer(secret, "download")
        self._base_url, self._lifetime, self._clock = base_url.rstrip("/"), lifetime, clock

    def url(self, key: str, *, filename: str, content_type: str, inline: bool = False) -> str:
        """A link to a blob. ``inline`` is for what a browser shows in place: posters and previews."""
        expires = int((self._clock() + self._lifetime).timestamp())
        download = Download(key=key, filename=filename, content_type=content_type, inline=inline, expires=expires)
        payload = json.dumps(asdict(download), separators=(",", ":")).encode()
        token = base64.urlsafe_b64encode(self._signer.sign(payload) + payload).rstrip(b"=").decode()
        return f"{self._base_url}{PREFIX}/{token}/{_for_people(filename)}"

    def expires_at(self) -> datetime:
        """When a link that is made now stops working."""
        return (self._clock() + self._lifetime).replace(microsecond=0)

    def open(self, token: str) -> Download:
        """What a token allows. Raises InvalidLink, LinkExpired."""
        try:
            raw = base64.b64decode(token.encode("ascii") + b"=" * (-len(token) % 4), altchars=b"-_", validate=True)
        except (UnicodeEncodeError, binascii.Error) as error:
            raise _invalid() from error
        signature, payload = raw[: self._signer.size], raw[self._signer.size :]
        if not self._signer.verify(payload, signature):
            raise _invalid()
        download = Download(**json.loads(payload))
        expires = datetime.fromtimestamp(download.expires, UTC)
        if self._clock() >= expires:
            raise LinkExpired(
                f"This link expired at {expires:%Y-%m-%d %H:%M:%S} UTC. Get the video again for a new one."
            )
        return download


def _for_people(filename: str) -> str:
    """The last part of the address: what a browser or curl names the file after if it ignores the headers."""
    return quote(re.sub(r"[/\\\x00-\x1f]+", "_", filename).strip(".") or "file", safe="")


def _invalid() -> InvalidLink:
    return InvalidLink("This link was not made by this server, or was changed. Get the video again for a new one.")
