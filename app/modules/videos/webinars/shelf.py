"""What an order takes out of its workspace's library."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.modules.videos.errors import InvalidWebinar
from app.modules.videos.files import file_of
from app.modules.videos.scenery import Asset, Clip
from app.modules.videos.webinars.schemas import AudioIn, RecordingIn, SlideIn
from app.modules.videos.webinars.sources import (
    captions_asset,
    image_asset,
    page_asset,
    pages_of,
    recording_asset,
    sound_asset,
)

SHORTEST_MS = 200
#: In the frames of the slowest rate: what a recording may be short of what is asked of it.
ROUNDING_MS = 50


class Shelf:
    """``used``: the videos that were taken. Everything raises FileNotFound, VideoNotFound or InvalidWebinar."""

    def __init__(self, session: Session, workspace_id: str) -> None:
        self._session, self.workspace_id = session, workspace_id
        self.used: set[str] = set()

    def recording(self, video_id: str) -> Asset:
        asset = recording_asset(self._session, self.workspace_id, video_id)
        self.used.add(video_id)
        return asset

    def captions(self, video_id: str) -> Asset | None:
        return captions_asset(self._session, self.workspace_id, video_id)

    def run(self, wanted: RecordingIn) -> Clip:
        clip = _run(self.recording(wanted.video_id), wanted.start, wanted.end)
        return clip.model_copy(update={"captions": self.captions(wanted.video_id)})

    def sound(self, file_id: str) -> Asset:
        return sound_asset(self._session, self.workspace_id, file_id)

    def heard(self, wanted: AudioIn) -> Clip:
        return _run(self.sound(wanted.file_id), wanted.start, wanted.end)

    def image(self, file_id: str) -> Asset:
        return image_asset(self._session, self.workspace_id, file_id)

    def slide(self, wanted: SlideIn) -> Asset:
        """A page of another deck, or an image."""
        file = file_of(self._session, self.workspace_id, wanted.file_id)
        if file.kind != "deck":
            return self.image(wanted.file_id)
        pages = pages_of(self._session, self.workspace_id, wanted.file_id)
        if wanted.page > len(pages):
            raise InvalidWebinar(f"it is to show page {wanted.page} of {file.name}, which has {len(pages)}")
        return page_asset(pages[wanted.page - 1])


def long_enough(duration_ms: int) -> int:
    """The length of a scene. Raises InvalidWebinar."""
    if duration_ms < SHORTEST_MS:
        raise InvalidWebinar(
            f"it would last {duration_ms / 1000:g} s; the shortest scene lasts {SHORTEST_MS / 1000:g} s"
        )
    return duration_ms


def in_text(asset: Asset) -> str:
    """Its origin, within a sentence."""
    return asset.origin[0].lower() + asset.origin[1:]


def _run(asset: Asset, start: float, end: float | None) -> Clip:
    start_ms = round(start * 1000)
    stop_ms = asset.duration_ms if end is None else round(end * 1000)
    if stop_ms > asset.duration_ms + ROUNDING_MS or start_ms >= asset.duration_ms:
        raise InvalidWebinar(
            f"it is to use {start:g} to {stop_ms / 1000:g} s of {in_text(asset)}, which lasts "
            f"{asset.duration_ms / 1000:g} s"
        )
    long_enough(stop_ms - start_ms)
    return Clip(asset=asset, start_ms=start_ms, stop_ms=stop_ms)
