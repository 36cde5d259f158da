"""Webinars as they come out of the pipeline: every frame where it belongs, each scene as it was asked for."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from app.media.encode import planes_of
from app.media.ffmpeg import run_ffmpeg
from app.media.hearing import heard_from
from app.media.time import SAMPLE_RATE
from app.modules.videos.composition import AspectRatio, Composition, Picture, Resolution, Scene
from app.modules.videos.models import RenderJob
from app.modules.videos.scenery import (
    Arrangement,
    AssetKind,
    Broll,
    Clip,
    Corner,
    Layout,
    Shape,
    Transition,
    TransitionKind,
)
from tests.media.barcodes import code_of, lumas, record
from tests.media.clicks import clicks, onsets
from tests.site import Site, site
from tests.videos.library import FPS, film, slide, stored

FADE = Transition(kind=TransitionKind.FADE, duration_ms=400)
OVERLAY = Layout(
    arrangement=Arrangement.OVERLAY,
    corner=Corner.BOTTOM_RIGHT,
    shape=Shape.RECTANGLE,
    size=400,
    border=0,
    shadow=False,
    margin=20,
)
FULL = Layout(arrangement=Arrangement.HOST)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("webinar")) as opened:
        opened.start_worker()
        yield opened


def composed(*scenes: Scene) -> Composition:
    return Composition(picture=Picture(resolution=Resolution.P720), scenes=scenes)


def level(grey: int) -> float:
    """Luma of a grey of an image."""
    return 16 + grey * 219 / 255


def test_every_frame_of_a_recording_is_there_once_across_scenes_layouts_and_chunks(place: Site, tmp_path: Path) -> None:
    host = film(place, tmp_path, FPS, 40 * 25)
    grey = slide(place, tmp_path, 100)
    # 31.5 s of the second scene are more than one chunk may last.
    times = [0, 2_340, 33_840, 39_000]
    scenes = [
        Scene(recording=Clip(asset=host, start_ms=a, stop_ms=b), layout=layout, slide=grey, transition=FADE, title="x")
        for (a, b), layout in zip(pairwise(times), (FULL, OVERLAY, FULL), strict=True)
    ]
    job = place.render_composition(composed(*scenes))
    seen = [code_of(host_of(luma, number)) for number, luma in enumerate(lumas(place.file(job)))]
    assert len(seen) == 39 * 25
    faded = {*range(59, 69), *range(846, 856)}
    assert [code for number, code in enumerate(seen) if number not in faded] == [
        number for number in range(39 * 25) if number not in faded
    ]


def host_of(
    luma: np.ndarray[tuple[int, int], np.dtype[np.uint8]], number: int
) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """The picture of the host: the whole frame, or its rectangle of 230 by 288, from which the sides are cut."""
    if not 59 <= number < 846:
        return luma
    width, height = 230, 288
    box = luma[720 - height - 14 : 720 - 14, 1280 - width - 14 : 1280 - 14]
    # Of 1280 columns 575 are seen: bars that lie outside are told from the neighbours' known numbers.
    whole = np.full((height, 512), 16, np.uint8)
    for bit in range(16):
        left = (bit * 80 - 352.5) / 575 * width
        if bit * 80 >= 352 and (bit + 1) * 80 <= 928:
            whole[:, bit * 32 : bit * 32 + 32] = round(box[:, int(left) + 3 : int(left + 80 / 575 * width) - 3].mean())
        elif number >> bit & 1:
            whole[:, bit * 32 : bit * 32 + 32] = 235
    return whole


def test_sound_stays_with_the_picture_from_the_beginning_to_the_end(place: Site, tmp_path: Path) -> None:
    silent = record(tmp_path / "silent.mp4", FPS, 30 * 25, size=(1280, 720))
    clicking, path = clicks(tmp_path / "clicks.wav", seconds=30, rate=44_100), tmp_path / "host.mp4"
    both = ("-i", str(silent), "-i", str(clicking), "-c:v", "copy", "-c:a", "aac", "-ac", "2")
    run_ffmpeg((*both, str(path)), timeout_s=60)
    host = stored(place, path, AssetKind.VIDEO, width=1280, height=720, duration_ms=30_000, has_sound=True)
    times = [0, 7_330, 7_900, 16_000, 22_710, 30_000]
    scenes = [
        Scene(recording=Clip(asset=host, start_ms=a, stop_ms=b), layout=FULL, title="x", transition=FADE)
        for a, b in pairwise(times)
    ]
    video = place.file(place.render_composition(composed(*scenes)))
    found = onsets(np.concatenate(list(heard_from(video, Fraction(0), 30 * SAMPLE_RATE))))
    assert found == pytest.approx(list(range(30)), abs=0.01)


def test_slides_and_hosts_have_their_own_colours(place: Site, tmp_path: Path) -> None:
    """Eight patches as BT.709 has them, in limited range."""
    patches = [(0, 0, 0), (255, 255, 255), (192, 32, 64), (20, 160, 60), (30, 60, 200), (240, 200, 20), (128, 128, 128)]
    patches.append((18, 32, 58))
    picture = np.zeros((720, 1280, 3), np.uint8)
    for number, (red, green, blue) in enumerate(patches):
        picture[:, number * 160 : number * 160 + 160] = blue, green, red
    cv2.imwrite(str(tmp_path / "patches.png"), picture)
    image = stored(place, tmp_path / "patches.png", AssetKind.IMAGE, width=1280, height=720)
    matrix = ("-vf", "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p", "-colorspace", "bt709")
    looped = ("-loop", "1", "-framerate", "25", "-i", str(tmp_path / "patches.png"), "-t", "1", *matrix, "-crf", "4")
    run_ffmpeg((*looped, "-color_range", "tv", str(tmp_path / "host.mp4")), timeout_s=60)
    host = stored(place, tmp_path / "host.mp4", AssetKind.VIDEO, width=1280, height=720, duration_ms=1000)
    job = place.render_composition(
        composed(
            Scene(slide=image, duration_ms=1000, title="Slide"),
            Scene(recording=Clip(asset=host, stop_ms=1000), layout=FULL, title="Host"),
        )
    )
    with av.open(str(place.file(job))) as media:
        frames = list(media.decode(video=0))
    for at in (10, 40):
        planes = planes_of(frames[at])
        for number, patch in enumerate(patches):
            across = number * 160 + 80
            found = planes.y[360, across], planes.u[180, across // 2], planes.v[180, across // 2]
            assert np.abs(np.array(found, float) - bt709(patch)).max() <= 2, (at, patch, found)


def bt709(patch: tuple[int, int, int]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Y, U and V of red, green and blue (ITU-R BT.709, 8 bits, limited range)."""
    red, green, blue = (each / 255 for each in patch)
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return np.array([16 + 219 * luma, 128 + 224 * (blue - luma) / 1.8556, 128 + 224 * (red - luma) / 1.5748])


def test_recordings_of_all_rates_and_sounds_make_one_webinar(place: Site, tmp_path: Path) -> None:
    """Two seconds of each, from its first half second on: clicks come at a half and at one and a half, or are late."""
    ntsc = Fraction(30000, 1001)
    kinds = {
        "mono": (Fraction(24), (1280, 720), ("-ac", "1"), 0.0),
        "44k": (Fraction(25), (854, 480), ("-ac", "2", "-ar", "44100"), 0.0),
        "surround": (ntsc, (640, 360), ("-ac", "6"), 0.0),
        "silent": (Fraction(30), (1280, 720), None, 0.0),
        "late": (Fraction(50), (1920, 1080), ("-ac", "2"), 0.25),
        "22k": (Fraction(60), (1280, 720), ("-ac", "1", "-ar", "22050"), 0.0),
    }
    click, scenes, wanted = clicks(tmp_path / "clicks.wav", seconds=3), list[Scene](), list[float]()
    for number, (name, (rate, size, sound, late)) in enumerate(kinds.items()):
        path = record(tmp_path / f"{name}.pictures.mp4", rate, round(3 * rate), size=size)
        if sound is not None:
            both = ("-i", str(path), "-itsoffset", str(late), "-i", str(click), "-c:v", "copy", "-c:a", "aac", *sound)
            path = tmp_path / f"{name}.mp4"
            run_ffmpeg((*both, str(path)), timeout_s=60)
            wanted += [2 * number + 0.5 + late, 2 * number + 1.5 + late]
        facts = {"width": size[0], "height": size[1], "duration_ms": 3000, "has_sound": sound is not None}
        clip = Clip(asset=stored(place, path, AssetKind.VIDEO, **facts), start_ms=500, stop_ms=2500)
        scenes.append(Scene(recording=clip, layout=FULL, title=name))
    video = place.file(place.render_composition(composed(*scenes)))
    pictures = list(lumas(video))
    assert len(pictures) == len(kinds) * 50
    for number, (rate, *_) in enumerate(kinds.values()):
        for at in range(50):
            late = Fraction(1, 2) + at / FPS - code_of(pictures[number * 50 + at]) / rate
            assert -1 / (2 * FPS) <= late < 1 / rate
    found = onsets(np.concatenate(list(heard_from(video, Fraction(0), 12 * SAMPLE_RATE))))
    assert found == pytest.approx(wanted, abs=0.01)


def test_recordings_that_pause_stand_on_their_side_or_have_an_odd_size_make_one_webinar(
    place: Site, tmp_path: Path
) -> None:
    upright = record(tmp_path / "upright.mp4", FPS, 60, size=(1280, 720))
    paused = record(tmp_path / "paused.mp4", FPS, 30, size=(1280, 720), pause=(20, 30))
    lying, turned, odd = (tmp_path / f"{name}.mp4" for name in ("lying", "turned", "odd"))
    run_ffmpeg(("-i", str(upright), "-vf", "transpose=clock", str(lying)), timeout_s=60)
    run_ffmpeg(("-display_rotation", "90", "-i", str(lying), "-c", "copy", str(turned)), timeout_s=60)
    run_ffmpeg(("-i", str(upright), "-vf", "scale=853:479,format=yuv444p", str(odd)), timeout_s=60)
    sizes = {paused: (1280, 720), turned: (720, 1280), odd: (853, 479)}
    scenes = [
        Scene(
            recording=Clip(
                asset=stored(place, path, AssetKind.VIDEO, width=width, height=height, duration_ms=2400),
                start_ms=400,
                stop_ms=2400,
            ),
            layout=FULL,
            title=path.stem,
        )
        for path, (width, height) in sizes.items()
    ]
    seen = [code_of(luma) for luma in lumas(place.file(place.render_composition(composed(*scenes))))]
    even = list(range(10, 60))
    assert seen == [*range(10, 20), *[19] * 30, *range(20, 30), *even, *even]


def test_a_scene_that_is_only_heard_and_silence_around_it(place: Site, tmp_path: Path) -> None:
    path = clicks(tmp_path / "a.mp3", seconds=4, rate=44_100)
    sound = stored(place, path, AssetKind.SOUND, duration_ms=4000, has_sound=True)
    grey = slide(place, tmp_path, 150)
    scenes = (
        Scene(slide=grey, duration_ms=2000, title="Before"),
        Scene(slide=grey, sound=Clip(asset=sound, start_ms=500, stop_ms=3500), title="Heard"),
        Scene(slide=grey, duration_ms=1000, title="After"),
    )
    video = place.file(place.render_composition(composed(*scenes)))
    found = onsets(np.concatenate(list(heard_from(video, Fraction(0), 6 * SAMPLE_RATE))))
    assert found == pytest.approx([2.5, 3.5, 4.5], abs=0.01)


def test_a_fade_lasts_as_long_as_it_should_and_runs_evenly(place: Site, tmp_path: Path) -> None:
    dark, light = slide(place, tmp_path, 0), slide(place, tmp_path, 255)
    job = place.render_composition(
        composed(
            Scene(slide=dark, duration_ms=1000, title="Dark"),
            Scene(slide=light, duration_ms=1000, title="Light", transition=FADE),
        )
    )
    levels = [float(luma.mean()) for luma in lumas(place.file(job))]
    assert all(abs(each - 16) < 2 for each in levels[:25])
    assert all(abs(each - 235) < 2 for each in levels[35:])
    steps = np.diff([*levels[25:35]])
    assert len(levels) == 50
    assert all(abs(step - 21.9) < 3 for step in steps)


@pytest.mark.parametrize("rate", [Fraction(24), Fraction(30000, 1001), Fraction(50), Fraction(60)], ids=str)
def test_b_roll_of_any_rate_is_shown_at_its_time_and_ends_with_it(place: Site, tmp_path: Path, rate: Fraction) -> None:
    broll, grey = film(place, tmp_path, rate, 120), slide(place, tmp_path, 60)
    shown = Broll(asset=broll, at_ms=480, duration_ms=1000, source_start_ms=500)
    job = place.render_composition(composed(Scene(slide=grey, duration_ms=2000, broll=(shown,), title="One")))
    pictures = list(lumas(place.file(job)))
    assert len(pictures) == 50
    for number in (*range(12), *range(37, 50)):
        assert abs(float(pictures[number].mean()) - level(60)) < 2
    for number in range(12, 37):
        time = Fraction(1, 2) + (number - 12) / FPS
        late = time - code_of(pictures[number]) / rate
        assert -1 / (2 * FPS) <= late < 1 / rate


def test_a_still_grows_slowly_from_its_middle_while_it_is_seen(place: Site, tmp_path: Path) -> None:
    """One edge, three quarters to the right: it moves outwards by 0.08 of its way, evenly, or not at all."""
    image = np.full((720, 1280, 3), 40, np.uint8)
    image[:, 960:] = 220
    cv2.imwrite(str(tmp_path / "edge.png"), image)
    still = stored(place, tmp_path / "edge.png", AssetKind.IMAGE, width=1280, height=720)
    for zoom, grown in ((True, 0.08), (False, 0.0)):
        shown = Broll(asset=still, at_ms=0, duration_ms=2000, zoom=zoom)
        scene = Scene(slide=slide(place, tmp_path, 60), duration_ms=2000, broll=(shown,), title="One")
        video = place.file(place.render_composition(composed(scene)))
        edges = [int(np.argmax(luma[360] > level(130))) for luma in lumas(video)]
        assert edges == pytest.approx([960 + 320 * grown * number / 50 for number in range(50)], abs=1.5)


@pytest.mark.parametrize("ratio", [AspectRatio.WIDE, AspectRatio.TALL, AspectRatio.SQUARE])
def test_the_host_in_a_circle_has_a_border_and_a_shadow_in_every_shape(
    place: Site, tmp_path: Path, ratio: AspectRatio
) -> None:
    layout = Layout(corner=Corner.TOP_LEFT, size=300, border=10, border_colour="#FFFFFF", shadow=True)
    host, ground = film(place, tmp_path, FPS, 50), slide(place, tmp_path, 200)
    run = Clip(asset=host, start_ms=0, stop_ms=1000)
    picture = Picture(resolution=Resolution.P720, aspect_ratio=ratio)
    scenes = (Scene(slide=ground, recording=run, layout=layout, title="One"),)
    plain = (Scene(slide=ground, recording=run, layout=layout.model_copy(update={"border": 0, "shadow": False})),)
    with_both, without = (
        next(lumas(place.file(place.render_composition(Composition(picture=picture, scenes=each))))).astype(int)
        for each in (scenes, plain)
    )
    changed = np.abs(with_both - without) > 8
    rows, columns = np.nonzero(changed)
    assert abs(int(np.ptp(rows)) - int(np.ptp(columns))) < 40  # around the circle, the shadow a little below
    assert not changed[round(rows.mean()), round(columns.mean())]
    edge = with_both[round(rows.mean()), : round(columns.mean())]
    assert edge[changed[round(rows.mean()), : round(columns.mean())]].max() > level(245)
    assert (without - with_both > 8).any()


def test_what_is_delivered_with_it(place: Site, tmp_path: Path) -> None:
    job = place.render_composition(
        composed(
            Scene(slide=slide(place, tmp_path, 200), duration_ms=1600, title="Growth & more"),
            Scene(slide=slide(place, tmp_path, 90), duration_ms=2400, title="Cost = price; really"),
        )
    )
    with av.open(str(place.file(job))) as media:
        chapters = [(c["start"] * c["time_base"], c["metadata"]["title"]) for c in media.chapters()]
    assert chapters == [(0, "Growth & more"), (Fraction(8, 5), "Cost = price; really")]
    vtt = place.file(job, "chapters-vtt").read_text()
    assert "00:00:01.600 --> 00:00:04.000\nCost = price; really" in vtt
    files = place.revision(job).files
    assert {"poster", "preview", "storyboard-0", "chapters-json"} <= set(files)
    facts = place.revision(job).facts
    assert facts is not None
    assert [(scene["start"], scene["duration"]) for scene in facts["scenes"]] == [(0.0, 1.6), (1.6, 2.4)]


def test_changing_one_slide_makes_the_chunks_of_that_scene_only(place: Site, tmp_path: Path) -> None:
    greys = [slide(place, tmp_path, grey) for grey in (20, 120, 220)]
    scenes = [Scene(slide=grey, duration_ms=1000 + 200 * place_, title="s") for place_, grey in enumerate(greys)]
    place.render_composition(composed(*scenes))
    scenes[1] = scenes[1].model_copy(update={"slide": slide(place, tmp_path, 130)})
    job = place.render_composition(composed(*scenes))
    assert chunks(place, job) == {"made": 1, "reused": 2}


def chunks(place: Site, job: RenderJob) -> dict[str, int]:
    receipt = place.job(job.id).receipt
    assert receipt is not None
    return receipt["chunks"]


def test_a_picture_that_was_deleted_meanwhile_is_named(place: Site, tmp_path: Path) -> None:
    gone, kept = slide(place, tmp_path, 77), slide(place, tmp_path, 78)
    place.services.platform.blobs.delete(gone.blob)
    scenes = [Scene(slide=each, duration_ms=400, title=title) for each, title in ((kept, "One"), (gone, "Two"))]
    job = place.wait(place.order_composition(composed(*scenes)).id)
    assert job.error_code == "asset_gone"
    assert (job.error_message or "").startswith("Scene 2 (“Two”): grey-77.png was deleted")


def test_of_a_picture_that_is_partly_transparent_the_ground_is_seen(place: Site, tmp_path: Path) -> None:
    image = np.zeros((720, 1280, 4), np.uint8)
    image[:, 640:] = (40, 40, 40, 255)
    image[:, 320:640] = (0, 0, 0, 128)
    path = tmp_path / "half.png"
    cv2.imwrite(str(path), image)
    half = stored(place, path, AssetKind.IMAGE, width=1280, height=720)
    luma = next(lumas(place.file(place.render_composition(composed(Scene(slide=half, duration_ms=400, title="x"))))))
    assert [round(float(luma[:, part].mean())) for part in (slice(0, 300), slice(340, 620), slice(700, 1280))] == (
        pytest.approx([235, level(127), level(40)], abs=2)
    )


def test_what_was_lost_from_the_storage_is_made_again(place: Site, tmp_path: Path) -> None:
    wanted = composed(Scene(slide=slide(place, tmp_path, 77), duration_ms=400, title="Lost"))
    first, blobs = place.file(place.render_composition(wanted)), place.services.platform.blobs
    seen = first.read_bytes()
    for blob in list(blobs.list()):
        if blob.key.startswith("artifacts/"):
            blobs.delete(blob.key)
    assert place.file(place.render_composition(wanted)).read_bytes() == seen


def test_the_shortest_scene_has_all_its_frames(place: Site, tmp_path: Path) -> None:
    job = place.render_composition(
        composed(
            Scene(slide=slide(place, tmp_path, 30), duration_ms=200, title="a"),
            Scene(slide=slide(place, tmp_path, 200), duration_ms=200, title="b", transition=FADE),
            Scene(slide=slide(place, tmp_path, 90), duration_ms=200, title="c"),
        )
    )
    levels = [float(luma.mean()) for luma in lumas(place.file(job))]
    assert len(levels) == 15
    assert levels[:5] == pytest.approx([level(30)] * 5, abs=2)
    assert levels[10:] == pytest.approx([level(90)] * 5, abs=2)
