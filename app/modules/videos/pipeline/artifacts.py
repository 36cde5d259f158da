"""Stored results by fingerprint. Find one, or make it and record the winner: that is resume, retry and reuse."""

from __future__ import annotations

from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.clock import utc_now
from app.core.database import Database, insert_if_absent
from app.core.errors import TenexError
from app.core.ids import new_id
from app.modules.videos.models import Artifact
from app.storage.base import Blob, BlobStore

_ASKED_AT_ONCE = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """An artifact that exists, and the job that made it."""

    fingerprint: str
    blob: str
    job_id: str
    facts: dict[str, Any]


class Artifacts:
    def __init__(self, *, database: Database, blobs: BlobStore) -> None:
        self._database, self._blobs = database, blobs

    def find(self, workspace_id: str, fingerprint: str) -> Stored | None:
        with self._database.read_scope() as session:
            row = session.get(Artifact, (workspace_id, fingerprint))
        if row is None:
            return None
        if self._blobs.size(row.blob) is None:
            self.forget(workspace_id, fingerprint)
            return None
        return _stored(row)

    def present(self, workspace_id: str, fingerprints: Collection[str]) -> dict[str, Stored]:
        """Those that exist. Asks the storage for each, several at once and in no transaction: it may be a bucket."""
        with self._database.read_scope() as session:
            rows = session.scalars(
                sa.select(Artifact).where(Artifact.workspace_id == workspace_id, Artifact.fingerprint.in_(fingerprints))
            ).all()
        with ThreadPoolExecutor(_ASKED_AT_ONCE) as pool:
            sizes = list(pool.map(self._blobs.size, [row.blob for row in rows]))
        return {row.fingerprint: _stored(row) for row, size in zip(rows, sizes, strict=True) if size is not None}

    def touch(self, session: Session, workspace_id: str, fingerprints: Collection[str]) -> None:
        """Note that they are used now, in the caller's transaction."""
        session.execute(
            sa.update(Artifact)
            .where(Artifact.workspace_id == workspace_id, Artifact.fingerprint.in_(fingerprints))
            .values(used_at=utc_now())
            .execution_options(synchronize_session=False)
        )

    def keep(
        self,
        *,
        workspace_id: str,
        job_id: str,
        kind: str,
        fingerprint: str,
        path: Path,
        facts: dict[str, Any],
        note: Callable[[Session], None],
    ) -> Stored:
        """Store ``path`` under a key of its own, then record it, with what else the caller has to note in that commit.

        When another attempt was first, that one counts.
        """
        key = f"artifacts/{workspace_id}/{fingerprint[:2]}/{fingerprint}-{new_id()}{path.suffix}"
        stored = self._blobs.put(key, path)
        try:
            winner = self._record(workspace_id, job_id, kind, fingerprint, stored, facts, note)
        except TenexError:
            self._blobs.delete(key)
            raise
        if winner.blob != key:
            self._blobs.delete(key)
        return _stored(winner)

    def _record(
        self,
        workspace_id: str,
        job_id: str,
        kind: str,
        fingerprint: str,
        stored: Blob,
        facts: dict[str, Any],
        note: Callable[[Session], None],
    ) -> Artifact:
        """The artifact that counts: this one, or the one that was recorded before."""
        moment = utc_now()
        with self._database.session_scope() as session:
            insert_if_absent(
                session,
                Artifact,
                workspace_id=workspace_id,
                fingerprint=fingerprint,
                kind=kind,
                blob=stored.key,
                size=stored.size,
                sha256=stored.sha256,
                facts=facts,
                job_id=job_id,
                created_at=moment,
                used_at=moment,
            )
            winner = session.get_one(Artifact, (workspace_id, fingerprint))
            note(session)
        return winner

    def forget(self, workspace_id: str, fingerprint: str) -> None:
        with self._database.session_scope() as session:
            session.execute(
                sa.delete(Artifact).where(Artifact.workspace_id == workspace_id, Artifact.fingerprint == fingerprint)
            )


def _stored(row: Artifact) -> Stored:
    return Stored(fingerprint=row.fingerprint, blob=row.blob, job_id=row.job_id, facts=row.facts)
