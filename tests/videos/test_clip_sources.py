"""Clips of recordings as they come: without sound, turned, upright, square, fast, with two tracks; deleted halfway."""

from __future__ import annotations

import time
from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from app.media.examine import examine
from app.media.examined import Bounds
from app.media.ffmpeg import run_ffmpeg
from app.media.hearing import heard_from
from app.modules.videos.clips.schemas import CreateClips
from app.modules.videos.models import JobStatus, RenderJob, Revision
from tests.media.barcodes import code_of, record
from tests.site import Site, site
from tests.videos.library import searched, uploaded

SECONDS = 6
TONE = ("-f", "lavfi", "-i", f"sine=440:d={SECONDS}:sample_rate=44100")
NOISE = ("-f", "lavfi", "-i", f"anoisesrc=d={SECONDS}:c=pink:a=0.1")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("sources") / "data") as running:
        running.start_worker()
        yield running


def source(
    place: Site, folder: Path, *more: str, size: tuple[int, int] = (640, 360), fps: int = 25, shown: Any = None
) -> str:
    """A recording with barcodes, and what ``more`` makes of it; ``shown``: its size, upright."""
    silent, whole = record(folder / "silent.mp4", Fraction(fps), fps * SECONDS, size=size), folder / "whole.mp4"
    before = [each for each in more if each.startswith("-display")]
    rest = more[2 * len(before) :]
    run_ffmpeg((*more[: 2 * len(before)], "-i", str(silent), *rest, "-c:v", "copy", str(whole)), timeout_s=60)
    return uploaded(place, whole, "A recording", SECONDS, shown or size, fps=fps)


def clip(place: Site, video: str, start: float, end: float, **wanted: Any) -> tuple[RenderJob, Path]:
    asked = {"ranges": [{"start": start, "end": end}], "resolution": "720p", **wanted}
    with place.database.session_scope() as session:
        made = place.services.clips.ask(session, place.workspace_id, video, CreateClips.model_validate(asked)).clips[0]
    assert made.video.render is not None
    job = place.wait(made.video.render.id)
    assert job.status == JobStatus.SUCCEEDED, job.error_message
    return job, place.file(job)


def shown(path: Path) -> list[int]:
    with av.open(str(path)) as media:
        frames = [frame.to_ndarray(format="gray") for frame in media.decode(video=0)]
    return [code_of(frame[: frame.shape[0] // 3 * 3]) for frame in frames]


def loudest(path: Path) -> int:
    return int(np.abs(np.concatenate(list(heard_from(path, Fraction(0), 48_000))).astype(np.int32)).max())


def test_without_sound_there_is_silence_and_moments_are_still_found(place: Site, tmp_path: Path) -> None:
    video = source(place, tmp_path)
    found = examine(tmp_path / "whole.mp4", Bounds())
    with place.database.session_scope() as session:
        session.get_one(Revision, (video, 1)).facts = {"examined": found.model_dump(mode="json")}
    job, path = clip(place, video, 1, 4, aspect_ratio="16:9")
    assert shown(path) == list(range(25, 100))
    assert loudest(path) == 0
    with place.database.read_scope() as session:
        checks = place.services.clips.get(session, place.workspace_id, job.video_id).conformance
    assert {check.name: check.found for check in checks}["loudness"] == "silent"
    search = searched(place, video, {"count": 2, "min_seconds": 2, "max_seconds": 4, "dry_run": True})
    assert (search.status, search.error) == ("succeeded", None)
    assert len(search.candidates) == 2


def test_music_alone_is_no_speech_and_no_failure(place: Site, tmp_path: Path) -> None:
    video = source(place, tmp_path, *TONE, "-c:a", "aac")
    found = searched(place, video, {"count": 1, "min_seconds": 2, "max_seconds": 5, "dry_run": True})
    assert (found.status, found.error) == ("succeeded", None)
    assert any("It is not known what is said" in note for note in found.notes)
    assert found.candidates
    assert all(2 <= each.end - each.start <= 5 for each in found.candidates)


def test_of_two_tracks_of_sound_the_one_that_players_choose_is_heard(place: Site, tmp_path: Path) -> None:
    tracks = (*TONE, *NOISE, "-map", "0:v", "-map", "1:a", "-map", "2:a", "-c:a", "aac")
    chosen = ("-disposition:a:0", "0", "-disposition:a:1", "default")
    _, path = clip(place, source(place, tmp_path, *tracks, *chosen), 1, 3, aspect_ratio="16:9")
    heard = np.concatenate(list(heard_from(path, Fraction(1, 2), 24_000))).astype(float)
    spectrum = np.abs(np.fft.rfft(heard.reshape(len(heard), -1)[:, 0]))
    assert spectrum.max() < 0.2 * spectrum.sum()  # noise, not a tone


def test_of_a_fast_recording_every_other_frame_is_shown(place: Site, tmp_path: Path) -> None:
    _, path = clip(place, source(place, tmp_path, fps=120), 1, 3, aspect_ratio="16:9")
    found = shown(path)
    assert len(found) == 120
    assert {later - earlier for earlier, later in pairwise(found)} == {2}


def test_a_telephone_that_was_held_upright_stays_upright(place: Site, tmp_path: Path) -> None:
    turned = source(place, tmp_path, "-display_rotation", "90", shown=(360, 640))
    job, path = clip(place, turned, 1, 3)
    with av.open(str(path)) as media:
        frame = next(media.decode(video=0)).to_ndarray(format="gray")
    assert frame.shape == (1280, 720)
    assert np.ptp(frame[40:1240].mean(axis=1)) > 150  # bars lie, since the recording was turned
    assert np.ptp(frame[:, 40:680].mean(axis=0)) < 30
    with place.database.read_scope() as session:
        assert place.services.clips.get(session, place.workspace_id, job.video_id).framing == []


@pytest.mark.parametrize("size", [(480, 360), (360, 640), (360, 360)])
def test_every_shape_fills_every_other(place: Site, tmp_path: Path, size: tuple[int, int]) -> None:
    video = source(place, tmp_path, size=size)
    for aspect, frame in (("9:16", (720, 1280)), ("1:1", (720, 720)), ("16:9", (1280, 720))):
        _, path = clip(place, video, 1, 2, aspect_ratio=aspect, framing={"mode": "center"})
        with av.open(str(path)) as media:
            stream = media.streams.video[0]
            assert ((stream.width, stream.height), stream.frames) == (frame, 25)


def test_ranges_may_overlap_and_be_as_short_as_a_few_frames(place: Site, tmp_path: Path) -> None:
    video = source(place, tmp_path)
    for start, end, frames in ((1, 1.21, range(25, 30)), (1.12, 1.337, range(28, 33)), (5.8, 6.0, range(145, 150))):
        _, path = clip(place, video, start, end, aspect_ratio="16:9")
        assert shown(path) == list(frames)


def test_a_source_that_is_deleted_halfway_ends_its_clip_and_frees_its_credits(place: Site, tmp_path: Path) -> None:
    video = source(place, tmp_path)
    wanted = CreateClips.model_validate({"ranges": [{"start": 0, "end": 6}]})
    before = _available(place)
    with place.database.session_scope() as session:
        made = place.services.clips.ask(session, place.workspace_id, video, wanted).clips[0]
    assert made.video.render is not None
    until = time.monotonic() + 60
    while place.job(made.video.render.id).status != JobStatus.RENDERING and time.monotonic() < until:
        time.sleep(0.01)
    with place.database.session_scope() as session:
        remains = place.services.videos.remove(session, place.workspace_id, video)
    place.services.videos.clear_away(remains)
    assert _available(place) == before
    clip(place, source(place, tmp_path), 1, 2)  # and the worker goes on


def _available(place: Site) -> int:
    with place.database.read_scope() as session:
        return place.services.credits.statement(session, place.workspace_id).available
