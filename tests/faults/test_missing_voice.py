"""A voice is there when a video is ordered and gone when it is made: the job says what is missing and how to get it."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

from app.modules.videos.models import JobStatus
from app.modules.videos.renders import Change
from app.speech.errors import VoiceUnavailable
from tests.faults.scene import Scene

MODEL = Path(__file__).parents[1] / "speech" / "models" / "en_US-plain-medium.onnx"
VOICE = "piper-en_us-plain-medium"


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A folder to import Piper from. Where it is not installed, an empty package: no voice here comes to speak."""
    folder = tmp_path / "packages"
    (folder / "piper").mkdir(parents=True)
    (folder / "piper" / "__init__.py").touch()
    if find_spec("piper") is None:
        monkeypatch.syspath_prepend(str(folder))
        return str(folder)
    return ""


@pytest.fixture
def voice(stage: Scene, installed: str) -> Path:
    """The file of a Piper voice that was added."""
    stage.services.voices.add_piper(MODEL)
    return stage.settings.voice_folder / MODEL.name


def test_a_voice_whose_file_was_removed_ends_the_job_and_names_the_file(
    stage: Scene, installed: str, voice: Path
) -> None:
    job = stage.order(stage.drawn(voice_id=VOICE))
    voice.unlink()
    stage.start_worker(PYTHONPATH=installed)
    job = stage.wait(job.id)
    stage.failed(job, "voice_unavailable", voice.stem.lower(), str(voice.parent), "tenex voices add")
    assert stage.blobs() == []
    other = stage.wait(stage.order_again(job.video_id, Change(voice_id="espeak-en-us-clara")).id)
    assert other.status == JobStatus.SUCCEEDED


def test_a_voice_whose_settings_were_removed_ends_the_job_and_names_the_file(
    stage: Scene, installed: str, voice: Path
) -> None:
    job = stage.order(stage.drawn(voice_id=VOICE))
    settings = voice.with_name(f"{voice.name}.json")
    settings.unlink()
    stage.start_worker(PYTHONPATH=installed)
    stage.failed(stage.wait(job.id), "voice_unavailable", str(settings), "tenex voices add")


def test_a_voice_that_is_gone_cannot_be_ordered(stage: Scene, installed: str, voice: Path) -> None:
    voice.unlink()
    with pytest.raises(VoiceUnavailable, match="tenex voices add"):
        stage.order(stage.drawn(voice_id=VOICE))
    stage.cost_nothing()


def test_a_voice_folder_that_disappeared_ends_the_job(stage: Scene, installed: str, voice: Path) -> None:
    job = stage.order(stage.drawn(voice_id=VOICE))
    shutil.rmtree(voice.parent)
    stage.start_worker(PYTHONPATH=installed)
    stage.failed(stage.wait(job.id), "voice_unavailable", str(voice.parent), "tenex voices add")
