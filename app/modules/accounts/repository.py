"""All SQL about workspaces and API keys."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from app.modules.accounts.models import ApiKey, Workspace


def find_workspace(session: Session, workspace_id: str) -> Workspace | None:
    return session.get(Workspace, workspace_id)


def list_workspaces(session: Session) -> Sequence[Workspace]:
    """Every workspace, oldest first."""
    return session.scalars(select(Workspace).order_by(Workspace.created_at, Workspace.id)).all()


def find_key_by_prefix(session: Session, prefix: str) -> ApiKey | None:
    """The key with this prefix, revoked or not: prefixes are unique across workspaces."""
    return session.scalars(select(ApiKey).where(ApiKey.prefix == prefix)).one_or_none()


def find_key(session: Session, workspace_id: str, key_id: str) -> ApiKey | None:
    return session.scalars(select(ApiKey).where(ApiKey.workspace_id == workspace_id, ApiKey.id == key_id)).one_or_none()


def list_keys(session: Session, workspace_id: str) -> Sequence[ApiKey]:
    """The keys of a workspace, newest first, with the revoked ones."""
    keys = select(ApiKey).where(ApiKey.workspace_id == workspace_id)
    return session.scalars(keys.order_by(ApiKey.created_at.desc(), ApiKey.id.desc())).all()


def mark_used(session: Session, key_id: str, *, now: datetime, unless_since: datetime) -> None:
    """Note the use of a key, unless one was noted since then."""
    stale = or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at < unless_since)
    session.execute(update(ApiKey).where(ApiKey.id == key_id, stale).values(last_used_at=now))
