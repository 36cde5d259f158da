"""What is written down before an avatar provider is called, so that no crash and no second job leads to a second bill.

An intent is one request for one take; jobs of a workspace that want the same take share it, and one of them at a time
may send it. A request that may have arrived is in doubt: it is looked up, and sent again, under the same reference,
only for a job that was ordered after the doubt was known.
"""

from __future__ import annotations

from enum import Enum, auto

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.avatars.base import ProviderRefused
from app.core.clock import utc_now
from app.core.database import Database, insert_if_absent
from app.core.ids import new_id
from app.modules.videos.models import RenderJob, TakeIntent, TakeStatus
from app.modules.videos.pipeline.plan import PlannedTake
from app.modules.videos.pipeline.settle import ACTIVE


class Turn(Enum):
    """What a job may do about an intent."""

    SENT = auto()  # the provider has it, and its id of it is known
    OURS = auto()  # nobody has sent it: this job may, now
    THEIRS = auto()  # another job is sending it
    UNSURE = auto()  # somebody may have sent it: look it up


class Intents:
    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, intent_id: str) -> TakeIntent:
        with self._database.read_scope() as session:
            return session.get_one(TakeIntent, intent_id)

    def take_turn(self, intent_id: str, job_id: str) -> Turn:
        """Decide for this job, and in the same transaction for all others.

        Raises ``ProviderRefused`` when the request of another job, on which this one waited, came to nothing.
        """
        with self._database.session_scope() as session:
            intent = _locked(session, intent_id)
            if intent.provider_id is not None:
                return Turn.SENT
            if intent.status == TakeStatus.FAILED:
                raise ProviderRefused(
                    f"{intent.provider} refused this take when the job {intent.job_id} asked for it at the same time; "
                    "that job has the reason. Render again to ask once more."
                )
            if intent.status == TakeStatus.PLANNED:
                _send(intent, job_id)
                return Turn.OURS
            return Turn.THEIRS if _sent_by_another(session, intent, job_id) else Turn.UNSURE

    def ask_again(self, intent_id: str, job_id: str) -> bool:
        """Whether this job may send what was looked up and not found; if not, the doubt stays."""
        with self._database.session_scope() as session:
            intent = _locked(session, intent_id)
            if session.get_one(RenderJob, job_id).created_at > intent.updated_at:
                _send(intent, job_id)
                return True
            intent.status, intent.updated_at = TakeStatus.UNKNOWN, utc_now()
            return False

    def mark(self, intent_id: str, status: TakeStatus, provider_id: str | None = None) -> None:
        with self._database.session_scope() as session:
            intent = _locked(session, intent_id)
            intent.status, intent.updated_at = status, utc_now()
            intent.provider_id = provider_id or intent.provider_id


def intent_for(session: Session, workspace_id: str, job_id: str, take: PlannedTake) -> TakeIntent:
    """The intent that jobs share until it failed; then a new one."""
    latest = _latest(session, workspace_id, take.fingerprint)
    if latest is not None and latest.status != TakeStatus.FAILED:
        return latest
    moment = utc_now()
    insert_if_absent(
        session,
        TakeIntent,
        id=new_id(),
        workspace_id=workspace_id,
        fingerprint=take.fingerprint,
        attempt=1 if latest is None else latest.attempt + 1,
        job_id=job_id,
        provider=take.provider,
        status=TakeStatus.PLANNED,
        created_at=moment,
        updated_at=moment,
    )
    made = _latest(session, workspace_id, take.fingerprint)
    assert made is not None
    return made


def _latest(session: Session, workspace_id: str, fingerprint: str) -> TakeIntent | None:
    mine = (TakeIntent.workspace_id == workspace_id, TakeIntent.fingerprint == fingerprint)
    return session.scalars(sa.select(TakeIntent).where(*mine).order_by(TakeIntent.attempt.desc()).limit(1)).first()


def _locked(session: Session, intent_id: str) -> TakeIntent:
    return session.get_one(TakeIntent, intent_id, with_for_update=True)


def _send(intent: TakeIntent, job_id: str) -> None:
    intent.status, intent.job_id, intent.updated_at = TakeStatus.SUBMITTING, job_id, utc_now()


def _sent_by_another(session: Session, intent: TakeIntent, job_id: str) -> bool:
    if intent.status != TakeStatus.SUBMITTING or intent.job_id == job_id:
        return False
    sender = session.get(RenderJob, intent.job_id)
    return sender is not None and sender.status in ACTIVE
