"""What is seen in each scene: from its first frame to its last, and beyond for whatever fades over it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from app.avatars.base import Delivery
from app.media.time import FrameRange, frames_for
from app.modules.videos.composition import Composition, Scene
from app.modules.videos.pipeline.branding import Plated, branded, plated
from app.modules.videos.pipeline.fingerprint import seed_of
from app.modules.videos.pipeline.framing import FramedShot
from app.modules.videos.pipeline.kinetic import Kinetic, kinetic_in
from app.modules.videos.pipeline.looks import (
    Drawn,
    Fade,
    FadeKind,
    Filmed,
    Host,
    Inlay,
    Look,
    Reframed,
    Slide,
    Window,
    Zoomed,
    later,
)
from app.modules.videos.pipeline.plan import PlannedTake
from app.modules.videos.pipeline.soundtrack import Piece
from app.modules.videos.pipeline.staging import (
    Size,
    cutout_window,
    fitted,
    host_window,
    inset_window,
    slide_box,
    standing,
    whole,
)
from app.modules.videos.pipeline.subtitles import Subtitles, Timed, subtitles_in
from app.modules.videos.pipeline.timeline import SceneSpan, Segment, Timeline
from app.modules.videos.scenery import (
    Arrangement,
    AssetKind,
    Broll,
    BrollSound,
    Corner,
    Fit,
    Layout,
    SaidWord,
    TransitionKind,
    Value,
)

#: A presenter whose scene is over goes on breathing for so long, more than any transition lasts.
_HANDLE_MS = 4000


class Moment(Value):
    """A place in what is said in a scene: milliseconds into its take number ``take``, from 0."""

    take: int
    ms: int


class Survey(Value):
    """What only files can tell: free corners of slides by scene, where the B-roll ``scene.place`` begins, and by scene
    the captions that are to be in the picture, the words that they are to keep time with, and where crops are.
    ``trimmed``: whether the only scene can be cut out of its recording as it is coded.
    """

    corners: Mapping[int, Corner] = {}
    moments: Mapping[str, Moment] = {}
    captions: Mapping[int, tuple[Timed, ...]] = {}
    words: Mapping[int, tuple[SaidWord, ...]] = {}
    framings: Mapping[int, tuple[FramedShot, ...]] = {}
    trimmed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """B-roll and the frames of the scene in which it is seen."""

    broll: Broll
    first: int
    stop: int

    def source(self) -> Filmed | Zoomed:
        asset, broll = self.broll.asset, self.broll
        if asset.kind is AssetKind.IMAGE:
            return Zoomed(asset=asset, frames=self.stop - self.first, still=not broll.zoom)
        start = str(Fraction(broll.source_start_ms, 1000))
        stop = str(Fraction(asset.duration_ms, 1000))
        return Filmed(asset=asset, at=start, start=start, stop=stop, loop=broll.loop)

    def piece(self, scene_start: int) -> Piece:
        broll = self.broll
        return Piece(
            asset=broll.asset,
            at=str(Fraction(broll.source_start_ms, 1000)),
            stop=str(Fraction(broll.asset.duration_ms, 1000)),
            loop=broll.loop,
            start=scene_start + self.first,
            frames=self.stop - self.first,
            ducked=broll.sound is BrollSound.DUCKED,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One scene. Frames are counted from its first one."""

    scene: Scene
    span: SceneSpan
    segments: tuple[Segment, ...]
    placed: tuple[Placed, ...]
    corner: Corner
    composition: Composition
    captions: tuple[Timed, ...] = ()
    words: tuple[SaidWord, ...] = ()
    framings: tuple[FramedShot, ...] = ()

    @property
    def fps(self) -> Fraction:
        return self.composition.picture.rate

    @property
    def frame(self) -> Size:
        return self.composition.picture.size

    @property
    def fade_frames(self) -> int:
        transition = self.scene.transition
        if self.span.number == 0 or transition.kind is TransitionKind.CUT:
            return 0
        return min(frames_for(transition.duration_ms, self.fps), self.span.frames)

    @property
    def cuts(self) -> list[int]:
        """Where something begins or ends, from 0 to the scene's last frame and one."""
        places = {0, self.fade_frames, self.span.frames}
        places |= {segment.start - self.span.start for segment in self.segments}
        places |= {edge for each in self.placed for edge in (each.first, each.stop)}
        places |= self._plated.edges if self._plated is not None else set()
        places |= {shot.start for shot in self.framings}
        return sorted(place for place in places if 0 <= place <= self.span.frames)

    @property
    def pieces(self) -> Iterator[Piece]:
        """What is heard of its B-roll."""
        for each in self.placed:
            if each.broll.sound is not BrollSound.OFF and each.broll.asset.has_sound:
                yield each.piece(self.span.start)

    def look_at(self, part: FrameRange) -> Look:
        """What is seen from the first frame of the part on."""
        return self._look(part.start, self._host_at(part.start))

    def subtitles_of(self, part: FrameRange, look: Look) -> Subtitles | Kinetic | None:
        style, font = self.composition.word_captions, self.composition.brand.font
        if style is not None:
            return kinetic_in(self.words, part, self.frame, self.fps, style, font, self.framings)
        return subtitles_in(self.captions, part, look, self.frame, self.fps, self.composition.brand.font)

    def handle(self, at: int) -> Look:
        """What would be seen so many frames after the scene's end, in silence."""
        last = self.span.frames - 1
        beyond = at + 1
        source = self._host_at(last)
        if isinstance(source, Drawn):
            # Nothing of what was said: another script must not change the scene that follows.
            silent = {"take": None, "seed": 0, "lead_ms": 0, "at": at, "frames": frames_for(_HANDLE_MS, self.fps)}
            source = source.model_copy(update=silent)
        elif source is not None:
            source = source.after(beyond / self.fps)
        look = self._look(last, source).model_copy(update={"plate": None})
        if look.inlay is None:
            return look
        inlay = look.inlay.model_copy(update={"source": later(look.inlay.source, beyond, self.fps)})
        return look.model_copy(update={"inlay": inlay})

    @property
    def fade(self) -> FadeKind | None:
        kind = self.scene.transition.kind
        return None if kind is TransitionKind.CUT else FadeKind(kind.value)

    def fade_from(self, before: Look, at: int) -> Fade:
        assert self.fade is not None
        return Fade(kind=self.fade, before=before, at=at, frames=self.fade_frames)

    def _look(self, at: int, source: Drawn | Filmed | Reframed | None) -> Look:
        layout = arranged(self.scene, hosted=source is not None)
        window = self._window(layout) if source is not None else None
        look = Look(
            slide=self._slide(layout, hosted=window is not None),
            host=Host(window=window, source=source) if window is not None and source is not None else None,
        )
        look = branded(look, self.scene.card, self._plated, at, self.composition.brand, self.frame)
        shown = next((each for each in reversed(self.placed) if each.first <= at < each.stop), None)
        corner = self.corner if window is not None and layout.arrangement is Arrangement.OVERLAY else None
        return look if shown is None else self._with_inlay(look, shown, at, corner)

    def _window(self, layout: Layout) -> Window | None:
        picture = self.scene.cutout
        if picture is None:
            return host_window(layout, self.frame, self.corner)
        return cutout_window(layout, self.frame, self.corner, (picture.width, picture.height))

    def _with_inlay(self, look: Look, shown: Placed, at: int, corner: Corner | None) -> Look:
        asset, moved = shown.broll.asset, later(shown.source(), at - shown.first, self.fps)
        if shown.broll.fit is Fit.FULL:
            inlay = Inlay(window=Window(box=whole(self.frame)), source=moved)
            return look.model_copy(update={"slide": None, "host": None, "inlay": inlay})
        window = inset_window(self.frame, asset.width / max(1, asset.height), host=corner)
        return look.model_copy(update={"inlay": Inlay(window=window, source=moved)})

    @property
    def _plated(self) -> Plated | None:
        return plated(self.scene.lower_third, FrameRange(self.fade_frames, self.span.frames), self.fps)

    def _slide(self, layout: Layout, *, hosted: bool) -> Slide | None:
        picture = self.scene.slide
        room = slide_box(layout, self.frame, hosted=hosted)
        if picture is None or room is None:
            return None
        return Slide(picture=picture, box=fitted((picture.width, picture.height), room))

    def _host_at(self, at: int) -> Drawn | Filmed | Reframed | None:
        """Who is seen at a frame of the scene, from that frame on."""
        segment = next(each for each in reversed(self.segments) if each.start - self.span.start <= at)
        passed = at - (segment.start - self.span.start)
        if segment.take is not None:
            return _take_seen(segment, segment.take, passed, self.fps)
        if self.scene.recording is None:
            return None
        begun, asset = Fraction(segment.source_at) + passed / self.fps, self.scene.recording.asset
        shot = next((each for each in reversed(self.framings) if each.start <= at), None)
        if shot is None:
            return Filmed(asset=asset, at=str(begun))
        panes = tuple(pane.later(at) for pane in shot.panes)
        return Reframed(asset=asset, at=str(begun), panes=panes, blurred=shot.blurred)


def shown_in(composition: Composition, timeline: Timeline, span: SceneSpan, survey: Survey) -> Shown:
    scene, segments = composition.scenes[span.number], timeline.of(span)
    corner = scene.layout.corner
    if corner is Corner.AUTO:
        corner = survey.corners.get(span.number, Corner.BOTTOM_RIGHT)
    if scene.cutout is not None:
        corner = standing(corner)
    return Shown(
        scene=scene,
        span=span,
        segments=segments,
        placed=tuple(_placed(scene, span, segments, survey, composition.picture.rate)),
        corner=corner,
        composition=composition,
        captions=survey.captions.get(span.number, ()),
        words=survey.words.get(span.number, ()),
        framings=survey.framings.get(span.number, ()),
    )


def arranged(scene: Scene, *, hosted: bool) -> Layout:
    """The layout that is possible with what the scene has."""
    if scene.slide is None and hosted:
        return scene.layout.model_copy(update={"arrangement": Arrangement.HOST})
    if not hosted:
        return scene.layout.model_copy(update={"arrangement": Arrangement.SLIDE})
    return scene.layout


def _take_seen(segment: Segment, take: PlannedTake, passed: int, fps: Fraction) -> Drawn | Filmed:
    if take.delivery is Delivery.RECORDING:
        return Filmed(take=take.fingerprint, at=str(passed / fps))
    return Drawn(
        character=take.avatar,
        backdrop=take.background,
        seed=seed_of(take.fingerprint),
        take=take.fingerprint,
        lead_ms=segment.lead_ms,
        frames=segment.frames,
        at=passed,
    )


def _placed(
    scene: Scene, span: SceneSpan, segments: Sequence[Segment], survey: Survey, fps: Fraction
) -> Iterator[Placed]:
    """B-roll on the scene's frames; what does not fit into the scene ends with it."""
    for place, broll in enumerate(scene.broll):
        first = _begins(broll, survey.moments.get(f"{span.number}.{place}"), span, segments, fps)
        stop = min(span.frames, first + frames_for(broll.duration_ms, fps))
        if first < stop:
            yield Placed(broll=broll, first=first, stop=stop)


def _begins(broll: Broll, moment: Moment | None, span: SceneSpan, segments: Sequence[Segment], fps: Fraction) -> int:
    if moment is None:
        return round(Fraction(broll.at_ms or 0, 1000) * fps)
    segment = segments[moment.take]
    return segment.start - span.start + round(Fraction(segment.lead_ms + moment.ms, 1000) * fps)
