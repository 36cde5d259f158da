"""Renders with an engine's program: made, failing with its reason, and made again when its worker is killed."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import av
import pytest

from app.avatars.base import ProviderMissing
from app.modules.videos.avatars import Avatars
from app.modules.videos.errors import UnknownProvider
from app.modules.videos.models import JobStatus, RenderJob
from app.modules.videos.schemas import CreateAvatar
from tests.avatars.engine_program import __file__ as program
from tests.avatars.test_engine_runs import VOICE, gone, started
from tests.faults.scene import LINE, Scene, wait_until
from tests.site import Site

CONDUCTS = ("good", "fail", "hang")


class Stage(Scene):
    """A server whose operator has an engine for each conduct."""

    def __init__(self, data: Path) -> None:
        self.note, portraits, file = data.with_name("pids"), data.with_name("faces"), data.with_name("engines.toml")
        portraits.mkdir()
        (portraits / "ann.png").write_bytes(b"a face")
        file.write_text("\n".join(self._section(conduct) for conduct in CONDUCTS))
        Site.__init__(self, data, engines=str(file))
        self.avatars = {conduct: self._profile(conduct) for conduct in CONDUCTS}

    def by(self, conduct: str) -> RenderJob:
        return self.order(replace(self.drawn(LINE), avatar_id=self.avatars[conduct]))

    def conduct(self, before: str, after: str) -> None:
        """The operator has the same engine's program repaired: its command stays."""
        link = self.note.with_name(f"{before}.py")
        link.write_text(f"import runpy, sys; sys.argv[1] = {after!r}; runpy.run_path({program!r}, run_name='__main__')")

    def _section(self, conduct: str) -> str:
        self.conduct(conduct, conduct)
        paths = ("--image", "{portrait}", "--audio", "{audio}", "--out", "{out}", "--note", str(self.note))
        command = [sys.executable, str(self.note.with_name(f"{conduct}.py")), conduct, *paths]
        return f"[{conduct}]\ncommand = {json.dumps(command)}\nportraits = 'faces'\ntimeout_seconds = 300\n"

    def _profile(self, conduct: str) -> str:
        wanted = CreateAvatar(name="Ann", provider=conduct, provider_avatar_id="ann.png", voice_id=VOICE)
        with self.database.session_scope() as session:
            return self.services.avatars.create(session, self.workspace_id, wanted).id


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    opened = Stage(tmp_path / "data")
    yield opened
    opened.close()


def test_a_video_is_made_and_made_again_without_running_the_program(stage: Stage) -> None:
    stage.start_worker()
    job = stage.wait(stage.by("good").id)
    stage.succeeded(job)
    with av.open(str(stage.file(job))) as media:
        assert media.streams.audio
    stage.conduct("good", "fail")
    again = stage.again(job)
    assert (again.status, again.error_message) == (JobStatus.SUCCEEDED, None)


def test_a_failure_ends_the_job_with_the_programs_words_and_can_be_rendered_again(stage: Stage) -> None:
    stage.start_worker()
    job = stage.wait(stage.by("fail").id)
    stage.failed(job, "engine_failed", "The engine fail ended with code 1", "no kernel image is available")
    stage.conduct("fail", "good")
    assert stage.again(job).status == JobStatus.SUCCEEDED


def test_a_worker_killed_while_the_program_runs_leaves_nothing_and_another_makes_the_take(stage: Stage) -> None:
    killed = stage.start_worker()
    job = stage.by("hang")
    wait_until(stage.note.exists)
    killed.kill()
    killed.wait()
    wait_until(lambda: all(gone(pid) for pid in started(stage.note)), 10)
    stage.conduct("hang", "good")
    stage.start_worker()
    stage.succeeded(stage.wait(job.id))


def test_a_job_that_is_cancelled_stops_the_program(stage: Stage) -> None:
    stage.start_worker()
    job = stage.by("hang")
    wait_until(stage.note.exists)
    stage.cancel(job.id)
    wait_until(lambda: all(gone(pid) for pid in started(stage.note)))
    stage.cost_nothing()


def test_every_workspace_has_it_and_a_server_without_it_says_so(stage: Stage, tmp_path: Path) -> None:
    stranger = stage.new_workspace()
    assert set(CONDUCTS) <= set(stage.services.platform.providers.of(stranger))
    bare = Site(tmp_path / "bare")
    try:
        wanted = CreateAvatar(name="Ann", provider="good", provider_avatar_id="ann.png", voice_id=VOICE)
        with pytest.raises(UnknownProvider), bare.database.session_scope() as session:
            Avatars(providers=bare.services.platform.providers).create(session, bare.workspace_id, wanted)
    finally:
        bare.close()
    assert ProviderMissing.code == "provider_not_configured"
