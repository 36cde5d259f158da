"""An order of a webinar → its composition: slides, who presents them, and what is shown between.

All that can be known to be wrong is refused before any credit is held, and every refusal names its scene.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence, Set
from contextlib import contextmanager
from itertools import pairwise

from sqlalchemy.orm import Session

from app.core.errors import TenexError
from app.modules.videos.composition import Composition, Picture, Scene, Speaker
from app.modules.videos.errors import InvalidWebinar
from app.modules.videos.fields import LONGEST_TITLE
from app.modules.videos.files import file_of
from app.modules.videos.models import FilePage
from app.modules.videos.pipeline.naming import scene_name
from app.modules.videos.renders import Renders
from app.modules.videos.scenery import Arrangement, Clip, Layout, Music, Transition, TransitionKind
from app.modules.videos.webinars import brands
from app.modules.videos.webinars.brand_schemas import CardIn
from app.modules.videos.webinars.branding import (
    card_scene,
    check_lower_third,
    introduced,
    lower_third_of,
)
from app.modules.videos.webinars.broll import broll_of, marked
from app.modules.videos.webinars.schemas import CreateWebinar, LayoutIn, SceneIn, SlideIn, TransitionIn
from app.modules.videos.webinars.script import Section, read_script
from app.modules.videos.webinars.shelf import SHORTEST_MS, Shelf, in_text, long_enough
from app.modules.videos.webinars.sources import page_asset, pages_of
from app.speech.script import clean_script

_LEAD_IN_MS, _LEAD_OUT_MS = 200, 400
_LONGEST_MS = 12 * 3600 * 1000
_SHORTEST_MUSIC_MS = 1000


class Drafting:
    """One order on its way to scenes."""

    def __init__(self, session: Session, workspace_id: str, order: CreateWebinar, renders: Renders) -> None:
        self._session, self._workspace_id, self._order, self._renders = session, workspace_id, order, renders
        self._shelf = Shelf(session, workspace_id)
        self._pages: list[FilePage] = []
        self.deck_title: str | None = None
        if order.deck is not None:
            self._pages = pages_of(session, workspace_id, order.deck)
            self.deck_title = file_of(session, workspace_id, order.deck).title

    @property
    def used(self) -> Set[str]:
        """The videos that it uses."""
        return self._shelf.used

    def composition(self) -> Composition:
        order = self._order
        return Composition(
            picture=Picture(aspect_ratio=order.aspect_ratio, resolution=order.resolution, fps=order.fps),
            scenes=self._scenes(),
            captions=order.captions,
            music=self._music(),
            brand=brands.resolved(self._session, self._workspace_id, order.brand),
        )

    def _scenes(self) -> tuple[Scene, ...]:
        wanted = self._wanted()
        clips = iter(self._whole_recording(sum(scene.card is None for scene in wanted)))
        speakers = dict[tuple[str, str | None, str | None], Speaker]()
        made = [card_scene(self._order.title_card)] if self._order.title_card is not None else []
        shown = 0
        for number, scene in enumerate(wanted, 1):
            if scene.card is not None:
                made.append(self._card(scene, scene.card, number, first=not made))
                continue
            shown += 1
            page = self._page_of(scene, number, shown)
            title = scene.title or (page.title if page is not None and page.title else "")
            with _naming(number, title):
                chapter = title[:LONGEST_TITLE] or f"Slide {number}"
                made.append(self._scene(scene, page, chapter, next(clips), speakers, first=not made))
        if self._order.end_card is not None:
            made.append(self._faded_in(card_scene(self._order.end_card)))
        self._check_length(made)
        lower_third = self._order.lower_third
        return introduced(made, lower_third_of(lower_third) if lower_third is not None else None)

    def _card(self, wanted: SceneIn, card: CardIn, number: int, *, first: bool) -> Scene:
        with _naming(number, wanted.title or card.title):
            more = sorted(wanted.model_fields_set - {"card", "title", "transition"})
            if more:
                raise InvalidWebinar(f"it is a card, which stands alone: leave out its {', '.join(more)}")
            scene = card_scene(card, wanted.title)
            return scene.model_copy(update={"transition": self._transition(wanted, first=first)})

    def _faded_in(self, scene: Scene) -> Scene:
        return scene.model_copy(update={"transition": self._transition(SceneIn(), first=False)})

    # what is wanted --------------------------------------------------------------------------------------------------

    def _wanted(self) -> list[SceneIn]:
        order = self._order
        if order.scenes is not None and order.script is not None:
            raise InvalidWebinar("Send either scenes or a script: both say what is shown.")
        if order.scenes is not None:
            return order.scenes
        if order.script is not None:
            sections = read_script(order.script)
            if self._pages and len(sections) != len(self._pages):
                raise InvalidWebinar(
                    f"The script has {_counted(len(sections), 'heading')} and the deck has "
                    f"{_counted(len(self._pages), 'page')}. Give each "
                    "page a heading, or send scenes that say which page each shows."
                )
            return [_scene_of(section) for section in sections]
        if not self._pages:
            raise InvalidWebinar("There is nothing to show: send a deck, a script, or scenes.")
        if self._order.recording is not None:
            return [SceneIn() for _ in self._pages]
        return [self._noted(page) for page in self._pages]

    def _noted(self, page: FilePage) -> SceneIn:
        if not (page.notes or "").strip():
            raise InvalidWebinar(
                f"Page {page.number} of the deck has no speaker notes, so it is not known what to say. Write notes for "
                "every page, or send a script or scenes."
            )
        return SceneIn(script=page.notes)

    def _page_of(self, scene: SceneIn, number: int, shown: int) -> FilePage | None:
        """``shown``: how many scenes that are no cards there are until this one."""
        if isinstance(scene.slide, SlideIn):
            return None
        wanted = shown if scene.slide is None else scene.slide
        if not self._pages:
            if scene.slide is not None:
                raise InvalidWebinar(f"Scene {number} asks for page {wanted}, but no deck was named.")
            return None
        if not 1 <= wanted <= len(self._pages):
            raise InvalidWebinar(
                f"Scene {number} is to show page {wanted} of the deck, which has "
                f"{_counted(len(self._pages), 'page')}. Say which page it shows (`slide`), or leave the scene out."
            )
        return self._pages[wanted - 1]

    def _whole_recording(self, count: int) -> list[Clip | None]:
        whole = self._order.recording
        if whole is None:
            return [None] * count
        times = [round(time * 1000) for time in whole.slide_times]
        if len(times) != count:
            raise InvalidWebinar(
                f"There are {_counted(count, 'scene')} and {_counted(len(times), 'slide time')}. Give one for each."
            )
        if any(later <= earlier for earlier, later in pairwise(times)):
            raise InvalidWebinar("Slide times have to rise: each slide appears after the one before it.")
        asset, captions = self._shelf.recording(whole.video_id), self._shelf.captions(whole.video_id)
        if times[-1] + SHORTEST_MS > asset.duration_ms:
            late = next(n for n, time in enumerate(times, 1) if time + SHORTEST_MS > asset.duration_ms)
            raise InvalidWebinar(
                f"Scene {late} begins at {times[late - 1] / 1000:g} s, but the recording lasts "
                f"{asset.duration_ms / 1000:g} s. Check the slide times."
            )
        stops = [*times[1:], asset.duration_ms]
        return [
            Clip(asset=asset, start_ms=start, stop_ms=stop, captions=captions)
            for start, stop in zip(times, stops, strict=True)
        ]

    # one scene -------------------------------------------------------------------------------------------------------

    def _scene(
        self,
        wanted: SceneIn,
        page: FilePage | None,
        title: str,
        whole: Clip | None,
        speakers: dict[tuple[str, str | None, str | None], Speaker],
        *,
        first: bool,
    ) -> Scene:
        given = [name for name in ("recording", "audio", "duration") if getattr(wanted, name) is not None]
        if wanted.script is not None and (wanted.duration is not None or wanted.avatar_id is not None):
            given.insert(0, "script")
        if len(given) > 1:
            raise InvalidWebinar(f"it has {' and '.join(given)}; a scene has one of them")
        slide = self._shelf.slide(wanted.slide) if isinstance(wanted.slide, SlideIn) else None
        slide = page_asset(page) if page is not None else slide
        scene = Scene(title=title, slide=slide, layout=_layout(wanted.layout or self._order.layout))
        voice = self._voice(wanted, whole, speakers)
        scene = scene.model_copy(update={**voice, "transition": self._transition(wanted, first=first)})
        _check_layout(scene)
        if wanted.lower_third is not None:
            scene = scene.model_copy(update={"lower_third": lower_third_of(wanted.lower_third)})
            check_lower_third(scene)
        broll = tuple(broll_of(each, scene, self._shelf, self._renders) for each in wanted.broll)
        return scene.model_copy(update={"broll": broll})

    def _voice(
        self, wanted: SceneIn, whole: Clip | None, speakers: dict[tuple[str, str | None, str | None], Speaker]
    ) -> Mapping[str, object]:
        """Who is heard."""
        if wanted.recording is not None:
            return {"recording": self._shelf.run(wanted.recording), **self._heard(wanted)}
        if wanted.audio is not None:
            return {"sound": self._shelf.heard(wanted.audio), **self._heard(wanted)}
        if wanted.duration is not None:
            return {"duration_ms": long_enough(round(wanted.duration * 1000))}
        spoken = wanted.script is not None and (wanted.avatar_id or self._order.avatar_id) is not None
        if whole is not None and not spoken:
            return {"recording": whole, **self._heard(wanted)}
        if not (wanted.script or "").strip():
            raise InvalidWebinar("it has nothing to say. Give it a script, a recording, audio, or a duration")
        return self._spoken(wanted, speakers)

    def _heard(self, wanted: SceneIn) -> Mapping[str, object]:
        """What is said in a recording, if a script says so."""
        if not (wanted.script or "").strip():
            return {}
        return {"script": clean_script(wanted.script or ""), "language": self._order.language}

    def _spoken(
        self, wanted: SceneIn, speakers: dict[tuple[str, str | None, str | None], Speaker]
    ) -> Mapping[str, object]:
        order = self._order
        avatar, own = wanted.avatar_id or order.avatar_id, wanted.avatar_id is not None
        if avatar is None:
            raise InvalidWebinar("nobody says its script. Name an avatar_id, for the scene or for all of them")
        voice = wanted.voice_id or (None if own else order.voice_id)
        background = wanted.background or (None if own else order.background)
        key = (avatar, voice, background)
        if key not in speakers:
            speakers[key] = self._renders.speaker(self._session, self._workspace_id, *key)
        scene = self._renders.scene(wanted.script or "", speakers[key])
        pauses = {"lead_in_ms": _LEAD_IN_MS, "lead_out_ms": _LEAD_OUT_MS}
        return {"script": scene.script, "speaker": scene.speaker} | pauses

    def _transition(self, wanted: SceneIn, *, first: bool) -> Transition:
        asked = wanted.transition or self._order.transition or TransitionIn()
        if first:
            return Transition(kind=TransitionKind.CUT)
        return Transition(kind=asked.kind, duration_ms=round(asked.duration * 1000))

    def _music(self) -> Music | None:
        wanted = self._order.music
        if wanted is None:
            return None
        asset = self._shelf.sound(wanted.file_id)
        if asset.duration_ms < _SHORTEST_MUSIC_MS:
            raise InvalidWebinar(
                f"The music is {in_text(asset)}, which lasts {asset.duration_ms / 1000:g} s. It has to last at least "
                f"{_SHORTEST_MUSIC_MS / 1000:g} s."
            )
        return Music(
            asset=asset,
            level_db=wanted.level,
            duck=wanted.duck,
            fade_in_ms=round(wanted.fade_in * 1000),
            fade_out_ms=round(wanted.fade_out * 1000),
        )

    @staticmethod
    def _check_length(scenes: Sequence[Scene]) -> None:
        known = sum(duration for scene in scenes if (duration := scene.known_ms) is not None)
        if known > _LONGEST_MS:
            raise InvalidWebinar(f"It would last {known / 3_600_000:.1f} hours; a webinar lasts at most 12.")


@contextmanager
def _naming(number: int, title: str) -> Generator[None]:
    """Say of what is refused in which scene it is."""
    name = scene_name(number, title)
    try:
        yield
    except TenexError as error:
        error.say(f"{name}: {error.message.rstrip('.')}.")
        raise


def _scene_of(section: Section) -> SceneIn:
    return SceneIn(title=section.title, script=section.text, broll=[marked(each) for each in section.markers])


def _counted(count: int, thing: str) -> str:
    return f"{count} {thing}" if count == 1 else f"{count} {thing}s"


def _check_layout(scene: Scene) -> None:
    seen = scene.speaker is not None or scene.recording is not None
    if scene.slide is None and not seen:
        raise InvalidWebinar("it has no slide and nobody to be seen. Give it a slide")
    if scene.layout.arrangement is Arrangement.SLIDE and scene.slide is None:
        raise InvalidWebinar("its layout is slide, but it has none")


def _layout(wanted: LayoutIn | None) -> Layout:
    if wanted is None:
        return Layout()
    shares = {name: round(getattr(wanted, name) * 1000) for name in ("size", "margin", "border", "split")}
    return Layout(**wanted.model_dump(exclude=set(shares)), **shares)
