"""What an order says of brand, cards and lower thirds → values of the composition."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from app.modules.videos.composition import Scene
from app.modules.videos.errors import InvalidWebinar
from app.modules.videos.pipeline.branding import SHORTEST_MS
from app.modules.videos.scenery import Arrangement, Brand, Card, LowerThird
from app.modules.videos.webinars.brand_schemas import BrandIn, CardIn, LowerThirdIn
from app.modules.videos.webinars.sources import font_asset, image_asset

_COLOURS = ("ground", "card", "text", "accent")
#: WCAG 2.2 asks for 3 of large text; below this nobody reads it.
_LEAST_CONTRAST = 1.5


def brand_of(session: Session, workspace_id: str, wanted: BrandIn | None, stored: Brand = Brand()) -> Brand:
    """The stored brand, with what is wanted otherwise. Raises FileNotFound, InvalidWebinar."""
    if wanted is None:
        return stored
    changed: dict[str, object] = {
        name: value for name in (*_COLOURS, "logo_corner") if (value := getattr(wanted, name)) is not None
    }
    if wanted.logo_size is not None:
        changed["logo_size"] = round(wanted.logo_size * 1000)
    if wanted.font_id is not None:
        changed["font"] = font_asset(session, workspace_id, wanted.font_id)
    if wanted.logo_id is not None:
        changed["logo"] = image_asset(session, workspace_id, wanted.logo_id)
    brand = stored.model_copy(update=changed)
    contrast = contrast_of(brand.text, brand.card)
    if contrast < _LEAST_CONTRAST:
        raise InvalidWebinar(
            f"Text in {brand.text} cannot be read on {brand.card}: their contrast is {contrast:.1f} to 1, and at least "
            f"{_LEAST_CONTRAST} is needed. Change one of the brand's two colours."
        )
    return brand


def card_scene(wanted: CardIn, title: str | None = None) -> Scene:
    """A scene of its own, named by the card."""
    card = Card(title=wanted.title, subtitle=wanted.subtitle or "")
    return Scene(title=title or wanted.title, card=card, duration_ms=round(wanted.duration * 1000))


def lower_third_of(wanted: LowerThirdIn) -> LowerThird:
    return LowerThird(
        name=wanted.name,
        role=wanted.role or "",
        at_ms=round(wanted.at * 1000),
        duration_ms=round(wanted.duration * 1000),
    )


def introduced(scenes: Sequence[Scene], words: LowerThird | None) -> tuple[Scene, ...]:
    """With the lower third in the first scene in which a host is seen; raises InvalidWebinar when there is none."""
    if words is None:
        return tuple(scenes)
    first = next((place for place, scene in enumerate(scenes) if _shows_host(scene)), None)
    if first is None:
        raise InvalidWebinar("The lower_third says who is seen, but no scene shows a host. Leave it out.")
    seen = scenes[first]
    if seen.lower_third is None:
        seen = seen.model_copy(update={"lower_third": words})
    return (*scenes[:first], seen, *scenes[first + 1 :])


def check_lower_third(scene: Scene) -> None:
    """Raises InvalidWebinar."""
    words, length = scene.lower_third, scene.known_ms
    if words is not None and length is not None and words.at_ms + SHORTEST_MS > length:
        raise InvalidWebinar(
            f"the lower third of {words.name} is to be seen from {words.at_ms / 1000:g} s on, but the scene lasts "
            f"{length / 1000:g} s. It needs {SHORTEST_MS / 1000:g} s to be read"
        )


def contrast_of(one: str, other: str) -> float:
    """From 1 to 21, as WCAG 2.2 defines it."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _shows_host(scene: Scene) -> bool:
    hosted = scene.speaker is not None or scene.recording is not None
    return hosted and scene.layout.arrangement is not Arrangement.SLIDE


def _luminance(colour: str) -> float:
    red, green, blue = (_linear(level / 255) for level in bytes.fromhex(colour.removeprefix("#")))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(level: float) -> float:
    return level / 12.92 if level <= 0.04045 else ((level + 0.055) / 1.055) ** 2.4
