"""A range of a source → the composition of a clip. What can be known to be wrong is refused before anything is held."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from app.media.time import RATES, parse_rate
from app.modules.videos.clips.cleaning import Cleaning, Part, parts_of
from app.modules.videos.clips.presets import PRESETS, Platform
from app.modules.videos.clips.schemas import ClipStyle, FramingIn, RangeIn, WordCaptionsIn
from app.modules.videos.clips.transcripts import Transcript, text_of
from app.modules.videos.composition import Captions, Composition, FrameRate, Picture, Scene
from app.modules.videos.errors import InvalidClip
from app.modules.videos.phrases import places_among, tokens_of
from app.modules.videos.scenery import (
    WHOLE_SHARE,
    Arrangement,
    Asset,
    Brand,
    Clip,
    CropKey,
    Framing,
    Layout,
    SaidWord,
    WordCaptions,
)

#: Shorter is no clip; and what a range may be longer than its source, for the rounding of clocks.
SHORTEST_MS, _ROUNDING_MS = 200, 50
#: Around the words with which a range begins and ends.
_BEFORE_MS, _AFTER_MS = 150, 350
_SAME_SHAPE = Fraction(1, 50)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What is cut from."""

    asset: Asset
    title: str
    fps: str
    transcript: Transcript
    brand: Brand


@dataclass(frozen=True, slots=True, kw_only=True)
class Range:
    start_ms: int
    end_ms: int
    title: str
    caption: str = ""


def range_of(wanted: RangeIn, source: Source) -> Range:
    """Raises InvalidClip."""
    words, length = source.transcript.words, source.asset.duration_ms
    start_ms = round(wanted.start * 1000) if wanted.start is not None else None
    if wanted.from_phrase is not None:
        first, _ = _find(wanted.from_phrase, words, 0)
        start_ms = max(words[first].start_ms - _BEFORE_MS, words[first - 1].end_ms if first else 0)
    start_ms = start_ms or 0
    end_ms = round(wanted.end * 1000) if wanted.end is not None else None
    if wanted.to_phrase is not None:
        begun = next((number for number, word in enumerate(words) if word.end_ms > start_ms), len(words))
        _, last = _find(wanted.to_phrase, words, begun, once=False)
        after = words[last + 1].start_ms if last + 1 < len(words) else length
        end_ms = min(words[last].end_ms + _AFTER_MS, max(after, words[last].end_ms), length)
    end_ms = length if end_ms is None else end_ms
    checked(start_ms, end_ms, length)
    title = wanted.title or f"{source.title} ({_clock(start_ms)})"
    return Range(start_ms=start_ms, end_ms=min(end_ms, length), title=title[:200], caption=wanted.caption or "")


def checked(start_ms: int, end_ms: int, length_ms: int) -> None:
    """Raises InvalidClip for a range that is none, or not within the source."""
    name = f"The range from {start_ms / 1000:g} to {end_ms / 1000:g} s"
    if end_ms <= start_ms:
        raise InvalidClip(f"{name} ends before it begins.")
    if start_ms >= length_ms or end_ms > length_ms + _ROUNDING_MS:
        raise InvalidClip(f"{name} is not within the video, which lasts {length_ms / 1000:g} s.")
    if end_ms - start_ms < SHORTEST_MS:
        raise InvalidClip(f"{name} is too short: a clip lasts at least {SHORTEST_MS / 1000:g} s.")


def composition_of(source: Source, start_ms: int, end_ms: int, platform: Platform, style: ClipStyle) -> Composition:
    """Raises InvalidClip for a length that the platform does not take."""
    preset = PRESETS[platform]
    rate = style.fps or rate_near(parse_rate(source.fps), preset.most_fps)
    parts = _parts(source, start_ms, end_ms, RATES[rate], style)
    check_length(platform, sum(part.end_ms - part.start_ms for part in parts))
    picture = Picture(aspect_ratio=style.aspect_ratio or preset.aspect_ratio, resolution=style.resolution, fps=rate)
    framing = _framing(style.framing) if _other_shape(source.asset, picture) else None
    shown = style.captions is not None and any(part.words for part in parts)
    return Composition(
        picture=picture,
        scenes=tuple(_scene(source, part, framing, preset.most_mbps) for part in parts),
        captions=Captions.BURNED if shown else Captions.SIDECAR,
        word_captions=_captions(style.captions, source.brand) if shown and style.captions is not None else None,
        lufs=preset.lufs,
        brand=source.brand.model_copy(update={"logo": None}),
    )


def check_length(platform: Platform, length_ms: int) -> None:
    """Raises InvalidClip for a length that the platform does not take."""
    preset, length = PRESETS[platform], length_ms / 1000
    if not preset.least_s <= length <= preset.most_s:
        raise InvalidClip(
            f"{preset.name} takes videos of {preset.least_s:g} to {preset.most_s:g} s; this clip would last "
            f"{length:g} s."
        )


def check_exact(source: Source, style: ClipStyle) -> None:
    """Raises InvalidClip where something is to be taken out, and it is not known when words are said."""
    if style.clean is not None and not source.transcript.exact:
        raise InvalidClip(
            "Silences and filler words can only be taken out where the time of every word is known. Put a transcript "
            "with the times of words, or leave out `clean`."
        )


def _parts(source: Source, start_ms: int, end_ms: int, fps: Fraction, style: ClipStyle) -> tuple[Part, ...]:
    """All of the range, or what is left of it. Raises InvalidClip."""
    words, clean = source.transcript.within(start_ms, end_ms), style.clean
    if clean is None:
        return (Part(start_ms=start_ms, end_ms=end_ms, words=words),)
    check_exact(source, style)
    pause = round(clean.longest_pause * 1000) if clean.longest_pause is not None else None
    parts = parts_of(words, start_ms, end_ms, fps, Cleaning(longest_pause_ms=pause, fillers=clean.fillers))
    if not parts:
        raise InvalidClip(f"Nothing is left of the range from {start_ms / 1000:g} to {end_ms / 1000:g} s.")
    return parts


def _scene(source: Source, part: Part, framing: Framing | None, most_mbps: int) -> Scene:
    transcript = source.transcript
    return Scene(
        script=text_of(part.words),
        language=transcript.language or "en-US",
        recording=Clip(asset=source.asset, start_ms=part.start_ms, stop_ms=part.end_ms),
        layout=Layout(arrangement=Arrangement.HOST),
        words=part.words if transcript.exact else (),
        framing=framing,
        as_coded_mbps=most_mbps,
    )


def rate_near(rate: Fraction, most: int) -> FrameRate:
    """The one that is nearest; of faster recordings every other frame is left out."""
    while rate > most:
        rate /= 2
    return min(FrameRate, key=lambda each: (abs(RATES[each] - rate), RATES[each]))


def _other_shape(asset: Asset, picture: Picture) -> bool:
    width, height = picture.size
    return abs(Fraction(asset.width, asset.height) / Fraction(width, height) - 1) > _SAME_SHAPE


def _framing(wanted: FramingIn) -> Framing:
    keys = (
        CropKey(at_ms=round(key.time * 1000), x=round(key.x * WHOLE_SHARE), y=round(key.y * WHOLE_SHARE), cut=key.cut)
        for key in wanted.keys
    )
    return Framing(mode=wanted.mode, keys=tuple(keys))


def _captions(wanted: WordCaptionsIn, brand: Brand) -> WordCaptions:
    return WordCaptions(
        style=wanted.style,
        text=wanted.text or brand.text,
        accent=wanted.accent or brand.accent,
        back=wanted.back or brand.card,
        capitals=wanted.capitals,
        emphasis=tuple(sorted({"".join(filter(str.isalnum, word.lower())) for word in wanted.emphasis})),
    )


def _find(phrase: str, words: Sequence[SaidWord], begun: int, *, once: bool = True) -> tuple[int, int]:
    """The first and the last word of a phrase, from word ``begun`` on. Raises InvalidClip."""
    if not words:
        raise InvalidClip(
            f"It is not known what is said in the video, so “{phrase}” cannot be found. Put its transcript, or give "
            "the range in seconds."
        )
    wanted = tokens_of(phrase)
    tokens = [(number, token) for number, word in enumerate(words) if number >= begun for token in tokens_of(word.text)]
    places = places_among(wanted, [token for _, token in tokens])
    if not places:
        raise InvalidClip(f"The words “{phrase}” are not said in the video{' after the start' if begun else ''}.")
    if once and len(places) > 1:
        times = ", ".join(_clock(words[tokens[place][0]].start_ms) for place in places[:5])
        raise InvalidClip(f"The words “{phrase}” are said {len(places)} times, at {times}. Add words to tell which.")
    return tokens[places[0]][0], tokens[places[0] + len(wanted) - 1][0]


def _clock(ms: int) -> str:
    minutes, seconds = divmod(ms // 1000, 60)
    return f"{minutes}:{seconds:02}"
