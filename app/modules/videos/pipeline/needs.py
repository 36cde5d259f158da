"""Which files a piece of work needs: takes by fingerprint, assets by digest. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from app.avatars.base import Delivery
from app.modules.videos.pipeline.layout import Chunk
from app.modules.videos.pipeline.looks import Drawn, Filmed, Look, Reframed, Zoomed
from app.modules.videos.pipeline.soundtrack import Soundtrack
from app.modules.videos.pipeline.surveying import SurveyPlan
from app.modules.videos.pipeline.timeline import Timeline
from app.modules.videos.scenery import Asset, Value


class Needs(Value):
    """Each once, in an order that stays. ``takes``: by fingerprint, as the words that were heard."""

    takes: tuple[str, ...] = ()
    assets: tuple[Asset, ...] = ()


Source = Drawn | Filmed | Reframed | Zoomed


def needs_of_chunks(chunks: Sequence[Chunk]) -> Needs:
    looks = list(_looks(chunks))
    sources = [source for look in looks for source in _sources(look)]
    takes = (source.take for source in sources if isinstance(source, Drawn | Filmed) and source.take is not None)
    moving = (source.asset for source in sources if not isinstance(source, Drawn) and source.asset is not None)
    written = (chunk.subtitles for chunk in chunks if chunk.subtitles is not None)
    fonts = [subtitles.font for subtitles in written if subtitles.font is not None]
    return _needs(takes, (*moving, *fonts, *(asset for look in looks for asset in _still(look))))


def needs_of_sound(soundtrack: Soundtrack) -> Needs:
    voices = soundtrack.voices
    assets = [voice.asset for voice in voices if voice.asset is not None]
    assets += [piece.asset for piece in soundtrack.pieces]
    assets += [soundtrack.music.asset] if soundtrack.music is not None else []
    return _needs((voice.take for voice in voices if voice.take is not None), assets)


def needs_of_survey(plan: SurveyPlan, timeline: Timeline | None) -> Needs:
    """``timeline``: where it is needed."""
    words = needs_of_words(timeline) if timeline is not None and plan.captions is not None else Needs()
    takes = (*words.takes, *(take for phrase in plan.phrases for take in phrase.takes))
    seen = [*(question.slide for question in plan.corners), *(each.asset for each in plan.reframes)]
    seen += [plan.trim.asset] if plan.trim is not None else []
    return _needs(iter(takes), [*words.assets, *seen])


def needs_of_words(timeline: Timeline) -> Needs:
    """For captions and the transcript: what tells the words of each segment."""
    segments = timeline.segments
    takes = (segment.take for segment in segments if segment.take is not None)
    spoken = [take.fingerprint for take in takes if take.delivery is Delivery.PERFORMANCE]
    heard = [segment.words for segment in segments if segment.words is not None]
    clips = (segment.clip for segment in segments if segment.clip is not None and segment.words is None)
    captions = [clip.captions for clip in clips if clip.captions is not None]
    return _needs(iter((*spoken, *heard)), captions)


def recordings_of(chunks: Sequence[Chunk]) -> set[str]:
    """Names of the files that are seen playing."""
    sources = [source for look in _looks(chunks) for source in _sources(look)]
    filmed = [source for source in sources if isinstance(source, Filmed)]
    played = {source.asset.sha256 if source.asset is not None else source.take or "" for source in filmed}
    return played | {source.asset.sha256 for source in sources if isinstance(source, Reframed)}


def _looks(chunks: Sequence[Chunk]) -> Iterator[Look]:
    for chunk in chunks:
        yield chunk.look
        if chunk.fade is not None:
            yield chunk.fade.before


def _sources(look: Look) -> Iterator[Source]:
    if look.host is not None:
        yield look.host.source
    if look.inlay is not None:
        yield look.inlay.source


def _still(look: Look) -> Iterator[Asset]:
    """Pictures that stand still, and fonts."""
    logo = look.cover.logo if look.cover is not None else look.mark
    pictures = (part.picture for part in (look.slide, logo) if part is not None)
    palettes = (part.palette for part in (look.cover, look.plate) if part is not None)
    yield from pictures
    yield from (palette.font for palette in palettes if palette.font is not None)


def _needs(takes: Iterator[str], assets: Iterator[Asset] | list[Asset] | tuple[Asset, ...]) -> Needs:
    by_digest = {asset.sha256: asset for asset in assets}
    return Needs(takes=tuple(sorted(set(takes))), assets=tuple(by_digest[name] for name in sorted(by_digest)))
