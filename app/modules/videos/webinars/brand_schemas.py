"""What clients send of a brand, of cards, and of who is seen."""

from __future__ import annotations

import unicodedata
from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field

from app.modules.videos.scenery import Corner
from app.modules.videos.schemas import Sent, example

Colour = Annotated[str, Field(pattern="^#[0-9a-fA-F]{6}$")]
Id = Annotated[str, Field(min_length=1, max_length=100)]
#: Invisible characters that shape what is around them: in Persian and Hindi, and in emoji.
_JOINERS = "\u200c\u200d"


def _words(text: str) -> str:
    text = text.strip()
    if not any(character.isprintable() and not character.isspace() for character in text):
        raise ValueError("there has to be at least one visible character")
    if not all(character.isprintable() or character in _JOINERS for character in text):
        raise ValueError("this is one line of text without control characters")
    return unicodedata.normalize("NFC", text)


def _corner(corner: Corner) -> Corner:
    if corner is Corner.AUTO:
        raise ValueError("a logo stays where it is: name one of the four corners")
    return corner


Headline = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_words)]
Subtitle = Annotated[str, Field(min_length=1, max_length=300), AfterValidator(_words)]
PersonName = Annotated[str, Field(min_length=1, max_length=80), AfterValidator(_words)]
Role = Annotated[str, Field(min_length=1, max_length=120), AfterValidator(_words)]


class BrandIn(Sent):
    """How videos look. In a webinar, what is left out is as the workspace's brand has it, and null is the default."""

    model_config = example(card="#0B3954", accent="#FF6663", logo_corner="top_left", logo_size=0.08)

    ground: Colour | None = Field(default=None, description="Behind slides that leave room; else `#FFFFFF`")
    card: Colour | None = Field(default=None, description="Of cards and lower thirds; else `#14213D`")
    text: Colour | None = Field(default=None, description="Of what is written on them; else `#FFFFFF`")
    accent: Colour | None = Field(default=None, description="Of their lines; else `#FCA311`")
    font_id: Id | None = Field(
        default=None, description="A font of the library. Without one, and for what it does not have: Inter"
    )
    logo_id: Id | None = Field(default=None, description="An image of the library; it may be transparent")
    logo_corner: Annotated[Corner, AfterValidator(_corner)] | None = Field(
        default=None, description="Else `top_right`. When the host is there, the logo stands in another corner"
    )
    logo_size: float | None = Field(
        default=None, ge=0.02, le=0.3, description="The logo's height, of the frame's shorter side; else 0.07"
    )


class BrandOut(BaseModel):
    """How the webinars of a workspace look."""

    model_config = example(
        ground="#FFFFFF", card="#0B3954", text="#FFFFFF", accent="#FF6663", font_id=None, logo_id=None,
        logo_corner="top_left", logo_size=0.08,
    )  # fmt: skip

    ground: str
    card: str
    text: str
    accent: str
    font_id: str | None
    logo_id: str | None
    logo_corner: Corner
    logo_size: float


class CardIn(Sent):
    """Words that fill the frame, in the colours of the brand. Long ones are set smaller."""

    model_config = example(title="The third quarter", subtitle="What we learned, and what comes next")

    title: Headline
    subtitle: Subtitle | None = None
    duration: float = Field(default=4, ge=0.2, le=600, description="Seconds")


class LowerThirdIn(Sent):
    """Who is seen: name and role on a plate at the lower edge, beside the host."""

    model_config = example(name="Maya Chen", role="Head of Product")

    name: PersonName
    role: Role | None = None
    at: float = Field(default=1, ge=0, le=43_200, description="Seconds into the scene")
    duration: float = Field(default=5, ge=1.2, le=43_200, description="Seconds; it ends with the scene at the latest")
