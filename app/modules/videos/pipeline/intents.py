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
from app.modules.videos.models import UNDER_WAY, ProviderAccount, RenderJob, TakeIntent, TakeStatus
from app.modules.videos.pipeline.plan import PlannedTake
from app.modules.videos.pipeline.settle import ACTIVE
from app.modules.videos.pipeline.workshop import active

#: Characters that are kept of what a provider says.
MOST_SAID = 500
#: Takes of an account from which it is known how long one takes.
_RECENT = 100
#: After so long nobody who sent a request hears of it any more.
_LONGEST_ANSWER = timedelta(seconds=150)


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
                raise ProviderRefused(intent.said or _refused_before(intent))
            if intent.status == TakeStatus.PLANNED:
                active(session, job_id)
                if not _has_room(session, intent, known):
                    return Turn.FULL
                _send(intent, job_id)
                return Turn.OURS
            return Turn.THEIRS if _sent_by_another(session, intent, job_id) else Turn.UNSURE

    def ask_again(self, intent_id: str, job_id: str) -> Turn:
        """What a job may do about what it looked up and did not find: OURS, send it now; UNSURE, the doubt stays;
        THEIRS, another one has come first. Raises ``JobEnded``.
        """
        with self._database.session_scope() as session:
            intent, job = _locked(session, intent_id), active(session, job_id)
            doubtful = intent.status in (TakeStatus.UNKNOWN, TakeStatus.SUBMITTING) and intent.provider_id is None
            if not doubtful or _sent_by_another(session, intent, job_id):
                return Turn.THEIRS
            if job.created_at > intent.updated_at:
                _send(intent, job_id)
                return Turn.OURS
            intent.status, intent.updated_at = TakeStatus.UNKNOWN, utc_now()
            return Turn.UNSURE

    def heard(self, words: Mapping[str, str]) -> None:
        """Keep what providers said last, by intent."""
        with self._database.session_scope() as session:
            for intent_id, said in words.items():
                query = sa.update(TakeIntent).where(TakeIntent.id == intent_id).values(said=said[:MOST_SAID])
                session.execute(query.execution_options(synchronize_session=False))

    def take_look(self, workspace_id: str, provider: str, every: timedelta) -> bool:
        """Whether this worker may ask an account now how far its takes are, which all together do once in that time. A
        moment in the future is another clock's, and does not count. What is no account is asked by each.
        """
        place, now = (workspace_id, provider), utc_now()
        mine = (ProviderAccount.workspace_id == workspace_id, ProviderAccount.name == provider)
        looked = ProviderAccount.looked_at
        free = sa.or_(looked.is_(None), looked <= now - every, looked > now + every)
        query = sa.update(ProviderAccount).where(*mine, free).values(looked_at=now)
        with self._database.session_scope() as session:
            taken = session.scalars(query.returning(ProviderAccount.name)).first()
            return taken is not None or session.get(ProviderAccount, place) is None

    def noticed(self, workspace_id: str, provider: str, since: datetime) -> set[str]:
        """Those about which the provider has called since then."""
        query = sa.select(TakeIntent.id).where(
            *_of_account(workspace_id, provider),
            TakeIntent.status == TakeStatus.SUBMITTED,
            TakeIntent.noticed_at >= since,
        )
        with self._database.read_scope() as session:
            return set(session.scalars(query))

    def answered(self, intent_id: str, job_id: str, status: TakeStatus, said: str = "") -> None:
        """What became of a request that this job was sending; too late if another has taken it up since."""
        with self._database.session_scope() as session:
            intent = _locked(session, intent_id)
            if (intent.status, intent.job_id) == (TakeStatus.SUBMITTING, job_id):
                intent.status, intent.updated_at = status, utc_now()
                intent.said = said[:MOST_SAID] or intent.said

    def accepted(self, intent_id: str, provider_id: str) -> None:
        """The provider has it, under this id. What is known of it already stays."""
        with self._database.session_scope() as session:
            intent = _locked(session, intent_id)
            if intent.provider_id is None:
                intent.status, intent.provider_id, intent.updated_at = TakeStatus.SUBMITTED, provider_id, utc_now()

    def failed(self, intent_id: str, said: str) -> None:
        """The provider has made nothing of what it accepted."""
        with self._database.session_scope() as session:
            intent = _locked(session, intent_id)
            if intent.status == TakeStatus.SUBMITTED:
                intent.status, intent.said, intent.updated_at = TakeStatus.FAILED, said[:MOST_SAID], utc_now()


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
    intent.status, intent.length_ms = TakeStatus.READY, length_ms
    if intent.ready_at is None and session.get_one(RenderJob, intent.job_id).status in ACTIVE:  # late ones tell nothing
        intent.ready_at = utc_now()
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
    under_way = (TakeIntent.status.in_(UNDER_WAY), TakeIntent.updated_at > lost)
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
    """Whether another job is sending it, or may be: an answer can come after its job has ended."""
    if intent.status != TakeStatus.SUBMITTING or intent.job_id == job_id:
        return False
    sender = session.get(RenderJob, intent.job_id)
    open_still = intent.sent_at is not None and utc_now() - intent.sent_at < _LONGEST_ANSWER
    return (sender is not None and sender.status in ACTIVE) or open_still


def _refused_before(intent: TakeIntent) -> str:
    return (
        f"{intent.provider} refused this take when the job {intent.job_id} asked for it at the same time; that job has "
        "the reason. Render again to ask once more."
    )
