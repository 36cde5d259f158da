"""What is said in a video, and when: from the best source there is.

Somebody's own transcript comes first; then that of the script of a generated video; then captions that came with a
recording, of which each word takes its share of the time in which they are shown. Else nobody knows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from sqlalchemy.orm import Session

from app.core.clock import utc_now
from app.media.captions import CaptionWord, running_text
from app.media.tracks import cues_in
from app.modules.videos.errors import InvalidTranscript
from app.modules.videos.models import Revision, StoredTranscript, Video
from app.modules.videos.pipeline.said import spread
from app.modules.videos.renders import video_of
from app.modules.videos.scenery import SaidWord
from app.modules.videos.texts import note_transcript
from app.storage.base import BlobStore

MOST_WORDS = 200_000


class TranscriptSource(StrEnum):
    EDITED = "edited"
    SCRIPT = "script"
    CAPTIONS = "captions"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """``exact``: each word's own time is known, not only that of the caption in which it is."""

    source: TranscriptSource
    words: tuple[SaidWord, ...] = ()
    language: str | None = None
    exact: bool = False

    @property
    def text(self) -> str:
        return text_of(self.words)

    def within(self, start_ms: int, end_ms: int) -> tuple[SaidWord, ...]:
        """The words of a range, by their middles."""
        return tuple(word for word in self.words if start_ms <= (word.start_ms + word.end_ms) / 2 < end_ms)


def text_of(words: Iterable[SaidWord]) -> str:
    return running_text(CaptionWord(start_ms=w.start_ms, end_ms=w.end_ms, text=w.text) for w in words)


class Transcripts:
    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs

    def get(self, session: Session, workspace_id: str, video_id: str) -> Transcript:
        """Raises VideoNotFound."""
        video = video_of(session, workspace_id, video_id)
        stored = session.get(StoredTranscript, video.id)
        if stored is not None:
            words = tuple(SaidWord(start_ms=start, end_ms=end, text=text) for start, end, text in stored.words)
            return Transcript(source=TranscriptSource.EDITED, words=words, language=stored.language, exact=stored.exact)
        revision = session.get(Revision, (video.id, video.revision)) if video.revision is not None else None
        return self._derived(revision.files) if revision is not None else Transcript(source=TranscriptSource.NONE)

    def put(
        self,
        session: Session,
        workspace_id: str,
        video_id: str,
        words: Sequence[SaidWord],
        language: str | None,
        *,
        exact: bool = True,
    ) -> Transcript:
        """In place of what was known. ``exact``: as of ``Transcript``. Raises VideoNotFound, InvalidTranscript."""
        video = video_of(session, workspace_id, video_id, lock=True)
        _check(words, video)
        stored = session.get(StoredTranscript, video.id)
        if stored is None:
            stored = StoredTranscript(video_id=video.id, workspace_id=workspace_id)
            session.add(stored)
        stored.words = [[word.start_ms, word.end_ms, word.text] for word in words]
        stored.language, stored.exact, stored.updated_at = language, exact, utc_now()
        video.updated_at = utc_now()
        note_transcript(session, video, text_of(words))
        session.flush()
        return self.get(session, workspace_id, video_id)

    def _derived(self, files: dict[str, Any]) -> Transcript:
        if "transcript-json" in files:
            with self._blobs.as_file(files["transcript-json"]["blob"]) as path:
                return _of_scenes(path)
        captions = files.get("vtt", files.get("vtt-0"))
        if captions is None:
            return Transcript(source=TranscriptSource.NONE)
        with self._blobs.as_file(captions["blob"]) as path:
            text = path.read_text("utf-8", errors="replace")
        return Transcript(source=TranscriptSource.CAPTIONS, words=tuple(_said(spread(cues_in(text)))))


def words_in(subtitles: str) -> tuple[SaidWord, ...]:
    """Those of the text of a SubRip or WebVTT file. Raises InvalidTranscript."""
    words = tuple(_said(spread(cues_in(subtitles))))
    if not words:
        raise InvalidTranscript("No subtitles were found in the text. It has to be that of an SRT or WebVTT file.")
    return words


def _of_scenes(path: Path) -> Transcript:
    scenes: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))["scenes"]
    words = tuple(
        SaidWord(start_ms=round(word["start"] * 1000), end_ms=round(word["end"] * 1000), text=word["text"])
        for scene in scenes
        for word in scene["words"]
    )
    exact = all(scene["timing"] not in ("captions", "estimated") for scene in scenes)
    return Transcript(source=TranscriptSource.SCRIPT, words=words, exact=exact)


def _said(words: Iterable[Any]) -> Iterable[SaidWord]:
    return (SaidWord(start_ms=word.start_ms, end_ms=word.end_ms, text=word.text) for word in words)


def _check(words: Sequence[SaidWord], video: Video) -> None:
    """Times that cannot be right are refused with the word at which they begin."""
    if len(words) > MOST_WORDS:
        raise InvalidTranscript(f"A transcript has at most {MOST_WORDS:,} words; this has {len(words):,}.")
    before = 0
    for number, word in enumerate(words, 1):
        name = f"Word {number} (“{word.text[:40]}”)"
        if not word.text.strip():
            raise InvalidTranscript(f"Word {number} is empty. Leave it out.")
        if word.end_ms < word.start_ms:
            raise InvalidTranscript(f"{name} ends at {word.end_ms / 1000:g} s, before it begins.")
        if word.start_ms < before:
            raise InvalidTranscript(
                f"{name} begins at {word.start_ms / 1000:g} s, before the one before it, at {before / 1000:g} s."
            )
        if video.duration_ms is not None and word.start_ms > video.duration_ms:
            raise InvalidTranscript(
                f"{name} begins at {word.start_ms / 1000:g} s, but the video lasts {video.duration_ms / 1000:g} s."
            )
        before = word.start_ms
