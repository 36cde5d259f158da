"""What is written down before an avatar provider is called, so that no crash and no second job leads to a second bill.

An intent is one request for one take; jobs of a workspace that want the same take share it, and one of them at a time
may send it. A request that may have arrived is in doubt: it is looked up, and sent again, under the same reference,
only for a job that was ordered after the doubt was known.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import Enum, auto
from math import ceil

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.avatars.base import Capabilities, ProviderRefused
from app.core.clock import utc_now
from app.core.database import Database, insert_if_absent
from app.core.ids import new_id
from app.modules.videos.models import ProviderAccount, RenderJob, TakeIntent, TakeStatus
from app.modules.videos.pipeline.plan import PlannedTake
from app.modules.videos.pipeline.settle import ACTIVE

#: Characters that are kept of what a provider says.
MOST_SAID = 500
#: Takes of an account from which it is known how long one takes.
_RECENT = 100
_UNDER_WAY = (TakeStatus.SUBMITTING, TakeStatus.SUBMITTED, TakeStatus.UNKNOWN)


class Turn(Enum):
    """What a job may do about an intent."""

    SENT = auto()  # the provider has it, and its id of it is known
    OURS = auto()  # nobody has sent it: this job may, now
    THEIRS = auto()  # another job is sending it
    UNSURE = auto()  # somebody may have sent it: look it up
    FULL = auto()  # nobody has sent it, and the account works on as much as it may: later


class Intents:
    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, intent_id: str) -> TakeIntent:
        with self._database.read_scope() as session:
            return session.get_one(TakeIntent, intent_id)

    def take_turn(self, intent_id: str, job_id: str, known: Capabilities) -> Turn:
        """Decide for this job, and in the same transaction for all others: across workers, an account never works on
        more than it may.

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
                if not _has_room(session, intent, known):
                    return Turn.FULL
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

    def heard(self, words: Mapping[str, str]) -> None:
        """Keep what providers said last, by intent."""
        with self._database.session_scope() as session:
            for intent_id, said in words.items():
                query = sa.update(TakeIntent).where(TakeIntent.id == intent_id).values(said=said[:MOST_SAID])
                session.execute(query.execution_options(synchronize_session=False))

    def noticed(self, workspace_id: str, provider: str, since: datetime) -> set[str]:
        """Those about which the provider has called since then."""
        query = sa.select(TakeIntent.id).where(
            *_of_account(workspace_id, provider),
            TakeIntent.status == TakeStatus.SUBMITTED,
            TakeIntent.noticed_at >= since,
        )
        with self._database.read_scope() as session:
            return set(session.scalars(query))

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


def never_made(session: Session, workspace_id: str, fingerprint: str) -> bool:
    """Whether it is certain that no provider has made the take, or charges for it."""
    latest = _latest(session, workspace_id, fingerprint)
    return latest is None or latest.status in (TakeStatus.PLANNED, TakeStatus.FAILED)


def made(session: Session, intent_id: str, *, length_ms: int, microusd_a_minute: int | None) -> None:
    """A take is at home: what it was like, what it cost there, and how long takes of its account usually take."""
    intent = session.get_one(TakeIntent, intent_id)
    intent.status, intent.ready_at, intent.length_ms = TakeStatus.READY, utc_now(), length_ms
    if microusd_a_minute is not None:
        intent.cost_microusd = -(-microusd_a_minute * length_ms // 60_000)
    account = session.get(ProviderAccount, (intent.workspace_id, intent.provider))
    if account is not None:
        session.flush()
        account.usual_s, account.slow_s = _usual(session, account)


def _usual(session: Session, account: ProviderAccount) -> tuple[int, int]:
    """After how many seconds half of the latest takes of an account were made, and after how many nine in ten."""
    query = (
        sa.select(TakeIntent.sent_at, TakeIntent.ready_at)
        .where(*_of_account(account.workspace_id, account.name), TakeIntent.ready_at.is_not(None))
        .order_by(TakeIntent.sent_at.desc())
        .limit(_RECENT)
    )
    times = session.execute(query)
    took = sorted((ready - sent).total_seconds() for sent, ready in times if sent is not None and ready is not None)
    return (ceil(took[len(took) // 2]), ceil(took[len(took) * 9 // 10])) if took else (0, 0)


def _has_room(session: Session, intent: TakeIntent, known: Capabilities) -> bool:
    if not known.most_at_once and not known.most_a_minute:
        return True
    mine, moment = _of_account(intent.workspace_id, intent.provider), utc_now()
    # Whoever asks at the same time, on another worker, asks after us.
    session.get(ProviderAccount, (intent.workspace_id, intent.provider), with_for_update=True)
    lost = moment - timedelta(seconds=known.deadline_s)
    under_way = (TakeIntent.status.in_(_UNDER_WAY), TakeIntent.updated_at > lost)
    just_sent = (TakeIntent.sent_at > moment - timedelta(minutes=1),)
    return all(
        not most or (session.scalar(sa.select(sa.func.count()).where(*mine, *those)) or 0) < most
        for most, those in ((known.most_at_once, under_way), (known.most_a_minute, just_sent))
    )


def _of_account(workspace_id: str, provider: str) -> tuple[sa.ColumnElement[bool], ...]:
    return (TakeIntent.workspace_id == workspace_id, TakeIntent.provider == provider)


def _latest(session: Session, workspace_id: str, fingerprint: str) -> TakeIntent | None:
    mine = (TakeIntent.workspace_id == workspace_id, TakeIntent.fingerprint == fingerprint)
    return session.scalars(sa.select(TakeIntent).where(*mine).order_by(TakeIntent.attempt.desc()).limit(1)).first()


def _locked(session: Session, intent_id: str) -> TakeIntent:
    return session.get_one(TakeIntent, intent_id, with_for_update=True)


def _send(intent: TakeIntent, job_id: str) -> None:
    intent.status, intent.job_id, intent.updated_at = TakeStatus.SUBMITTING, job_id, utc_now()
    intent.sent_at = intent.updated_at


def _sent_by_another(session: Session, intent: TakeIntent, job_id: str) -> bool:
    if intent.status != TakeStatus.SUBMITTING or intent.job_id == job_id:
        return False
    sender = session.get(RenderJob, intent.job_id)
    return sender is not None and sender.status in ACTIVE
