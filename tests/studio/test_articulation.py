"""What the mouth does, and when."""

from __future__ import annotations

import unicodedata

import pytest

from app.avatars.studio.articulation import MouthTrack
from app.avatars.studio.presenter import Presenter
from app.avatars.studio.visemes import VISEMES, split_ipa
from app.speech.base import Phone
from tests.studio.shots import shot, speech


def spoken(*sounds: str, each_ms: int = 100) -> list[Phone]:
    return [
        Phone(start_ms=500 + i * each_ms, end_ms=500 + (i + 1) * each_ms, ipa=ipa, stressed=True)
        for i, ipa in enumerate(sounds)
    ]


def test_lips_are_closed_on_every_p_b_and_m() -> None:
    track = speech()
    presenter = Presenter(shot("maya", track=track))
    poses = [presenter.pose_at(index).mouth for index in range(272)]
    bilabials = [phone for phone in track.phones if phone.ipa in ("p", "b", "m")]
    assert len(bilabials) >= 8
    for phone in bilabials:
        around = [i for i in range(272) if phone.start_ms - 40 <= i * 40 <= phone.end_ms]
        assert min(poses[i].open for i in around) < 0.02, phone


def test_lips_open_again_between_two_closures() -> None:
    track = MouthTrack(spoken("p", "iː", "p"))
    assert track.at(0.65).open > 0.1
    assert track.at(0.55).open < 0.01
    assert track.at(0.75).open < 0.01


@pytest.mark.parametrize("sound", ["f", "v"])
def test_the_lower_lip_meets_the_teeth(sound: str) -> None:
    mouth = MouthTrack(spoken("ɑː", sound, "ɑː")).at(0.65)
    assert mouth.bite > 0.95
    assert mouth.upper_teeth > 0.7


def test_the_tongue_shows_between_the_teeth() -> None:
    assert MouthTrack(spoken("ə", "θ", "ə")).at(0.65).tongue > 0.5


def test_lips_are_rounded_before_a_rounded_vowel_sounds() -> None:
    track = MouthTrack(spoken("s", "uː"))
    assert track.at(0.58).round > track.at(0.52).round > 0.1


def test_wide_and_open_vowels_differ() -> None:
    assert MouthTrack(spoken("iː")).at(0.55).wide > 0.6
    assert MouthTrack(spoken("ɑː")).at(0.55).open > 0.6


def test_a_pause_is_a_mouth_at_rest() -> None:
    track = MouthTrack([*spoken("ɑː"), Phone(start_ms=600, end_ms=1400, ipa="")])
    assert track.at(1.0) == VISEMES["rest"]


def test_no_speech_is_a_mouth_at_rest() -> None:
    assert MouthTrack([]).at(1.0) == VISEMES["rest"]


@pytest.mark.parametrize(
    ("ipa", "expected"),
    [
        ("tʃ", ["CH"]), ("aɪ", ["AA", "IY"]), ("ʁ", ["KK"]), ("y", ["UW"]), ("ø", ["OO"]), ("pʰ", ["PP"]),
        ("ɲ", ["DD"]), ("ɣ", ["KK"]), ("ɕ", ["CH"]), ("ɛ̃", ["EH"]), ("ts", ["SS"]), ("β", ["FF"]), ("", []),
    ],
)  # fmt: skip
def test_sounds_of_other_languages_find_their_class(ipa: str, expected: list[str]) -> None:
    assert split_ipa(ipa) == expected


def test_no_sign_is_an_error() -> None:
    signs = "".join(chr(code) for code in range(0x20, 0x400)) + "👄 \u0361" + unicodedata.normalize("NFD", "ãẽ")
    names = split_ipa(signs)
    assert set(names) <= set(VISEMES)
    MouthTrack([Phone(start_ms=0, end_ms=400, ipa=signs), Phone(start_ms=400, end_ms=400, ipa="a")]).at(0.2)
