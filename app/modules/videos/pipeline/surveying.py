"""What only files can tell before a webinar is laid out: free corners of slides, and when words are said.

``survey_plan`` says what there is to find out (pure); ``survey`` finds it out, in a child process.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

from app.core.errors import TenexError
from app.media.quiet import Part, covered, quietest
from app.media.time import millisecond_at
from app.media.trimming import Wanted, can_trim
from app.media.watching import Shot, watch
from app.modules.videos.composition import Captions, Composition, Picture, Scene
from app.modules.videos.phrases import time_of
from app.modules.videos.pipeline.branding import mark_of, overlap
from app.modules.videos.pipeline.captioning import captions_of
from app.modules.videos.pipeline.framing import FramedShot, cut_out, framed, steered
from app.modules.videos.pipeline.ground import read_image
from app.modules.videos.pipeline.listening import listening_of
from app.modules.videos.pipeline.looks import Box, Pan
from app.modules.videos.pipeline.plan import PlannedTake
from app.modules.videos.pipeline.said import said_in, words_of
from app.modules.videos.pipeline.scenes import Moment, Survey, arranged
from app.modules.videos.pipeline.staging import CORNERS, STANDING, Size, corner_box, fitted, standing_box, whole
from app.modules.videos.pipeline.subtitles import Timed
from app.modules.videos.pipeline.timeline import Timeline
from app.modules.videos.scenery import Arrangement, Asset, Corner, Framing, FramingMode, SaidWord, Value


class PhraseNotHeard(TenexError):
    status = 409
    code = "phrase_not_heard"


class Question(Value):
    """Which corner of a slide is free, for a host in each of ``boxes``; and where the slide itself is.

    Boxes are those of the first ``CORNERS``.
    """

    scene: int
    slide: Asset
    place: Box
    boxes: tuple[Box, ...]
    logo: Box | None = None


class Phrase(Value):
    """When it is said, in which of the scene's takes, or of what was heard in it. ``name`` is that of the answer."""

    name: str
    phrase: str
    takes: tuple[str, ...]


class Reframe(Value):
    """Where the crop of a scene's recording is, in a frame of another shape."""

    scene: int
    asset: Asset
    framing: Framing


class Trim(Value):
    """The recording that the only scene shows as it is."""

    asset: Asset
    most_mbps: int


class SurveyPlan(Value):
    """``captions``: of every scene, for a picture as it is said here; ``by_word`` if they keep time with words.

    ``reframes``: for the same picture.
    """

    corners: tuple[Question, ...] = ()
    phrases: tuple[Phrase, ...] = ()
    captions: Picture | None = None
    by_word: bool = False
    reframes: tuple[Reframe, ...] = ()
    picture: Picture | None = None
    trim: Trim | None = None

    @property
    def empty(self) -> bool:
        return not self.corners and not self.phrases and not self.timed

    @property
    def timed(self) -> bool:
        """Whether it takes the timeline to answer."""
        return self.captions is not None or bool(self.reframes) or self.trim is not None


def survey_plan(composition: Composition, takes: Sequence[PlannedTake]) -> SurveyPlan:
    return SurveyPlan(
        corners=tuple(_corners(composition)),
        phrases=tuple(_phrases(composition, takes)),
        captions=composition.picture if composition.captions is Captions.BURNED else None,
        by_word=composition.word_captions is not None,
        reframes=tuple(_reframes(composition)),
        picture=composition.picture,
        trim=_unchanged(composition),
    )


def _unchanged(composition: Composition) -> Trim | None:
    """Of a composition in which nothing but one recording is seen, in its own size."""
    scene = composition.scenes[0]
    if len(composition.scenes) > 1 or not scene.as_coded_mbps or scene.recording is None or scene.framing is not None:
        return None
    others = (scene.slide, scene.card, scene.lower_third, composition.brand.logo, *scene.broll)
    asset = scene.recording.asset
    same = (asset.width, asset.height) == composition.picture.size and composition.captions is not Captions.BURNED
    unchanged = same and all(other is None for other in others)
    return Trim(asset=asset, most_mbps=scene.as_coded_mbps) if unchanged else None


def _reframes(composition: Composition) -> Iterator[Reframe]:
    for number, scene in enumerate(composition.scenes):
        if scene.framing is not None and scene.recording is not None:
            yield Reframe(scene=number, asset=scene.recording.asset, framing=scene.framing)


def _corners(composition: Composition) -> Iterator[Question]:
    frame = composition.picture.size
    for number, scene in enumerate(composition.scenes):
        hosted = scene.speaker is not None or scene.recording is not None
        layout = arranged(scene, hosted=hosted)
        free = layout.arrangement is Arrangement.OVERLAY and layout.corner is Corner.AUTO
        if free and isinstance(scene.slide, Asset):
            logo = mark_of(composition.brand, frame, None)
            question = _question(number, scene, scene.slide, frame)
            yield question.model_copy(update={"logo": logo.box if logo is not None else None})


def _question(number: int, scene: Scene, slide: Asset, frame: Size) -> Question:
    picture = scene.cutout
    if picture is not None:
        size = (picture.width, picture.height)
        boxes = tuple(standing_box(scene.layout, frame, corner, size) for corner in STANDING)
    else:
        boxes = tuple(corner_box(scene.layout, frame, corner) for corner in CORNERS)
    return Question(scene=number, slide=slide, place=fitted((slide.width, slide.height), whole(frame)), boxes=boxes)


def _phrases(composition: Composition, takes: Sequence[PlannedTake]) -> Iterator[Phrase]:
    for number, scene in enumerate(composition.scenes):
        listening = listening_of(scene)
        own = tuple(take.fingerprint for take in takes if take.scene == number)
        own = (listening.fingerprint,) if listening is not None else own
        for place, broll in enumerate(scene.broll):
            if broll.phrase is not None:
                yield Phrase(name=f"{number}.{place}", phrase=broll.phrase, takes=own)


def survey(task: dict[str, Any], _progress: object) -> dict[str, Any]:
    """``{"plan", "files", "timeline"}`` → a ``Survey``. ``files`` are takes by fingerprint and assets by digest; the
    timeline is there for captions.
    """
    plan = SurveyPlan.model_validate(task["plan"])
    files = {name: Path(path) for name, path in task["files"].items()}
    corners = {question.scene: _free_corner(question, files) for question in plan.corners}
    moments = {phrase.name: _moment(phrase, files) for phrase in plan.phrases}
    captions, words, framings = (
        dict[int, tuple[Timed, ...]](),
        dict[int, tuple[SaidWord, ...]](),
        dict[int, tuple[FramedShot, ...]](),
    )
    trimmed = False
    if plan.timed:
        timeline = Timeline.model_validate(task["timeline"])
        if plan.captions is not None and plan.by_word:
            words = dict(_words(timeline, plan.captions, files))
        elif plan.captions is not None:
            captions = dict(_captions(timeline, plan.captions, files))
        if plan.picture is not None:
            framings = dict(_all_framed(plan.reframes, timeline, plan.picture, files))
            trimmed = plan.trim is not None and _can_trim(plan.trim, timeline, plan.picture, files)
    found = Survey(corners=corners, moments=moments, captions=captions, words=words, framings=framings, trimmed=trimmed)
    return found.model_dump(mode="json")


def _all_framed(
    wanted: Sequence[Reframe], timeline: Timeline, picture: Picture, files: Mapping[str, Path]
) -> Iterator[tuple[int, tuple[FramedShot, ...]]]:
    """Scenes that follow one another in a recording are looked at together: what was taken out between them is seen."""
    for _, group in groupby(wanted, key=lambda each: (each.asset.sha256, each.framing)):
        scenes = list(group)
        runs = [_Run.of(timeline, each.scene) for each in scenes]
        if any(later.at < earlier.at for earlier, later in pairwise(runs)):
            for each, run in zip(scenes, runs, strict=True):
                yield each.scene, _framed(each, run.at, run.frames, picture, files)
            continue
        first, last = runs[0], runs[-1]
        whole = round((last.at - first.at) * picture.rate) + last.frames
        shots = _framed(scenes[0], first.at, whole, picture, files)
        for each, run in zip(scenes, runs, strict=True):
            start = round((run.at - first.at) * picture.rate)
            yield each.scene, cut_out(shots, start, start + run.frames)


def _can_trim(trim: Trim, timeline: Timeline, picture: Picture, files: Mapping[str, Path]) -> bool:
    run = _Run.of(timeline, 0)
    wanted = Wanted(at=run.at, frames=run.frames, fps=picture.rate, size=picture.size)
    return can_trim(files[trim.asset.sha256], wanted, trim.most_mbps)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Run:
    """The part of a recording that a scene shows: ``at`` seconds into it."""

    at: Fraction
    frames: int

    @classmethod
    def of(cls, timeline: Timeline, scene: int) -> _Run:
        (segment,) = timeline.of(timeline.scenes[scene])
        return cls(at=Fraction(segment.source_at), frames=segment.frames)


def _framed(
    wanted: Reframe, at: Fraction, frames: int, picture: Picture, files: Mapping[str, Path]
) -> tuple[FramedShot, ...]:
    asset, mode = wanted.asset, wanted.framing.mode
    source = (asset.width, asset.height)
    blind = mode in (FramingMode.CENTER, FramingMode.FILL) or bool(wanted.framing.keys)
    whole = (Shot(start=0, stop=frames, sights=(), stillness=0.0),)
    shots = whole if blind else watch(files[asset.sha256], at, frames, picture.rate)
    if wanted.framing.keys:
        keys = [
            Pan(frame=round((Fraction(key.at_ms, 1000) - at) * picture.rate), x=key.x, y=key.y, cut=key.cut)
            for key in wanted.framing.keys
        ]
        return steered(shots, keys, source, picture.size)
    return framed(shots, source, picture.size, float(picture.rate), mode)


def _words(
    timeline: Timeline, picture: Picture, files: Mapping[str, Path]
) -> Iterator[tuple[int, tuple[SaidWord, ...]]]:
    for span in timeline.scenes:
        said = said_in(timeline, span, files, picture.rate)
        if said is not None:
            yield (
                span.number,
                tuple(SaidWord(start_ms=word.start_ms, end_ms=word.end_ms, text=word.text) for word in said.words),
            )


def _captions(
    timeline: Timeline, picture: Picture, files: Mapping[str, Path]
) -> Iterator[tuple[int, tuple[Timed, ...]]]:
    for span in timeline.scenes:
        said = said_in(timeline, span, files, picture.rate)
        if said is not None:
            cues = captions_of(said, millisecond_at(span.frames, picture.rate), picture.size)
            yield (
                span.number,
                tuple(Timed(start_ms=cue.start_ms, end_ms=cue.end_ms, lines=cue.lines) for cue in cues),
            )


def _free_corner(question: Question, files: Mapping[str, Path]) -> Corner:
    image = read_image(files[question.slide.sha256])[:, :, :3]
    parts = [_on_slide(box, question.place) for box in question.boxes]
    shares = covered(image, parts)
    # Nothing on a slide is as much in the way as the logo.
    taken = [question.logo is not None and overlap(box, question.logo) for box in question.boxes]
    return CORNERS[quietest([share + on_logo for share, on_logo in zip(shares, taken, strict=True)])]


def _on_slide(box: Box, place: Box) -> Part:
    return (
        (box.x - place.x) / place.width,
        (box.y - place.y) / place.height,
        (box.x + box.width - place.x) / place.width,
        (box.y + box.height - place.y) / place.height,
    )


def _moment(phrase: Phrase, files: Mapping[str, Path]) -> Moment:
    """A phrase may begin in one take and go on in the next."""
    spoken = [(take, word) for take, name in enumerate(phrase.takes) for word in words_of(files[name])]
    found = time_of(phrase.phrase, ((place, word.text) for place, (_, word) in enumerate(spoken)))
    if found is None:
        scene = int(phrase.name.partition(".")[0]) + 1
        raise PhraseNotHeard(
            f"Scene {scene}: the words “{phrase.phrase}”, with which B-roll begins, are not among those that the voice "
            "spoke. Choose other words, or give the time in seconds."
        )
    take, word = spoken[found]
    return Moment(take=take, ms=word.start_ms)
