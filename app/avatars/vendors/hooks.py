"""Calls of vendors who say that something has changed: told apart from those of strangers, and believed no further.

Whatever a call says, the take is looked for where it is: a call that is late, repeated, out of order or forged changes
nothing. Sources: HeyGen's and Synthesia's pages on webhooks; D-ID and Tavus sign nothing.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app.core.errors import Unauthorized

#: Older calls are repeated ones.
_WINDOW_S = 300


class CallNotSigned(Unauthorized):
    code = "call_not_signed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Where a vendor signs, in hex of HMAC-SHA256; ``dated``: the moment is a part of what is signed."""

    header: str
    moment: str
    dated: bool

    def check(self, headers: Mapping[str, str], body: bytes, secret: str, now: datetime) -> None:
        """Raises CallNotSigned."""
        moment, told = headers.get(self.moment, ""), headers.get(self.header, "")
        signed = moment.encode("latin-1") + b"." + body if self.dated else body
        right = hmac.new(secret.encode(), signed, "sha256").hexdigest()
        if not hmac.compare_digest(right.encode(), told.strip().lower().encode("latin-1", "replace")):
            raise CallNotSigned(f"{self.header} does not fit what was sent. Is it the secret of this webhook?")
        if not moment.isdecimal() or abs(now.timestamp() - int(moment[:15])) > _WINDOW_S:
            raise CallNotSigned(f"{self.moment} is not within {_WINDOW_S} s of now.")
