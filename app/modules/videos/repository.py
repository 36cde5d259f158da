"""Reading videos, revisions, jobs and profiles: all SQL behind the endpoints that show them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.core.pagination import PageRequest, Position, Slice, by_creation, cut, keyset
from app.modules.videos.models import (
    Artifact,
    AvatarProfile,
    JobStatus,
    RenderJob,
    RenderTask,
    Revision,
    TaskStatus,
    Upload,
    UploadStatus,
    Video,
)
from app.modules.videos.outlook import Tally
from app.modules.videos.pipeline.settle import ACTIVE

Columns = sa.Row[*tuple[Any, ...]]
_RECENT_JOBS = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFilter:
    """None is any. Instants are a half-open range: from ``created_after`` on, and before ``created_before``."""

    status: JobStatus | None = None
    video_id: str | None = None
    created_after: datetime | None = None
    created_before: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFacts:
    """Some columns of a job."""

    id: str
    status: str
    stage: str
    expected_s: int
    created_at: datetime
    started_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A job that succeeded: how long it took, without waiting for providers, and for how much new video."""

    took_s: float
    made_s: float


# videos --------------------------------------------------------------------------------------------------------------

_last_job = sa.and_(
    RenderJob.workspace_id == Video.workspace_id,
    RenderJob.video_id == Video.id,
    RenderJob.revision == Video.last_revision,
)
_shown = sa.and_(Revision.video_id == Video.id, Revision.number == Video.revision)


def _asked(*path: str | int) -> sa.ColumnElement[str]:
    """A part of the composition: that of the revision being shown, else of the last attempt."""
    return sa.func.coalesce(Revision.composition[path].as_string(), RenderJob.composition[path].as_string())


SUMMARY = (
    sa.select(
        Video.id,
        Video.title,
        Video.kind,
        Video.source,
        Video.status,
        Video.created_at,
        Video.updated_at,
        Video.parent_id,
        Video.details.label("metadata"),
        Video.tags,
        Video.revision,
        Revision.frames,
        Revision.fps.label("exact_fps"),
        Revision.size,
        Revision.width,
        Revision.height,
        _asked("picture", "fps").label("fps"),
        _asked("picture", "aspect_ratio").label("aspect_ratio"),
        _asked("picture", "resolution").label("resolution"),
        _asked("scenes", 0, "speaker", "avatar_id").label("avatar_id"),
        _asked("scenes", 0, "speaker", "voice_id").label("voice_id"),
        _asked("scenes", 0, "speaker", "background").label("background"),
        RenderJob.id.label("job_id"),
        RenderJob.status.label("job_status"),
        RenderJob.stage,
        RenderJob.error_code,
        RenderJob.adjustments,
        RenderJob.error_message,
    )
    .outerjoin(Revision, _shown)
    .outerjoin(RenderJob, _last_job)
)
#: Those of a VideoSummary, and what it is told from. By place: looking up names costs more than the query.
SUMMARY_NAMES = tuple(str(column.key) for column in SUMMARY.selected_columns)
_WHOLE = SUMMARY.add_columns(_asked("scenes", 0, "script").label("script"), Revision.files, Revision.facts)


def find_video(session: Session, workspace_id: str, video_id: str) -> Columns | None:
    """One video with its script and files."""
    statement = _WHOLE.where(Video.id == video_id, Video.workspace_id == workspace_id)
    return session.connection().execute(statement).one_or_none()


def list_revisions(session: Session, video_id: str, page: PageRequest) -> Slice[Revision]:
    """Newest first."""
    statement = sa.select(Revision).where(Revision.video_id == video_id)
    if page.after is not None:
        statement = statement.where(Revision.number < page.after.key)
    rows = session.scalars(statement.order_by(Revision.number.desc()).limit(page.limit + 1)).all()
    return cut(rows, page, lambda row: Position(key=row.number, id=""))


# jobs ----------------------------------------------------------------------------------------------------------------


def list_jobs(session: Session, workspace_id: str, wanted: JobFilter, page: PageRequest) -> Slice[RenderJob]:
    """Newest first."""
    statement = sa.select(RenderJob).where(
        RenderJob.workspace_id == workspace_id,
        *_equal((RenderJob.status, wanted.status), (RenderJob.video_id, wanted.video_id)),
        *_within(RenderJob.created_at, wanted.created_after, wanted.created_before),
    )
    rows = session.scalars(keyset(statement, RenderJob.created_at, RenderJob.id, page)).all()
    return cut(rows, page, by_creation)


def job_facts(session: Session, job_ids: Collection[str]) -> list[JobFacts]:
    """What the outlook of these jobs is told from."""
    if not job_ids:
        return []
    columns = [getattr(RenderJob, field.name) for field in fields(JobFacts)]
    rows = session.connection().execute(sa.select(*columns).where(RenderJob.id.in_(job_ids))).mappings()
    return [JobFacts(**row) for row in rows]


def tallies(session: Session, job_ids: Collection[str]) -> dict[str, dict[str, Tally]]:
    """By job, by kind of task."""
    if not job_ids:
        return {}
    finished = RenderTask.status.in_((TaskStatus.MADE, TaskStatus.REUSED))
    own = RenderTask.status != TaskStatus.REUSED
    statement = (
        sa.select(
            RenderTask.job_id,
            RenderTask.kind,
            sa.func.count(),
            _sum(sa.case((finished, 1), else_=0)),
            _sum(RenderTask.frames),
            _sum(RenderTask.frames_done),
            _sum(sa.case((own, RenderTask.frames), else_=0)),
            _sum(sa.case((own, RenderTask.frames_done), else_=0)),
        )
        .where(RenderTask.job_id.in_(job_ids))
        .group_by(RenderTask.job_id, RenderTask.kind)
    )
    found: dict[str, dict[str, Tally]] = {}
    for job_id, kind, tasks, done, frames, frames_done, to_make, made in session.connection().execute(statement):
        tally = Tally(tasks=tasks, done=done, frames=frames, frames_done=frames_done, to_make=to_make, made=made)
        found.setdefault(job_id, {})[kind] = tally
    return found


def last_takes(session: Session, job_ids: Collection[str]) -> dict[str, datetime]:
    """When the last take of each job was stored."""
    if not job_ids:
        return {}
    statement = (
        sa.select(RenderTask.job_id, sa.func.max(Artifact.created_at, type_=Artifact.created_at.type).label("at"))
        .join(RenderJob, RenderJob.id == RenderTask.job_id)
        .join(
            Artifact,
            sa.and_(Artifact.workspace_id == RenderJob.workspace_id, Artifact.fingerprint == RenderTask.fingerprint),
        )
        .where(RenderTask.job_id.in_(job_ids), RenderTask.kind == "take")
        .group_by(RenderTask.job_id)
    )
    return {row.job_id: row.at for row in session.connection().execute(statement)}


def recent_jobs(session: Session) -> list[Finished]:
    """The latest jobs that succeeded, of every workspace."""
    made, waited = (RenderJob.receipt[name].as_float() for name in ("seconds_made", "seconds_waited"))
    statement = (
        sa.select(RenderJob.started_at, RenderJob.finished_at, made.label("made"), waited.label("waited"))
        .where(RenderJob.status == JobStatus.SUCCEEDED)
        .order_by(RenderJob.created_at.desc())
        .limit(_RECENT_JOBS)
    )
    return [
        Finished(
            took_s=(row.finished_at - row.started_at).total_seconds() - (row.waited or 0.0), made_s=row.made or 0.0
        )
        for row in session.connection().execute(statement)
        if row.started_at and row.finished_at
    ]


def seconds_ahead(session: Session, created_at: datetime) -> int:
    """Video that was asked for before this instant and is not finished, in expected seconds, of every workspace."""
    statement = sa.select(_sum(RenderJob.expected_s)).where(
        RenderJob.status.in_(ACTIVE), RenderJob.created_at < created_at
    )
    return session.connection().execute(statement).scalar_one() or 0


# uploads --------------------------------------------------------------------------------------------------------------


def list_uploads(
    session: Session, workspace_id: str, page: PageRequest, *, status: UploadStatus | None, sha256: str | None
) -> Slice[Upload]:
    """Newest first."""
    statement = sa.select(Upload).where(
        Upload.workspace_id == workspace_id, *_equal((Upload.status, status), (Upload.sha256, sha256))
    )
    rows = session.scalars(keyset(statement, Upload.created_at, Upload.id, page)).all()
    return cut(rows, page, by_creation)


# profiles ------------------------------------------------------------------------------------------------------------


def list_avatars(session: Session, workspace_id: str, page: PageRequest) -> Slice[AvatarProfile]:
    """The workspace's own, newest first, then the built-in ones."""
    statement = sa.select(AvatarProfile).where(
        sa.or_(AvatarProfile.workspace_id == workspace_id, AvatarProfile.workspace_id.is_(None))
    )
    rows = session.scalars(keyset(statement, AvatarProfile.created_at, AvatarProfile.id, page)).all()
    return cut(rows, page, by_creation)


# parts of statements -------------------------------------------------------------------------------------------------


def _equal(*pairs: tuple[InstrumentedAttribute[Any], str | None]) -> list[sa.ColumnElement[bool]]:
    return [column == value for column, value in pairs if value is not None]


def _within(
    column: InstrumentedAttribute[datetime], after: datetime | None, before: datetime | None
) -> list[sa.ColumnElement[bool]]:
    bounds = [column >= after] if after is not None else []
    return [*bounds, column < before] if before is not None else bounds


def _sum(expression: Any) -> sa.ColumnElement[int]:
    """Postgres answers with a decimal otherwise."""
    return sa.cast(sa.func.sum(expression), sa.Integer)


# the whole installation ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What there is to do, in every workspace. ``render_seconds``: by quantile, of the latest jobs."""

    jobs: Mapping[str, int]
    oldest_queued: datetime | None
    waiting_parts: int
    render_seconds: Mapping[str, float]


def workload(session: Session, *, with_figures: bool = True) -> Workload:
    """Without figures: active jobs only, at a cost that does not grow with history."""
    counts = sa.select(RenderJob.status, sa.func.count().label("number")).group_by(RenderJob.status)
    if not with_figures:
        counts = counts.where(RenderJob.status.in_(ACTIVE))
    first = sa.select(sa.func.min(RenderJob.created_at, type_=RenderJob.created_at.type)).where(
        RenderJob.status == JobStatus.QUEUED
    )
    run = session.connection().execute
    return Workload(
        jobs={row.status: row.number for row in run(counts)},
        oldest_queued=run(first).scalar_one(),
        waiting_parts=_waiting_parts(session) if with_figures else 0,
        render_seconds=_render_seconds(session) if with_figures else {},
    )


def _waiting_parts(session: Session) -> int:
    statement = (
        sa.select(sa.func.count())
        .select_from(RenderTask)
        .join(RenderJob, RenderJob.id == RenderTask.job_id)
        .where(RenderJob.status.in_(ACTIVE), RenderTask.status == TaskStatus.QUEUED)
    )
    return session.connection().execute(statement).scalar_one()


def _render_seconds(session: Session) -> dict[str, float]:
    took = sorted(job.took_s for job in recent_jobs(session))
    return {"0.5": took[len(took) // 2], "1": took[-1]} if took else {}
