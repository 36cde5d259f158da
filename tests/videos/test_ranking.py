"""The order of a language model: asked as OpenAI's clients ask, never trusted with more than an order."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from app.core.errors import SettingsInvalid
from app.core.settings import Settings
from app.media.ffmpeg import run_ffmpeg
from app.modules.videos.clips import ranking
from app.modules.videos.clips.moments import Candidate, Reason
from app.modules.videos.clips.ranking import Ranker, RankingFailed
from app.modules.videos.scenery import SaidWord
from tests.site import site
from tests.videos.library import searched, uploaded

KEY = "sk-very-secret"
SENTENCES = (
    "Why do most paper boats sink after ten minutes in cold water?",
    "My grandmother baked three loaves of rye bread every single Sunday.",
    "Satellites fall around the planet and never reach the ground again.",
)


class Model(BaseHTTPRequestHandler):
    """Answers what it is told to, and keeps what it was asked."""

    answers: ClassVar[list[tuple[int, bytes]]] = []
    asked: ClassVar[list[dict[str, Any]]] = []

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        Model.asked.append({"path": self.path, "key": self.headers.get("Authorization"), **body})
        status, content = Model.answers.pop(0) if len(Model.answers) > 1 else Model.answers[0]
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_request(self, *_: object) -> None:
        pass


@pytest.fixture
def url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(ranking, "_PAUSE_S", 0.0)
    Model.asked = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Model)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()


def completion(content: Any) -> bytes:
    return json.dumps({"choices": [{"message": {"role": "assistant", "content": content}}]}).encode()


def ranking_of(*numbers: int) -> str:
    return json.dumps({"ranking": [{"number": number, "reason": f"because {number}"} for number in numbers]})


def candidate(number: int) -> Candidate:
    reasons = (Reason(name="numbers", points=3),)
    text = f"What is said in moment {number}"
    return Candidate(
        start_ms=1000 * number, end_ms=1000 * number + 900, score=50, reasons=reasons, title=text, caption="", text=text
    )


def ranked(url: str, *answers: tuple[int, bytes], count: int = 3) -> list[Candidate]:
    Model.answers = list(answers)
    asked = Ranker(url=url, model="small", key=KEY)
    return asyncio.run(asked.ranked([candidate(number) for number in (1, 2, 3, 4)], count))


def test_the_models_order_counts_and_its_reasons_are_told(url: str) -> None:
    found = ranked(url, (200, completion(ranking_of(3, 1, 4, 2))))
    assert [each.start_ms for each in found] == [3000, 1000, 4000]
    assert found[0].reasons[0].name == "numbers"
    assert found[0].reasons[1] == Reason(name="ranked", points=0, detail="1 by small: because 3")
    (asked,) = Model.asked
    assert (asked["path"], asked["key"], asked["model"]) == ("/v1/chat/completions", f"Bearer {KEY}", "small")
    assert "moment 4" in asked["messages"][1]["content"]


def test_what_a_model_writes_around_its_answer_or_makes_up_does_not_matter(url: str) -> None:
    content = f"Sure! Here it is:\n```json\n{ranking_of(9, 2, 2, -1)}\n```\nAnything else?"
    assert [each.start_ms for each in ranked(url, (200, completion(content)))] == [2000, 1000, 3000]


def test_a_server_that_is_busy_is_asked_again(url: str) -> None:
    found = ranked(url, (429, b"slow down"), (200, completion(ranking_of(4))), count=1)
    assert [each.start_ms for each in found] == [4000]


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (500, b"oops", "it answered 500"),
        (401, b"{}", "it answered 401"),
        (200, b"<html>", "not that of a chat completion"),
        (200, b"{}", "not that of a chat completion"),
        (200, b"[1]", "not that of a chat completion"),
        (200, completion(None), "no text"),
        (200, completion("x" * 300_000), "too much"),
        (200, completion("I would take the third."), "did not answer with a ranking"),
        (200, completion('{"ranking": [3, 1]}'), "did not answer with a ranking"),
    ],
)
def test_an_answer_that_is_none_says_so_without_the_key(url: str, status: int, body: bytes, reason: str) -> None:
    with pytest.raises(RankingFailed) as refused:
        ranked(url, (status, body))
    assert reason in str(refused.value)
    assert KEY not in str(refused.value)


def test_a_server_that_is_not_there_is_told_apart() -> None:
    with pytest.raises(RankingFailed, match="does not answer"):
        ranked("http://127.0.0.1:9/v1", (200, b""))


def test_settings_name_an_address_and_a_model_or_neither() -> None:
    assert Settings.load(ranking_url="http://127.0.0.1:11434/v1", ranking_model="llama").ranking_model == "llama"
    for wrong in ({"ranking_url": "http://host/v1"}, {"ranking_model": "llama"}):
        with pytest.raises(SettingsInvalid, match="together"):
            Settings.load(**wrong)
    with pytest.raises(SettingsInvalid, match="without a name or a query"):
        Settings.load(ranking_url="http://user:pass@host/v1", ranking_model="llama")


def test_a_search_takes_the_models_order_and_goes_on_without_it(url: str, tmp_path: Path) -> None:
    path = tmp_path / "talk.mp4"
    tone = ("-f", "lavfi", "-i", "sine=220:d=40", "-f", "lavfi", "-i", "testsrc2=s=320x180:r=25:d=40")
    run_ffmpeg((*tone, "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "aac", str(path)), timeout_s=60)
    said = [
        SaidWord(start_ms=13_000 * part + 600 * number, end_ms=13_000 * part + 600 * number + 500, text=word)
        for part, sentence in enumerate(SENTENCES)
        for number, word in enumerate(sentence.split())
    ]
    with site(tmp_path / "data", ranking_url=url, ranking_model="small", ranking_key=KEY) as place:
        video = uploaded(place, path, "Talk", 40, (320, 180))
        with place.database.session_scope() as session:
            place.services.transcripts.put(session, place.workspace_id, video, said, None)
        place.start_worker()
        starts, notes = list[list[float]](), list[str]()
        for answer in (completion(ranking_of(1, 2, 3)), completion(ranking_of(2, 1, 3)), b"nothing"):
            Model.answers = [(200, answer)]
            search = searched(place, video, {"count": 1, "min_seconds": 4, "max_seconds": 10, "dry_run": True})
            starts.append([each.start for each in search.candidates])
            notes = search.notes
        assert starts[0] == starts[2] != starts[1]
        assert notes == [
            "The moments are in our own order: small was asked, but its answer is not that of a chat completion."
        ]
