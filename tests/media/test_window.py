"""A part of a long file is read as from the whole: the same packets at the same times, and the same frames."""

from __future__ import annotations

import os
import random
import struct
from collections.abc import Callable
from contextlib import closing
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import av
import pytest

from app.media.demux import choose, choose_sound, opened, packets_of
from app.media.excerpt import pictures_from, sound_from
from app.media.refusals import Refused
from app.media.window import window_of
from tests.media.forged import box, boxes, patched, rebuilt
from tests.media.recordings import Recordings

STBL = "trak/mdia/minf/stbl"
_PICTURE = "-f lavfi -i testsrc2=s=64x36:r=25:d=20"
_SOUND = "-f lavfi -i aevalsrc=0.5*sin(440*t)*sin(t):d=20"
_X264 = "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 50"
_BOTH = f"{_PICTURE} {_SOUND} {_X264} -bf 3"
#: A part of a long recording → how it is made. ``LONG`` is made of them.
SHORT = {
    "between.mp4": f"{_BOTH} -c:a aac",
    "in_order.mp4": f"{_PICTURE} {_SOUND} {_X264} -bf 0 -c:a aac -ar 44100 -ac 2",
    "hevc_part.mp4": f"{_PICTURE} {_SOUND} -c:v libx265 -preset ultrafast -x265-params log-level=error:keyint=50 "
    "-bf 3 -c:a ac3",
    "uneven.mp4": f"{_PICTURE} {_SOUND} -vf select='not(between(mod(n\\,25)\\,5\\,11))' -fps_mode passthrough {_X264} "
    "-bf 2 -c:a libmp3lame",
    "intra.mov": f"{_PICTURE} {_SOUND} -c:v mjpeg -pix_fmt yuvj420p -c:a aac",
    "sound_part.m4a": f"{_SOUND} -c:a aac",
    "no_sound.mp4": f"{_PICTURE} {_X264} -bf 3",
}
LONG = {
    "long_between.mp4": "-stream_loop 59 -i between.mp4 -c copy",
    "long_in_order.mp4": "-stream_loop 59 -i in_order.mp4 -c copy -movflags +faststart",
    "long_hevc.mp4": "-stream_loop 59 -i hevc_part.mp4 -c copy -tag:v hvc1",
    "long_uneven.mp4": "-stream_loop 89 -i uneven.mp4 -c copy",
    "long.mov": "-stream_loop 59 -i between.mp4 -c copy",
    "long_intra.mov": "-stream_loop 59 -i intra.mov -c copy",
    "long_sound.m4a": "-stream_loop 119 -i sound_part.m4a -c copy",
    "late_sound.mp4": "-stream_loop 59 -i between.mp4 -itsoffset 1.3 -stream_loop 49 -i between.mp4 -map 0:v -map 1:a "
    "-c copy",
    "late_picture.mp4": "-itsoffset 2.7 -stream_loop 59 -i between.mp4 -stream_loop 59 -i between.mp4 -map 0:v "
    "-map 1:a -c copy",
    "cut_in.mp4": "-ss 1.5 -i long_between.mp4 -c copy -avoid_negative_ts disabled",
    "negative.mp4": "-stream_loop 59 -i between.mp4 -c copy -movflags +negative_cts_offsets",
    "no_edits.mp4": "-stream_loop 59 -i between.mp4 -c copy -use_editlist 0",
    "turned.mp4": "-display_rotation 90 -i long_in_order.mp4 -c copy",
    "with_words.mp4": "-i long_between.mp4 -i one.srt -map 0 -map 1 -c copy -c:s mov_text",
}
RECIPES = SHORT | LONG
RECIPES["long_no_sound.mp4"] = "-stream_loop 99 -i no_sound.mp4 -c copy"
TIMES = [Fraction(0), Fraction(277, 10), Fraction(6013, 10), Fraction(1199), Fraction(5000)]
Long = Callable[[str], Path]
Read = list[tuple[Any, ...]]


@pytest.fixture(scope="module")
def long(recordings: Recordings) -> Long:
    def made(name: str) -> Path:
        for word in RECIPES[name].split():
            if word in RECIPES:
                made(word)
        return recordings.made(name, RECIPES[name])

    return made


def facts(packet: av.Packet[Any]) -> tuple[Any, ...]:
    hidden = (packet.is_discard, packet.is_keyframe, packet.is_corrupt)
    return packet.pts, packet.dts, packet.duration, packet.pos, *hidden, bytes(packet)


def from_whole(path: Path, at: Fraction, *, sound: bool, most: int | None = None) -> Read:
    with opened(path, max_pixels=10**6) as media:
        stream = choose_sound(media) if sound else choose(media).picture
        if stream is None:
            return []
        if at:
            media.seek(int(at / (stream.time_base or 1)), stream=stream)
        return [facts(packet) for packet in islice(packets_of(media, stream), most)]


def from_windows(path: Path, at: Fraction, *, sound: bool, most: int | None = None) -> Read:
    with sound_from(path, at) if sound else pictures_from(path, at) as found:
        return [facts(packet) for packet in islice(found.packets, most)] if found is not None else []


def windowed(path: Path, at: Fraction = Fraction(600)) -> bool:
    """Whether a minute of it takes a window."""
    window = window_of(path, at, at + 60)
    if window is not None:
        window.close()
    return window is not None


@pytest.mark.parametrize("name", LONG)
def test_packets_are_those_of_the_whole_wherever_it_is_entered(name: str, long: Long) -> None:
    path = long(name)
    assert windowed(path)
    for at in TIMES:
        most = 2000 if at else None  # from the beginning on, through all windows
        for sound in (False, True):
            if sound or name != "long_sound.m4a":
                assert from_windows(path, at, sound=sound, most=most) == from_whole(path, at, sound=sound, most=most)


def test_the_index_of_a_window_is_small(long: Long) -> None:
    path = long("long_between.mp4")
    whole = next(len(body) for kind, body in boxes(path.read_bytes()) if kind == b"moov")
    window = window_of(path, Fraction(600), Fraction(660))
    assert window is not None
    with closing(window):
        assert window.seek(0, os.SEEK_END) - path.stat().st_size < whole / 5


def forged(path: Path, target: Path, changes: dict[str, Callable[[bytes], bytes]]) -> Path:
    """Bodies of boxes below ``moov`` changed: the index is at the end, nothing moves."""
    data = path.read_bytes()
    for where, change in changes.items():
        data = rebuilt(data, f"moov/{where}", change)
    target.write_bytes(data)
    return target


def runs(*numbers: int) -> Callable[[bytes], bytes]:
    """A table of these counts and values."""
    return lambda _: struct.pack(f">II{len(numbers)}I", 0, len(numbers) // 2, *numbers)


def same(path: Path, at: Fraction, most: int | None = 2000) -> bool:
    read = from_windows(path, at, sound=False, most=most)
    return bool(read) and read == from_whole(path, at, sound=False, most=most)


def widened(body: bytes) -> bytes:
    """Every table of places of chunks with 64 bits for each."""
    return b"".join(
        box(b"co64", inner[:8] + b"".join(bytes(4) + inner[at : at + 4] for at in range(8, len(inner), 4)))
        if kind == b"stco"
        else box(kind, inner)
        for kind, inner in boxes(body)
    )


def test_places_may_have_64_bits(long: Long, tmp_path: Path) -> None:
    path = forged(long("long_between.mp4"), tmp_path / "a.mp4", {STBL: widened})
    assert windowed(path)
    assert b"stco" not in path.read_bytes()
    assert same(path, Fraction(700))


def test_a_pause_longer_than_a_window_is_passed(long: Long, tmp_path: Path) -> None:
    pause = runs(9000, 512, 1, 700 * 12800, 40999, 512)
    changes = {f"{STBL}/stts": pause, "trak/edts/elst": patched(8, ">I", 2700 * 12800 - 512)}
    path = forged(long("long_no_sound.mp4"), tmp_path / "a.mp4", changes)
    assert windowed(path)
    for at in (0, 300, 361, 1000, 1060, 1061, 1400):
        assert same(path, Fraction(at), None)


def test_an_edit_that_ends_early_ends_early(long: Long, tmp_path: Path) -> None:
    path = forged(
        long("long_no_sound.mp4"), tmp_path / "a.mp4", {"trak/edts/elst": patched(8, ">I", 1500 * 12800 + 130)}
    )
    assert windowed(path)
    for at in (0, 1400, 1499, 1800):
        assert same(path, Fraction(at), None)


ODD: dict[str, dict[str, Callable[[bytes], bytes]]] = {
    "two edits": {"trak/edts/elst": lambda body: body[:4] + struct.pack(">I", 2) + 2 * body[8:]},
    "slow motion": {"trak/edts/elst": patched(16, ">H", 2)},
    "begun late": {"trak/edts/elst": patched(12, ">I", 600 * 12800)},
    "no time between": {f"{STBL}/stts": runs(10, 0, 49990, 512)},
    "fewer times": {f"{STBL}/stts": runs(40000, 512)},
    "more delays": {f"{STBL}/ctts": runs(50001, 1024)},
    "seen long after": {f"{STBL}/ctts": runs(50000, 200 * 12800)},
    "two descriptions": {f"{STBL}/stsc": patched(16, ">I", 2)},
    "empty chunks": {f"{STBL}/stsc": patched(12, ">I", 0)},
    "more chunks": {f"{STBL}/stco": patched(4, ">I", 1 << 31)},
    "more sizes": {f"{STBL}/stsz": patched(8, ">I", 1 << 31)},
    "an empty sample": {f"{STBL}/stsz": patched(12 + 4 * 15010, ">I", 0)},
    "keys in disorder": {f"{STBL}/stss": patched(8, ">I", 77)},
    "fragments": {"": lambda body: body + box(b"mvex", b"")},
    "a table nobody knows": {STBL: lambda body: body + box(b"stdp", bytes(100_000))},
}


@pytest.mark.parametrize("name", ODD)
def test_what_is_odd_is_left_whole(name: str, long: Long, tmp_path: Path) -> None:
    path = forged(long("long_no_sound.mp4"), tmp_path / "a.mp4", ODD[name])
    assert windowed(long("long_no_sound.mp4"))
    assert not windowed(path)


@pytest.mark.parametrize("ending", [b"\0", b"\0\0\0\0free", b"\0\0\1\0free"])
def test_what_nothing_can_be_put_behind_is_left_whole(ending: bytes, long: Long, tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(long("long_no_sound.mp4").read_bytes() + ending)
    assert not windowed(path)


def test_what_is_short_or_not_much_longer_is_left_whole(long: Long) -> None:
    for name in SHORT:
        assert not windowed(long(name), Fraction(5))
    path = long("long_between.mp4")
    assert window_of(path, Fraction(0), Fraction(800)) is None


def test_a_recording_with_one_key_frame_is_left_whole(recordings: Recordings) -> None:
    path = recordings.made("rare_keys.mp4", f"-f lavfi -i color=s=16x16:r=50:d=1500 {_X264} -g 100000 -sc_threshold 0")
    assert not windowed(path, Fraction(1000))
    assert same(path, Fraction(1400), 100)


def test_damage_is_as_harmless_as_in_the_whole(long: Long, tmp_path: Path) -> None:
    data, path = long("long_no_sound.mp4").read_bytes(), tmp_path / "a.mp4"
    index = data.index(b"moov")
    taken = 0
    for seed in range(60):
        chance, changed = random.Random(seed), bytearray(data)
        for _ in range(3):
            changed[chance.randrange(index, index + 3000)] = chance.randrange(256)
        path.write_bytes(changed)
        taken += windowed(path)
        try:
            read = from_windows(path, Fraction(700), sound=False, most=50)
        except Refused:
            continue
        assert len(read) <= 50
    assert 0 < taken < 60
