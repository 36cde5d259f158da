"""Asking for clips: of ranges at once, of moments once they are found; and asking for a clip again, changed."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.clock import utc_now
from app.core.ids import new_id
from app.core.pagination import PageRequest, Position, Slice, cut, keyset
from app.engine.client import EngineClient
from app.modules.videos.assets import Videos
from app.modules.videos.clips.drafting import (
    Range,
    Source,
    check_exact,
    check_length,
    checked,
    composition_of,
    range_of,
)
from app.modules.videos.clips.moments import Candidate, Reason, Wish
from app.modules.videos.clips.presets import Platform
from app.modules.videos.clips.rendered import conformance_of, framing_of
from app.modules.videos.clips.schemas import (
    CandidateOut,
    ChangeClip,
    ClipOut,
    ClipsOrdered,
    ClipStyle,
    CreateClips,
    SearchOut,
)
from app.modules.videos.clips.transcripts import Transcripts, text_of
from app.modules.videos.errors import InvalidClip, NotReady, NotRenderable, SearchNotFound
from app.modules.videos.models import ClipSearch, ClipVariant, Kind, Revision, SearchStatus, Video, VideoStatus
from app.modules.videos.renders import Ordered, Renders, new_video, video_of
from app.modules.videos.scenery import SaidWord
from app.modules.videos.schemas import Failure
from app.modules.videos.webinars import brands
from app.modules.videos.webinars.sources import recording_asset

#: So much of a search has to be done before it is told how long the rest will take.
_TOLD_FROM = 0.05
_STYLE = set(ClipStyle.model_fields)


class Clips:
    def __init__(self, *, renders: Renders, transcripts: Transcripts, videos: Videos, engine: EngineClient) -> None:
        self._renders, self._transcripts, self._videos, self._engine = renders, transcripts, videos, engine

    def ask(self, session: Session, workspace_id: str, video_id: str, wanted: CreateClips) -> ClipsOrdered:
        """Clips of ranges, or a search. Raises VideoNotFound, NotReady, InvalidClip, and when credits lack."""
        source = self.source(session, workspace_id, video_id)
        if wanted.ranges is None:
            search = self._search(session, workspace_id, video_id, wanted, source)
            return ClipsOrdered(clips=[], candidates=[], search=search_out(search))
        ranges = [range_of(each, source) for each in wanted.ranges]
        if wanted.dry_run:
            return ClipsOrdered(clips=[], candidates=[_chosen(each, source) for each in ranges], search=None)
        made = [
            self.add(session, workspace_id, video_id, source, each, platform, wanted)
            for each in ranges
            for platform in wanted.platforms
        ]
        clips = [self.get(session, workspace_id, ordered.video.id) for ordered in made]
        return ClipsOrdered(clips=clips, candidates=[], search=None)

    def source(self, session: Session, workspace_id: str, video_id: str) -> Source:
        """What a video is cut from, as it is now. Raises VideoNotFound, NotReady."""
        video = video_of(session, workspace_id, video_id)
        if video.status != VideoStatus.READY or video.revision is None:
            raise NotReady(f"The video is {video.status}. Clips can be cut from it once it is ready.")
        revision = session.get_one(Revision, (video.id, video.revision))
        return Source(
            asset=recording_asset(session, workspace_id, video_id),
            title=video.title,
            fps=revision.fps,
            transcript=self._transcripts.get(session, workspace_id, video_id),
            brand=brands.resolved(session, workspace_id, None),
        )

    def add(
        self,
        session: Session,
        workspace_id: str,
        parent_id: str,
        source: Source,
        part: Range,
        platform: Platform,
        style: ClipStyle,
        *,
        score: int | None = None,
        reasons: Sequence[Reason] = (),
    ) -> Ordered:
        """One clip and its job. Raises InvalidClip, and when credits lack."""
        composition = composition_of(source, part.start_ms, part.end_ms, platform, style)
        metadata, tags = (style.metadata or {}, style.tags) if isinstance(style, CreateClips) else ({}, ())
        video = new_video(workspace_id, part.title, metadata, tags, kind=Kind.CLIP)
        video.parent_id = parent_id
        ordered = self._renders.add(session, video, composition)
        session.add(
            ClipVariant(
                video_id=video.id,
                workspace_id=workspace_id,
                source_id=parent_id,
                start_ms=part.start_ms,
                end_ms=part.end_ms,
                score=score,
                reasons=[reason.model_dump(mode="json") for reason in reasons],
                caption=part.caption,
                wanted={"platform": platform, **style.model_dump(mode="json", include=_STYLE)},
                created_at=video.created_at,
            )
        )
        session.flush()
        return ordered

    def change(self, session: Session, workspace_id: str, clip_id: str, wanted: ChangeClip) -> ClipOut:
        """A new revision of a clip. Raises VideoNotFound, NotRenderable, RenderInProgress, and as ``ask``."""
        video = video_of(session, workspace_id, clip_id, lock=True)
        variant = self._variant(session, video)
        source = self.source(session, workspace_id, variant.source_id)
        start_ms = variant.start_ms if wanted.start is None else round(wanted.start * 1000)
        end_ms = variant.end_ms if wanted.end is None else round(wanted.end * 1000)
        checked(start_ms, end_ms, source.asset.duration_ms)
        platform = wanted.platform or Platform(variant.wanted["platform"])
        style = _merged(variant.wanted, wanted)
        self._renders.replace(session, video, composition_of(source, start_ms, end_ms, platform, style))
        variant.start_ms, variant.end_ms = start_ms, end_ms
        variant.wanted = {"platform": platform, **style.model_dump(mode="json", include=_STYLE)}
        session.flush()
        return self.get(session, workspace_id, clip_id)

    def get(self, session: Session, workspace_id: str, clip_id: str) -> ClipOut:
        """Raises VideoNotFound, NotRenderable for what is no clip."""
        video = video_of(session, workspace_id, clip_id)
        variant = self._variant(session, video)
        revision = session.get(Revision, (video.id, video.revision)) if video.revision is not None else None
        platform = Platform(variant.wanted["platform"])
        return ClipOut(
            id=variant.video_id,
            parent_id=variant.source_id,
            start=variant.start_ms / 1000,
            end=variant.end_ms / 1000,
            platform=platform,
            score=variant.score,
            reasons=[Reason.model_validate(reason) for reason in variant.reasons],
            caption=variant.caption,
            framing=framing_of(revision) if revision is not None else [],
            conformance=conformance_of(revision, platform) if revision is not None else [],
            video=self._videos.get(session, workspace_id, clip_id),
        )

    def list(self, session: Session, workspace_id: str, video_id: str, page: PageRequest) -> Slice[ClipOut]:
        """Those of a video, newest first. Raises VideoNotFound."""
        video_of(session, workspace_id, video_id)
        query = sa.select(ClipVariant.video_id, ClipVariant.created_at).where(
            ClipVariant.workspace_id == workspace_id, ClipVariant.source_id == video_id
        )
        rows = session.execute(keyset(query, ClipVariant.created_at, ClipVariant.video_id, page)).all()
        found = cut(rows, page, lambda row: Position(key=row.created_at, id=row.video_id))
        return found.map(lambda row: self.get(session, workspace_id, row.video_id))

    def keep_words(
        self, session: Session, workspace_id: str, video_id: str, words: Sequence[SaidWord]
    ) -> Sequence[SaidWord]:
        """What was written down, unless a transcript is there by now; returns the one that counts."""
        known = self._transcripts.get(session, workspace_id, video_id)
        if known.words or not words:
            return known.words
        return self._transcripts.put(session, workspace_id, video_id, words, None).words

    # searches --------------------------------------------------------------------------------------------------------

    def _search(
        self, session: Session, workspace_id: str, video_id: str, wanted: CreateClips, source: Source
    ) -> ClipSearch:
        least = round(wanted.min_seconds * 1000)
        if least > source.asset.duration_ms:
            raise InvalidClip(
                f"The video lasts {source.asset.duration_ms / 1000:g} s, less than the {wanted.min_seconds:g} s that "
                "each clip is to last at least. Ask for shorter clips (min_seconds)."
            )
        if wanted.topics and not source.transcript.words:
            raise InvalidClip(
                "It is not known what is said in the video, so topics cannot be found. Put its transcript first, or "
                "leave out the topics."
            )
        check_exact(source, wanted)
        for platform, length in product(wanted.platforms, (least, round(wanted.max_seconds * 1000))):
            check_length(platform, length)
        search = ClipSearch(
            id=new_id(),
            workspace_id=workspace_id,
            video_id=video_id,
            status=SearchStatus.QUEUED,
            wanted=wanted.model_dump(mode="json"),
            candidates=[],
            clip_ids=[],
            notes=[],
            created_at=utc_now(),
        )
        session.add(search)
        session.flush()
        self._engine.enqueue(session, "moments", search.id, id=search.id, workspace_id=workspace_id)
        return search

    def find(self, session: Session, workspace_id: str, search_id: str) -> SearchOut:
        """Raises SearchNotFound."""
        search = session.get(ClipSearch, search_id)
        if search is None or search.workspace_id != workspace_id:
            raise SearchNotFound("There is no such search for clips in this workspace.")
        return search_out(search)

    @staticmethod
    def _variant(session: Session, video: Video) -> ClipVariant:
        variant = session.get(ClipVariant, video.id)
        if variant is None:
            raise NotRenderable("This video is no clip.")
        return variant


def wish_of(wanted: CreateClips) -> Wish:
    return Wish(
        count=wanted.count or 1,
        least_ms=round(wanted.min_seconds * 1000),
        most_ms=round(wanted.max_seconds * 1000),
        topics=tuple(wanted.topics),
    )


def search_out(search: ClipSearch) -> SearchOut:
    failed = search.error_code is not None
    return SearchOut(
        id=search.id,
        video_id=search.video_id,
        status=SearchStatus(search.status),
        progress=search.progress,
        eta_seconds=_left(search),
        created_at=search.created_at,
        finished_at=search.finished_at,
        dry_run=search.wanted["dry_run"],
        candidates=[_found(Candidate.model_validate(each)) for each in search.candidates],
        clip_ids=list(search.clip_ids),
        notes=list(search.notes),
        error=Failure(code=search.error_code or "", message=search.error_message or "") if failed else None,
    )


def _left(search: ClipSearch) -> int | None:
    """Seconds, by what it has taken so far."""
    if search.status != SearchStatus.SEARCHING or search.started_at is None or search.progress < _TOLD_FROM:
        return None
    so_far = (utc_now() - search.started_at).total_seconds()
    return round(so_far / search.progress * (1 - search.progress))


def _found(candidate: Candidate) -> CandidateOut:
    return CandidateOut(
        start=candidate.start_ms / 1000,
        end=candidate.end_ms / 1000,
        score=candidate.score,
        reasons=list(candidate.reasons),
        title=candidate.title,
        caption=candidate.caption,
        text=candidate.text,
    )


def _chosen(part: Range, source: Source) -> CandidateOut:
    return CandidateOut(
        start=part.start_ms / 1000,
        end=part.end_ms / 1000,
        score=None,
        reasons=[],
        title=part.title,
        caption=part.caption,
        text=text_of(source.transcript.within(part.start_ms, part.end_ms)),
    )


def _merged(before: dict[str, Any], wanted: ChangeClip) -> ClipStyle:
    """What is not sent stays as it was."""
    sent = wanted.model_dump(mode="json", include=_STYLE & wanted.model_fields_set)
    return ClipStyle.model_validate({name: before[name] for name in _STYLE if name in before} | sent)
