"""Which output of a video is the one that is shown."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app.core.clock import utc_now
from app.media.time import millisecond_at, parse_rate
from app.modules.videos.models import Revision, Video
from app.modules.videos.texts import note_transcript


def show_revision(session: Session, video: Video, revision: Revision) -> None:
    """The video is this revision from now on: in lists by its duration, in searches by its script, if it has one.

    The status is the caller's: another render may be running.
    """
    video.revision, video.updated_at = revision.number, utc_now()
    video.duration_ms = millisecond_at(revision.frames, parse_rate(revision.fps))
    script = script_of(revision.composition)
    if script is not None:
        note_transcript(session, video, script)


def script_of(composition: dict[str, Any]) -> str | None:
    """All that is said, or None when nothing was to be: an upload's words are not known from how it was made."""
    scenes = composition.get("scenes")
    return "\n".join(scene["script"] for scene in scenes) if scenes else None
