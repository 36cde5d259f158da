"""Names that people mistype: what exists and looks like it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from app.cli.errors import NothingFound

if TYPE_CHECKING:
    from app.speech.voices import VoiceCatalogue

_MOST = 3
_ALIKE = 0.5


def check_known(kind: str, wanted: str, known: Mapping[str, str], *, where: str) -> None:
    """Raises NothingFound with near matches unless ``wanted`` is an id of ``known``, a mapping from id to name."""
    if wanted in known:
        return
    near = near_matches(wanted, known)
    meant = f"Did you mean {' or '.join(near)}?" if near else f"There are: {', '.join(sorted(known)[:12])}."
    raise NothingFound(f"There is no {kind} {wanted!r}. {meant} {where} lists all.")


def near_matches(wanted: str, known: Mapping[str, str]) -> list[str]:
    """At most three ids whose id or name looks like it, the nearest first."""
    word = wanted.lower()
    close = {id_: max(_likeness(word, text) for text in (id_.lower(), name.lower())) for id_, name in known.items()}
    likely = [id_ for id_, likeness in close.items() if likeness >= _ALIKE]
    return sorted(likely, key=lambda id_: (-close[id_], id_))[:_MOST]


def check_voice(catalogue: VoiceCatalogue, wanted: str) -> None:
    """Raises NothingFound with near matches for an unknown voice, and VoiceUnavailable for one that is not here."""
    from app.speech.errors import UnknownVoice

    try:
        catalogue.get(wanted)
    except UnknownVoice:
        check_known("voice", wanted, {v.id: v.name for v in catalogue.all()}, where="`tenex voices list`")


def _likeness(word: str, text: str) -> float:
    pieces: Iterable[str] = (text, *text.split("-"))
    return max(difflib.SequenceMatcher(None, word, piece).ratio() for piece in pieces)
