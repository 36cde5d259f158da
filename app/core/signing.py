"""One secret, and keys derived from it: what was signed for one purpose proves nothing for another.

Forbidden             403
├── InvalidLink       403  a token that this server did not make, or that was changed
└── LinkExpired       403  its time is over
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from app.core.clock import Clock
from app.core.errors import Forbidden, SettingsInvalid
from app.core.settings import Settings

_SECRET_BYTES = 32
_SHORTEST_SECRET = 16


class InvalidLink(Forbidden):
    code = "link_invalid"


class LinkExpired(Forbidden):
    code = "link_expired"


class Signer:
    """HMAC-SHA256 under a key that belongs to one purpose, cut to ``size`` bytes."""

    def __init__(self, secret: bytes, purpose: str, *, size: int = 32) -> None:
        self._key = hmac.digest(secret, purpose.encode(), "sha256")
        self.size = size

    def sign(self, message: bytes) -> bytes:
        """The signature of the message, ``size`` bytes long."""
        return hmac.digest(self._key, message, "sha256")[: self.size]

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Whether the signature is ours, whole, in constant time."""
        return hmac.compare_digest(self.sign(message), signature)


class SealedTokens:
    """Facts as text for an address, signed; one of them is when they ``expires`` (Unix seconds).

    ``remedy`` is what an error tells people to do.
    """

    def __init__(self, signer: Signer, clock: Clock, remedy: str) -> None:
        self._signer, self._clock, self._remedy = signer, clock, remedy

    def seal(self, facts: Mapping[str, Any]) -> str:
        payload = json.dumps(dict(facts), separators=(",", ":")).encode()
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


def load_secret(settings: Settings) -> bytes:
    """The secret that was set, or the one in ``data/secret``, made on first use and readable by its owner only.

    Raises SettingsInvalid when it is too short to be one.
    """
    if settings.secret is not None:
        return _checked(settings.secret.get_secret_value().encode(), "TENEX_SECRET")
    path = settings.data / "secret"
    if not path.exists():
        _create_secret(path)
    return _checked(path.read_bytes().strip(), str(path))


def _create_secret(path: Path) -> None:
    """Write a new secret unless another process was faster; either way the file is then there, and complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".secret-{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_hex(_SECRET_BYTES).encode())
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(draft)
    except FileExistsError:
        return
    finally:
        draft.unlink()


def _checked(secret: bytes, place: str) -> bytes:
    if len(secret) < _SHORTEST_SECRET:
        raise SettingsInvalid(
            f"The secret in {place} is too short to protect anything: it has {len(secret)} bytes, at least "
            f"{_SHORTEST_SECRET} are needed. Set a longer one, or remove it to have one made."
        )
    return hashlib.sha256(secret).digest()
