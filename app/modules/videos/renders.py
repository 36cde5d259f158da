"""Asking for renders: new videos, other versions of a video, and cancelling.

Each request is one transaction: video, job, credit hold and the work in the queue exist together or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.avatars.base import AvatarProvider, Delivery, Providers, configured
from app.core.clock import utc_now
from app.core.ids import new_id
from app.engine.client import EngineClient
from app.modules.credits.service import Credits
from app.modules.videos.adjusting import adjustments
from app.modules.videos.composition import (
    AspectRatio,
    Captions,
    Composition,
    FrameRate,
    Picture,
    Resolution,
    Scene,
    Speaker,
)
from app.modules.videos.errors import (
    AvatarNotFound,
    JobFinished,
    JobNotFound,
    NotRenderable,
    RenderInProgress,
    VideoNotFound,
)
from app.modules.videos.models import (
    AvatarProfile,
    JobStatus,
    Kind,
    RenderJob,
    Revision,
    Source,
    Stage,
    Video,
    VideoStatus,
)
from app.modules.videos.pipeline.settle import ACTIVE, Settlement
from app.modules.videos.pricing import expected_seconds, quote
from app.modules.videos.providers.listed_profiles import refuse_unusable
from app.modules.videos.texts import note_transcript
from app.speech.script import clean_script


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a new video should be. ``None`` leaves the choice to the avatar profile."""

    script: str
    avatar_id: str
    voice_id: str | None = None
    aspect_ratio: AspectRatio = AspectRatio.WIDE
    resolution: Resolution = Resolution.P1080
    fps: FrameRate = FrameRate.R25
    background: str | None = None
    captions: Captions = Captions.SIDECAR
    title: str | None = None
    metadata: dict[str, Any] | None = None
    tags: tuple[str, ...] | list[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a re-render should do differently; ``None`` keeps what the video has."""

    script: str | None = None
    avatar_id: str | None = None
    voice_id: str | None = None
    aspect_ratio: AspectRatio | None = None
    resolution: Resolution | None = None
    fps: FrameRate | None = None
    background: str | None = None
    captions: Captions | None = None
    as_copy: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """A video and the job that is to make it."""

    video: Video
    job: RenderJob


class Renders:
    def __init__(
        self,
        *,
        engine: EngineClient,
        credits: Credits,  # noqa: A002 - the field's own word
        settlement: Settlement,
        providers: Providers,
    ) -> None:
        self._engine, self._credits, self._settlement, self._providers = engine, credits, settlement, providers

    def create(self, session: Session, workspace_id: str, order: Order) -> Ordered:
        """A new presenter video. Raises when script, avatar, voice or background cannot be used, or credits lack."""
        speaker = self.speaker(session, workspace_id, order.avatar_id, order.voice_id, order.background)
        composition = Composition(
            picture=Picture(aspect_ratio=order.aspect_ratio, resolution=order.resolution, fps=order.fps),
            scenes=(self.scene(order.script, speaker),),
            captions=order.captions,
        )
        video = new_video(workspace_id, order.title or _title_of(composition), order.metadata or {}, order.tags)
        return self.add(session, video, composition)

    def render_again(self, session: Session, workspace_id: str, video_id: str, change: Change) -> Ordered:
        """A new revision of the same id, or with ``as_copy`` a new video. What did not change is not made again."""
        video = video_of(session, workspace_id, video_id, lock=True)
        if video.kind == Kind.CLIP:
            raise NotRenderable("This is a clip. Send what is to be different to PUT /api/v1/videos/clips/{id}.")
        before = last_composition(session, video)
        composition = self._changed(session, workspace_id, before, change)
        if change.as_copy:
            copy = new_video(workspace_id, video.title, dict(video.details), video.tags)
            return self.add(session, copy, composition)
        return self.replace(session, video, composition)

    def replace(self, session: Session, video: Video, composition: Composition) -> Ordered:
        """A new revision of a video, whose row the caller has locked. Raises RenderInProgress."""
        if active_job(session, video) is not None:
            raise RenderInProgress(
                "This video is being rendered. Wait for the job to end, or cancel it, then ask again."
            )
        return self._render(session, video, composition)

    def cancel(self, session: Session, workspace_id: str, job_id: str) -> RenderJob:
        """End a job now and give its credits back. The caller stops the engine's work after the commit (``stop``)."""
        job = job_of(session, workspace_id, job_id)
        if not self._settlement.cancel(session, job):
            raise JobFinished(f"The job has already ended: it is {job.status}.", extra={"status": job.status})
        return job

    def stop(self, job_id: str) -> None:
        """Stop the engine's work on a job that has ended; running children are killed within two seconds."""
        self._engine.cancel(job_id)

    def add(self, session: Session, video: Video, composition: Composition) -> Ordered:
        """A new video and the job that makes it. Raises when credits lack."""
        session.add(video)
        note_transcript(session, video, composition.script)
        return self._render(session, video, composition)

    def _render(self, session: Session, video: Video, composition: Composition) -> Ordered:
        video.last_revision += 1
        video.status, video.updated_at = VideoStatus.RENDERING, utc_now()
        job = RenderJob(
            id=new_id(),
            workspace_id=video.workspace_id,
            video_id=video.id,
            status=JobStatus.QUEUED,
            stage=Stage.QUEUED,
            composition=composition.model_dump(mode="json"),
            revision=video.last_revision,
            credits_held=quote(composition),
            expected_s=expected_seconds(composition),
            adjustments=adjustments(composition, self._providers.of(video.workspace_id)),
            created_at=utc_now(),
        )
        session.flush()
        session.add(job)
        session.flush()
        self._credits.hold(session, workspace_id=video.workspace_id, job_id=job.id, amount=job.credits_held)
        self._engine.enqueue(session, "render", job.id, id=job.id, workspace_id=job.workspace_id)
        return Ordered(video=video, job=job)

    def scene(self, script: str, speaker: Speaker) -> Scene:
        """Somebody who says a script. Raises when it cannot be said."""
        return Scene(script=clean_script(script), speaker=speaker)

    def speaker(
        self, session: Session, workspace_id: str, avatar_id: str, voice_id: str | None, background: str | None
    ) -> Speaker:
        """Who an avatar profile stands for. Raises for what is not there, not any more, or does not fit together."""
        profile = avatar_of(session, workspace_id, avatar_id)
        speaker = _speaker(profile, voice_id, background).model_copy(
            update={"fallbacks": tuple(_speaker(avatar_of(session, workspace_id, each)) for each in profile.fallbacks)}
        )
        for fallback in speaker.fallbacks:
            self._checked(workspace_id, fallback)
        refuse_unusable(session, workspace_id, speaker.provider, speaker.provider_avatar_id)
        return self._checked(workspace_id, speaker)

    def times_words(self, workspace_id: str, speaker: Speaker) -> bool:
        """Whether it is known when each word is said."""
        return self._provider(workspace_id, speaker).capabilities.delivery is Delivery.PERFORMANCE

    def _checked(self, workspace_id: str, speaker: Speaker) -> Speaker:
        """The speaker itself, unless the provider has something against it."""
        self._provider(workspace_id, speaker).check(
            avatar=speaker.provider_avatar_id, voice=speaker.voice_id, background=speaker.background
        )
        return speaker

    def _provider(self, workspace_id: str, speaker: Speaker) -> AvatarProvider:
        return configured(self._providers.of(workspace_id), speaker.provider)

    def _changed(self, session: Session, workspace_id: str, before: Composition, change: Change) -> Composition:
        old = before.speaker.wanted if before.speaker is not None else None
        if old is None or len(before.scenes) > 1:
            raise NotRenderable(
                "This is a webinar. Send it as it is to be from now on to PUT /api/v1/videos/webinars/{id}: only what "
                "changed is made again."
            )
        if change.avatar_id is not None and change.avatar_id != old.avatar_id:
            speaker = self.speaker(session, workspace_id, change.avatar_id, change.voice_id, change.background)
        else:
            # As it was, also when the profile has changed since, or is gone.
            given = {"voice_id": change.voice_id, "background": change.background}
            again = old.model_copy(update={name: value for name, value in given.items() if value})
            speaker = self._checked(workspace_id, again)
        picture = Picture(
            aspect_ratio=change.aspect_ratio or before.picture.aspect_ratio,
            resolution=change.resolution or before.picture.resolution,
            fps=change.fps or before.picture.fps,
        )
        script = before.script if change.script is None else change.script
        scene = self.scene(script, speaker)
        changed = Composition(picture=picture, scenes=(scene,), captions=before.captions)
        if changed != before:  # else its takes are there already
            refuse_unusable(session, workspace_id, speaker.provider, speaker.provider_avatar_id)
        return changed.model_copy(update={"captions": change.captions or before.captions})


def video_of(session: Session, workspace_id: str, video_id: str, *, lock: bool = False) -> Video:
    """Raises ``VideoNotFound``, also for another workspace's video."""
    query = sa.select(Video).where(Video.id == video_id, Video.workspace_id == workspace_id)
    video = session.scalars(query.with_for_update() if lock else query).one_or_none()
    if video is None:
        raise VideoNotFound("There is no such video in this workspace.")
    return video


def job_of(session: Session, workspace_id: str, job_id: str) -> RenderJob:
    query = sa.select(RenderJob).where(RenderJob.id == job_id, RenderJob.workspace_id == workspace_id)
    job = session.scalars(query).one_or_none()
    if job is None:
        raise JobNotFound("There is no such render job in this workspace.")
    return job


def avatar_of(session: Session, workspace_id: str, avatar_id: str) -> AvatarProfile:
    profile = session.get(AvatarProfile, avatar_id)
    if profile is None or profile.workspace_id not in (None, workspace_id):
        raise AvatarNotFound(
            f"There is no avatar {avatar_id!r} in this workspace. GET /api/v1/videos/avatars lists them."
        )
    return profile


def _speaker(profile: AvatarProfile, voice_id: str | None = None, background: str | None = None) -> Speaker:
    return Speaker(
        avatar_id=profile.id,
        provider=profile.provider,
        provider_avatar_id=profile.provider_avatar_id,
        voice_id=voice_id or profile.voice_id,
        background=background or profile.background,
    )


def active_job(session: Session, video: Video) -> RenderJob | None:
    query = sa.select(RenderJob).where(RenderJob.video_id == video.id, RenderJob.status.in_(ACTIVE)).limit(1)
    return session.scalars(query).first()


def last_composition(session: Session, video: Video) -> Composition:
    """That of the revision being shown, else that of the last attempt. Raises NotRenderable."""
    if video.source == Source.UPLOADED:
        raise NotRenderable("This video was uploaded, so there is no script to render again.")
    shown = session.get(Revision, (video.id, video.revision)) if video.revision is not None else None
    if shown is not None:
        return Composition.model_validate(shown.composition)
    query = sa.select(RenderJob).where(RenderJob.video_id == video.id).order_by(RenderJob.revision.desc()).limit(1)
    job = session.scalars(query).first()
    if job is None:
        raise NotRenderable("This video has never been rendered, so there is nothing to render again.")
    return Composition.model_validate(job.composition)


def new_video(
    workspace_id: str,
    title: str,
    metadata: dict[str, Any],
    tags: Iterable[str] = (),
    *,
    kind: Kind = Kind.AVATAR,
    status: VideoStatus = VideoStatus.RENDERING,
) -> Video:
    moment = utc_now()
    return Video(
        id=new_id(),
        workspace_id=workspace_id,
        kind=kind,
        source=kind.source,
        status=status,
        title=title,
        details=metadata,
        tags=list(tags),
        last_revision=0,
        created_at=moment,
        updated_at=moment,
    )


def _title_of(composition: Composition) -> str:
    """The script's first words."""
    words = composition.scenes[0].script.split()
    title = " ".join(words[:9])
    return (title if len(words) <= 9 else f"{title}…")[:200]
