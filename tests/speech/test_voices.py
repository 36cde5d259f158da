import json
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from app.media.loudness import CHAINS
from app.speech.errors import UnknownVoice, VoiceFileInvalid, VoiceUnavailable
from app.speech.synthesis import engine_version, synthesise
from app.speech.voices import VoiceCatalogue
from tests.needs import need_programs

SETTINGS = {
    "audio": {"sample_rate": 22050, "quality": "medium"},
    "espeak": {"voice": "de"},
    "phoneme_type": "espeak",
    "phoneme_id_map": {"a": [1]},
    "language": {"code": "de_DE"},
    "dataset": "thorsten",
}


def nothing_installed(_program: str) -> None:
    return None


@pytest.fixture
def catalogue(tmp_path: Path) -> VoiceCatalogue:
    return VoiceCatalogue(tmp_path / "voices", nothing_installed)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "downloads" / "de_DE-thorsten-medium.onnx"
    path.parent.mkdir()
    path.write_bytes(b"\x08\x08" + b"x" * 200)
    path.with_name(f"{path.name}.json").write_text(json.dumps(SETTINGS))
    return path


def test_built_in_voices_are_always_there_with_a_choice_for_each_presenter(catalogue: VoiceCatalogue) -> None:
    voices = catalogue.all()
    english = Counter((voice.language, voice.gender) for voice in voices if voice.language in ("en-US", "en-GB"))
    assert all(count >= 2 for count in english.values())
    assert len(english) == 4
    assert {"de-DE", "fr-FR", "es-ES", "it-IT", "pt-BR", "nl-NL", "pl-PL", "ar", "hi-IN", "tr-TR"} <= {
        v.language for v in voices
    }


def test_every_voice_has_its_own_id_name_within_a_language_and_a_known_chain(catalogue: VoiceCatalogue) -> None:
    voices = catalogue.all()
    assert len({voice.id for voice in voices}) == len({(voice.language, voice.name) for voice in voices}) == len(voices)
    assert all(re.fullmatch(r"[a-z0-9-]+", voice.id) for voice in voices)
    assert {voice.chain for voice in voices} <= set(CHAINS)


def test_a_voice_is_found_by_its_id(catalogue: VoiceCatalogue) -> None:
    assert catalogue.get("espeak-en-us-clara").name == "Clara"


def test_an_unknown_voice_is_refused_with_where_to_look(catalogue: VoiceCatalogue) -> None:
    with pytest.raises(UnknownVoice, match=r"no voice 'nobody'.*/api/v1/videos/voices") as refused:
        catalogue.get("nobody")
    assert refused.value.code == "unknown_voice"


@pytest.mark.parametrize(
    ("voice", "command"),
    [
        ("festival-en-us-slt", "apt-get install festival festvox-us-slt-hts"),
        ("flite-en-us-rms", "apt-get install flite"),
        ("piper-en_us-amy-medium", "tenex voices add"),
    ],
)
def test_a_voice_that_is_not_installed_says_how_to_install_it(
    catalogue: VoiceCatalogue, voice: str, command: str
) -> None:
    with pytest.raises(VoiceUnavailable, match=command) as refused:
        catalogue.get(voice)
    assert refused.value.code == "voice_unavailable"
    assert voice not in {listed.id for listed in catalogue.all()}


def test_festival_without_its_voice_is_not_enough(tmp_path: Path) -> None:
    catalogue = VoiceCatalogue(tmp_path, lambda program: f"/usr/bin/{program}", festival_folders=(tmp_path,))
    with pytest.raises(VoiceUnavailable, match="Festival's voice us/cmu_us_slt_arctic_hts"):
        catalogue.get("festival-en-us-slt")


def test_a_program_voice_is_listed_when_its_program_is_there(tmp_path: Path) -> None:
    (tmp_path / "us" / "cmu_us_slt_arctic_hts").mkdir(parents=True)
    catalogue = VoiceCatalogue(tmp_path, lambda program: f"/usr/bin/{program}", festival_folders=(tmp_path,))
    assert {"festival-en-us-slt", "flite-en-us-slt", "flite-en-us-rms"} <= {voice.id for voice in catalogue.all()}


def test_adding_a_piper_voice_copies_both_files_and_adding_it_again_is_fine(
    catalogue: VoiceCatalogue, model: Path, tmp_path: Path
) -> None:
    for _ in range(2):
        voice = catalogue.add_piper(model)
    assert (voice.id, voice.name, voice.language) == ("piper-de_de-thorsten-medium", "Thorsten", "de-DE")
    assert {path.name for path in (tmp_path / "voices").iterdir()} == {model.name, f"{model.name}.json"}
    assert catalogue.add_piper(tmp_path / "voices" / model.name) == voice


def put(content: bytes) -> Callable[[Path], object]:
    return lambda model: model.write_bytes(content)


def put_settings(settings: object) -> Callable[[Path], object]:
    return lambda model: model.with_name(f"{model.name}.json").write_text(json.dumps(settings))


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (Path.unlink, "There is no file"),
        (lambda model: model.with_name(f"{model.name}.json").unlink(), "onnx.json is missing"),
        (put(b"\n<!DOCTYPE html>" + b" " * 200), "web page"),
        (put(b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64), "pointer"),
        (put(b""), "not an ONNX model"),
        (put(b"RIFF" + b"x" * 200), "not an ONNX model"),
        (lambda model: model.with_name(f"{model.name}.json").write_text("{"), "not JSON"),
        (put_settings([]), "lacks audio, phoneme_id_map, espeak"),
        (put_settings(SETTINGS | {"audio": {"quality": "low"}}), "lacks audio.sample_rate"),
        (put_settings(SETTINGS | {"phoneme_type": "pinyin"}), "'pinyin' phonemes"),
    ],
    ids=[
        *("no file", "no settings", "a web page", "a pointer", "empty", "another file"),
        *("broken settings", "other settings", "no rate", "other phonemes"),
    ],
)
def test_what_is_not_a_piper_voice_is_refused_and_nothing_is_copied(
    catalogue: VoiceCatalogue, model: Path, tmp_path: Path, spoil: Callable[[Path], object], message: str
) -> None:
    spoil(model)
    with pytest.raises(VoiceFileInvalid, match=message):
        catalogue.add_piper(model)
    assert not (tmp_path / "voices").exists()


def test_a_voice_file_damaged_later_is_named(catalogue: VoiceCatalogue, model: Path, tmp_path: Path) -> None:
    voice = catalogue.add_piper(model)
    (tmp_path / "voices" / model.name).write_bytes(b"")
    with pytest.raises(VoiceUnavailable, match=model.name):
        catalogue.get(voice.id)


@pytest.mark.parametrize("voice_id", ["flite-en-us-slt", "flite-en-us-rms"])
def test_flite_speaks_with_the_times_of_its_sounds(tmp_path: Path, voice_id: str) -> None:
    need_programs("flite")
    assert_program_speaks(tmp_path, voice_id)


def test_festival_speaks_with_the_times_of_its_sounds(tmp_path: Path) -> None:
    need_programs("festival", package="festival festvox-us-slt-hts")
    assert_program_speaks(tmp_path, "festival-en-us-slt")


def assert_program_speaks(folder: Path, voice_id: str) -> None:
    voice = VoiceCatalogue(folder).get(voice_id)
    text = 'We grew $3.5m 🎉 in "2019" (system "x") — is it 25%?'
    speech = synthesise(voice, text)
    assert [token for word in speech.track.words for token in word.text.split()] == text.split()
    assert [phone.ipa for phone in speech.track.phones[:4]] == ["", "w", "iː", "ɡ"]
    assert speech.track.clauses[-1].question
    assert engine_version(voice) == engine_version(voice)
    assert voice.engine in engine_version(voice)
    assert not synthesise(voice, "你好").samples.any()
