"""A recording that was sent becomes ready, or says why not: through real workers, to what a client sees."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import av
import pytest

from app.core.outbound import AddressNotPublic
from app.core.pagination import PageRequest
from app.media.ffmpeg import run_ffmpeg
from app.modules.videos.errors import JobFinished
from app.modules.videos.finding import VideoFilter
from app.modules.videos.storyboards import to_vtt
from app.modules.videos.uploads import Announced
from tests.intake.library import Library, record

SUBTITLES = """1
00:00:00,000 --> 00:00:01,000
The <i>quarterly</i> numbers

2
00:00:01,000 --> 00:00:02,000
are good.
"""


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_recording_that_plays_is_ready_as_it_is(library: Library, talk: Path, tmp_path: Path) -> None:
    video = library.take_in(talk, title="The talk")
    assert (video.status, video.title, video.source) == ("ready", "The talk", "uploaded")
    assert (video.duration, video.width, video.height, video.fps) == (2.0, 320, 180, 25.0)
    assert (video.aspect_ratio, video.size) == ("16:9", talk.stat().st_size)
    assert video.media is not None
    assert (video.media.converted, video.media.reasons, video.media.container) == (False, [], "mp4")
    assert (video.media.picture.codec, video.media.sound and video.media.sound.codec) == ("h264", "aac")
    assert video.media.sha256 == sha256(talk)
    assert library.stored(video.id, "video", tmp_path / "film.mp4").read_bytes() == talk.read_bytes()
    assert video.download_url is not None
    assert video.download_url.endswith("/the-talk.mp4")
    assert [key for key in library.keys(f"videos/{video.id}") if "original" in key] != []
    assert len([key for key in library.keys(f"videos/{video.id}") if "video" in key.rpartition("/")[2]]) == 0


def test_it_comes_with_a_poster_a_preview_and_a_storyboard(library: Library, talk: Path, tmp_path: Path) -> None:
    video = library.take_in(talk)
    assert library.stored(video.id, "poster", tmp_path / "p.jpg").read_bytes()[:2] == b"\xff\xd8"
    with av.open(str(library.stored(video.id, "preview", tmp_path / "preview.mp4"))) as preview:
        assert not preview.streams.audio
        assert sum(1 for _ in preview.decode(video=0)) > 5
    board = video.storyboard
    assert board is not None
    assert (board.interval, board.tiles, board.tile_width, board.tile_height) == (1.0, 2, 160, 90)
    vtt = to_vtt(board, video.duration or 0)
    assert "00:00:01.000 --> 00:00:02.000" in vtt
    assert f"{board.sprite_urls[0]}#xywh=160,0,160,90" in vtt


def test_a_recording_that_does_not_play_gets_a_copy_that_does(library: Library, lecture: Path, tmp_path: Path) -> None:
    video = library.take_in(lecture)
    assert video.media is not None
    assert (video.status, video.media.converted) == ("ready", True)
    assert {"codec", "container"} <= set(video.media.reasons)
    with av.open(str(library.stored(video.id, "video", tmp_path / "film.mp4"))) as film:
        assert (film.streams.video[0].codec_context.name, film.streams.audio[0].codec_context.name) == ("h264", "aac")
        assert sum(1 for packet in film.demux(video=0) if packet.size) == 1500
    assert library.stored(video.id, "original", tmp_path / "lecture.mkv").read_bytes() == lecture.read_bytes()
    assert video.original_url is not None
    assert video.original_url.endswith("/lecture-original.mkv")
    job = library.site.job(str(video.render and video.render.id))
    chunks = [task for task in library.site.tasks(job.id) if task.kind == "chunk"]
    assert (len(chunks), {task.status for task in chunks}) == (3, {"made"})
    library.wait_until(lambda: library.keys(f"artifacts/{library.site.workspace_id}") == [])


def test_the_same_recording_may_be_taken_in_twice_at_once(library: Library, lecture: Path) -> None:
    """Both jobs share their segments, and neither takes them away from the other."""
    uploads = [library.send(lecture) for _ in range(2)]
    for job_id in [library.complete(upload.id) for upload in uploads]:
        library.site.wait(job_id)
    assert [library.video(upload.id).status for upload in uploads] == ["ready", "ready"]
    library.wait_until(lambda: library.keys(f"artifacts/{library.site.workspace_id}") == [])


def test_a_silent_recording_is_a_video_without_sound(library: Library, tmp_path: Path) -> None:
    video = library.take_in(record(tmp_path / "silent.mp4", sound=False))
    assert (video.status, video.media and video.media.sound) == ("ready", None)


def test_subtitles_come_out_and_are_found(library: Library, talk: Path, tmp_path: Path) -> None:
    (tmp_path / "words.srt").write_text(SUBTITLES)
    film = tmp_path / "subtitled.mkv"
    told = ("-map", "0", "-map", "1", "-c", "copy", "-c:s", "srt", "-metadata:s:s:0", "language=eng")
    run_ffmpeg(("-i", str(talk), "-i", str(tmp_path / "words.srt"), *told, str(film)), timeout_s=60)
    video = library.take_in(film)
    assert [track.language for track in video.subtitles] == ["eng"]
    assert video.captions is not None
    vtt = library.stored(video.id, "vtt-0", tmp_path / "words.vtt").read_text()
    assert vtt.startswith("WEBVTT\n")
    assert "\nThe quarterly numbers\n" in vtt
    assert [each.id for each in search(library, "quarterly")] == [video.id]
    assert search(library, "yearly") == []


def search(library: Library, words: str) -> list[Any]:
    with library.site.database.read_scope() as session:
        page = PageRequest(of="anything")
        wanted = VideoFilter(search=words)
        found = library.site.services.videos.list(session, library.site.workspace_id, wanted, page)
        return list(found.rows)


@pytest.mark.parametrize(
    ("name", "content", "code", "words"),
    [
        ("notes.mp4", b"Dear all, the numbers are good.\n" * 50, "not_media", "Upload"),
        ("slides.mp4", b"%PDF-1.7\n" + bytes(5000), "not_media", "/api/v1/videos/files"),
        ("list.m3u8", b"#EXTM3U\n#EXTINF:9,\nfile:///etc/passwd\n", "not_media", "play list"),
        ("list.mp4", b"ffconcat version 1.0\nfile /etc/passwd\n", "not_media", "names other files"),
        ("random.mp4", hashlib.sha512(b"seed").digest() * 200, "not_media", "Upload"),
    ],
)
def test_what_is_no_recording_is_refused_with_a_sentence_that_helps(
    library: Library, tmp_path: Path, name: str, content: bytes, code: str, words: str
) -> None:
    (tmp_path / name).write_bytes(content)
    video = library.take_in(tmp_path / name)
    assert (video.status, video.download_url) == ("failed", None)
    assert video.render is not None
    assert video.render.error is not None
    assert video.render.error.code == code
    assert words in video.render.error.message


def test_sound_alone_is_refused_and_sent_elsewhere(library: Library, tmp_path: Path) -> None:
    song = tmp_path / "song.mp3"
    run_ffmpeg(("-f", "lavfi", "-i", "sine=440:d=2", str(song)), timeout_s=60)
    assert failure(library, song)[0] == "no_video_stream"
    assert "/api/v1/videos/files" in failure(library, song)[1]


def test_a_recording_that_breaks_off_is_refused(library: Library, talk: Path, tmp_path: Path) -> None:
    (tmp_path / "half.mp4").write_bytes(talk.read_bytes()[: talk.stat().st_size // 2])
    assert failure(library, tmp_path / "half.mp4")[0] == "truncated"


def failure(library: Library, file: Path, **wanted: Any) -> tuple[str, str]:
    video = library.take_in(file, **wanted)
    assert video.render is not None
    assert video.render.error is not None, video.status
    return video.render.error.code, video.render.error.message


def test_a_file_that_arrived_changed_is_refused(library: Library, talk: Path) -> None:
    code, message = failure(library, talk, sha256="0" * 64)
    assert code == "checksum_mismatch"
    assert sha256(talk) in message
    assert library.take_in(talk, sha256=sha256(talk)).status == "ready"


def test_an_intake_that_was_canceled_can_be_completed_again(library: Library, lecture: Path) -> None:
    upload = library.send(lecture)
    job_id = library.complete(upload.id)
    with library.site.database.session_scope() as session:
        library.site.services.renders.cancel(session, library.site.workspace_id, job_id)
    library.site.services.renders.stop(job_id)
    assert library.video(upload.id).status == "failed"
    again = library.complete(upload.id)
    assert again != job_id
    library.site.wait(again)
    assert library.video(upload.id).status == "ready"
    with pytest.raises(JobFinished), library.site.database.session_scope() as session:
        library.site.services.renders.cancel(session, library.site.workspace_id, again)


def test_a_video_that_is_deleted_while_it_is_taken_in_leaves_nothing(library: Library, lecture: Path) -> None:
    upload = library.send(lecture)
    library.complete(upload.id)
    with library.site.database.session_scope() as session:
        remains = library.site.services.videos.remove(session, library.site.workspace_id, upload.id)
    for job_id in remains.job_ids:
        library.site.services.renders.stop(job_id)
    library.site.services.videos.clear_away(remains)
    # Another one behind it: when that is done, whatever was still running of the first has ended.
    assert library.take_in(lecture).status == "ready"
    assert library.keys(f"videos/{upload.id}") == []


# by address ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def address(talk: Path, tmp_path: Path) -> Iterator[str]:
    """Of a server that has the talk, and redirects from /inside into a private network."""

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments, directory=str(talk.parent))

        def do_GET(self) -> None:
            if self.path == "/inside":
                self.send_response(302)
                self.send_header("Location", "http://127.0.0.2/talk.mp4")
                self.end_headers()
            else:
                super().do_GET()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def fetched(library: Library, url: str) -> Any:
    with library.site.database.session_scope() as session:
        order = Announced(filename=None, size=None, source_url=url)
        upload_id = library.site.services.uploads.announce(session, library.site.workspace_id, order).id
    video = library.video(upload_id)
    assert video.status == "uploading"
    library.site.wait(str(video.render and video.render.id))
    return library.video(upload_id)


def test_a_recording_is_fetched_from_its_address(library: Library, address: str, talk: Path) -> None:
    video = fetched(library, f"{address}/talk.mp4?token=secret")
    assert (video.status, video.title, video.media.sha256) == ("ready", "talk", sha256(talk))


@pytest.mark.parametrize(("path", "code"), [("/gone.mp4", "source_unavailable"), ("/inside", AddressNotPublic.code)])
def test_what_cannot_be_fetched_is_told(library: Library, address: str, path: str, code: str) -> None:
    video = fetched(library, address + path)
    assert (video.status, video.render.error.code) == ("failed", code)
