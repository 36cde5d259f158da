"""A script file → scenes: Markdown with a heading for each slide. Pure.

Below a heading stands what is said. ``{broll: demo.mp4, for: 4}`` shows B-roll from the words on that follow it.
The format is described in docs/webinars.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from app.modules.videos.errors import InvalidWebinar
from app.modules.videos.phrases import places_of, tokens_of

_HEADING = re.compile(r"^#{1,6}[ \t]+(\S.{0,500})$")
_MARKER = re.compile(r"\{[ \t]*broll[ \t]*:([^{}\n]{0,500})\}")
_OPTIONS = {"for", "from", "fit", "loop", "zoom"}
_FITS = ("full", "inset")
_MOST_SCENES = 500
#: So many words tell a place; with fewer, the end of the scene is near.
_ANCHOR_WORDS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """B-roll, and the words of the script with which it begins; None at the very end."""

    source: str
    line: int
    phrase: str | None
    seconds: float | None = None
    start: float = 0
    fit: str = "full"
    loop: bool = False
    zoom: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One slide of the script: ``line`` is where it begins in the file, from 1."""

    title: str
    text: str
    line: int
    markers: tuple[Marker, ...] = ()


@dataclass(slots=True)
class _Draft:
    title: str
    line: int
    lines: list[str] = field(default_factory=list[str])


def read_script(text: str) -> tuple[Section, ...]:
    """A section for each heading. Raises InvalidWebinar with line and scene."""
    drafts = list(_drafts(text.removeprefix("\ufeff")))
    if not drafts:
        raise InvalidWebinar(
            "The script has no heading. Begin what belongs to each slide with a line like “# Welcome”."
        )
    if len(drafts) > _MOST_SCENES:
        raise InvalidWebinar(f"The script has {len(drafts)} headings; a webinar has at most {_MOST_SCENES} scenes.")
    return tuple(_section(number, draft) for number, draft in enumerate(drafts, 1))


def sources_in(text: str) -> dict[str, int]:
    """What the markers of a script name, and the line in which each is named first."""
    found = dict[str, int]()
    for match in _MARKER.finditer(text):
        found.setdefault(_named(match), text.count("\n", 0, match.start()) + 1)
    return found


def with_sources(text: str, names: Mapping[str, str]) -> str:
    """The script with other names in its markers."""

    def renamed(match: re.Match[str]) -> str:
        _, comma, options = match[1].partition(",")
        return f"{{broll: {names.get(_named(match), _named(match))}{comma}{options}}}"

    return _MARKER.sub(renamed, text)


def _named(match: re.Match[str]) -> str:
    return match[1].partition(",")[0].strip()


def _drafts(text: str) -> Iterator[_Draft]:
    current: _Draft | None = None
    for number, line in enumerate(text.splitlines(), 1):
        heading = _HEADING.match(line.rstrip())
        if heading is not None:
            if current is not None:
                yield current
            current = _Draft(title=heading[1].rstrip("# \t") or heading[1], line=number)
        elif current is not None:
            current.lines.append(line)
        elif line.strip():
            raise InvalidWebinar(
                f"Line {number} of the script stands before the first heading. Put a line like “# Welcome” above it."
            )
    if current is not None:
        yield current


def _section(number: int, draft: _Draft) -> Section:
    raw = "\n".join(draft.lines)
    plain = _MARKER.sub("", raw)
    markers = tuple(_markers(number, draft, raw, plain))
    return Section(title=draft.title, text=plain.strip(), line=draft.line, markers=markers)


def _markers(number: int, draft: _Draft, raw: str, plain: str) -> Iterator[Marker]:
    for match in _MARKER.finditer(raw):
        line = draft.line + 1 + raw.count("\n", 0, match.start())
        following = _MARKER.sub("", raw[match.end() :])
        yield _marker(match[1], _anchor(following, plain, number, line), number, line)


def _anchor(following: str, plain: str, number: int, line: int) -> str | None:
    """As many of the words that follow as are needed to tell the place."""
    tokens = tokens_of(following)[:_ANCHOR_WORDS]
    for count in range(min(3, len(tokens)), len(tokens) + 1):
        phrase = " ".join(tokens[:count])
        if phrase and len(places_of(phrase, plain)) == 1:
            return phrase
    if tokens:
        raise _wrong(
            number, line, "the words after the marker occur more than once in this scene; move it by a sentence"
        )
    return None


def _marker(inside: str, phrase: str | None, number: int, line: int) -> Marker:
    source, *rest = (part.strip() for part in inside.split(","))
    options = dict(_option(part, number, line) for part in rest if part)
    if not source:
        raise _wrong(number, line, "the marker names no file")
    if options.get("fit", "full") not in _FITS:
        raise _wrong(number, line, f"fit is {' or '.join(_FITS)}")
    return Marker(
        source=source,
        line=line,
        phrase=phrase,
        seconds=_seconds(options["for"], number, line) if "for" in options else None,
        start=_seconds(options.get("from", "0"), number, line),
        fit=options.get("fit", "full"),
        loop=options.get("loop", "no") in ("", "yes", "true"),
        zoom=options.get("zoom", "yes") in ("", "yes", "true"),
    )


def _option(part: str, number: int, line: int) -> tuple[str, str]:
    name, _, value = (piece.strip() for piece in part.partition(":"))
    if name not in _OPTIONS:
        raise _wrong(number, line, f"“{name}” is unknown; a marker takes {', '.join(sorted(_OPTIONS))}")
    return name, value


def _seconds(value: str, number: int, line: int) -> float:
    try:
        seconds = float(value)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= 43_200:
        raise _wrong(number, line, f"“{value}” is no number of seconds")
    return seconds


def _wrong(number: int, line: int, what: str) -> InvalidWebinar:
    return InvalidWebinar(f"Scene {number}, line {line} of the script: {what}.")
