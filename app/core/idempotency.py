"""Requests that may be sent twice and count once (the ``Idempotency-Key`` header).

The claim of a key, the work and the stored answer are one transaction. So a crash leaves nothing half done, a request
that failed may be sent again with its key, and of two at the same time one works while the other waits for the answer.

    with database.session_scope() as session:
        with idempotency.once(session, workspace_id=..., key=key, digest=request_digest(...)) as slot:
            if slot.answer is None:
                ...  # the work
                slot.keep(status=202, body=body)
        return slot.answer
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import CursorResult, Integer, String, Text, delete, select, text, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.core.clock import Clock, utc_now
from app.core.database import Base, IdText, UtcDateTime, insert_if_absent
from app.core.errors import Conflict, InvalidRequest

KEPT = timedelta(hours=24)
LONGEST_KEY = 255
WAIT_MS = 10_000
_LOCK_NOT_AVAILABLE = "55P03"


class InvalidIdempotencyKey(InvalidRequest):
    code = "invalid_idempotency_key"


class IdempotencyKeyReuse(Conflict):
    code = "idempotency_key_reuse"


class IdempotencyInProgress(Conflict):
    code = "idempotency_in_progress"
    retryable = True


class IdempotencyRecord(Base):
    """The answer that was given under a key."""

    __tablename__ = "idempotency_records"

    workspace_id: Mapped[str] = mapped_column(IdText, primary_key=True)
    key: Mapped[str] = mapped_column(String(LONGEST_KEY), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    status: Mapped[int | None] = mapped_column(Integer)
    body: Mapped[str | None] = mapped_column(Text)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer as it goes out: the same bytes each time."""

    status: int
    body: str
    replayed: bool = False

    def with_body(self, body: str) -> Answer:
        """The same answer with what is made anew each time, such as links that expire."""
        return replace(self, body=body)


class Slot:
    """Where the answer of one request goes. ``answer`` is there already when the request was made before."""

    def __init__(self, answer: Answer | None = None) -> None:
        self.answer = answer

    def keep(self, *, status: int, body: str) -> Answer:
        """Give this answer, now and to every repetition. ``body`` is JSON text."""
        self.answer = Answer(status=status, body=body)
        return self.answer


class Idempotency:
    """Keeps answers for a day."""

    def __init__(self, clock: Clock = utc_now) -> None:
        self._clock = clock

    @contextmanager
    def once(self, session: Session, *, workspace_id: str, key: str | None, digest: str) -> Generator[Slot]:
        """A slot for the answer: filled if the request was made before, else to be filled by the work inside.

        Without a key nothing is claimed or stored. Raises InvalidIdempotencyKey, IdempotencyKeyReuse when the key came
        with another request, and IdempotencyInProgress when the first one takes longer than ``WAIT_MS``.
        """
        if key is None:
            yield Slot()
            return
        check_key(key)
        stored = self._claim(session, workspace_id, key, digest)
        slot = Slot(stored)
        yield slot
        if stored is None and slot.answer is not None:
            session.execute(
                update(IdempotencyRecord)
                .where(IdempotencyRecord.workspace_id == workspace_id, IdempotencyRecord.key == key)
                .values(status=slot.answer.status, body=slot.answer.body)
            )

    def purge(self, session: Session) -> int:
        """Forget the answers that are older than a day; how many there were."""
        expired = delete(IdempotencyRecord).where(IdempotencyRecord.expires_at <= self._clock())
        done = session.execute(expired)
        return done.rowcount if isinstance(done, CursorResult) else 0

    def _claim(self, session: Session, workspace_id: str, key: str, digest: str) -> Answer | None:
        """None if the key is now ours, else the answer that was stored under it."""
        now = self._clock()
        mine = (IdempotencyRecord.workspace_id == workspace_id, IdempotencyRecord.key == key)
        with _bounded_wait(session, key):
            session.execute(delete(IdempotencyRecord).where(*mine, IdempotencyRecord.expires_at <= now))
            claimed = insert_if_absent(
                session,
                IdempotencyRecord,
                workspace_id=workspace_id,
                key=key,
                digest=digest,
                expires_at=now + KEPT,
            )
        if claimed:
            return None
        record = session.execute(select(IdempotencyRecord).where(*mine)).scalar_one()
        if record.digest != digest:
            raise IdempotencyKeyReuse(
                "This Idempotency-Key was used with another request. Use a new key for a new request.",
                extra={"key": key},
            )
        if record.status is None or record.body is None:
            raise _in_progress(key)
        return Answer(status=record.status, body=record.body, replayed=True)


@contextmanager
def _bounded_wait(session: Session, key: str) -> Generator[None]:
    """Postgres waits for ever for a row that another transaction is inserting; SQLite has its own limit."""
    if session.get_bind().dialect.name != "postgresql":
        yield
        return
    session.execute(text(f"SET LOCAL lock_timeout = {WAIT_MS}"))
    try:
        yield
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
            raise
        raise _in_progress(key) from error
    session.execute(text("SET LOCAL lock_timeout = 0"))


def _in_progress(key: str) -> IdempotencyInProgress:
    return IdempotencyInProgress(
        "The first request with this Idempotency-Key is still running. Send it again in a few seconds.",
        extra={"key": key},
    )


def check_key(key: str) -> None:
    """Raises InvalidIdempotencyKey unless the key is 1 to 255 printable ASCII characters."""
    if not (0 < len(key) <= LONGEST_KEY and key.isascii() and key.isprintable()):
        raise InvalidIdempotencyKey(f"An Idempotency-Key has 1 to {LONGEST_KEY} printable ASCII characters.")


def request_digest(method: str, path: str, payload: Any) -> str:
    """SHA-256 over what makes two requests the same one: method, path, and the payload as canonical JSON."""
    canonical = json.dumps([method, path, payload], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
