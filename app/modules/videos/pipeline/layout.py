"""The timeline → the chunks that draw it and the sound that goes with it. Pure.

Chunks follow what is seen: scenes, passages, B-roll, transitions. Nothing in a chunk says where it stands, so that an
edit in one scene leaves the chunks of the others valid although they move in time, and what is seen twice is made once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any, cast

from app.avatars.studio.version import PRESENTER_VERSION
from app.media.encode import ENCODER_VERSION, Content
from app.media.loudness import MASTER_VERSION
from app.media.time import FrameRange
from app.media.trimming import TRIMMING_VERSION
from app.modules.videos.composition import Composition
from app.modules.videos.pipeline.fingerprint import fingerprint
from app.modules.videos.pipeline.framing import FramedShot
from app.modules.videos.pipeline.kinetic import Kinetic
from app.modules.videos.pipeline.looks import Fade, Look
from app.modules.videos.pipeline.plan import PlannedTake
from app.modules.videos.pipeline.scenes import Shown, Survey, shown_in
from app.modules.videos.pipeline.shortened import shortened
from app.modules.videos.pipeline.soundtrack import Soundtrack, soundtracks_of
from app.modules.videos.pipeline.subtitles import Subtitles
from app.modules.videos.pipeline.timeline import Timeline, time_line
from app.modules.videos.scenery import Value

#: Longer runs are cut: this bounds what a crash can cost. To begin a chunk takes as long as two seconds of it.
LONGEST_CHUNK_S = 30
#: Of a clip, of which every frame is dear: a usual one is of four parts, so that workers end together, and each begins
#: at a key frame. Where these are far apart, up to two and a half times as long.
LONGEST_CLIP_CHUNK_S = 8
#: Where key frames are near each other, no part is shorter.
_SHORTEST_S = 2
#: What can change no byte of a picture: names for people, and where the same bytes are kept.
_SILENT = {"blob", "origin"}


class Chunk(Value):
    """A run of frames that is encoded on its own. With ``fade`` the look takes over from another one.

    With ``trimming``, the version of what does it, it is cut out of its recording as that is coded.
    """

    fingerprint: str
    look: Look
    fade: Fade | None
    subtitles: Subtitles | Kinetic | None = None
    frames: int
    width: int
    height: int
    fps: str
    content: Content
    trimming: str | None = None


class Sound(Value):
    """A part of the sound that is mixed and kept as one."""

    fingerprint: str
    soundtrack: Soundtrack


class Layout(Value):
    timeline: Timeline
    chunks: tuple[Chunk, ...]
    sounds: tuple[Sound, ...]
    warnings: tuple[str, ...] = ()
    framings: Mapping[int, tuple[FramedShot, ...]] = {}


def lay_out(
    composition: Composition, takes: Sequence[PlannedTake], durations_ms: Mapping[str, int], survey: Survey = Survey()
) -> Layout:
    """``durations_ms`` holds each take's length by its fingerprint."""
    timeline = time_line(composition, takes, durations_ms)
    scenes = [shown_in(composition, timeline, span, survey) for span in timeline.scenes]
    chunks = tuple(
        chunk
        for scene, before in zip(scenes, [None, *scenes], strict=False)
        for chunk in (_trimmed(composition, scene) if survey.trimmed else _chunks(composition, scene, before))
    )
    pieces = [piece for scene in scenes for piece in scene.pieces]
    sounds = soundtracks_of(composition.picture.rate, timeline, pieces, composition.music, composition.lufs)
    return Layout(
        timeline=timeline,
        chunks=chunks,
        sounds=tuple(Sound(fingerprint=_mix_name(each), soundtrack=each) for each in sounds),
        warnings=tuple(warning for scene in scenes for warning in shortened(scene)),
        framings=survey.framings,
    )


def _chunks(composition: Composition, scene: Shown, before: Shown | None) -> Iterator[Chunk]:
    longest = LONGEST_CLIP_CHUNK_S if scene.framings else LONGEST_CHUNK_S
    keys = [key for shot in scene.framings for key in shot.keys]
    for run in pairwise(scene.cuts):
        for part in parts(FrameRange(*run), composition.picture.rate, longest, keys):
            yield _chunk(composition, scene, before, part)


def _trimmed(composition: Composition, scene: Shown) -> Iterator[Chunk]:
    """The whole scene at once: to copy it takes next to nothing."""
    chunk = _chunk(composition, scene, None, FrameRange(0, scene.span.frames))
    chunk = chunk.model_copy(update={"trimming": TRIMMING_VERSION})
    yield chunk.model_copy(update={"fingerprint": _chunk_name(chunk)})


def _chunk(composition: Composition, scene: Shown, before: Shown | None, part: FrameRange) -> Chunk:
    width, height = composition.picture.size
    look = scene.look_at(part)
    taken_over = before if part.start < scene.fade_frames else None
    draft = Chunk(
        fingerprint="",
        look=look,
        fade=scene.fade_from(taken_over.handle(part.start), part.start) if taken_over else None,
        subtitles=scene.subtitles_of(part, look),
        frames=len(part),
        width=width,
        height=height,
        fps=str(composition.picture.rate),
        content=content_of(look, (width, height)),
    )
    return draft.model_copy(update={"fingerprint": _chunk_name(draft)})


def content_of(look: Look, frame: tuple[int, int]) -> Content:
    """Footage, if most of the frame is a moving picture from a camera."""
    if look.host is not None and look.host.source.kind == "reframed":
        return Content.CLIP
    parts = [part for part in (look.host, look.inlay) if part is not None and part.source.kind == "filmed"]
    area = frame[0] * frame[1]
    filmed = any(2 * part.window.box.width * part.window.box.height > area for part in parts)
    return Content.FOOTAGE if filmed else Content.DRAWN


def parts(
    run: FrameRange, fps: Fraction, longest_s: int = LONGEST_CHUNK_S, keys: Sequence[int] = ()
) -> Iterator[FrameRange]:
    """Equal parts, none longer than so many seconds. With ``keys``, each begins at the nearest of them that is less
    than three quarters of a part away: what begins elsewhere has to decode all from the key frame before it on.
    """
    count = -(-len(run) // int(longest_s * fps))
    edges = [run.start + len(run) * index // count for index in range(count + 1)]
    begins = [run.start]
    for edge in sorted(_nearest(edge, keys, 3 * len(run) // (4 * count)) for edge in edges[1:-1]):
        if edge - begins[-1] >= _SHORTEST_S * fps:
            begins.append(edge)
    for start, stop in pairwise([*begins, run.stop]):
        yield FrameRange(start, stop)


def _nearest(edge: int, keys: Sequence[int], reach: int) -> int:
    key = min(keys, key=lambda each: abs(each - edge), default=edge)
    return key if abs(key - edge) < reach else edge


def _chunk_name(chunk: Chunk) -> str:
    inputs = without(_told(chunk, "trimming", "fingerprint"), _SILENT)
    return fingerprint("chunk", encoder=ENCODER_VERSION, presenter=PRESENTER_VERSION, **inputs)


def _mix_name(soundtrack: Soundtrack) -> str:
    """The sound depends on who is heard when, not on who is seen."""
    inputs = without(_told(soundtrack, "lufs"), _SILENT)
    return fingerprint("mix", master=MASTER_VERSION, **inputs)


def _told(value: Value, later: str, *left_out: str) -> dict[str, Any]:
    """``later``: a field that came later, and is not told where it is None: what was made before stays as it is."""
    absent = {later} if getattr(value, later) is None else set[str]()
    return value.model_dump(mode="json", exclude={*absent, *left_out})


def without(document: Any, names: set[str]) -> Any:
    """JSON without the entries of these names, at any depth."""
    if isinstance(document, dict):
        entries = cast("dict[str, Any]", document)
        return {name: without(value, names) for name, value in entries.items() if name not in names}
    if isinstance(document, list):
        return [without(item, names) for item in cast("list[Any]", document)]
    return document
