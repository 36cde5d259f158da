"""What a recording holds, measured and not believed: every packet is read, a few frames are decoded.

Called in limited child processes only (``examined.EXAMINE_LIMITS``).
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Literal

from av.audio.stream import AudioStream
from av.container import InputContainer
from av.stream import Stream
from av.video.stream import VideoStream

from app.media.boxes import Boxes, read_boxes
from app.media.boxes import Track as BoxTrack
from app.media.cadence import Cadence, cadence_of
from app.media.demux import MOST_STREAMS, Chosen, Track, choose, codec_of, locked, opened, read_head, read_packets
from app.media.examined import Bounds, Edits, Examined, Picture, Sound, SubtitleTrack
from app.media.extent import missing_bytes
from app.media.look import Looks, look
from app.media.refusals import (
    Corrupt,
    NotMedia,
    TooBig,
    TooLong,
    TooManyPixels,
    Truncated,
    UnsupportedCodec,
    clock,
    named,
)
from app.media.sniff import container_of
from app.media.transparency import says_alpha

_TEXT_SUBTITLES = frozenset(
    {"subrip", "ass", "ssa", "mov_text", "webvtt", "text", "ttml", "sami", "microdvd", "subviewer", "stl", "eia_608"}
)
_PICTURE_SUBTITLES = frozenset({"dvd_subtitle", "dvb_subtitle", "hdmv_pgs_subtitle", "xsub"})
_MOST_SUBTITLES = 40
_LONGEST_TAG = 200
#: What headers promise may be off by this: two seconds, or two of a hundred.
_ROUNDING_S, _ROUNDING = 2, Fraction(1, 50)
#: A transport stream announces no length, and Matroska's is that of its subtitles too: its size tells what is missing.
_WITHOUT_LENGTH = frozenset({"mp4", "mpegts", "matroska", "webm"})
#: What an edit list may hide without being noticed: priming, and rounding to the movie's clock.
_UNSEEN = Fraction(1, 10)
#: Pixels are taken for square when they nearly are, and when they are said to be this many times as wide as high.
_NEARLY, _OVERSHOOT = Fraction(1, 100), 8


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """The parts from which the facts are put together."""

    container: str
    boxes: Boxes | None
    chosen: Chosen
    picture: Track
    sound: Track | None
    looks: Looks
    cadence: Cadence

    @property
    def picture_stop(self) -> Fraction:
        """The last frame lasts as long as its packet says, or as long as most do."""
        last = self.picture.last_duration * self.picture.tick or 1 / self.cadence.rate
        return (self.picture.last or 0) * self.picture.tick + last

    @property
    def sound_start(self) -> Fraction:
        if self.sound is None or self.chosen.sound is None:
            return self.picture.start
        rate = max(1, self.chosen.sound.codec_context.sample_rate)
        primed = (self.sound.first or 0) * self.sound.tick + Fraction(self.sound.priming, rate)
        return max(self.sound.start, primed)

    @property
    def origin(self) -> Fraction:
        """MP4 has a time zero of its own. Elsewhere, and where an MP4 is in fragments, as live streams are, it is when
        the first of picture and sound begins.
        """
        if self.boxes is not None and not self.boxes.fragmented:
            return Fraction(0)
        return max(Fraction(0), min(self.picture.start, self.sound_start))


def examine(path: Path, bounds: Bounds) -> Examined:
    """The facts of the recording. Raises a refusal (see ``refusals``) for what is not taken in."""
    size = path.stat().st_size
    if size > bounds.max_bytes:
        raise TooBig(
            f"The file has {named(size)}; at most {named(bounds.max_bytes)} are accepted. Upload a shorter cut."
        )
    head = read_head(path)
    container = container_of(head)
    boxes = read_boxes(path) if container == "mp4" else None
    _refuse_incomplete(boxes, boxes.missing if boxes else missing_bytes(container, head, size), size)
    with opened(path, max_pixels=bounds.max_pixels) as media:
        read = _read(media, container, boxes, bounds)
        return _facts(media, read, size)


def _refuse_incomplete(boxes: Boxes | None, missing: int, size: int) -> None:
    if missing:
        raise Truncated(
            f"The file breaks off: {named(missing)} are missing behind the {named(size)} that are there. Check that it "
            "was copied completely, and upload it again; if the recording itself was cut off, repair it first."
        )
    if boxes is None:
        return
    if boxes.locked:
        raise locked()
    if boxes.bare_dolby_vision:
        raise UnsupportedCodec(
            "The picture is Dolby Vision without a base that other players can show. Export it as HDR10, HLG or SDR."
        )
    if len(boxes.tracks) > MOST_STREAMS:
        raise UnsupportedCodec(
            f"The file holds {len(boxes.tracks)} streams or more; at most {MOST_STREAMS} are read. Export it with its "
            "picture, its sound and its subtitles only."
        )
    if not boxes.indexed:
        raise Truncated(
            "The file lacks its index (moov), which is written when a recording ends. Check that it was copied "
            "completely; if the recording itself was cut off, repair it first, for example with untrunc."
        )


def _read(media: InputContainer, container: str, boxes: Boxes | None, bounds: Bounds) -> _Read:
    chosen = choose(media)
    stream = chosen.picture
    _refuse_size(stream.codec_context.width, stream.codec_context.height, bounds)
    picture, sound = read_packets(media, chosen)
    if not picture.times:
        raise Corrupt("The file is damaged: it names a picture, but holds no frame of it. Export and upload it again.")
    _refuse_length(picture, sound, bounds)
    _refuse_fewer(media, container, picture, sound, stream.frames)
    times = picture.sorted_times
    _refuse_still(container, len(times))
    declared = (stream.average_rate, stream.guessed_rate, stream.base_rate)
    entries = picture.entries or picture.times
    looks = look(media, stream, [entries[len(entries) * share // 3] for share in range(3)])
    _refuse_size(looks.width, looks.height, bounds)
    return _Read(
        container=container,
        boxes=boxes,
        chosen=chosen,
        picture=picture,
        sound=sound,
        looks=looks,
        cadence=cadence_of(times, picture.tick, declared),
    )


def _refuse_size(width: int, height: int, bounds: Bounds) -> None:
    if width * height > bounds.max_pixels:
        raise TooManyPixels(
            f"The picture has {width} x {height} pixels; at most {bounds.max_pixels:,} are accepted in one picture. "
            "Scale it down, for example to 3840 x 2160, and upload that."
        )
    if width <= 0 or height <= 0:
        raise Corrupt(
            "The file is damaged: its picture has no size, or an absurd one. Export it again and upload that."
        )


def _refuse_length(picture: Track, sound: Track | None, bounds: Bounds) -> None:
    length = max(track.stop - track.start for track in (picture, sound) if track is not None)
    if length > bounds.max_seconds:
        raise TooLong(
            f"The recording lasts {clock(float(length))}; at most {clock(bounds.max_seconds)} are accepted. "
            "Cut it into parts and upload these."
        )


def _refuse_fewer(media: InputContainer, container: str, picture: Track, sound: Track | None, frames: int) -> None:
    """MP4 counts its ``frames``; most other containers announce a length, the last of both streams."""
    if container == "mp4" and picture.packets < frames:
        raise Truncated(
            f"The file breaks off: {picture.packets} of {frames} frames are there. Check that it was copied "
            "completely, and upload it again."
        )
    if container in _WITHOUT_LENGTH:
        return
    measured = max(track.stop for track in (picture, sound) if track is not None)
    promised = Fraction(media.duration or 0, 1_000_000) + Fraction(max(0, media.start_time or 0), 1_000_000)
    if promised - measured > max(_ROUNDING_S, promised * _ROUNDING):
        raise Truncated(
            f"The file breaks off: {clock(float(measured))} of {clock(float(promised))} are there. Check that it was "
            "copied completely, and upload it again."
        )


def _refuse_still(container: str, frames: int) -> None:
    if container == "gif" and frames == 1:
        raise NotMedia(
            "This is a GIF picture that does not move. Upload it under /api/v1/videos/files to use it in a video."
        )


def _facts(media: InputContainer, read: _Read, size: int) -> Examined:
    stops = [read.picture_stop] + ([read.sound.stop] if read.sound else [])
    return Examined(
        container=read.container,
        bytes=size,
        origin=read.origin,
        duration=max(stops) - read.origin,
        picture=_picture(read),
        sound=_sound(read),
        subtitles=tuple(_subtitles(media)),
        index_at_front=_index_at_front(read),
        title=_tag(media.metadata, "title"),
        created_at=_tag(media.metadata, "creation_time"),
    )


def _picture(read: _Read) -> Picture:
    stream, looks = read.chosen.picture, read.looks
    aspect = _pixel_aspect(stream, looks)
    shown = (round(looks.width * aspect), looks.height)
    width, height = shown if looks.rotation in (0, 180) else shown[::-1]
    context = stream.codec_context
    return Picture(
        index=stream.index,
        codec=context.codec.canonical_name,
        profile=context.profile,
        level=context.level if context.level > 0 else None,
        pixel_format=looks.pixel_format,
        coded_width=looks.width,
        coded_height=looks.height,
        width=width,
        height=height,
        pixel_aspect=aspect,
        rotation=looks.rotation,
        frame_rate=read.cadence.rate,
        constant=read.cadence.constant,
        interlaced=looks.interlaced,
        colour=looks.colour,
        start=read.picture.start - read.origin,
        duration=read.picture_stop - read.picture.start,
        frames=len(read.picture.times),
        key_frame_every=_key_frame_every(read),
        edits=_edits(read),
        alpha=says_alpha(stream, looks.pixel_format),
    )


def _pixel_aspect(stream: VideoStream, looks: Looks) -> Fraction:
    """1 where it is not stated, where nobody sees the difference, and where it is absurd."""
    aspect = stream.sample_aspect_ratio or Fraction(1)
    seen = abs(aspect - 1) > _NEARLY
    believable = Fraction(1, _OVERSHOOT) <= aspect <= _OVERSHOOT and round(looks.width * aspect) > 0
    return aspect if seen and believable else Fraction(1)


def _key_frame_every(read: _Read) -> Fraction:
    """The longest stretch that can only be reached by decoding up to it."""
    first, stop = read.picture.start, read.picture_stop
    keys = [first, *(key * read.picture.tick for key in sorted(read.picture.keys)), stop]
    return max(after - before for before, after in pairwise(keys))


def _edits(read: _Read) -> Edits:
    track = read.boxes.picture if read.boxes else None
    shown = [edit for edit in track.edits if edit.media_time is not None] if track else []
    if len(shown) > 1 or any(edit.rate != 1 for edit in shown):
        return Edits.REPEATS
    cut_off = track is not None and bool(shown) and _hides_tail(track)
    return Edits.HIDES if read.picture.hidden or cut_off else Edits.NONE


def _hides_tail(track: BoxTrack) -> bool:
    """A length of zero plays to the end, whatever that is."""
    edit = next(edit for edit in track.edits if edit.media_time is not None)
    rest = track.duration - (edit.media_time or 0)
    return edit.duration > 0 and rest - edit.duration > _UNSEEN


def _sound(read: _Read) -> Sound | None:
    stream, track = read.chosen.sound, read.sound
    if stream is None or track is None:
        return None
    context = stream.codec_context
    return Sound(
        index=stream.index,
        codec=context.codec.canonical_name,
        profile=context.profile,
        channels=context.channels,
        layout=context.layout.name,
        sample_rate=context.sample_rate,
        language=_language(stream),
        start=read.sound_start - read.origin,
        duration=track.stop - read.sound_start,
    )


def _subtitles(media: InputContainer) -> list[SubtitleTrack]:
    found: list[SubtitleTrack] = []
    for stream in media.streams.subtitles[:_MOST_SUBTITLES]:
        codec = codec_of(stream)
        kind: Literal["text", "picture"] | None = (
            "text" if codec in _TEXT_SUBTITLES else "picture" if codec in _PICTURE_SUBTITLES else None
        )
        if kind is not None:
            title, language = _tag(stream.metadata, "title"), _language(stream)
            found.append(SubtitleTrack(index=stream.index, codec=codec, kind=kind, language=language, title=title))
    return found


def _index_at_front(read: _Read) -> bool:
    return read.boxes is None or read.boxes.index_at_front


def _language(stream: AudioStream | Stream) -> str | None:
    language = stream.language
    return language if language and language.isascii() and language.isalpha() and language != "und" else None


def _tag(metadata: dict[str, str], name: str) -> str | None:
    """One printable line of a bounded length."""
    text = " ".join("".join(c if c.isprintable() else " " for c in metadata.get(name, "")).split())
    return text[:_LONGEST_TAG] or None
