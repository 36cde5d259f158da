"""Two tiny models stand for a voice: each gives 2,560 samples of tone and noise for every phoneme, at 22,050 Hz.

``tone`` also tells how long each phoneme lasts, as models with alignments do; ``plain`` does not.
"""

from importlib.util import find_spec
from pathlib import Path

import pytest

from app.speech.errors import VoiceUnavailable
from app.speech.piper_files import read_voice
from app.speech.synthesis import engine_version, synthesise
from app.speech.voices import VoiceCatalogue
from tests.needs import lacking

MODELS = Path(__file__).parent / "models"
TEXT = "Hello there, Dr. Smith! We grew $3.5m 🎉. [[h@]] Is it true?"


@pytest.fixture
def catalogue(tmp_path: Path) -> VoiceCatalogue:
    if find_spec("piper") is None:
        lacking("the extra 'piper'", "pip install 'tenex-videos[piper]'")
    catalogue = VoiceCatalogue(tmp_path / "voices")
    for name in ("tone", "plain"):
        catalogue.add_piper(MODELS / f"en_US-{name}-medium.onnx")
    return catalogue


@pytest.mark.parametrize("name", ["tone", "plain"])
def test_a_piper_voice_speaks_every_word_in_order(catalogue: VoiceCatalogue, name: str) -> None:
    voice = catalogue.get(f"piper-en_us-{name}-medium")
    assert voice in catalogue.all()
    track = synthesise(voice, TEXT).track
    assert [token for word in track.words for token in word.text.split()] == TEXT.split()
    starts = [word.start_ms for word in track.words]
    assert starts == sorted(starts)
    assert track.clauses[-1].question


def test_times_of_a_model_with_alignments_are_its_own(catalogue: VoiceCatalogue) -> None:
    """Each symbol lasts ten steps of 256 samples, twice with the pad after it: 232 ms."""
    track = synthesise(catalogue.get("piper-en_us-tone-medium"), "Hello").track
    assert [phone.ipa for phone in track.phones] == ["", "h", "ə", "l", "o", "ʊ", ""]
    assert [phone.end_ms - phone.start_ms for phone in track.phones[1:4]] == [232, 232, 232]
    assert [phone.ipa for phone in track.phones if phone.stressed] == ["o"]


@pytest.mark.parametrize("name", ["tone", "plain"])
def test_the_same_text_gives_the_same_bytes(catalogue: VoiceCatalogue, name: str) -> None:
    voice = catalogue.get(f"piper-en_us-{name}-medium")
    first, second = synthesise(voice, TEXT), synthesise(voice, TEXT)
    assert first.samples.tobytes() == second.samples.tobytes()
    assert first.track == second.track


def test_the_version_names_the_content_of_the_files_and_not_their_place(
    catalogue: VoiceCatalogue, tmp_path: Path
) -> None:
    here = engine_version(catalogue.get("piper-en_us-tone-medium"))
    there = VoiceCatalogue(tmp_path / "elsewhere").add_piper(MODELS / "en_US-tone-medium.onnx")
    assert engine_version(there) == here
    assert engine_version(catalogue.get("piper-en_us-plain-medium")) != here


def test_a_model_that_cannot_be_loaded_is_named(catalogue: VoiceCatalogue, tmp_path: Path) -> None:
    (tmp_path / "voices" / "en_US-tone-medium.onnx").write_bytes(b"\x08" * 100)
    with pytest.raises(VoiceUnavailable, match=r"en_US-tone-medium\.onnx cannot be loaded"):
        synthesise(catalogue.get("piper-en_us-tone-medium"), "Hello")


def test_a_model_that_disappears_is_named(catalogue: VoiceCatalogue, tmp_path: Path) -> None:
    voice = catalogue.get("piper-en_us-tone-medium")
    (tmp_path / "voices" / "en_US-tone-medium.onnx").unlink()
    with pytest.raises(VoiceUnavailable, match=r"cannot be read: .*en_US-tone-medium\.onnx"):
        synthesise(voice, "Hello")
    with pytest.raises(VoiceUnavailable, match="cannot be read"):
        engine_version(voice)


def test_without_the_package_the_voice_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "piper", None)
    with pytest.raises(VoiceUnavailable, match=r"pip install 'tenex-videos\[piper\]'"):
        synthesise(read_voice(MODELS / "en_US-tone-medium.onnx"), "Hello")
