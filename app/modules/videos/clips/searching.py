"""One search from beginning to end: the video is listened to, its moments are scored, and those that are worth it
become clips. A small workflow of its own; every effect is a step.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from app.core.clock import utc_now
from app.core.database import Database
from app.engine.durable import Durable, WorkFailed
from app.media.children import Limits
from app.modules.videos.clips.drafting import Range, Source
from app.modules.videos.clips.moments import Candidate, Wish
from app.modules.videos.clips.presets import Platform
from app.modules.videos.clips.ranking import SHOWN_FOR_EACH, Ranker, RankingFailed
from app.modules.videos.clips.schemas import CreateClips
from app.modules.videos.clips.service import Clips, wish_of
from app.modules.videos.errors import InvalidClip
from app.modules.videos.models import ClipSearch, SearchStatus
from app.modules.videos.pipeline.progress import now_and_then
from app.modules.videos.pipeline.watch import Flows
from app.modules.videos.pipeline.workshop import JobEnded, Making, Workshop
from app.modules.videos.scenery import Asset, SaidWord

SEARCH_DEADLINE_S = 3600.0
#: A small model takes as long as the recording lasts on a slow core.
TRANSCRIBE_DEADLINE_S = 8 * 3600.0
RANKING_DEADLINE_S = 300.0
_TRANSCRIBING = Limits(memory_mb=16_384, cpu_s=int(TRANSCRIBE_DEADLINE_S))
_MOST = 500
#: Of a search that has to write down first what is said.
_WRITTEN_DOWN = 0.9
Json = dict[str, Any]
log = structlog.get_logger(__name__)


class SearchWorkflow:
    def __init__(self, *, durable: Durable, steps: SearchSteps) -> None:
        self._durable, self._steps = durable, steps

    async def moments(self, search_id: str) -> None:
        """Find the moments of a search, and order clips of them, or say why not."""
        try:
            begun = await self._durable.step(self._steps.begin, search_id)
            if begun["model"] is not None and not begun["words"]:
                words = await self._durable.long_step(
                    lambda: self._steps.transcribe(search_id, begun),
                    name="transcribe",
                    deadline_s=TRANSCRIBE_DEADLINE_S,
                )
                begun["words"] = await self._durable.step(self._steps.keep_words, search_id, words)
            found = await self._durable.long_step(
                lambda: self._steps.find(search_id, begun), name="find", deadline_s=SEARCH_DEADLINE_S
            )
            ranked = await self._durable.long_step(
                lambda: self._steps.rank(begun, found), name="rank", deadline_s=RANKING_DEADLINE_S
            )
            await self._durable.step(self._steps.order, search_id, ranked["candidates"], ranked["notes"])
        except WorkFailed as error:
            await self._durable.step(self._steps.fail, search_id, error.code, str(error))


class SearchSteps:
    """``whisper``: the folder of a model, for videos of which nobody knows what is said. ``ranker``: who is asked for
    the order of the moments.
    """

    def __init__(
        self,
        workshop: Workshop,
        making: Making,
        clips: Clips,
        *,
        whisper: Path | None = None,
        ranker: Ranker | None = None,
    ) -> None:
        self._at, self._making, self._clips = workshop, making, clips
        self._whisper, self._ranker = whisper, ranker

    def begin(self, search_id: str) -> Json:
        """``{"asset", "words", "wish", "model"}`` of the search. Raises JobEnded when its video was deleted."""
        with self._at.database.session_scope() as session:
            search = session.get(ClipSearch, search_id)
            if search is None:
                raise JobEnded("The video was deleted.")
            search.status, search.progress = SearchStatus.SEARCHING, 0.0
            search.started_at = search.started_at or utc_now()
            source = self._clips.source(session, search.workspace_id, search.video_id)
            wish = wish_of(CreateClips.model_validate(search.wanted))
        unheard = source.asset.has_sound and not source.transcript.words
        return {
            "asset": source.asset.model_dump(mode="json"),
            "words": [word.model_dump(mode="json") for word in source.transcript.words],
            "wish": wish.model_dump(mode="json"),
            "model": str(self._whisper) if self._whisper is not None and unheard else None,
        }

    async def transcribe(self, search_id: str, begun: Json) -> list[Json]:
        """What is said, word by word. Raises WhisperMissing."""
        asset = Asset.model_validate(begun["asset"])
        async with self._making.processor, self._making.blob(asset.blob) as path:
            task = {"path": str(path), "model": begun["model"], "duration_ms": asset.duration_ms}
            name = "app.modules.videos.clips.children:write_down"
            told = self._reporter(search_id, 0.0, _WRITTEN_DOWN)
            done = await self._making.run(name, task, TRANSCRIBE_DEADLINE_S, told, _TRANSCRIBING)
            return done.result["words"]

    def keep_words(self, search_id: str, found: list[Json]) -> list[Json]:
        """Once for the video, unless somebody has put a transcript meanwhile; returns what counts from now on."""
        with self._at.database.session_scope() as session:
            search = session.get(ClipSearch, search_id)
            if search is None:
                raise JobEnded("The video was deleted.")
            words = [SaidWord.model_validate(word) for word in found]
            kept = self._clips.keep_words(session, search.workspace_id, search.video_id, words)
        return [word.model_dump(mode="json") for word in kept]

    async def find(self, search_id: str, begun: Json) -> list[Json]:
        """The candidates, best first; more than are wanted where somebody else has the last word."""
        asset, wish = Asset.model_validate(begun["asset"]), Wish.model_validate(begun["wish"])
        if self._ranks(begun):
            wish = wish.model_copy(update={"count": SHOWN_FOR_EACH * wish.count})
        async with self._making.processor, self._making.blob(asset.blob) as path:
            task = {**begun, "path": str(path), "wish": wish.model_dump(mode="json")}
            name = "app.modules.videos.clips.children:find_moments"
            told = self._reporter(search_id, 0.0 if begun["model"] is None else _WRITTEN_DOWN, 1.0)
            return (await self._making.run(name, task, SEARCH_DEADLINE_S, told)).result["candidates"]

    def _reporter(self, search_id: str, start: float, stop: float) -> Callable[[float], None]:
        """For a child whose work is this part of the search."""
        return now_and_then(lambda share: self.tell(search_id, start + (stop - start) * share))

    def tell(self, search_id: str, progress: float) -> None:
        """How much of it is done, unless it has ended."""
        at_work = (ClipSearch.id == search_id, ClipSearch.status == SearchStatus.SEARCHING)
        with self._at.database.session_scope() as session:
            session.execute(sa.update(ClipSearch).where(*at_work).values(progress=progress))

    def _ranks(self, begun: Json) -> bool:
        return self._ranker is not None and bool(begun["words"])

    async def rank(self, begun: Json, found: list[Json]) -> Json:
        """``{"candidates", "notes"}``: as many as are wanted, in the ranker's order if there is one and it answers."""
        candidates, count = [Candidate.model_validate(each) for each in found], begun["wish"]["count"]
        notes = list[str]()
        if self._ranker is not None and self._ranks(begun):
            try:
                candidates = await self._ranker.ranked(candidates, count)
            except RankingFailed as error:
                log.warning("ranking failed", reason=str(error))
                notes.append(f"The moments are in our own order: {self._ranker.model} was asked, but {error}.")
        return {"candidates": [each.model_dump(mode="json") for each in candidates[:count]], "notes": notes}

    def order(self, search_id: str, found: list[Json], ranking: list[str]) -> None:
        """Clips of all candidates in one commit, which also ends the search; none of a dry run."""
        candidates = [Candidate.model_validate(each) for each in found]
        with self._at.database.session_scope() as session:
            search = session.get(ClipSearch, search_id, with_for_update=True)
            if search is None or search.status != SearchStatus.SEARCHING:
                return
            wanted = CreateClips.model_validate(search.wanted)
            source = self._clips.source(session, search.workspace_id, search.video_id)
            notes, made = ranking + _notes(candidates, wanted, spoken=bool(source.transcript.words)), list[str]()
            for each, platform in product(candidates, () if wanted.dry_run else wanted.platforms):
                try:
                    made.append(self._clip(session, search, source, each, platform, wanted))
                except InvalidClip as error:  # what is left of one, cleaned, may be too short for a platform
                    notes.append(f"{each.title}: {error}")
            search.candidates, search.clip_ids, search.notes = found, made, notes
            search.status, search.progress, search.finished_at = SearchStatus.SUCCEEDED, 1.0, utc_now()

    def _clip(
        self,
        session: Session,
        search: ClipSearch,
        source: Source,
        found: Candidate,
        platform: Platform,
        wanted: CreateClips,
    ) -> str:
        part = Range(start_ms=found.start_ms, end_ms=found.end_ms, title=found.title[:200], caption=found.caption)
        ordered = self._clips.add(
            session,
            search.workspace_id,
            search.video_id,
            source,
            part,
            platform,
            wanted,
            score=found.score,
            reasons=found.reasons,
        )
        return ordered.video.id

    def fail(self, search_id: str, code: str, message: str) -> None:
        fail_search(self._at.database, search_id, code=code, message=message)


def fail_search(database: Database, search_id: str, *, code: str, message: str) -> bool:
    """End a search with its reason, unless it has ended."""
    with database.session_scope() as session:
        search = session.get(ClipSearch, search_id, with_for_update=True)
        if search is None or search.status in (SearchStatus.SUCCEEDED, SearchStatus.FAILED):
            return False
        search.status, search.finished_at = SearchStatus.FAILED, utc_now()
        search.error_code, search.error_message = code, message[:2000]
    return True


class SearchWatch:
    """Ends searches whose work ended without a word: run every few seconds by every worker."""

    def __init__(self, *, database: Database, flows: Flows) -> None:
        self._database, self._flows = database, flows

    def look(self) -> None:
        going_on = (SearchStatus.QUEUED, SearchStatus.SEARCHING)
        query = sa.select(ClipSearch.id).where(ClipSearch.status.in_(going_on)).order_by(ClipSearch.created_at)
        with self._database.read_scope() as session:
            ids = list(session.scalars(query.limit(_MOST)))
        for search_id, how in self._flows.ended(ids).items():
            message = f"The engine ended the search ({how}) before it was finished. Ask for the clips again."
            if fail_search(self._database, search_id, code="engine_failed", message=message):
                log.error("search had been abandoned", search=search_id, how=how)


def _notes(candidates: list[Candidate], wanted: CreateClips, *, spoken: bool) -> list[str]:
    notes = list[str]()
    if not spoken:
        notes.append(
            "It is not known what is said in this video, so moments were found from sound and picture alone, and have "
            "no captions. Put its transcript (PUT /api/v1/videos/{id}/transcript) for better ones, or set up a Whisper "
            "model (docs/clips.md)."
        )
    if len(candidates) < (wanted.count or 0):
        notes.append(
            f"{len(candidates)} of {wanted.count} moments were found: there are no more in the video that differ and "
            f"last {wanted.min_seconds:g} to {wanted.max_seconds:g} s."
        )
    return notes
