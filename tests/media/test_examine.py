"""What is found in real files of every kind, and what is to be done with them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from app.media.conversion import Filter, Reason, plan_conversion
from app.media.examine import examine
from app.media.examined import Bounds, Edits, Examined, Hdr
from app.media.refusals import NotMedia, NoVideoStream
from tests.media.converting import convert
from tests.media.forged import rebuilt
from tests.media.recordings import Recordings

PAL, NTSC = Fraction(25), Fraction(30000, 1001)
#: The scene, as nearly every recording of it is found.
SCENE: dict[str, Any] = {
    "container": "mp4",
    "codec": "h264",
    "pixels": "yuv420p",
    "shown": (320, 180),
    "coded": (320, 180),
    "rotation": 0,
    "rate": PAL,
    "constant": True,
    "frames": 75,
    "interlaced": False,
    "hdr": None,
    "edits": Edits.NONE,
    "sound": ("aac", 1),
}
SILENT = {"sound": None}
INTERLACED = {"container": "mpegps", "codec": "mpeg2video", "interlaced": True, "sound": None}
HEVC = {"codec": "hevc", "pixels": "yuv420p10le"}
FOUND: dict[str, dict[str, Any]] = {
    "h264.mp4": {},
    "index_at_end.mp4": {},
    "fragmented.mp4": {},
    "silent.mp4": SILENT,
    "h264.mov": {},
    "h264.mkv": {"container": "matroska"},
    "ntsc.mkv": {"container": "matroska", "rate": NTSC, "frames": 120},
    "h264.ts": {"container": "mpegts"},
    "h264.flv": {"container": "flv"},
    "vp9.webm": {"container": "webm", "codec": "vp9", "sound": ("opus", 1)},
    "vp9.mkv": {"container": "matroska", "codec": "vp9", "sound": ("opus", 1)},
    "odd.webm": {"container": "webm", "codec": "vp9", "shown": (321, 181), "coded": (321, 181)} | SILENT,
    "av1.mp4": {"codec": "av1"},
    "pq.mp4": HEVC | {"hdr": Hdr.PQ},
    "hlg.mp4": HEVC | {"hdr": Hdr.HLG},
    "hevc.mp4": {"codec": "hevc"},
    "prores.mov": {"codec": "prores", "pixels": "yuv422p10le", "sound": ("pcm_s16le", 1)},
    "mpeg4.avi": {"container": "avi", "codec": "mpeg4", "sound": ("mp3", 1)},
    "wmv2.wmv": {"container": "asf", "codec": "wmv2", "sound": ("wmav2", 1)},
    "tff.mpg": INTERLACED | {"shown": (1024, 576), "coded": (720, 576), "frames": 50},
    "bff.mpg": INTERLACED | {"shown": (720, 480), "coded": (720, 480), "frames": 60, "rate": NTSC},
    "woven.mp4": {"interlaced": True, "shown": (720, 576), "coded": (720, 576), "frames": 50} | SILENT,
    "anamorphic.mp4": {"coded": (240, 180)},
    "nearly_square.mp4": SILENT,
    "turned90.mp4": {"rotation": 90, "shown": (180, 320)},
    "turned180.mp4": {"rotation": 180},
    "turned270.mp4": {"rotation": 270, "shown": (180, 320)},
    "vfr.mp4": {"constant": False, "frames": 54},
    "gap.mp4": {"constant": False} | SILENT,
    "trimmed.mp4": {"edits": Edits.HIDES, "frames": 62},
    "late.mp4": {},
    "surround.mkv": {"container": "matroska", "sound": ("ac3", 6)},
    "mono.mkv": {"container": "matroska", "codec": "hevc"},
    "moving.gif": {"container": "gif", "codec": "gif", "pixels": "bgra", "rate": Fraction(10), "frames": 32} | SILENT,
    "subtitled.mp4": {},
    "subtitled.mkv": {"container": "matroska"},
}
#: What browsers do not play as it is: what is kept of it (picture, sound), in which container, and why not all.
WRAPPED = ("mp4", "copy", "copy", [Reason.CONTAINER])
CONVERTED: dict[str, tuple[str, str, str, list[Reason]]] = {
    "h264.mkv": WRAPPED,
    "ntsc.mkv": WRAPPED,
    "h264.ts": WRAPPED,
    "h264.flv": WRAPPED,
    "subtitled.mkv": WRAPPED,
    "vp9.mkv": ("webm", "copy", "copy", [Reason.CONTAINER]),
    "surround.mkv": ("mp4", "copy", "encode", [Reason.CONTAINER, Reason.SOUND_CODEC]),
    "odd.webm": ("mp4", "encode", "none", [Reason.ODD_SIZE]),
    "pq.mp4": ("mp4", "encode", "encode", [Reason.CODEC, Reason.HDR]),
    "hlg.mp4": ("mp4", "encode", "encode", [Reason.CODEC, Reason.HDR]),
    "hevc.mp4": ("mp4", "encode", "encode", [Reason.CODEC]),
    "prores.mov": ("mp4", "encode", "encode", [Reason.CODEC, Reason.PIXEL_FORMAT, Reason.SOUND_CODEC]),
    "mpeg4.avi": ("mp4", "encode", "encode", [Reason.CODEC, Reason.CONTAINER]),
    "wmv2.wmv": ("mp4", "encode", "encode", [Reason.CODEC, Reason.CONTAINER, Reason.SOUND_CODEC]),
    "tff.mpg": ("mp4", "encode", "none", [Reason.CODEC, Reason.INTERLACED, Reason.ANAMORPHIC, Reason.CONTAINER]),
    "bff.mpg": ("mp4", "encode", "none", [Reason.CODEC, Reason.INTERLACED, Reason.CONTAINER]),
    "woven.mp4": ("mp4", "encode", "none", [Reason.INTERLACED]),
    "anamorphic.mp4": ("mp4", "encode", "encode", [Reason.ANAMORPHIC]),
    "vfr.mp4": ("mp4", "encode", "encode", [Reason.VARIABLE_FRAME_RATE]),
    "gap.mp4": ("mp4", "encode", "none", [Reason.VARIABLE_FRAME_RATE]),
    "trimmed.mp4": ("mp4", "encode", "encode", [Reason.EDIT_LIST]),
    "late.mp4": ("mp4", "encode", "encode", [Reason.LATE_START]),
    "mono.mkv": ("mp4", "encode", "encode", [Reason.CODEC, Reason.CONTAINER]),
    "moving.gif": ("mp4", "encode", "none", [Reason.CODEC, Reason.PIXEL_FORMAT, Reason.CONTAINER]),
}


def examined(recordings: Recordings, name: str) -> Examined:
    return examine(recordings[name], Bounds())


@pytest.mark.parametrize("name", FOUND)
def test_what_is_in_it_is_found(recordings: Recordings, name: str) -> None:
    found = examined(recordings, name)
    picture, sound = found.picture, found.sound
    assert {
        "container": found.container,
        "codec": picture.codec,
        "pixels": picture.pixel_format,
        "shown": (picture.width, picture.height),
        "coded": (picture.coded_width, picture.coded_height),
        "rotation": picture.rotation,
        "rate": picture.frame_rate,
        "constant": picture.constant,
        "frames": picture.frames,
        "interlaced": picture.interlaced,
        "hdr": picture.colour.hdr,
        "edits": picture.edits,
        "sound": sound and (sound.codec, sound.channels),
    } == SCENE | FOUND[name]
    assert Examined.model_validate(found.model_dump(mode="json")) == found


@pytest.mark.parametrize("name", FOUND)
def test_only_what_browsers_do_not_play_is_converted(recordings: Recordings, name: str) -> None:
    plan = plan_conversion(examined(recordings, name))
    assert (plan and (plan.container, plan.picture, plan.sound, list(plan.reasons))) == CONVERTED.get(name)


@pytest.mark.parametrize(
    ("name", "seconds"),
    [("h264.mp4", 3.0), ("gap.mp4", 23.0), ("trimmed.mp4", 2.5), ("late.mp4", 3.8), ("ntsc.mkv", 4.004)]
    + [("tff.mpg", 2.0), ("bff.mpg", 2.002), ("vp9.webm", 3.0), ("moving.gif", 3.2)]
    + [(name, 3.0) for name in ("h264.ts", "h264.flv", "h264.mkv", "mpeg4.avi", "wmv2.wmv", "prores.mov", "av1.mp4")],
)
def test_it_lasts_until_picture_and_sound_have_ended(recordings: Recordings, name: str, seconds: float) -> None:
    assert float(examined(recordings, name).duration) == pytest.approx(seconds, abs=0.05)


@pytest.mark.parametrize("name", FOUND)
def test_picture_and_sound_begin_together_but_for_a_picture_that_is_late(recordings: Recordings, name: str) -> None:
    found = examined(recordings, name)
    late = 0.8 if name == "late.mp4" else 0.08 if name == "fragmented.mp4" else 0.0
    assert float(found.picture.start) == pytest.approx(late, abs=0.05)
    assert found.sound is None or float(found.sound.start) == pytest.approx(0, abs=0.001)


def test_a_clock_that_does_not_start_at_zero_is_told(recordings: Recordings) -> None:
    assert float(examined(recordings, "h264.ts").origin) == pytest.approx(3601.9, abs=0.1)
    assert examined(recordings, "late.mp4").origin == 0


def test_a_piece_of_a_live_stream_begins_at_zero_once_it_is_written_again(
    recordings: Recordings, tmp_path: Path
) -> None:
    def later(body: bytes) -> bytes:
        return body[:4] + (int.from_bytes(body[4:], "big") + 3600 * 12800).to_bytes(8, "big")

    (tmp_path / "made").mkdir()
    live = tmp_path / "live.mp4"
    live.write_bytes(rebuilt(recordings["fragments.mp4"].read_bytes(), "moof/traf/tfdt", later))
    found = examine(live, Bounds())
    assert (float(found.origin), found.picture.start, found.duration) == (pytest.approx(3600.08), 0, 3)
    plan = plan_conversion(found)
    assert plan is not None
    assert (plan.picture, plan.reasons) == ("copy", (Reason.LATE_START,))
    made = examine(convert(live, tmp_path / "made"), Bounds())
    assert (made.origin, made.picture.frames, plan_conversion(made)) == (0, 75, None)


def test_where_the_index_stands_is_told(recordings: Recordings) -> None:
    assert [examined(recordings, name).index_at_front for name in ("h264.mp4", "index_at_end.mp4")] == [True, False]


@pytest.mark.parametrize("container", ["mp4", "mkv"])
def test_subtitles_are_listed_in_their_languages(recordings: Recordings, container: str) -> None:
    found = examined(recordings, f"subtitled.{container}").subtitles
    codec = "mov_text" if container == "mp4" else "subrip"
    assert [(track.codec, track.kind, track.language) for track in found] == [
        (codec, "text", "eng"),
        (codec, "text", "deu"),
    ]
    assert [track.title for track in found] == [None, None if container == "mp4" else "Deutsch"]


def test_title_and_date_are_read(recordings: Recordings) -> None:
    tags = "-metadata title='Board meeting' -metadata creation_time=2026-03-01T10:00:00Z"
    found = examine(recordings.made("tagged.mp4", f"-i h264.mp4 -c copy {tags}"), Bounds())
    assert (found.title, found.created_at) == ("Board meeting", "2026-03-01T10:00:00.000000Z")


@pytest.mark.parametrize(
    ("name", "filters"),
    [
        ("tff.mpg", (Filter.DEINTERLACE, Filter.SCALE)),
        ("pq.mp4", (Filter.TONE_MAP,)),
        ("odd.webm", (Filter.CROP,)),
        ("anamorphic.mp4", (Filter.SCALE,)),
        ("turned_hevc.mp4", (Filter.ROTATE,)),
    ],
)
def test_the_filters_are_those_that_are_needed(recordings: Recordings, name: str, filters: tuple[Filter, ...]) -> None:
    plan = plan_conversion(examined(recordings, name))
    assert plan is not None
    assert plan.filters == filters


@pytest.mark.parametrize("name", ["cover.mp3", "cover.m4a", "sound.m4a"])
def test_sound_alone_is_sent_elsewhere(recordings: Recordings, name: str) -> None:
    with pytest.raises(NoVideoStream, match=r"holds sound \((aac|mp3)\).*/api/v1/videos/files"):
        examined(recordings, name)


def test_a_gif_that_does_not_move_is_a_picture(recordings: Recordings) -> None:
    with pytest.raises(NotMedia, match="does not move"):
        examined(recordings, "still.gif")
