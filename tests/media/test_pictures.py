"""Poster, preview and storyboard show what a recording shows: upright, in its colours, at the right moments."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise, product
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from app.media.encode import ChunkEncoder, VideoProfile
from app.media.examine import examine
from app.media.examined import Bounds
from app.media.pictures import Playable, Storyboard, draw_poster, draw_preview, draw_storyboard, interval_for
from app.media.refusals import Corrupt
from tests.media.converting import Rgb, patch, rgb, shown
from tests.media.forged import box, boxes
from tests.media.recordings import Recordings

CORNERS = [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)]
RED, LIME, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)
UPRIGHT = [RED, LIME, BLUE, WHITE]
CLOCKWISE = [BLUE, RED, WHITE, LIME]


def playable(path: Path) -> Playable:
    """The file as it is."""
    examined = examine(path, Bounds())
    picture = examined.picture
    return Playable(
        path=path,
        picture_index=picture.index,
        width=picture.width,
        height=picture.height,
        rotation=picture.rotation,
        origin=examined.origin,
        duration=examined.duration,
        key_frame_every=picture.key_frame_every,
        colour=picture.colour,
    )


def tiles(board: Storyboard) -> list[Rgb]:
    width, height, found = board.tile_width, board.tile_height, []
    for sheet in board.sheets:
        pixels = np.asarray(cv2.imread(str(sheet)), np.uint8)[:, :, ::-1]
        places = product(range(0, pixels.shape[0], height), range(0, pixels.shape[1], width))
        found += [pixels[y : y + height, x : x + width] for y, x in places]
    return found[: board.tiles]


def jpeg(path: Path) -> Rgb:
    return np.asarray(cv2.imread(str(path)), np.uint8)[:, :, ::-1]


def corners(picture: Rgb) -> list[tuple[int, ...]]:
    """The colours of the quarters, each component rounded to none or all."""
    return [tuple(255 if part > 128 else 0 for part in patch(picture, *place)) for place in CORNERS]


def test_tiles_show_their_seconds(recordings: Recordings, tmp_path: Path) -> None:
    board = draw_storyboard(playable(recordings["seconds.mp4"]), tmp_path)
    assert (board.interval, board.tiles, board.tile_width, board.tile_height) == (1, 20, 160, 90)
    levels = [float(tile.mean()) for tile in tiles(board)]
    wanted = [(40 + second % 10 * 20 - 16) * 255 / 219 for second in range(20)]
    assert levels == pytest.approx(wanted, abs=4)


@pytest.mark.parametrize(("name", "looks"), [("h264_corners.mp4", UPRIGHT), ("turned_corners.mp4", CLOCKWISE)])
def test_all_pictures_are_upright(
    recordings: Recordings, tmp_path: Path, name: str, looks: list[tuple[int, ...]]
) -> None:
    source = playable(recordings[name])
    board = draw_storyboard(source, tmp_path)
    draw_poster(source, Fraction(0), tmp_path / "poster.jpg")
    draw_preview(source, tmp_path / "preview.mp4")
    poster, preview = jpeg(tmp_path / "poster.jpg"), rgb(tmp_path / "preview.mp4")
    shape = (180, 320, 3) if looks is UPRIGHT else (320, 180, 3)
    assert (poster.shape, preview.shape) == (shape, shape)
    assert (board.tile_width > board.tile_height) == (looks is UPRIGHT)
    assert [corners(tiles(board)[0]), corners(poster), corners(preview)] == [looks, looks, looks]


def test_they_show_the_stream_that_is_played(recordings: Recordings, tmp_path: Path) -> None:
    source = playable(recordings["second_picture.mp4"])
    assert source.picture_index == 1
    board = draw_storyboard(source, tmp_path)
    draw_poster(source, Fraction(0), tmp_path / "poster.jpg")
    draw_preview(source, tmp_path / "preview.mp4")
    made = (tiles(board)[0], jpeg(tmp_path / "poster.jpg"), rgb(tmp_path / "preview.mp4"))
    assert [corners(picture) for picture in made] == [UPRIGHT] * 3


@pytest.mark.parametrize(
    ("tags", "size"),
    [
        ("-colorspace bt709 -color_primaries bt709 -color_trc bt709", "1280x720"),
        ("-colorspace smpte170m -color_primaries smpte170m -color_trc smpte170m", "1280x720"),
        ("", "1280x720"),
        ("", "640x480"),
    ],
)
def test_colours_agree(recordings: Recordings, tmp_path: Path, tags: str, size: str) -> None:
    matrix = "bt601" if "smpte" in tags or size == "640x480" else "bt709"
    colours = f"-f lavfi -i smptebars=s={size}:r=5:d=1 -vf scale=out_color_matrix={matrix}:out_range=tv,format=yuv420p"
    # Bits that are copied keep no tags but those that x264 writes into them.
    name = f"bars-{matrix}-{size}-{len(tags)}.mp4"
    source = playable(recordings.made(name, f"{colours} -c:v libx264 -preset veryfast -crf 8 {tags}"))
    board = draw_storyboard(source, tmp_path)
    draw_poster(source, Fraction(0), tmp_path / "poster.jpg")
    draw_preview(source, tmp_path / "preview.mp4")
    with av.open(str(tmp_path / "preview.mp4")) as media:
        assert media.streams.video[0].codec_context.colorspace == 1
    made = (tiles(board)[0], jpeg(tmp_path / "poster.jpg"), rgb(tmp_path / "preview.mp4"))
    bars = [(number & 2, number & 4, number & 1) for number in (7, 6, 5, 4, 3, 2, 1)]  # of red, green and blue
    for number, bar in enumerate(bars):
        wanted = [191 if part else 0 for part in bar]
        for picture in made:
            assert patch(picture, (number + 0.5) / 7, 0.3) == pytest.approx(wanted, abs=7)


def test_a_poster_is_not_black_when_the_recording_begins_black(recordings: Recordings, tmp_path: Path) -> None:
    source = playable(recordings["dark_start.mp4"])
    board = draw_storyboard(source, tmp_path)
    assert board.telling == 3
    draw_poster(source, board.telling, tmp_path / "poster.jpg")
    assert jpeg(tmp_path / "poster.jpg").mean() > 60


def test_a_recording_that_is_all_black_has_a_black_poster(recordings: Recordings, tmp_path: Path) -> None:
    black = recordings.made("black.mp4", "-f lavfi -i color=black:s=320x180:d=3 -c:v libx264 -pix_fmt yuv420p")
    board = draw_storyboard(playable(black), tmp_path)
    assert board.telling == 0


def test_a_preview_is_short_silent_small_and_moves(recordings: Recordings, tmp_path: Path) -> None:
    source = recordings.made(
        "busy.mp4",
        "-f lavfi -i testsrc2=s=1280x720:r=30:d=20 -f lavfi -i sine -t 20 -c:v libx264 -preset ultrafast -g 60 "
        "-pix_fmt yuv420p -c:a aac",
    )
    draw_preview(playable(source), tmp_path / "preview.mp4")
    made = examine(tmp_path / "preview.mp4", Bounds())
    assert 2.3 < made.duration < 2.6
    assert (made.sound, made.picture.width, made.picture.height) == (None, 480, 270)
    assert made.bytes < 400_000
    lumas = [luma.astype(int) for _, luma in shown(tmp_path / "preview.mp4")]
    moved = [np.abs(after - before).mean() > 0.5 for before, after in pairwise(lumas)]
    assert sum(moved) > 22


def test_the_preview_of_a_presenter_is_the_beginning_and_passes_over_nothing(tmp_path: Path) -> None:
    """Of drawn frames one in five is referred to: a mouth would move five times a second."""
    with ChunkEncoder(tmp_path / "video.mp4", VideoProfile(width=640, height=360, fps=Fraction(25))) as encoder:
        for number in range(200):
            encoder.planes.y[:], encoder.planes.u[:], encoder.planes.v[:] = 30 + number, 128, 128
            encoder.write()
    source = playable(tmp_path / "video.mp4")
    seen = dict[bool, list[int]]()
    for beginning in (True, False):
        draw_preview(source, tmp_path / "preview.mp4", beginning=beginning)
        seen[beginning] = [round(float(luma.mean())) for _, luma in shown(tmp_path / "preview.mp4")]
    assert seen[True] == pytest.approx([level(30 + number) for number in range(0, 60, 2)], abs=2)
    assert len(set(seen[False])) <= 14
    draw_poster(source, Fraction(0), tmp_path / "poster.jpg")
    assert float(jpeg(tmp_path / "poster.jpg").mean()) == pytest.approx(level(30), abs=2)


def level(luma: int) -> float:
    """What it is of the whole range."""
    return (luma - 16) * 255 / 219


def test_a_preview_of_something_short_is_all_of_it(recordings: Recordings, tmp_path: Path) -> None:
    draw_preview(playable(recordings["silent.mp4"]), tmp_path / "preview.mp4")
    assert float(examine(tmp_path / "preview.mp4", Bounds()).duration) == pytest.approx(3.0, abs=0.1)


def test_a_two_hour_recording_has_a_tile_for_every_minute(recordings: Recordings, tmp_path: Path) -> None:
    board = draw_storyboard(playable(recordings["long.mp4"]), tmp_path)
    assert (board.interval, board.tiles) == (60, 120)
    assert {round(float(tile.mean())) for tile in tiles(board)} <= {27, 28, 29}  # each shows a second 0


def test_where_key_frames_are_rare_there_are_few_tiles(recordings: Recordings, tmp_path: Path) -> None:
    board = draw_storyboard(playable(recordings["one_key.mp4"]), tmp_path)
    assert (board.interval, board.tiles) == (5, 4)
    assert len(tiles(board)) == 4


@pytest.mark.parametrize(
    ("seconds", "key_frames", "interval"),
    [
        (10, 2, 2),
        (60, 2, 2),
        (60, 1, 2),
        (40, 1, 1),
        (600, 2, 15),
        (3600, 10, 60),
        (1800, 2, 45),
        (7200, 2, 60),
        (43200, 5, 60),
        (4, 4, 1),
        (90, 8, 8),
    ],
)
def test_the_interval_suits_the_length(seconds: int, key_frames: int, interval: int) -> None:
    assert interval_for(Fraction(seconds), Fraction(key_frames)) == interval


def test_damaged_places_show_what_was_before(recordings: Recordings, tmp_path: Path) -> None:
    whole = bytearray(recordings["seconds.mp4"].read_bytes())
    with av.open(str(recordings["seconds.mp4"])) as media:
        keys = [packet for packet in media.demux(video=0) if packet.is_keyframe and packet.size]
    for key in keys[6:8]:
        whole[key.pos + 60 : key.pos + key.size] = b"\xff" * (key.size - 60)
    damaged = tmp_path / "damaged.mp4"
    damaged.write_bytes(whole)
    board = draw_storyboard(playable(damaged), tmp_path)
    assert board.tiles == 20
    levels = [round((float(tile.mean()) * 219 / 255 + 16 - 40) / 20) for tile in tiles(board)]
    assert levels[:6] + levels[8:] == [second % 10 for second in [*range(6), *range(8, 20)]]
    draw_poster(playable(damaged), board.telling, tmp_path / "poster.jpg")
    draw_preview(playable(damaged), tmp_path / "preview.mp4")
    assert examine(tmp_path / "preview.mp4", Bounds()).picture.frames >= 20


def test_nothing_but_damage_is_refused(recordings: Recordings, tmp_path: Path) -> None:
    source, dead = playable(recordings["silent.mp4"]), tmp_path / "dead.mp4"
    whole = source.path.read_bytes()
    dead.write_bytes(b"".join(box(kind, bytes(len(body)) if kind == b"mdat" else body) for kind, body in boxes(whole)))
    with pytest.raises(Corrupt, match="no picture in it can be decoded"):
        draw_storyboard(replace(source, path=dead), tmp_path)
