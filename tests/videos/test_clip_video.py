"""Clips through the whole pipeline: the right frames, in the right place, with captions and sound that fit."""

from __future__ import annotations

import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from app.core.clock import utc_now
from app.core.ids import new_id
from app.media.ffmpeg import run_ffmpeg
from app.media.hearing import heard_from
from app.media.loudness import parse_measured
from app.modules.videos.clips.schemas import ChangeClip, CreateClips
from app.modules.videos.models import Kind, RenderJob, Revision, Video, VideoStatus
from app.modules.videos.renders import new_video
from app.modules.videos.scenery import SaidWord
from tests.media.barcodes import code_of, record
from tests.site import Site, site

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
    record(silent, Fraction(FPS), FPS * SECONDS, size=(1920, 1080))
    click = "aevalsrc='if(lt(mod(t,1),0.05),0.5*sin(2*PI*1000*t),0.02*sin(2*PI*300*t))':s=48000"
    sound = ("-f", "lavfi", "-i", click, "-c:v", "copy", "-c:a", "aac", "-b:a", "96k", "-t", str(SECONDS))
    run_ffmpeg(("-i", str(silent), *sound, "-map", "0:v", "-map", "1:a", str(whole)), timeout_s=60)
    return uploaded(place, whole, "Barcodes", SECONDS)


def uploaded(place: Site, path: Path, title: str, seconds: float, size: tuple[int, int] = (1920, 1080)) -> str:
    """A video that is ready, as an intake would leave it."""
    video = new_video(place.workspace_id, title, {}, kind=Kind.UPLOAD, status=VideoStatus.READY)
    blob = place.services.platform.blobs.put(f"videos/{video.id}/1/{path.name}", path)
    video.duration_ms, video.revision, video.last_revision = round(seconds * 1000), 1, 1
    stored = {"blob": blob.key, "type": "video/mp4", "size": blob.size, "sha256": blob.sha256}
    revision = Revision(
        video_id=video.id,
        number=1,
        workspace_id=place.workspace_id,
        job_id=new_id(),
        composition={},
        files={"video": stored, "poster": stored, "preview": stored},
        facts=None,
        frames=round(seconds * FPS),
        fps=str(FPS),
        width=size[0],
        height=size[1],
        size=blob.size,
        sha256=blob.sha256,
        created_at=utc_now(),
    )
    with place.database.session_scope() as session:
        session.add(video)
        session.flush()
        session.add(revision)
        return video.id


def clip(place: Site, source: str, start: float, end: float, **wanted: Any) -> tuple[RenderJob, Path]:
    asked = CreateClips.model_validate({"ranges": [{"start": start, "end": end}], **wanted})
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
    assert found[0].shape == (1920, 1080)
    band = [picture[656:1264] for picture in found]
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


def test_captions_show_the_words_of_the_range_and_nothing_else_changes(place: Site, source: str) -> None:
    said = [SaidWord(start_ms=3000 + 500 * n, end_ms=3400 + 500 * n, text=f"word{n}") for n in range(6)]
    with place.database.session_scope() as session:
        place.services.transcripts.put(session, place.workspace_id, source, said, None)
    job, burned = clip(place, source, 3.0, 6.0, framing={"mode": "center"})
    _, bare = clip(place, source, 3.0, 6.0, framing={"mode": "center"}, captions=None)
    changed = [np.abs(a.astype(int) - b) > 60 for a, b in zip(pictures(burned), pictures(bare), strict=True)]
    rows = np.flatnonzero(np.any(changed, axis=(0, 2)))
    assert 259 <= rows.min() <= rows.max() <= 1661
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
    assert pictures(place.file(again))[0].shape == (1080, 1080)


def test_moments_are_found_and_rendered_without_a_transcript(place: Site, tmp_path: Path) -> None:
    """Ten seconds of speech-like sound in the middle of half a minute."""
    path = tmp_path / "talk.mp4"
    tone = "aevalsrc='if(between(t,8,18),0.4*sin(2*PI*220*t)*sin(2*PI*3*t),0)':s=48000"
    picture = ("-f", "lavfi", "-i", "testsrc2=s=1280x720:r=25", "-f", "lavfi", "-i", tone)
    run_ffmpeg(
        (*picture, "-t", "30", "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", str(path)), timeout_s=60
    )
    video = uploaded(place, path, "Talk", 30, (1280, 720))
    asked = CreateClips.model_validate({"count": 1, "min_seconds": 5, "max_seconds": 12, "resolution": "720p"})
    with place.database.session_scope() as session:
        search = place.services.clips.ask(session, place.workspace_id, video, asked).search
    assert search is not None
    until = time.monotonic() + 120
    while True:
        with place.database.read_scope() as session:
            found = place.services.clips.find(session, place.workspace_id, search.id)
        if found.finished_at is not None or time.monotonic() > until:
            break
        time.sleep(0.2)
    assert (found.status, found.error) == ("succeeded", None)
    assert "It is not known what is said" in found.notes[0]
    (candidate,), (clip_id,) = found.candidates, found.clip_ids
    assert 7 <= candidate.start < candidate.end <= 19.5
    with place.database.read_scope() as session:
        made = session.get_one(Video, clip_id)
        assert (made.kind, made.parent_id) == ("clip", video)
