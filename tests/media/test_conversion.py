"""What browsers play is left alone; everything else is converted, as little as possible, and says why."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from app.media.conversion import Conversion, Filter, Reason, clock_rate, plan_conversion, segments_of
from app.media.examined import Colour, Edits, Examined, Picture, Sound

PQ = Colour(primaries="bt2020", transfer="smpte2084", matrix="bt2020nc")
NTSC = Fraction(30000, 1001)


def picture(**differs: Any) -> Picture:
    usual: dict[str, Any] = {
        "index": 0,
        "codec": "h264",
        "profile": "High",
        "level": 40,
        "pixel_format": "yuv420p",
        "coded_width": 1920,
        "coded_height": 1080,
        "width": 1920,
        "height": 1080,
        "pixel_aspect": Fraction(1),
        "rotation": 0,
        "frame_rate": Fraction(25),
        "constant": True,
        "interlaced": False,
        "colour": Colour(),
        "start": Fraction(0),
        "duration": Fraction(60),
        "frames": 1500,
        "key_frame_every": Fraction(2),
        "edits": Edits.NONE,
    }
    return Picture(**usual | differs)


def sound(codec: str = "aac", **differs: Any) -> Sound:
    usual: dict[str, Any] = {
        "index": 1,
        "codec": codec,
        "profile": None,
        "channels": 2,
        "layout": "stereo",
        "sample_rate": 48000,
        "language": None,
        "start": Fraction(0),
        "duration": Fraction(60),
    }
    return Sound(**usual | differs)


def recording(container: str = "mp4", heard: Sound | None = None, **differs: Any) -> Examined:
    seen = picture(**differs)
    return Examined(
        container=container,
        bytes=1_000_000,
        origin=Fraction(0),
        duration=max(seen.start + seen.duration, heard.start + heard.duration if heard else Fraction(0)),
        picture=seen,
        sound=heard,
        subtitles=(),
        index_at_front=True,
        title=None,
        created_at=None,
    )


def planned(examined: Examined) -> Conversion:
    conversion = plan_conversion(examined)
    assert conversion is not None
    return conversion


@pytest.mark.parametrize(
    "examined",
    [
        recording(heard=sound("aac")),
        recording(heard=sound("mp3")),
        recording(),
        recording(pixel_format="yuvj420p"),
        recording(level=52),
        recording(rotation=90, width=1080, height=1920),
        recording(codec="vp9", heard=sound("aac")),
        recording("webm", sound("opus"), codec="vp8"),
        recording("webm", sound("vorbis"), codec="vp9"),
        recording("webm", codec="av1"),
    ],
)
def test_what_browsers_play_is_left_alone(examined: Examined) -> None:
    assert plan_conversion(examined) is None


@pytest.mark.parametrize("container", ["matroska", "mpegts", "flv", "avi"])
def test_a_foreign_container_is_only_written_again(container: str) -> None:
    conversion = planned(recording(container, sound()))
    assert (conversion.container, conversion.picture, conversion.sound) == ("mp4", "copy", "copy")
    assert conversion.reasons == (Reason.CONTAINER,)
    assert conversion.filters == ()


def test_vp9_with_opus_in_matroska_moves_to_webm() -> None:
    conversion = planned(recording("matroska", sound("opus"), codec="vp9"))
    assert (conversion.container, conversion.picture, conversion.sound) == ("webm", "copy", "copy")


def test_a_foreign_sound_is_encoded_and_the_picture_kept() -> None:
    conversion = planned(recording(heard=sound("pcm_s16le")))
    assert (conversion.picture, conversion.sound, conversion.reasons) == ("copy", "encode", (Reason.SOUND_CODEC,))


@pytest.mark.parametrize(
    ("differs", "reason"),
    [
        ({"codec": "hevc"}, Reason.CODEC),
        ({"codec": "prores", "pixel_format": "yuv420p"}, Reason.CODEC),
        ({"level": 60}, Reason.LEVEL),
        ({"pixel_format": "yuv420p10le"}, Reason.PIXEL_FORMAT),
        ({"pixel_format": "yuv444p"}, Reason.PIXEL_FORMAT),
        ({"pixel_format": "yuv420p10le", "colour": PQ}, Reason.HDR),
        ({"interlaced": True}, Reason.INTERLACED),
        ({"pixel_aspect": Fraction(16, 15), "coded_width": 720, "width": 768}, Reason.ANAMORPHIC),
        ({"codec": "vp9", "coded_width": 641, "width": 641}, Reason.ODD_SIZE),
        ({"constant": False}, Reason.VARIABLE_FRAME_RATE),
        ({"edits": Edits.HIDES}, Reason.EDIT_LIST),
        ({"edits": Edits.REPEATS}, Reason.EDIT_LIST),
        ({"start": Fraction(1)}, Reason.LATE_START),
    ],
)
def test_each_reason_to_paint_again_is_named(differs: dict[str, Any], reason: Reason) -> None:
    conversion = planned(recording(heard=sound(), **differs))
    assert (conversion.container, conversion.picture, conversion.sound) == ("mp4", "encode", "encode")
    assert conversion.reasons == (reason,)


def test_all_reasons_are_told() -> None:
    conversion = planned(recording("matroska", sound("dts"), codec="hevc", colour=PQ, constant=False))
    assert conversion.reasons == (
        Reason.CODEC,
        Reason.HDR,
        Reason.VARIABLE_FRAME_RATE,
        Reason.CONTAINER,
        Reason.SOUND_CODEC,
    )


@pytest.mark.parametrize(
    ("differs", "size", "filters"),
    [
        ({"codec": "hevc"}, (1920, 1080), ()),
        ({"codec": "hevc", "rotation": 90, "width": 1080, "height": 1920}, (1080, 1920), (Filter.ROTATE,)),
        ({"pixel_aspect": Fraction(64, 45), "coded_width": 720, "coded_height": 576, "width": 1024, "height": 576},
         (1024, 576), (Filter.SCALE,)),
        ({"codec": "vp9", "coded_width": 641, "coded_height": 361, "width": 641, "height": 361}, (640, 360),
         (Filter.CROP,)),
        ({"codec": "hevc", "coded_width": 7680, "coded_height": 4320, "width": 7680, "height": 4320}, (3840, 2160),
         (Filter.SCALE,)),
        ({"interlaced": True, "colour": PQ}, (1920, 1080), (Filter.DEINTERLACE, Filter.TONE_MAP)),
    ],
)  # fmt: skip
def test_the_picture_becomes_even_square_and_upright(
    differs: dict[str, Any], size: tuple[int, int], filters: tuple[Filter, ...]
) -> None:
    conversion = planned(recording(**differs))
    assert ((conversion.width, conversion.height), conversion.filters) == (size, filters)


@pytest.mark.parametrize(
    ("rate", "constant", "clock"),
    [
        (Fraction(25), True, Fraction(25)),
        (Fraction(25, 2), True, Fraction(25, 2)),
        (Fraction(2997, 100), True, NTSC),
        (Fraction(120), True, Fraction(60)),
        (Fraction(144), True, Fraction(48)),
        (Fraction(1, 3), True, Fraction(1)),
        (Fraction(1, 5000), True, Fraction(1)),
        (Fraction(12_345_679, 1_000_000), True, Fraction(1000, 81)),
        (Fraction(2983, 100), False, NTSC),
        (Fraction(24000, 1001), False, Fraction(24000, 1001)),
        (Fraction(15), False, Fraction(30)),
        (Fraction(10), False, Fraction(30)),
        (Fraction(1), False, Fraction(24)),
        (Fraction(1, 3), False, Fraction(24)),
        (Fraction(90), False, Fraction(45)),
    ],
)
def test_the_clock_is_a_usual_constant_rate(rate: Fraction, constant: bool, clock: Fraction) -> None:
    assert clock_rate(picture(frame_rate=rate, constant=constant)) == clock


def test_frames_fill_the_length_exactly() -> None:
    conversion = planned(recording(codec="hevc", frame_rate=NTSC, duration=Fraction(1001, 30000) * 1000))
    assert conversion.frames == 1000


def test_the_last_picture_stays_while_the_sound_goes_on() -> None:
    long, short = sound(duration=Fraction(70)), sound(duration=Fraction(602, 10))
    assert planned(recording(heard=long, codec="hevc")).frames == 70 * 25
    assert planned(recording(heard=short, codec="hevc")).frames == 60 * 25


def test_segments_cover_every_frame_once() -> None:
    segments = segments_of(planned(recording(codec="hevc", duration=Fraction(100))))
    assert [(part.start, part.stop) for part in segments] == [
        (0, 600),
        (600, 1200),
        (1200, 1800),
        (1800, 2400),
        (2400, 2500),
    ]


@pytest.mark.parametrize(
    ("frames", "stops"), [(1, [1]), (600, [600]), (601, [601]), (625, [625]), (626, [600, 626]), (1201, [600, 1201])]
)
def test_no_segment_is_short_but_a_lone_one(frames: int, stops: list[int]) -> None:
    segments = segments_of(planned(recording(codec="hevc", duration=Fraction(frames, 25))))
    assert [part.stop for part in segments] == stops
    assert sum(len(part) for part in segments) == frames


def test_segments_grow_with_the_distance_of_key_frames() -> None:
    segments = segments_of(planned(recording(codec="hevc", duration=Fraction(600), key_frame_every=Fraction(300))))
    assert [len(part) for part in segments] == [7500, 7500]


def test_plans_survive_json() -> None:
    conversion = planned(recording(heard=sound(), codec="hevc", frame_rate=NTSC))
    assert Conversion.model_validate(conversion.model_dump(mode="json")) == conversion
