"""Workspaces and API keys: making, listing and revoking them, and telling who a request comes from."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy.orm import Session

from app.core.auth import ALL_SCOPES, JwtVerifier, KeyText, Principal, bearer, unauthorized
from app.core.clock import Clock, utc_now
from app.core.database import Database
from app.core.errors import InvalidRequest, NotFound, StorageFull, Unavailable
from app.core.ids import new_id
from app.modules.accounts import repository
from app.modules.accounts.models import ApiKey, Workspace
from app.modules.accounts.repository import StoredKey

LONGEST_NAME = 200
LAST_USED_EVERY = timedelta(minutes=5)
NOTE_PATIENCE_MS = 50
_NO_DIGEST = "0" * 64
log = structlog.get_logger(__name__)


class WorkspaceNotFound(NotFound):
    code = "workspace_not_found"


class KeyNotFound(NotFound):
    code = "api_key_not_found"


class InvalidName(InvalidRequest):
    code = "invalid_name"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key that was just made. ``plaintext`` is the only copy of the whole key there will ever be."""

    key: ApiKey
    plaintext: str


class Accounts:
    """Calls that take a session leave the commit to its scope."""

    def __init__(self, *, database: Database, jwt: JwtVerifier | None = None, clock: Clock = utc_now) -> None:
        self._database, self._jwt, self._clock = database, jwt, clock

    def create_workspace(self, session: Session, *, name: str) -> Workspace:
        """A new workspace with its webhook secret. Raises InvalidName."""
        workspace = Workspace(
            id=new_id(), name=_checked(name), webhook_secret=secrets.token_hex(32), created_at=self._clock()
        )
        session.add(workspace)
        session.flush()
        return workspace

    def get_workspace(self, session: Session, workspace_id: str) -> Workspace:
        """Raises WorkspaceNotFound."""
        workspace = repository.find_workspace(session, workspace_id)
        if workspace is None:
            raise WorkspaceNotFound(
                f"There is no workspace {workspace_id}. `tenex workspace list` shows those that exist."
            )
        return workspace

    def list_workspaces(self, session: Session) -> Sequence[Workspace]:
        """Every workspace of this installation, oldest first: for its operator."""
        return repository.list_workspaces(session)

    def create_key(
        self, session: Session, *, workspace_id: str, name: str, scopes: Sequence[str] = ALL_SCOPES
    ) -> NewKey:
        """A new API key for a workspace. Raises WorkspaceNotFound, InvalidName."""
        workspace = self.get_workspace(session, workspace_id)
        text = KeyText.new()
        key = ApiKey(
            id=new_id(),
            workspace_id=workspace.id,
            prefix=text.prefix,
            secret_hash=text.digest,
            name=_checked(name),
            scopes=list(scopes),
            created_at=self._clock(),
        )
        session.add(key)
        session.flush()
        return NewKey(key=key, plaintext=text.reveal())

    def list_keys(self, session: Session, *, workspace_id: str) -> Sequence[ApiKey]:
        """The keys of a workspace, newest first, with the revoked ones."""
        return repository.list_keys(session, workspace_id)

    def revoke_key(self, session: Session, *, workspace_id: str, key_id: str) -> ApiKey:
        """End a key: the next request with it is refused, in every process. Idempotent. Raises KeyNotFound."""
        key = repository.find_key(session, workspace_id, key_id)
        if key is None:
            raise KeyNotFound(f"This workspace has no API key {key_id}.")
        key.revoked_at = key.revoked_at or self._clock()
        session.flush()
        return key

    def authenticate(self, authorization: str | None) -> Principal:
        """Who an ``Authorization`` header speaks for. Raises Unauthorized, the same one for every reason.

        Reads the key's row each time (about 0.1 ms), so that a revocation bites on the next request everywhere.
        """
        credentials = bearer(authorization)
        if credentials.startswith("tnx_"):
            return self._of_key(KeyText.parse(credentials))
        if self._jwt is None:
            raise unauthorized()
        principal = self._jwt.principal(credentials)
        with self._database.read_scope() as session:
            if repository.find_workspace(session, principal.workspace_id) is None:
                raise unauthorized()
        return principal

    def _of_key(self, text: KeyText | None) -> Principal:
        if text is None:
            raise unauthorized()
        with self._database.read_connection() as connection:
            key = repository.find_stored_key(connection, text.prefix)
        # Compared in any case, so that the time taken does not tell whether the prefix exists.
        matches = text.matches(key.secret_hash if key else _NO_DIGEST)
        if key is None or not matches or key.revoked_at is not None:
            raise unauthorized()
        self._note_use(key)
        return Principal(workspace_id=key.workspace_id, subject=key.name, scopes=key.scopes, key_id=key.id)

    def _note_use(self, key: StoredKey) -> None:
        now: datetime = self._clock()
        if key.last_used_at is not None and now - key.last_used_at < LAST_USED_EVERY:
            return
        try:
            with self._database.session_scope(patience_ms=NOTE_PATIENCE_MS) as session:
                repository.mark_used(session, key.id, now=now, unless_after=now - LAST_USED_EVERY)
        except (StorageFull, Unavailable) as error:
            # Only a note: a request that reads is still served, and soon, when nothing can be written.
            log.warning("could not note the use of an API key", key_id=key.id, error=error.message)


def _checked(name: str) -> str:
    name = name.strip()
    if not 0 < len(name) <= LONGEST_NAME:
        raise InvalidName(f"A name has 1 to {LONGEST_NAME} characters; this one has {len(name)}.")
    return name
