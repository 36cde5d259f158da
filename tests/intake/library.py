"""An installation that takes recordings in, and short recordings to give it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import sqlalchemy as sa

from app.core.pagination import PageRequest
from app.media.ffmpeg import run_ffmpeg
from app.modules.videos.library_schemas import FileOut, FilePageOut, UploadOut
from app.modules.videos.models import FileStatus, Revision, Upload, UploadTarget
from app.modules.videos.schemas import VideoOut
from app.modules.videos.uploads import Announced
from app.storage.local import LocalStore
from tests.site import Site

#: A picture in which every frame is another, and a tone.
PICTURE = ("-f", "lavfi", "-i", "testsrc2=s={size}:r={rate}:d={seconds}")
TONE = ("-f", "lavfi", "-i", "sine=440:d={seconds}")
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-pix_fmt", "yuv420p")


def record(
    target: Path,
    *options: str,
    size: str = "320x180",
    rate: str = "25",
    seconds: str = "2",
    sound: bool = True,
    noise: bool = False,
) -> Path:
    """Write a recording; ``options`` say how it is encoded. With ``noise`` its picture takes many bytes."""
    grain = ("-vf", "noise=alls=60:allf=t") if noise else ()
    given = [part.format(size=size, rate=rate, seconds=seconds) for part in (*PICTURE, *(TONE if sound else ()))]
    run_ffmpeg((*given, *grain, *(options or H264), str(target)), timeout_s=120)
    return target


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """Takes recordings in as clients would, but for the HTTP around it."""

    site: Site

    def send(self, file: Path, *, name: str | None = None, as_file: bool = False, **wanted: Any) -> UploadOut:
        """Announce a file and send all of its parts. ``as_file``: it is no recording."""
        uploads = self.site.services.uploads
        order = Announced(filename=name or file.name, size=file.stat().st_size, **wanted)
        with self.site.database.session_scope() as session:
            announce = uploads.announce_file if as_file else uploads.announce
            upload_id = announce(session, self.site.workspace_id, order).id
        shown = self.site.services.uploads.show(self.site.workspace_id, upload_id, most=200)
        content = file.read_bytes()
        for part in shown.parts:
            self._send_part(upload_id, part.number, part.url, content[part.offset :][: part.size])
        return shown

    def _send_part(self, upload_id: str, number: int, url: str, content: bytes) -> None:
        blobs = self.site.services.platform.blobs
        if isinstance(blobs, LocalStore):  # its links lead to an API, which does not run here
            with self.site.database.read_scope() as session:
                upload = session.get_one(Upload, upload_id)
            blobs.write_part(upload.blob, str(upload.multipart_id), number, iter([content]))
        else:
            httpx2.put(url, content=content).raise_for_status()

    def complete(self, upload_id: str) -> str:
        """The id of the job that takes it in."""
        self.site.services.uploads.complete(self.site.workspace_id, upload_id, UploadTarget.VIDEO)
        video = self.video(upload_id)
        assert video.render is not None
        return video.render.id

    def take_in(self, file: Path, **wanted: Any) -> VideoOut:
        """The video once its intake has ended, however."""
        upload = self.send(file, **wanted)
        self.site.wait(self.complete(upload.id))
        return self.video(upload.id)

    def video(self, video_id: str) -> VideoOut:
        with self.site.database.read_scope() as session:
            return self.site.services.videos.get(session, self.site.workspace_id, video_id)

    def take_in_file(self, file: Path, **wanted: Any) -> FileOut:
        """The file once it was looked into, however that ended."""
        return self.complete_file(self.send(file, as_file=True, **wanted).id)

    def complete_file(self, file_id: str) -> FileOut:
        self.site.services.uploads.complete(self.site.workspace_id, file_id, UploadTarget.FILE)
        self.wait_until(lambda: self.library_file(file_id).status != FileStatus.PROCESSING)
        return self.library_file(file_id)

    @staticmethod
    def wait_until(holds: Callable[[], bool], seconds: float = 120.0) -> None:
        """For what happens after a client was told that all is done."""
        deadline = time.monotonic() + seconds
        while not holds():
            assert time.monotonic() < deadline, f"not so after {seconds:g} s"
            time.sleep(0.05)

    def library_file(self, file_id: str) -> FileOut:
        with self.site.database.read_scope() as session:
            return self.site.services.files.get(session, self.site.workspace_id, file_id)

    def pages(self, file_id: str) -> list[FilePageOut]:
        with self.site.database.read_scope() as session:
            page = PageRequest(limit=200)
            return list(self.site.services.files.pages(session, self.site.workspace_id, file_id, page).rows)

    def files(self, video_id: str) -> dict[str, Any]:
        """What the only revision keeps of its files, by role."""
        with self.site.database.read_scope() as session:
            return session.scalars(sa.select(Revision.files).where(Revision.video_id == video_id)).one()

    def stored(self, video_id: str, role: str, target: Path) -> Path:
        """A copy of a stored file."""
        self.site.services.platform.blobs.get(self.files(video_id)[role]["blob"], target)
        return target

    def keys(self, prefix: str = "") -> list[str]:
        return [blob.key for blob in self.site.services.platform.blobs.list(prefix)]
