"""Links: whoever has one may download one blob, or send one part of an upload, until it expires."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

#: What a browser may show in place. Never HTML or SVG, which would run as pages of this address.
_SHOWN = re.compile(r"(video|audio|image)/(?!svg)[a-z0-9.+-]+|text/vtt", re.IGNORECASE)


class Links(Protocol):
    """Makes links to stored files."""

    def url(self, key: str, *, filename: str, content_type: str, inline: bool = False) -> str:
        """A link to a blob, which arrives under this name and type, with ranges.

        ``inline`` is for what a browser shows in place, posters and previews: pictures, sound, video and captions.
        Anything else is saved as a file, whatever was asked for.
        """
        ...

    def expires_at(self) -> datetime:
        """When a link that is made now stops working."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PartRequest:
    """The request that sends one part: exactly as many bytes as it was made for, as its body, before it expires."""

    url: str
    expires_at: datetime
    method: Literal["PUT"] = "PUT"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


class PartLinks(Protocol):
    """Makes the requests by which clients send the parts of an upload, without credentials of their own."""

    def part_url(self, key: str, upload_id: str, number: int, size: int) -> PartRequest:
        """How to send a part of ``size`` bytes. Can be sent again. Raises InvalidPart."""
        ...


def disposition_of(content_type: str, *, inline: bool) -> Literal["inline", "attachment"]:
    """How a browser is told to treat a file."""
    return "inline" if inline and _SHOWN.fullmatch(content_type.split(";")[0].strip()) else "attachment"
