"""A script file → scenes: Markdown with a heading for each slide. Pure.

Below a heading stands what is said. ``{broll: demo.mp4, for: 4}`` shows B-roll from the words on that follow it.
The format is described in docs/webinars.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from app.core.errors import TenexError
from app.modules.videos.errors import InvalidWebinar
from app.modules.videos.fields import LONGEST_TITLE
from app.modules.videos.phrases import places_of, tokens_of
from app.speech.script import clean_script

_HEADING = re.compile(r"^#{1,6}[ \t]+(\S.*)$")
_MARKER = re.compile(r"\{[ \t]*broll[ \t]*:([^{}\n]{0,500})\}")
#: Before the id of a file of the library, which is no recording.
OF_FILE = "file/"
_OPTIONS = {"for", "from", "fit", "loop", "zoom", "sound"}
_CHOICES = {"fit": ("full", "inset"), "sound": ("off", "ducked", "mixed")}
_MOST_SCENES, _MOST_MARKERS = 500, 50
_LONGEST_NAME = 100
_SHORTEST_S, _LONGEST_S = 0.04, 43_200
#: So many words tell a place; with fewer, the end of the scene is near.
_ANCHOR_WORDS = 12
#: Where they are looked for, and how long they may be together.
_ANCHOR_REACH, _LONGEST_ANCHOR = 4000, 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Marker:
    """B-roll, and the words of the script with which it begins."""

    source: str
    line: int
    phrase: str
    seconds: float | None = None
    start: float = 0
    fit: str = "full"
    loop: bool = False
    zoom: bool = True
    sound: str = "off"


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
    for number, line in enumerate(text.splitlines(), 1):
        for match in _MARKER.finditer(line):
            found.setdefault(_named(match), number)
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
    if len(draft.title) > LONGEST_TITLE or not draft.title.isprintable():
        raise _wrong(number, draft.line, f"a heading is one line of at most {LONGEST_TITLE} printable characters")
    raw = "\n".join(draft.lines)
    places = list(_MARKER.finditer(raw))
    if len(places) > _MOST_MARKERS:
        raise _wrong(number, draft.line, f"{len(places)} markers in one scene; at most {_MOST_MARKERS} are read")
    plain = _MARKER.sub("", raw)
    said = _said(plain) if places else ""
    markers = list[Marker]()
    for place in places:
        line = draft.line + 1 + raw.count("\n", 0, place.start())
        following = _said(_MARKER.sub("", raw[place.end() : place.end() + _ANCHOR_REACH]))
        markers.append(_marker(place[1], _anchor(following, said, number, line), number, line))
    return Section(title=draft.title, text=plain.strip(), line=draft.line, markers=tuple(markers))


def _said(text: str) -> str:
    """Without markup, as phrases are looked for in it. What cannot be said is refused later, with its scene."""
    try:
        return clean_script(text)
    except TenexError:
        return text


def _anchor(following: str, said: str, number: int, line: int) -> str:
    """As many of the words that follow as are needed to tell the place."""
    tokens = tokens_of(following)[:_ANCHOR_WORDS]
    for count in range(min(3, len(tokens)), len(tokens) + 1):
        phrase = " ".join(tokens[:count])
        if len(phrase) <= _LONGEST_ANCHOR and len(places_of(phrase, said)) == 1:
            return phrase
    if not tokens:
        raise _wrong(number, line, "nothing is said after the marker; put it before the words with which it begins")
    raise _wrong(number, line, "the words after the marker occur more than once in this scene; move it a little")


def _marker(inside: str, phrase: str, number: int, line: int) -> Marker:
    source, *rest = (part.strip() for part in inside.split(","))
    options = dict(_option(part, number, line) for part in rest if part)
    if not 0 < len(source.removeprefix(OF_FILE)) <= _LONGEST_NAME:
        raise _wrong(number, line, f"a marker names a file, in at most {_LONGEST_NAME} characters")
    for name, choices in _CHOICES.items():
        if options.get(name, choices[0]) not in choices:
            raise _wrong(number, line, f"{name} is {' or '.join(choices)}")
    return Marker(
        source=source,
        line=line,
        phrase=phrase,
        seconds=_seconds(options["for"], number, line, least=_SHORTEST_S) if "for" in options else None,
        start=_seconds(options.get("from", "0"), number, line),
        fit=options.get("fit", "full"),
        sound=options.get("sound", "off"),
        loop=options.get("loop", "no") in ("", "yes", "true"),
        zoom=options.get("zoom", "yes") in ("", "yes", "true"),
    )


def _option(part: str, number: int, line: int) -> tuple[str, str]:
    name, _, value = (piece.strip() for piece in part.partition(":"))
    if name not in _OPTIONS:
        raise _wrong(number, line, f"“{name}” is unknown; a marker takes {', '.join(sorted(_OPTIONS))}")
    return name, value


def _seconds(value: str, number: int, line: int, *, least: float = 0.0) -> float:
    try:
        seconds = float(value)
    except ValueError:
        seconds = -1.0
    if not least <= seconds <= _LONGEST_S:
        raise _wrong(number, line, f"“{value}” is no number of seconds from {least:g} to {_LONGEST_S}")
    return seconds


def _wrong(number: int, line: int, what: str) -> InvalidWebinar:
    return InvalidWebinar(f"Scene {number}, line {line} of the script: {what}.")
