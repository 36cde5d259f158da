"""Secrets of others, kept sealed: who reads the database alone learns nothing."""

from __future__ import annotations

import base64
import hmac

from cryptography.fernet import Fernet, InvalidToken

from app.core.errors import TenexError


class Unsealable(TenexError):
    """The secret of this server is another one than when it was sealed."""

    status = 500
    code = "credentials_unreadable"


class Vault:
    """AES-128-CBC with HMAC-SHA256 (Fernet), under a key derived from the server's secret for this purpose."""

    def __init__(self, secret: bytes) -> None:
        self._fernet = Fernet(base64.urlsafe_b64encode(hmac.digest(secret, b"vault", "sha256")))

    def seal(self, plain: str) -> str:
        return self._fernet.encrypt(plain.encode()).decode("ascii")

    def open(self, sealed: str) -> str:
        """Raises Unsealable."""
        try:
            return self._fernet.decrypt(sealed.encode("ascii")).decode()
        except (InvalidToken, ValueError) as error:
            raise Unsealable(
                "What is kept cannot be read: TENEX_SECRET, or data/secret, is another than when it was stored. Bring "
                "the old secret back, or store the credentials again."
            ) from error
