"""The cast. Each is the one model with other numbers."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from app.avatars.studio.colour import Skin, rgb
from app.avatars.studio.errors import UnknownCharacter
from app.avatars.studio.model import (
    BrowShape,
    Character,
    Clothes,
    EyeShape,
    FaceShape,
    Fold,
    Glasses,
    HairStyle,
    LipShape,
    NoseShape,
    Outfit,
)

_MAYA = Character(
    id="maya", name="Maya", gender="female", default_backdrop="dawn",
    skin=Skin(rgb("E9B48F")), hair=rgb("4A2A1C"), hair_style=HairStyle.LONG,
    face=FaceShape(cheek=0.2, chin=2.0),
    eyes=EyeShape(color=rgb("6B4A2B"), size=1.06, tilt=1.0, lashes=1.0, shadow=0.5),
    brows=BrowShape(color=rgb("3E241A"), arch=1.1),
    nose=NoseShape(width=0.94, bridge=0.9),
    lips=LipShape(color=rgb("C4574F"), upper=1.08, lower=1.12, width=1.04),
    clothes=Clothes(outfit=Outfit.BLAZER, cloth=rgb("27407A"), under=rgb("F4F1EC"), accent=rgb("E0B15A"), shoulders=0.93, neck=0.9),
)  # fmt: skip

_DANIEL = Character(
    id="daniel", name="Daniel", gender="male", default_backdrop="sage",
    skin=Skin(rgb("F0C3A2")), hair=rgb("3A2A22"), hair_style=HairStyle.SHORT,
    face=FaceShape(jaw=0.95, chin=9.0, cheek=-0.5, temple=-2.0),
    eyes=EyeShape(color=rgb("4C7A8C"), size=0.93, open=0.9, tilt=-1.0, fold=Fold.HOODED),
    brows=BrowShape(color=rgb("33231C"), weight=1.3, height=5.0, arch=0.55),
    nose=NoseShape(width=1.06, length=5.0, bridge=1.25, tip=0.9),
    lips=LipShape(color=rgb("C07A68"), upper=0.62, lower=0.8, width=1.08, bow=0.7, gloss=0.16),
    clothes=Clothes(outfit=Outfit.SUIT, cloth=rgb("3B4656"), under=rgb("EEF3FA"), accent=rgb("2E7D8C"), shoulders=1.08, neck=1.15),
    beard=0.35, yaw=-5.0,
)  # fmt: skip

_AMARA = Character(
    id="amara", name="Amara", gender="female", default_backdrop="sky",
    skin=Skin(rgb("8A5438")), hair=rgb("2E1F1A"), hair_style=HairStyle.CURLY,
    face=FaceShape(width=0.97, cheek=0.7, chin=-3.0, temple=3.0),
    eyes=EyeShape(color=rgb("3B2417"), size=1.05, tilt=2.5, apart=1.5, lashes=1.0, shadow=0.4),
    brows=BrowShape(color=rgb("1F1412"), arch=1.35, weight=0.9),
    nose=NoseShape(width=1.24, length=-2.0, bridge=0.55, tip=1.25),
    lips=LipShape(color=rgb("9A3F42"), upper=1.4, lower=1.42, width=1.06, bow=0.8, gloss=0.4),
    clothes=Clothes(outfit=Outfit.BLAZER, cloth=rgb("D9912E"), under=rgb("FBF4E6"), accent=rgb("F0C868"), shoulders=0.93, neck=0.92),
    earrings=True, yaw=6.0,
)  # fmt: skip

_OMAR = Character(
    id="omar", name="Omar", gender="male", default_backdrop="dusk",
    skin=Skin(rgb("C58A62")), hair=rgb("2B211D"), hair_style=HairStyle.SHAVED,
    face=FaceShape(width=1.03, jaw=0.75, chin=3.0, ears=1.06),
    eyes=EyeShape(color=rgb("4A3322"), size=0.94, open=0.95, apart=-1.0),
    brows=BrowShape(color=rgb("2B1F1A"), weight=1.4, height=4.0, arch=0.75),
    nose=NoseShape(width=1.16, length=3.0, bridge=1.2),
    lips=LipShape(color=rgb("A9604F"), upper=0.8, lower=0.9, gloss=0.2),
    clothes=Clothes(outfit=Outfit.TURTLENECK, cloth=rgb("2F5D57"), under=rgb("2F5D57"), accent=rgb("1D2B2E"), shoulders=1.12, neck=1.2),
    beard=1.0, glasses=Glasses.SQUARE,
)  # fmt: skip

_LEILA = Character(
    id="leila", name="Leila", gender="female", default_backdrop="plum",
    skin=Skin(rgb("DBA57E")), hair=rgb("2E8C8F"), hair_style=HairStyle.SCARF,
    face=FaceShape(width=0.98, cheek=0.1, chin=0.0),
    eyes=EyeShape(color=rgb("56703F"), size=1.08, tilt=2.4, lashes=1.0, shadow=0.7),
    brows=BrowShape(color=rgb("2F1E17"), weight=1.18, arch=0.9, tail=2.0),
    nose=NoseShape(width=0.92, length=2.0, bridge=1.1),
    lips=LipShape(color=rgb("B5544E"), upper=1.1, lower=1.2, width=0.98),
    clothes=Clothes(outfit=Outfit.SWEATER, cloth=rgb("C3CEE2"), under=rgb("F3E9E2"), accent=rgb("E5B567"), shoulders=0.93, neck=0.95),
    yaw=-5.0,
)  # fmt: skip

_HELEN = Character(
    id="helen", name="Helen", gender="female", default_backdrop="sand",
    skin=Skin(rgb("F2CBB0")), hair=rgb("B9BCC4"), hair_style=HairStyle.BOB,
    face=FaceShape(width=1.02, chin=-4.0, cheek=0.4, age=1.0),
    eyes=EyeShape(color=rgb("587C95"), size=0.96, tilt=-1.5, fold=Fold.HOODED, lashes=0.6),
    brows=BrowShape(color=rgb("84807F"), arch=0.85, weight=0.85),
    nose=NoseShape(length=4.0, bridge=1.05, tip=1.05),
    lips=LipShape(color=rgb("B85C5C"), upper=0.8, lower=0.95),
    clothes=Clothes(outfit=Outfit.BLAZER, cloth=rgb("7B2E45"), under=rgb("F1ECE8"), accent=rgb("C9CED6"), shoulders=0.93, neck=0.92),
    glasses=Glasses.SQUARE, earrings=True,
)  # fmt: skip

_KENJI = Character(
    id="kenji", name="Kenji", gender="male", default_backdrop="studio",
    skin=Skin(rgb("EBC09A")), hair=rgb("1F1B1E"), hair_style=HairStyle.SIDE,
    face=FaceShape(width=0.99, jaw=0.45, chin=3.0, cheek=0.3, temple=2.0),
    eyes=EyeShape(color=rgb("3A271C"), size=0.96, open=0.82, tilt=2.2, fold=Fold.SMOOTH),
    brows=BrowShape(color=rgb("221A1A"), weight=1.2, height=3.0, arch=0.6, tail=1.0),
    nose=NoseShape(width=1.04, bridge=0.6, tip=1.1),
    lips=LipShape(color=rgb("C27C6C"), upper=0.82, lower=0.92, width=0.98, gloss=0.18),
    clothes=Clothes(outfit=Outfit.SHIRT, cloth=rgb("8FB0CE"), under=rgb("8FB0CE"), accent=rgb("2B3A55"), shoulders=1.04, neck=1.08),
    glasses=Glasses.ROUND, yaw=5.0,
)  # fmt: skip

_MEI = Character(
    id="mei", name="Mei", gender="female", default_backdrop="sage",
    skin=Skin(rgb("F3CFAE")), hair=rgb("221C20"), hair_style=HairStyle.BUN,
    face=FaceShape(width=0.98, cheek=0.55, chin=-2.0),
    eyes=EyeShape(color=rgb("3D281D"), size=1.02, open=0.88, tilt=3.0, fold=Fold.SMOOTH, lashes=0.9, shadow=0.4),
    brows=BrowShape(color=rgb("2A2020"), arch=0.75, weight=0.95, tail=1.0),
    nose=NoseShape(width=0.94, bridge=0.55, tip=1.05, length=-2.0),
    lips=LipShape(color=rgb("CB5C62"), upper=1.0, lower=1.12, width=0.94, bow=1.3),
    clothes=Clothes(outfit=Outfit.BLAZER, cloth=rgb("3E4149"), under=rgb("E9DDD8"), accent=rgb("E6C27A"), shoulders=0.9, neck=0.88),
    earrings=True, yaw=-5.0,
)  # fmt: skip

_FIONA = Character(
    id="fiona", name="Fiona", gender="female", default_backdrop="loft",
    skin=Skin(rgb("F6D2BC")), hair=rgb("A8522A"), hair_style=HairStyle.WAVES,
    face=FaceShape(width=0.97, chin=4.0, cheek=-0.1, freckles=1.0),
    eyes=EyeShape(color=rgb("5E8A6B"), size=1.04, tilt=0.4, lashes=0.8, shadow=0.2),
    brows=BrowShape(color=rgb("8A4A2A"), arch=1.0, weight=0.9),
    nose=NoseShape(width=0.9, length=1.0, bridge=1.05, tip=0.9),
    lips=LipShape(color=rgb("CC6A62"), upper=0.92, lower=1.04, width=1.03),
    clothes=Clothes(outfit=Outfit.SWEATER, cloth=rgb("2F6E68"), under=rgb("F1ECE8"), accent=rgb("E0B15A"), shoulders=0.91, neck=0.89),
)  # fmt: skip

_ALL = (_MAYA, _DANIEL, _AMARA, _OMAR, _LEILA, _HELEN, _KENJI, _MEI, _FIONA)
CAST: Mapping[str, Character] = MappingProxyType({character.id: character for character in _ALL})


def character_of(name: str) -> Character:
    """Raises ``UnknownCharacter``."""
    found = CAST.get(name)
    if found is None:
        raise UnknownCharacter(
            f"There is no presenter {name!r}. Choose one of: {', '.join(sorted(CAST))}.",
            extra={"available": sorted(CAST)},
        )
    return found
