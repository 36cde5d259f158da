"""Work that has to be done now and then by whichever process comes first, and by one only."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import String, update
from sqlalchemy.orm import Mapped, mapped_column

from app.core.clock import Clock, utc_now
from app.core.database import Base, Database, UtcDateTime, insert_if_absent


class Chore(Base):
    """When a chore is due again."""

    __tablename__ = "chores"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Chores:
    def __init__(self, database: Database, clock: Clock = utc_now) -> None:
        self._database, self._clock = database, clock

    def claim(self, name: str, *, every: timedelta) -> bool:
        """Whether it is due, and the caller's to do: nobody else is told so until ``every`` has passed."""
        now = self._clock()
        with self._database.read_scope() as session:
            known = session.get(Chore, name)
        if known is not None and known.due_at > now:
            return False
        with self._database.session_scope() as session:
            if insert_if_absent(session, Chore, name=name, due_at=now + every):
                return True
            mine = update(Chore).where(Chore.name == name, Chore.due_at <= now).values(due_at=now + every)
            return session.execute(mine.returning(Chore.name)).one_or_none() is not None
