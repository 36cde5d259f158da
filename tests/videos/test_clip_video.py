"""Clips through the whole pipeline: the right frames, in the right place, with captions and sound that fit."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from app.media.ffmpeg import run_ffmpeg
from app.media.hearing import heard_from
from app.media.loudness import parse_measured
from app.modules.videos.clips.schemas import ChangeClip, CreateClips
from app.modules.videos.models import RenderJob, Revision, Video
from app.modules.videos.scenery import SaidWord
from tests.media.barcodes import code_of, record
from tests.site import Site, site
from tests.videos.library import searched, uploaded

FPS, SECONDS = 25, 12


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("clips") / "data") as running:
        for _ in range(2):
            running.start_worker()
        yield running


@pytest.fixture(scope="module")
def source(place: Site, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Every frame says which it is, in the middle of the picture; every second clicks."""
    folder = tmp_path_factory.mktemp("source")
    silent, whole = folder / "silent.mp4", folder / "whole.mp4"
    record(silent, Fraction(FPS), FPS * SECONDS, size=(1280, 720))
    click = "aevalsrc='if(lt(mod(t,1),0.05),0.5*sin(2*PI*1000*t),0.02*sin(2*PI*300*t))':s=48000"
    sound = ("-f", "lavfi", "-i", click, "-c:v", "copy", "-c:a", "aac", "-b:a", "96k", "-t", str(SECONDS))
    run_ffmpeg(("-i", str(silent), *sound, "-map", "0:v", "-map", "1:a", str(whole)), timeout_s=60)
    return uploaded(place, whole, "Barcodes", SECONDS, (1280, 720))


def clip(place: Site, source: str, start: float, end: float, **wanted: Any) -> tuple[RenderJob, Path]:
    asked = CreateClips.model_validate({"ranges": [{"start": start, "end": end}], "resolution": "720p", **wanted})
    with place.database.session_scope() as session:
        ordered = place.services.clips.ask(session, place.workspace_id, source, asked)
        job_id = ordered.clips[0].video.render.id if ordered.clips[0].video.render else ""
    job = place.wait(job_id, 120)
    assert job.status == "succeeded", job.error_message
    return job, place.file(job)


def pictures(path: Path) -> list[NDArray[np.uint8]]:
    with av.open(str(path)) as media:
        return [frame.to_ndarray(format="gray") for frame in media.decode(video=0)]


def test_a_clip_has_exactly_its_frames_in_the_middle_of_a_tall_picture(place: Site, source: str) -> None:
    _, path = clip(place, source, 3.4, 6.6, framing={"mode": "fill"}, captions=None)
    found = pictures(path)
    assert found[0].shape == (1280, 720)
    band = [picture[437:843] for picture in found]
    assert [code_of(each) for each in band] == list(range(85, 165))


def test_sound_and_picture_of_a_clip_stay_together_and_are_as_loud_as_platforms_want(place: Site, source: str) -> None:
    _, path = clip(place, source, 2.5, 8.5, framing={"mode": "center"}, captions=None)
    heard = np.abs(np.concatenate(list(heard_from(path, Fraction(0), 6 * 48_000))).astype(np.int32))
    for second in range(6):
        click = second * 48_000 + 24_000
        assert heard[click - 12_000 : click - 480].max() < 0.4 * heard[click : click + 1400].max()
    log = run_ffmpeg(("-i", str(path), "-af", "ebur128=peak=true", "-f", "null", "-"), timeout_s=60)
    measured = parse_measured(log)
    assert measured.integrated_lufs == pytest.approx(-14, abs=0.5)
    assert measured.true_peak_dbtp < -1.5


def test_a_clip_of_the_same_shape_is_cut_at_its_frames_and_not_encoded_again(place: Site, source: str) -> None:
    job, path = clip(place, source, 1.0, 11.28, aspect_ratio="16:9", captions=None)
    assert [code_of(each) for each in pictures(path)] == list(range(25, 282))
    assert set(coded(original(place, source))) >= set(coded(path)[35:-3])
    assert {task.kind: task.status for task in place.tasks(job.id)} == {"chunk": "made", "mix": "made"}
    heard = np.abs(np.concatenate(list(heard_from(path, Fraction(0), 10 * 48_000))).astype(np.int32))
    for click in range(48_000, 480_000, 48_000):
        assert heard[click - 12_000 : click - 480].max() < 0.4 * heard[click : click + 1400].max()


@pytest.mark.parametrize("shape", ["9:16", "16:9"])
def test_the_preview_of_a_clip_moves_as_often_as_it_can(place: Site, source: str, shape: str) -> None:
    """Whatever it is coded like: of some clips every second frame is referred to, of some every fifth."""
    said = [SaidWord(start_ms=3000, end_ms=6000, text="word")]  # with captions nothing is cut as it is coded
    with place.database.session_scope() as session:
        place.services.transcripts.put(session, place.workspace_id, source, said, None)
    job, path = clip(place, source, 3.0, 9.0, aspect_ratio=shape, framing={"mode": "fill"})
    poster, first = cv2.imread(str(place.file(job, "poster")), cv2.IMREAD_GRAYSCALE), pictures(path)[0]
    assert np.abs(np.asarray(poster, int) - first).mean() < 4
    preview = pictures(place.file(job, "preview"))
    moves = [np.abs(after.astype(int) - before).mean() > 0.2 for before, after in pairwise(preview)]
    assert (max(preview[0].shape), len(preview), sum(moves)) == (480, 30, 29)


def test_the_poster_of_what_is_cut_as_it_is_coded_has_its_colours(place: Site, tmp_path: Path) -> None:
    tags = ("-colorspace", "smpte170m", "-color_primaries", "smpte170m", "-color_trc", "smpte170m")
    red = "color=red:s=1280x720:r=25:d=4,scale=out_color_matrix=bt601:out_range=tv,format=yuv420p"
    sound = ("-f", "lavfi", "-i", "sine=440:d=4:sample_rate=48000", "-c:a", "aac")
    run_ffmpeg(("-f", "lavfi", "-i", red, *sound, "-c:v", "libx264", *tags, str(tmp_path / "red.mp4")), timeout_s=60)
    video = uploaded(place, tmp_path / "red.mp4", "Red", 4, (1280, 720))
    job, path = clip(place, video, 0.0, 3.0, aspect_ratio="16:9", captions=None)
    assert coded(path)[10] in coded(tmp_path / "red.mp4")
    poster = np.asarray(cv2.imread(str(place.file(job, "poster"))))
    assert poster.reshape(-1, 3).mean(axis=0) == pytest.approx([0, 0, 254], abs=4)


def coded(path: Path) -> list[bytes]:
    with av.open(str(path)) as media:
        return [bytes(packet) for packet in media.demux(video=0) if packet.size]


def original(place: Site, video: str) -> Path:
    with place.database.read_scope() as session:
        stored = session.get_one(Revision, (video, 1)).files["video"]
        with place.services.platform.blobs.as_file(stored["blob"]) as path:
            return path


def test_captions_show_the_words_of_the_range_and_nothing_else_changes(place: Site, source: str) -> None:
    said = [SaidWord(start_ms=3000 + 500 * n, end_ms=3400 + 500 * n, text=f"word{n}") for n in range(6)]
    with place.database.session_scope() as session:
        place.services.transcripts.put(session, place.workspace_id, source, said, None)
    job, burned = clip(place, source, 3.0, 6.0, framing={"mode": "center"})
    _, bare = clip(place, source, 3.0, 6.0, framing={"mode": "center"}, captions=None)
    changed = [np.abs(a.astype(int) - b) > 60 for a, b in zip(pictures(burned), pictures(bare), strict=True)]
    rows = np.flatnonzero(np.any(changed, axis=(0, 2)))
    assert 173 <= rows.min() <= rows.max() <= 1107
    assert all(each.any() for each in changed[1:70])
    with place.database.read_scope() as session:
        revision = session.get_one(Revision, (job.video_id, 1))
        with place.services.platform.blobs.as_file(revision.files["vtt"]["blob"]) as vtt:
            assert "word0 word1" in vtt.read_text().replace("\n", " ")


def test_a_change_of_style_makes_new_pictures_and_keeps_the_sound(place: Site, source: str) -> None:
    job, _ = clip(place, source, 3.0, 6.0, framing={"mode": "center"}, captions=None)
    with place.database.session_scope() as session:
        changed = place.services.clips.change(session, place.workspace_id, job.video_id, ChangeClip(aspect_ratio="1:1"))
        job_id = changed.video.render.id if changed.video.render else ""
    again = place.wait(job_id, 120)
    assert again.status == "succeeded"
    assert {task.kind: task.status for task in place.tasks(job_id)} == {"chunk": "made", "mix": "reused"}
    assert pictures(place.file(again))[0].shape == (720, 720)


def test_moments_are_found_and_rendered_without_a_transcript(place: Site, tmp_path: Path) -> None:
    """Ten seconds of speech-like sound in the middle of half a minute."""
    path = tmp_path / "talk.mp4"
    tone = "aevalsrc='if(between(t,8,18),0.4*sin(2*PI*220*t)*sin(2*PI*3*t),0)':s=48000"
    picture = ("-f", "lavfi", "-i", "testsrc2=s=1280x720:r=25", "-f", "lavfi", "-i", tone)
    run_ffmpeg(
        (*picture, "-t", "30", "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", str(path)), timeout_s=60
    )
    video = uploaded(place, path, "Talk", 30, (1280, 720))
    found = searched(place, video, {"count": 1, "min_seconds": 5, "max_seconds": 12, "resolution": "720p"})
    assert (found.status, found.error) == ("succeeded", None)
    assert "It is not known what is said" in found.notes[0]
    (candidate,), (clip_id,) = found.candidates, found.clip_ids
    assert 7 <= candidate.start < candidate.end <= 19.5
    with place.database.read_scope() as session:
        made = session.get_one(Video, clip_id)
        assert (made.kind, made.parent_id) == ("clip", video)


def test_what_is_cleaned_keeps_picture_sound_and_captions_together(place: Site, source: str) -> None:
    """Between the words two silences and a filler are taken out: the frames that stay are those of the words."""
    said = [
        (1000, 1400, "One"),
        (1400, 1800, "um,"),
        (1840, 2200, "two."),
        (6000, 6400, "Three"),
        (6400, 6800, "four."),
    ]
    words = [SaidWord(start_ms=start, end_ms=end, text=text) for start, end, text in said]
    with place.database.session_scope() as session:
        place.services.transcripts.put(session, place.workspace_id, source, words, None)
    wanted = {"framing": {"mode": "fill"}, "captions": None, "clean": {"longest_pause": 0.5}}
    job, path = clip(place, source, 0.6, 8.0, **wanted)
    codes = [code_of(picture[437:843]) for picture in pictures(path)]
    assert codes == sorted(codes)
    runs = [[codes[0]]]
    for code in codes[1:]:
        if code == runs[-1][-1] + 1:
            runs[-1].append(code)
        else:
            runs.append([code])
    seconds = [(run[0] / FPS, (run[-1] + 1) / FPS) for run in runs]
    assert [round(start, 1) for start, _ in seconds] == [0.9, 1.8, 5.9]
    assert all(end <= latest for (_, end), latest in zip(seconds, (1.44, 2.4, 7.0), strict=True))
    with av.open(str(path)) as media:
        length = Fraction(media.streams.audio[0].duration or 0) * (media.streams.audio[0].time_base or Fraction(1))
        assert abs(length - Fraction(len(codes), FPS)) < Fraction(1, 20)
        assert media.chapters() == []
    with place.database.read_scope() as session:
        revision = session.get_one(Revision, (job.video_id, 1))
        with place.services.platform.blobs.as_file(revision.files["srt"]["blob"]) as srt:
            assert "um," not in srt.read_text()


def test_a_rendered_clip_says_where_its_crop_is_and_that_the_platform_can_take_it(place: Site, source: str) -> None:
    job, _ = clip(place, source, 3.0, 6.5, platforms=["tiktok"], framing={"mode": "center"}, captions=None)
    with place.database.read_scope() as session:
        found = place.services.clips.get(session, place.workspace_id, job.video_id)
    ((pane,),) = [shot.panes for shot in found.framing]
    assert pane.box == (0, 0, 720, 1280)
    assert (pane.path[0].x, pane.path[0].time) == (0.5, 3.0)
    assert [check.name for check in found.conformance] == [
        "size", "length", "frame rate", "bit rate", "file size", "codecs", "file structure", "loudness", "true peak",
    ]  # fmt: skip
    assert [check for check in found.conformance if not check.ok] == []


def test_what_is_nothing_but_noise_has_no_more_bits_than_the_platform_takes(place: Site, tmp_path: Path) -> None:
    noise = tmp_path / "noise.mp4"
    seen = "color=gray:s=854x480:r=25,noise=alls=100:allf=t"
    sound = ("-f", "lavfi", "-i", "sine=300", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
    run_ffmpeg(("-f", "lavfi", "-i", seen, *sound, "-c:a", "aac", "-t", "4", str(noise)), timeout_s=60)
    video = uploaded(place, noise, "Noise", 4, (854, 480))
    job, path = clip(place, video, 0.5, 3.7, platforms=["reels"], framing={"mode": "center"}, captions=None)
    with place.database.read_scope() as session:
        found = place.services.clips.get(session, place.workspace_id, job.video_id)
    assert [check for check in found.conformance if not check.ok] == []
    assert 10_000_000 < path.stat().st_size * 8 / 3.2 < 25_000_000
    assert len(pictures(path)) == 80
