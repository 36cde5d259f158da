"""What is no video, or a broken one, or made to do harm, is refused by name: in a child process, within its limits."""

from __future__ import annotations

import asyncio
import io
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import pytest

from app.media.children import Nursery, Outcome
from app.media.conversion import plan_conversion, segments_of
from app.media.errors import ChildFailed
from app.media.examine import examine
from app.media.examined import EXAMINE_LIMITS, Bounds
from app.media.mezzanine import convert_segment, convert_sound
from app.media.refusals import Refused
from app.media.time import FrameRange
from tests.media.forged import alias, box, boxes, flipped, patched, rebuilt
from tests.media.recordings import Recordings

HERE = "tests.media.test_refusals"
DEADLINE_S = 60
CODES = {refusal.code for refusal in Refused.__subclasses__()}


def take_in(task: dict[str, Any], _progress: Any) -> dict[str, Any]:
    """What an intake does with a stranger's file, but for the length: a second of the picture is converted."""
    path = Path(task["path"])
    examined = examine(path, Bounds.model_validate(task["bounds"]))
    plan = plan_conversion(examined)
    if plan is not None and plan.picture == "encode":
        first = segments_of(plan)[0]
        frames = FrameRange(first.start, min(first.stop, first.start + 25))
        convert_segment(path, plan, frames, path.with_suffix(".converted.mp4"), lambda _share: None)
        if plan.sound != "none":
            convert_sound(path, plan, path.with_suffix(".converted.m4a"))
    return {"codec": examined.picture.codec, "seconds": float(examined.duration)}


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    nursery = Nursery(preload=[HERE])
    yield nursery
    nursery.close()


@pytest.fixture
def taken_in(nursery: Nursery, tmp_path: Path) -> Callable[..., Outcome]:
    """Takes bytes in. Raises ``ChildFailed`` with the code of the refusal."""

    def take(content: bytes, name: str = "upload.mp4", bounds: Bounds | None = None) -> Outcome:
        path = tmp_path / name
        path.write_bytes(content)
        task = {"path": str(path), "bounds": (bounds or Bounds()).model_dump(mode="json")}
        return asyncio.run(nursery.run(f"{HERE}:take_in", task, deadline_s=DEADLINE_S, limits=EXAMINE_LIMITS))

    return take


@pytest.fixture
def refusal(taken_in: Callable[..., Outcome]) -> Callable[..., tuple[str, str]]:
    """Takes bytes in that must be refused. Returns code and message."""

    def refuse(content: bytes, **options: Any) -> tuple[str, str]:
        with pytest.raises(ChildFailed) as caught:
            taken_in(content, **options)
        assert not caught.value.retryable
        return caught.value.code, str(caught.value)

    return refuse


def zipped() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("recording.mp4", b"inside")
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"Dear all, the recording is attached.\n", "a text file"),
        ("Grüße, die Aufnahme hängt an.\n".encode(), "a text file"),
        (b"\x01\x02\x03\x04" * 3000, "not a video"),
        (zipped(), "ZIP archive"),
        (b"%PDF-1.7\n1 0 obj", "PDF document"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "PNG picture"),
        (b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n", "HLS play list"),
        (b"\xef\xbb\xbf\n#EXTM3U\n", "HLS play list"),
        (b"ffconcat version 1.0\nfile '/etc/passwd'\n", "concat"),
        (b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\nc=IN IP4 127.0.0.1\r\nm=video 1 RTP/AVP 96\r\n", "SDP"),
        (b'<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"/>', "DASH manifest"),
        (b"\x00\x00\x00\x18ftypheic" + bytes(200), "HEIC"),
        (b"MZ" + bytes(200), "Windows program"),
        (b"\x00" * 9000, "not a video"),
    ],
)
def test_what_is_no_video_is_named(refusal: Callable[..., tuple[str, str]], content: bytes, words: str) -> None:
    code, message = refusal(content)
    assert code == "not_media"
    assert words in message


def test_a_stream_without_a_container_is_named(refusal: Callable[..., tuple[str, str]]) -> None:
    assert refusal(b"\x00\x00\x00\x01\x67\x64\x00\x1f" + bytes(500))[0] == "unsupported_codec"


def test_a_wrong_extension_does_not_matter(recordings: Recordings, taken_in: Callable[..., Outcome]) -> None:
    assert taken_in(recordings["h264.mp4"].read_bytes(), "holiday.avi").result["codec"] == "h264"


@pytest.mark.parametrize("share", [0.02, 0.2, 0.5, 0.8, 0.95])
@pytest.mark.parametrize(
    "name", ["h264.mp4", "index_at_end.mp4", "fragmented.mp4", "h264.mkv", "vp9.webm", "mpeg4.avi"]
)
def test_a_file_that_breaks_off_is_truncated(
    recordings: Recordings, refusal: Callable[..., tuple[str, str]], name: str, share: float
) -> None:
    whole = recordings[name].read_bytes()
    code, message = refusal(whole[: int(len(whole) * share)])
    assert code == "truncated", message


def test_a_transport_stream_that_breaks_off_is_as_long_as_it_is(
    recordings: Recordings, taken_in: Callable[..., Outcome]
) -> None:
    whole = recordings["h264.ts"].read_bytes()
    seconds = taken_in(whole[: len(whole) // 2]).result["seconds"]
    assert 0.5 < seconds < 2.5


@pytest.mark.parametrize("name", ["h264.ts", "h264.flv", "wmv2.wmv", "tff.mpg", "moving.gif", "prores.mov"])
@pytest.mark.parametrize("share", [0.01, 0.3, 0.7, 0.95])
def test_whatever_breaks_off_is_read_or_refused(
    recordings: Recordings, taken_in: Callable[..., Outcome], name: str, share: float
) -> None:
    whole = recordings[name].read_bytes()
    assert outcome(taken_in, whole[: int(len(whole) * share)]) in {*CODES, "read"}


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("name", ["hevc.mp4", "mono.mkv", "hevc.ts", "mpeg4.avi", "wmv2.wmv", "h264.flv", "tff.mpg"])
def test_changed_bytes_are_read_or_refused(
    recordings: Recordings, taken_in: Callable[..., Outcome], name: str, seed: int
) -> None:
    assert outcome(taken_in, flipped(recordings[name].read_bytes(), seed)) in {*CODES, "read"}


def outcome(taken_in: Callable[..., Outcome], content: bytes) -> str:
    """What became of it: read, or the code of the error."""
    try:
        taken_in(content)
    except ChildFailed as error:
        return error.code
    return "read"


TRACK = "moov/trak/mdia/minf/stbl"
FORGERIES: dict[str, Callable[[bytes], bytes]] = {
    "an hour-long frame": lambda data: rebuilt(data, f"{TRACK}/stts", patched(12, ">I", 0x7FFFFFFF)),
    "a billion frames": lambda data: rebuilt(data, f"{TRACK}/stts", patched(8, ">I", 1_000_000_000)),
    "a billion sizes": lambda data: rebuilt(data, f"{TRACK}/stsz", patched(8, ">I", 1_000_000_000)),
    "a billion equal frames": lambda data: rebuilt(
        rebuilt(data, f"{TRACK}/stsz", patched(4, ">II", 1, 1_000_000_000)),
        f"{TRACK}/stsc",
        patched(12, ">I", 1_000_000_000),
    ),
    "a picture of 65535 x 65535": lambda data: rebuilt(data, f"{TRACK}/stsd", patched(40, ">HH", 65535, 65535)),
    "a hundred thousand hours": lambda data: rebuilt(data, "moov/mvhd", patched(12, ">II", 1, 360_000_000)),
    "an endless edit list": lambda data: rebuilt(data, "moov/trak/edts/elst", patched(4, ">I", 0xFFFFFFFF)),
    "a box within itself": lambda data: rebuilt(data, "moov/trak", lambda body: body + box(b"mdia", body)),
    "a time before all time": lambda data: rebuilt(data, "moov/trak/edts/elst", patched(12, ">i", -2_000_000_000)),
}


@pytest.mark.parametrize("forgery", FORGERIES)
def test_claims_that_cannot_be_true_do_no_harm(
    recordings: Recordings, taken_in: Callable[..., Outcome], forgery: str
) -> None:
    whole = recordings["index_at_end.mp4"].read_bytes()
    forged = FORGERIES[forgery](whole)
    assert forged != whole
    assert outcome(taken_in, forged) in {*CODES, "read"}


def test_a_file_that_names_another_does_not_get_it_read(
    recordings: Recordings, refusal: Callable[..., tuple[str, str]], tmp_path: Path
) -> None:
    secret = tmp_path / "secret.mp4"
    whole = recordings["silent.mp4"].read_bytes()
    secret.write_bytes(whole)
    pointing = rebuilt(whole, "moov/trak/mdia/minf/dinf/dref", lambda _: alias(str(secret)))
    hollow = b"".join(box(kind, bytes(len(body)) if kind == b"mdat" else body) for kind, body in boxes(pointing))
    (tmp_path / "hollow.mp4").write_bytes(hollow)
    # The forgery is a good one: told to, the demuxer follows it.
    with av.open(str(tmp_path / "hollow.mp4"), options={"enable_drefs": "1", "use_absolute_path": "1"}) as media:
        assert sum(1 for _ in media.decode(video=0)) == 75
    code, _ = refusal(hollow)
    assert code == "corrupt"


def test_thousands_of_streams_are_too_many(recordings: Recordings, refusal: Callable[..., tuple[str, str]]) -> None:
    def multiplied(body: bytes) -> bytes:
        tracks = [part for part in boxes(body) if part[0] == b"trak"]
        return body + b"".join(box(*tracks[0]) for _ in range(5000))

    code, message = refusal(rebuilt(recordings["silent.mp4"].read_bytes(), "moov", multiplied))
    assert code == "unsupported_codec"
    assert "at most 100" in message


def test_an_encrypted_file_is_refused(recordings: Recordings, refusal: Callable[..., tuple[str, str]]) -> None:
    keys = "-encryption_key 76a6c65c5ea762046bd749a2e632ccbb -encryption_kid a7e61c373e219033c21091fa607bf3b8"
    locked = recordings.made("cenc.mp4", f"-i h264.mp4 -c copy -encryption_scheme cenc-aes-ctr {keys}")
    code, message = refusal(locked.read_bytes())
    assert code == "encrypted"
    assert "without protection" in message


@pytest.mark.parametrize(
    ("side", "refused_as", "words"),
    [
        (10_000, "too_many_pixels", "10000 x 10000 pixels; at most 35,651,584 are accepted"),
        (200_000, "corrupt", "an absurd one"),
    ],
)
def test_a_gigantic_picture_is_not_decoded(
    recordings: Recordings, refusal: Callable[..., tuple[str, str]], side: int, refused_as: str, words: str
) -> None:
    avi = recordings.made("ffv1.avi", "-i scene.mkv -an -c:v ffv1").read_bytes()
    at = avi.index(b"strf") + 12
    code, message = refusal(avi[:at] + side.to_bytes(4, "little") * 2 + avi[at + 8 :])
    assert code == refused_as, message
    assert words in message


def test_more_than_is_accepted_is_refused_with_the_limit(
    recordings: Recordings, refusal: Callable[..., tuple[str, str]]
) -> None:
    whole = recordings["h264.mp4"].read_bytes()
    code, message = refusal(whole, bounds=Bounds(max_seconds=2))
    assert (code, "0:03" in message, "0:02" in message) == ("too_long", True, True)
    code, message = refusal(whole, bounds=Bounds(max_bytes=1_000))
    assert (code, "1.0 kB" in message) == ("too_large", True)
    code, message = refusal(whole, bounds=Bounds(max_pixels=320 * 100))
    assert (code, "320 x 180" in message) == ("too_many_pixels", True)


def test_sound_that_cannot_be_decoded_is_damage(
    recordings: Recordings, refusal: Callable[..., tuple[str, str]]
) -> None:
    whole = recordings.made("wav_like.avi", "-i scene.mkv -c:v mpeg4 -c:a ac3").read_bytes()
    hushed = whole.replace(b"\x0b\x77", b"\x00\x00")
    assert hushed != whole
    assert refusal(hushed)[0] == "corrupt"
