"""Which recordings browsers play as they are, and what is done to the others. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from typing import Literal

from app.media.examined import Colour, Edits, Examined, Fact, Picture, Rotation
from app.media.time import RATES, FrameRange

#: Long side of what is encoded here, and its fastest rate.
LONGEST_SIDE, FASTEST = 3840, 60
#: A variable rate becomes a constant one at which a frame is never further than 21 ms from its time.
_SLOWEST_CLOCK = 24
#: The picture may start this much after the sound, in seconds: it is seen at once in any player.
_LATE = Fraction(1, 10)
#: Sound that lasts longer than this beyond the picture keeps the last frame on the screen.
_OVERHANG = Fraction(1, 2)
#: Denominators of rates: what the clocks of containers can hold.
_FINEST = 1001
#: Of one piece of work: short enough to lose little in a crash, long enough to make decoding up to it cheap.
_SEGMENT_S = 24
#: Rates that differ by less, relatively, are taken for the usual one: a nominal rate, and one that was measured.
_NEAR, _SAME = Fraction(1, 50), Fraction(1, 5000)


class Reason(StrEnum):
    """Why a recording is converted. Shown to users."""

    CONTAINER = "container"
    CODEC = "codec"
    PIXEL_FORMAT = "pixel_format"
    LEVEL = "level"
    HDR = "hdr"
    INTERLACED = "interlaced"
    ANAMORPHIC = "anamorphic"
    ODD_SIZE = "odd_size"
    VARIABLE_FRAME_RATE = "variable_frame_rate"
    EDIT_LIST = "edit_list"
    LATE_START = "late_start"
    SOUND_CODEC = "sound_codec"


class Filter(StrEnum):
    """What happens to the picture, in the order in which it happens."""

    DEINTERLACE = "deinterlace"
    TONE_MAP = "tone_map"
    CROP = "crop"
    SCALE = "scale"
    ROTATE = "rotate"


class Conversion(Fact):
    """All that is needed to convert, next to the bytes. ``frames`` of ``frame_rate`` fill the length exactly.

    ``phase`` is where the source's frames stand if their rate is constant. With ``picture == "copy"`` size, rate and
    frames are the source's own and nothing is filtered.
    """

    container: Literal["mp4", "webm"]
    picture: Literal["copy", "encode"]
    sound: Literal["copy", "encode", "none"]
    reasons: tuple[Reason, ...]
    filters: tuple[Filter, ...]
    width: int
    height: int
    frame_rate: Fraction
    frames: int
    rotation: Rotation
    colour: Colour
    origin: Fraction
    phase: Fraction
    picture_index: int
    sound_index: int | None
    key_frame_every: Fraction

    def tick_of(self, time: Fraction) -> int:
        """The frame of the copy that is nearest to ``time`` on the source's clock."""
        return _nearest((time - self.origin - self.phase) * self.frame_rate) + _nearest(self.phase * self.frame_rate)


#: What browsers play: container → picture codecs, sound codecs.
_PLAYED: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "mp4": (frozenset({"h264", "av1", "vp9"}), frozenset({"aac", "mp3"})),
    "webm": (frozenset({"vp8", "vp9", "av1"}), frozenset({"opus", "vorbis"})),
}
_EIGHT_BIT = frozenset({"yuv420p", "yuvj420p"})
_HIGHEST_LEVEL = 52


def plan_conversion(examined: Examined) -> Conversion | None:
    """None when browsers play it as it is; rotation alone is played."""
    repaint, rewrap = tuple(_repaint(examined)), tuple(_rewrap(examined))
    if not repaint and not rewrap:
        return None
    picture, sound = examined.picture, examined.sound
    container = "mp4" if repaint else _container(examined)
    keeps_sound = sound is not None and not repaint and sound.codec in _PLAYED[container][1]
    size = _size(picture) if repaint else (picture.width, picture.height)
    rate = clock_rate(picture) if repaint else picture.frame_rate
    return Conversion(
        container=container,
        picture="encode" if repaint else "copy",
        sound="none" if sound is None else "copy" if keeps_sound else "encode",
        reasons=repaint + rewrap,
        filters=tuple(_filters(picture, size)) if repaint else (),
        width=size[0],
        height=size[1],
        frame_rate=rate,
        frames=max(1, round(_shown(examined) * rate)) if repaint else picture.frames,
        rotation=picture.rotation,
        colour=picture.colour,
        origin=examined.origin,
        phase=picture.start if picture.constant else Fraction(0),
        picture_index=picture.index,
        sound_index=None if sound is None else sound.index,
        key_frame_every=picture.key_frame_every,
    )


def segments_of(conversion: Conversion) -> list[FrameRange]:
    """The frames in runs of about 24 s, of one length but the last; longer where key frames are rarer than that, since
    every run is decoded from the key frame before it. No run but a lone one is shorter than a second: the clock of
    joined files goes wrong by a frame or two where a run is too short to hold pictures that are out of order.
    """
    step = max(1, round(max(Fraction(_SEGMENT_S), conversion.key_frame_every) * conversion.frame_rate))
    starts = range(0, max(1, conversion.frames - int(conversion.frame_rate)), step)
    return [FrameRange(*each) for each in pairwise((*starts, conversion.frames))]


def clock_rate(picture: Picture) -> Fraction:
    """The constant rate: the nominal one, snapped to a usual one when near, at most 60.

    A variable rate below 24 is multiplied, so that no frame moves far from its time, and any rate below 1.
    """
    rate = _snapped(picture.frame_rate, _SAME if picture.constant else _NEAR)
    if not picture.constant:
        rate = rate if rate in RATES.values() else Fraction(max(1, round(rate)))
        rate *= 1 if rate > _SLOWEST_CLOCK - 1 else -(-_SLOWEST_CLOCK // rate)
    rate *= -(-1 // rate) if rate < 1 else 1
    rate = rate if rate <= FASTEST else rate / -(-rate // FASTEST)
    return rate.limit_denominator(_FINEST)


def _nearest(place: Fraction) -> int:
    """Halves go up, always, so that even steps stay even."""
    return (2 * place.numerator + place.denominator) // (2 * place.denominator)


def _snapped(rate: Fraction, near: Fraction) -> Fraction:
    usual = min(RATES.values(), key=lambda candidate: abs(candidate - rate))
    return usual if abs(usual - rate) <= near * usual else rate


def _repaint(examined: Examined) -> Iterator[Reason]:
    """Why the picture must be encoded again."""
    picture = examined.picture
    hdr = picture.colour.hdr is not None
    found = {
        Reason.CODEC: not any(picture.codec in codecs for codecs, _ in _PLAYED.values()),
        Reason.LEVEL: picture.codec == "h264" and (picture.level or 0) > _HIGHEST_LEVEL,
        Reason.HDR: hdr,
        Reason.PIXEL_FORMAT: not hdr and picture.pixel_format not in _EIGHT_BIT,
        Reason.INTERLACED: picture.interlaced,
        Reason.ANAMORPHIC: picture.pixel_aspect != 1,
        Reason.ODD_SIZE: bool(picture.coded_width % 2 or picture.coded_height % 2),
        Reason.VARIABLE_FRAME_RATE: not picture.constant,
        Reason.EDIT_LIST: picture.edits is not Edits.NONE,
        Reason.LATE_START: picture.start > _LATE,
    }
    yield from (reason for reason, holds in found.items() if holds)


def _rewrap(examined: Examined) -> Iterator[Reason]:
    """Why the file must at least be written again."""
    container = _container(examined)
    if examined.container != container:
        yield Reason.CONTAINER
    elif examined.origin > _LATE:
        yield Reason.LATE_START
    if examined.sound is not None and examined.sound.codec not in _PLAYED[container][1]:
        yield Reason.SOUND_CODEC


def _container(examined: Examined) -> Literal["mp4", "webm"]:
    """Where the picture can stay as it is: WebM for what only WebM takes, and for what comes with its sound."""
    picture, sound = examined.picture.codec, examined.sound.codec if examined.sound else None
    pictures, sounds = _PLAYED["webm"]
    if picture not in pictures:
        return "mp4"
    if picture in _PLAYED["mp4"][0] and (examined.container == "mp4" or sound in _PLAYED["mp4"][1]):
        return "mp4"
    return "webm" if sound is None or sound in sounds else "mp4"


def _filters(picture: Picture, size: tuple[int, int]) -> Iterator[Filter]:
    if picture.interlaced:
        yield Filter.DEINTERLACE
    if picture.colour.hdr is not None:
        yield Filter.TONE_MAP
    width, height = size if picture.rotation in (0, 180) else size[::-1]
    spare = (picture.coded_width - width, picture.coded_height - height)
    if spare != (0, 0):
        yield Filter.CROP if set(spare) <= {0, 1} else Filter.SCALE
    if picture.rotation:
        yield Filter.ROTATE


def _size(picture: Picture) -> tuple[int, int]:
    """Even, and not longer than the longest side."""
    scale = min(Fraction(1), Fraction(LONGEST_SIDE, max(picture.width, picture.height)))
    return _even(picture.width * scale), _even(picture.height * scale)


def _even(length: Fraction) -> int:
    return max(2, int(length) // 2 * 2)


def _shown(examined: Examined) -> Fraction:
    """How long there is a picture to show, from time zero on."""
    end = examined.picture.start + examined.picture.duration
    return examined.duration if examined.duration - end > _OVERHANG else end
