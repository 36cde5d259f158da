"""What a presenter is (fixed) and what a presenter does in one frame (changing).

Lengths are design units: the face is 300 wide and about 430 high, its centre is the origin, y points down.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Literal

from app.avatars.studio.colour import Color, Skin

Gender = Literal["female", "male"]


class HairStyle(StrEnum):
    LONG = "long"
    WAVES = "waves"
    SHORT = "short"
    SIDE = "side"
    CURLY = "curly"
    BOB = "bob"
    BUN = "bun"
    SHAVED = "shaved"
    SCARF = "scarf"


class Outfit(StrEnum):
    BLAZER = "blazer"
    SUIT = "suit"
    TURTLENECK = "turtleneck"
    SWEATER = "sweater"
    SHIRT = "shirt"


class Glasses(StrEnum):
    NONE = "none"
    SQUARE = "square"
    ROUND = "round"


class Fold(StrEnum):
    """How the upper lid lies: with a crease, without one, or with skin that hangs over it."""

    CREASE = "crease"
    SMOOTH = "smooth"
    HOODED = "hooded"


@dataclass(frozen=True, slots=True, kw_only=True)
class FaceShape:
    """1 or 0 is the plain face; the others pull one thing each."""

    width: float = 1.0
    jaw: float = 0.0  # 0 soft, 1 square
    chin: float = 0.0  # lengthens the face, in units
    cheek: float = 0.0  # fullness of the cheeks, -1 hollow to 1 round
    temple: float = 0.0  # width at the forehead, in units
    age: float = 0.0  # 0 young, 1 sixty or more
    freckles: float = 0.0
    ears: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EyeShape:
    color: Color
    size: float = 1.0
    open: float = 1.0  # height of the opening
    tilt: float = 0.0  # raises the outer corner, in units
    apart: float = 0.0  # moves each eye outwards, in units
    fold: Fold = Fold.CREASE
    lashes: float = 0.0
    shadow: float = 0.0  # make-up on the lid


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowShape:
    color: Color
    weight: float = 1.0
    height: float = 0.0  # lowers, in units
    arch: float = 1.0
    tail: float = 0.0  # lifts the outer end, in units


@dataclass(frozen=True, slots=True, kw_only=True)
class NoseShape:
    width: float = 1.0
    length: float = 0.0  # moves the tip down, in units
    bridge: float = 1.0  # how strong the ridge is
    tip: float = 1.0  # roundness of the tip


@dataclass(frozen=True, slots=True, kw_only=True)
class LipShape:
    color: Color
    upper: float = 1.0
    lower: float = 1.0
    width: float = 1.0
    bow: float = 1.0
    gloss: float = 0.34


@dataclass(frozen=True, slots=True, kw_only=True)
class Clothes:
    outfit: Outfit
    cloth: Color
    under: Color
    accent: Color
    shoulders: float = 1.0
    neck: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Character:
    """A presenter. ``default_backdrop`` is the backdrop that suits skin, hair and cloth best."""

    id: str
    name: str
    gender: Gender
    default_backdrop: str
    skin: Skin
    hair: Color
    hair_style: HairStyle
    eyes: EyeShape
    brows: BrowShape
    lips: LipShape
    clothes: Clothes
    face: FaceShape = field(default_factory=FaceShape)
    nose: NoseShape = field(default_factory=NoseShape)
    beard: float = 0.0  # 0 none, 0.5 stubble, 1 full
    glasses: Glasses = Glasses.NONE
    earrings: bool = False
    rest_smile: float = 0.7
    yaw: float = 5.0  # degrees; positive turns to the viewer's right


@dataclass(frozen=True, slots=True)
class Mouth:
    """Everything is 0..1 but ``wide``, which runs from -1 (pursed) to 1 (spread)."""

    open: float = 0.0
    wide: float = 0.0
    jaw: float = 0.0
    round: float = 0.0
    press: float = 0.0
    bite: float = 0.0
    tongue: float = 0.0
    upper_teeth: float = 0.0
    lower_teeth: float = 0.0


MOUTH_FIELDS = tuple(item.name for item in fields(Mouth))


@dataclass(frozen=True, slots=True)
class Look:
    """The eyes: ``blink`` is 0 open to 1 shut; a glance is -1..1 to the right and down."""

    blink: float = 0.0
    gaze_x: float = 0.0
    gaze_y: float = 0.0
    smile: float = 0.7


@dataclass(frozen=True, slots=True, kw_only=True)
class Pose:
    """One moment. Turns are in degrees and shifts in units, both against the character's anchor pose."""

    mouth: Mouth = field(default_factory=Mouth)
    yaw: float = 0.0
    pitch: float = 0.0  # positive looks down
    roll: float = 0.0
    x: float = 0.0
    y: float = 0.0
    lag_x: float = 0.0  # how far long hair trails behind the head
    lag_y: float = 0.0
    breath: float = 0.0  # 0 out, 1 in
    look: Look = field(default_factory=Look)
    brow_left: float = 0.0
    brow_right: float = 0.0
    brow_pinch: float = 0.0
    smile: float = 0.7
