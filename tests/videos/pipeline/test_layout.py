"""A script becomes passages, takes and chunks in exact frames; an edit leaves the rest alone."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import pytest

from app.avatars.base import Capabilities, Delivery, ProviderMissing, TakeRequest
from app.media.time import FrameRange
from app.modules.videos.composition import AspectRatio, Composition, FrameRate, Picture, Resolution, Scene, Speaker
from app.modules.videos.pipeline.layout import LONGEST_CHUNK_S, Layout, lay_out, parts
from app.modules.videos.pipeline.looks import Drawn
from app.modules.videos.pipeline.plan import PlannedTake, plan_takes

SENTENCES = [
    "Welcome to the autumn review, where we look at what moved the business this year and why it did.",
    "Most of the growth came from people who had tried the product before Monday and told a colleague.",
    "Pricing changed twice, and both times the number of support questions went down within a week.",
    "The team in Lisbon shipped the new importer, which cut the time to the first report by half.",
    "Next quarter we will do less, but we will finish it, and that is the whole plan for the spring.",
]


class Painter:
    """A provider that delivers performances of a fixed length and knows no voices."""

    name = "studio"
    capabilities = Capabilities(
        delivery=Delivery.PERFORMANCE,
        by_passage=True,
        max_script_chars=20_000,
        first_poll_s=0,
        longest_poll_s=0,
        deadline_s=1,
    )

    def ingredients(self, request: TakeRequest) -> Mapping[str, Any]:
        return {"script": request.script, "voice": request.voice}


def composition(script: str, *, voice: str = "clara", avatar: str = "maya", **picture: Any) -> Composition:
    speaker = Speaker(avatar_id=avatar, provider="studio", provider_avatar_id=avatar, voice_id=voice, background="dawn")
    return Composition(picture=Picture(**picture), scenes=(Scene(script=script, speaker=speaker),))


def plan(of: Composition) -> tuple[PlannedTake, ...]:
    return plan_takes(of, {"studio": Painter()})  # pyright: ignore[reportArgumentType]


def layout(of: Composition, duration_ms: int = 5_013) -> Layout:
    takes = plan(of)
    return lay_out(of, takes, {take.fingerprint: duration_ms + len(take.script) for take in takes})


def names(of: Layout) -> set[str]:
    return {chunk.fingerprint for chunk in of.chunks}


@pytest.mark.parametrize("fps", list(FrameRate))
def test_chunks_cover_every_frame_of_the_timeline_exactly_once(fps: FrameRate) -> None:
    laid = layout(composition(" ".join(SENTENCES), fps=fps), duration_ms=23_456)
    start, chunks = 0, list(laid.chunks)
    for segment in laid.timeline.segments:
        assert segment.start == start
        drawn = 0
        while drawn < segment.frames:
            chunk = chunks.pop(0)
            assert chunk.look.host is not None
            source = chunk.look.host.source
            assert isinstance(source, Drawn)
            assert segment.take is not None
            assert (source.take, source.at, source.frames) == (segment.take.fingerprint, drawn, segment.frames)
            drawn += chunk.frames
        assert drawn == segment.frames
        start += segment.frames
    assert not chunks
    assert laid.timeline.frames == start


def test_no_chunk_lasts_longer_than_it_may() -> None:
    laid = layout(composition(SENTENCES[0]), duration_ms=91_000)
    assert len(laid.chunks) > 3
    assert all(c.frames <= LONGEST_CHUNK_S * Fraction(c.fps) for c in laid.chunks)


@pytest.mark.parametrize(
    ("keys", "starts"),
    [
        ((), [100, 350, 600]),
        ((66, 316, 566, 816), [100, 316, 566]),  # as near as they are
        ((66, 160, 790), [100, 350, 600]),  # three quarters of a part away: none is near
        ((170, 780), [100, 170, 780]),
        ((475,), [100, 475]),
        ((474, 475, 476), [100, 474]),  # two parts would begin next to each other
        (tuple(range(0, 1000, 50)), [100, 350, 600]),
    ],
)
def test_parts_of_a_clip_begin_where_its_recording_can_be_decoded_from(
    keys: tuple[int, ...], starts: list[int]
) -> None:
    made = list(parts(FrameRange(100, 850), Fraction(25), 10, keys))
    assert [part.start for part in made] == starts
    assert [part.stop for part in made] == [*starts[1:], 850]


def test_a_segment_holds_its_speech_and_pause_and_less_than_a_frame_more() -> None:
    laid = layout(composition(SENTENCES[0]), duration_ms=5_000)
    segment = laid.timeline.segments[0]
    needed = Fraction(segment.lead_ms + 5_000 + len(SENTENCES[0]) + 700, 1000)
    assert 0 <= segment.frames / Fraction(25) - needed < Fraction(1, 25)


def test_editing_one_sentence_leaves_the_chunks_of_the_others_valid() -> None:
    before = layout(composition("\n\n".join(SENTENCES)))
    edited = [*SENTENCES]
    edited[2] = edited[2].replace("twice", "three times")
    after = layout(composition("\n\n".join(edited)))
    assert len(names(after) - names(before)) == 1
    assert after.sounds != before.sounds


def test_inserting_a_sentence_makes_only_its_own_chunks() -> None:
    before = layout(composition("\n\n".join(SENTENCES)))
    longer = [
        *SENTENCES[:2],
        "One more thing that nobody expected has happened on the way to the office.",
        *SENTENCES[2:],
    ]
    after = layout(composition("\n\n".join(longer)))
    assert names(before) < names(after)
    assert len(names(after) - names(before)) == 1


def test_another_aspect_ratio_keeps_every_take_and_changes_every_chunk() -> None:
    wide, tall = composition(" ".join(SENTENCES)), composition(" ".join(SENTENCES), aspect_ratio=AspectRatio.TALL)
    assert [take.fingerprint for take in plan(wide)] == [take.fingerprint for take in plan(tall)]
    assert not names(layout(wide)) & names(layout(tall))
    assert layout(wide).sounds == layout(tall).sounds


def test_another_character_with_the_same_voice_keeps_speech_and_sound() -> None:
    one, other = composition(SENTENCES[0]), composition(SENTENCES[0], avatar="helen")
    assert plan(one)[0].fingerprint == plan(other)[0].fingerprint
    assert layout(one).sounds == layout(other).sounds
    assert names(layout(one)) != names(layout(other))


def test_another_voice_changes_everything() -> None:
    one, other = composition(SENTENCES[0]), composition(SENTENCES[0], voice="bruno")
    assert plan(one)[0].fingerprint != plan(other)[0].fingerprint
    assert not names(layout(one)) & names(layout(other))


def test_a_sentence_that_comes_twice_is_made_once() -> None:
    laid = layout(composition(f"{SENTENCES[0]}\n\n{SENTENCES[1]}\n\n{SENTENCES[0]}\n\n{SENTENCES[3]}"))
    assert len(laid.chunks) == 4
    assert len(names(laid)) == 3


@pytest.mark.parametrize(
    ("ratio", "resolution", "size"),
    [
        (AspectRatio.WIDE, Resolution.P1080, (1920, 1080)),
        (AspectRatio.WIDE, Resolution.P720, (1280, 720)),
        (AspectRatio.TALL, Resolution.P1080, (1080, 1920)),
        (AspectRatio.SQUARE, Resolution.P720, (720, 720)),
        (AspectRatio.PORTRAIT, Resolution.P1080, (1080, 1350)),
        (AspectRatio.PORTRAIT, Resolution.P720, (720, 900)),
    ],
)
def test_sizes(ratio: AspectRatio, resolution: Resolution, size: tuple[int, int]) -> None:
    assert Picture(aspect_ratio=ratio, resolution=resolution).size == size


def test_a_provider_that_is_not_configured_is_named() -> None:
    with pytest.raises(ProviderMissing, match="studio is not configured"):
        plan_takes(composition("Hello."), {})
