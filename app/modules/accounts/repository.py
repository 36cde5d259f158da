"""All SQL about workspaces and API keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, or_, select, update
from sqlalchemy.orm import Session

from app.modules.accounts.models import ApiKey, Workspace


def find_workspace(session: Session, workspace_id: str) -> Workspace | None:
    return session.get(Workspace, workspace_id)


def list_workspaces(session: Session) -> Sequence[Workspace]:
    """Every workspace, oldest first."""
    return session.scalars(select(Workspace).order_by(Workspace.created_at, Workspace.id)).all()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredKey:
    """What has to be known of a key to let a request in."""

    id: str
    workspace_id: str
    name: str
    secret_hash: str
    scopes: tuple[str, ...]
    revoked_at: datetime | None
    last_used_at: datetime | None


def find_stored_key(connection: Connection, prefix: str) -> StoredKey | None:
    """The key with this prefix, revoked or not: prefixes are unique across workspaces."""
    row = connection.execute(_STORED_KEY, {"prefix": prefix}).one_or_none()
    if row is None:
        return None
    id_, workspace_id, name, secret_hash, scopes, revoked_at, last_used_at = row
    return StoredKey(
        id=id_,
        workspace_id=workspace_id,
        name=name,
        secret_hash=secret_hash,
        scopes=tuple(scopes),
        revoked_at=revoked_at,
        last_used_at=last_used_at,
    )


_STORED_KEY = select(
    ApiKey.id,
    ApiKey.workspace_id,
    ApiKey.name,
    ApiKey.secret_hash,
    ApiKey.scopes,
    ApiKey.revoked_at,
    ApiKey.last_used_at,
).where(ApiKey.prefix == bindparam("prefix"))


def find_key(session: Session, workspace_id: str, key_id: str) -> ApiKey | None:
    return session.scalars(select(ApiKey).where(ApiKey.workspace_id == workspace_id, ApiKey.id == key_id)).one_or_none()


def list_keys(session: Session, workspace_id: str) -> Sequence[ApiKey]:
    """The keys of a workspace, newest first, with the revoked ones."""
    keys = select(ApiKey).where(ApiKey.workspace_id == workspace_id)
    return session.scalars(keys.order_by(ApiKey.created_at.desc(), ApiKey.id.desc())).all()


def mark_used(session: Session, key_id: str, *, now: datetime, unless_after: datetime) -> None:
    """Note the use of a key, unless one was noted after that moment."""
    stale = or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at <= unless_after)
    session.execute(update(ApiKey).where(ApiKey.id == key_id, stale).values(last_used_at=now))
