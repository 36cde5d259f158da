"""Who is asking: API keys, user JWTs, and what they may do.

Nothing here knows where keys are kept; ``app.modules.accounts`` looks them up.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt
from pydantic import SecretStr

from app.core.errors import Forbidden, SettingsInvalid, Unauthorized
from app.core.ids import is_id
from app.core.settings import JwtAlgorithm, Settings

ALL_SCOPES = ("*",)
_KEY_FORM = re.compile(r"tnx_([a-z0-9]{4,32})_([A-Za-z0-9_-]{32,128})")
_SHORTEST_HMAC_KEY = 32


class InsufficientScope(Forbidden):
    code = "insufficient_scope"


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who is asking, on behalf of which workspace, and what they may do there."""

    workspace_id: str
    subject: str
    scopes: tuple[str, ...] = ALL_SCOPES
    key_id: str | None = None

    def allows(self, scope: str) -> bool:
        """Whether the scope is granted: by itself, by ``<resource>:*``, or by ``*``."""
        resource = scope.partition(":")[0]
        return not {"*", f"{resource}:*", scope}.isdisjoint(self.scopes)

    def require(self, scope: str) -> None:
        """Raises InsufficientScope unless the scope is granted."""
        if not self.allows(scope):
            raise InsufficientScope(
                f"These credentials do not allow {scope}. Use a key that has this scope, or *.", extra={"scope": scope}
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyText:
    """An API key as clients send it: ``tnx_<prefix>_<secret>``. Only the prefix and the digest are ever stored."""

    prefix: str
    secret: SecretStr

    @classmethod
    def new(cls) -> KeyText:
        """A new key with a 256-bit secret."""
        return cls(prefix=secrets.token_hex(6), secret=SecretStr(secrets.token_hex(32)))

    @classmethod
    def parse(cls, text: str) -> KeyText | None:
        """The key in the text, or None if it does not have the form of one."""
        match = _KEY_FORM.fullmatch(text)
        return cls(prefix=match[1], secret=SecretStr(match[2])) if match else None

    @property
    def digest(self) -> str:
        """SHA-256 of the secret, in hex. The secret has 256 random bits, so a slow hash would add nothing."""
        return hashlib.sha256(self.secret.get_secret_value().encode()).hexdigest()

    def matches(self, digest: str) -> bool:
        """Whether the stored digest is this key's, in constant time."""
        return hmac.compare_digest(self.digest, digest)

    def reveal(self) -> str:
        """The whole key in plain text: to be shown once, to the person it was made for."""
        return f"tnx_{self.prefix}_{self.secret.get_secret_value()}"


class JwtVerifier:
    """Verifies user JWTs with one configured key and one pinned algorithm."""

    def __init__(
        self, key: SecretStr, *, algorithm: JwtAlgorithm, audience: str | None = None, issuer: str | None = None
    ) -> None:
        """Raises SettingsInvalid when the key cannot be one for the algorithm."""
        # A PEM key that came through a one-line environment variable has its line breaks spelled out.
        text = key.get_secret_value().replace("\\n", "\n")
        if algorithm == "HS256" and len(text.encode()) < _SHORTEST_HMAC_KEY:
            raise SettingsInvalid(f"TENEX_JWT_KEY cannot be used: HS256 needs at least {_SHORTEST_HMAC_KEY} bytes.")
        try:
            self._key: Any = jwt.get_algorithm_by_name(algorithm).prepare_key(text)
        except (jwt.InvalidKeyError, ValueError, TypeError) as error:
            raise SettingsInvalid(f"TENEX_JWT_KEY cannot be used as a key for {algorithm}: {error}") from error
        self._algorithm, self._audience, self._issuer = algorithm, audience, issuer

    @classmethod
    def of(cls, settings: Settings) -> JwtVerifier | None:
        """The verifier of the settings, or None where JWTs are not accepted."""
        if settings.jwt_key is None:
            return None
        return cls(
            settings.jwt_key,
            algorithm=settings.jwt_algorithm,
            audience=settings.jwt_audience,
            issuer=settings.jwt_issuer,
        )

    def principal(self, token: str) -> Principal:
        """Who the token speaks for: its ``workspace_id`` or ``company_id`` claim. Raises Unauthorized."""
        try:
            claims = jwt.decode(
                token,
                self._key,
                algorithms=[self._algorithm],
                audience=self._audience,
                issuer=self._issuer,
                options={"require": ["exp"], "verify_aud": self._audience is not None},
            )
        except (jwt.PyJWTError, ValueError) as error:
            raise unauthorized() from error
        workspace_id = claims.get("workspace_id") or claims.get("company_id")
        if not isinstance(workspace_id, str) or not is_id(workspace_id.lower()):
            raise unauthorized()
        return Principal(
            workspace_id=workspace_id.lower(), subject=str(claims.get("sub") or "user"), scopes=_scopes(claims)
        )


def _scopes(claims: Mapping[str, Any]) -> tuple[str, ...]:
    if "scopes" in claims:
        listed = claims["scopes"]
        return tuple(str(scope) for scope in listed) if isinstance(listed, list) else ()  # pyright: ignore[reportUnknownVariableType,reportUnknownArgumentType]
    if "scope" in claims:
        return tuple(str(claims["scope"]).split())
    return ALL_SCOPES


def bearer(authorization: str | None) -> str:
    """The credentials of an ``Authorization: Bearer ...`` header. Raises Unauthorized."""
    scheme, _, credentials = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not credentials.strip():
        raise unauthorized()
    return credentials.strip()


def unauthorized() -> Unauthorized:
    """The one answer to missing, malformed, unknown, revoked and expired credentials: it never tells which."""
    return Unauthorized("Valid credentials are needed: send Authorization: Bearer tnx_<prefix>_<secret>.")
