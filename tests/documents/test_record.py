"""Facts are stored as JSON and read back; slides give pages their titles and notes."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from app.documents.record import DeckFacts, PageFacts, SlideFacts, read_facts


def page(number: int, title: str | None = None) -> PageFacts:
    return PageFacts(number=number, width=1920, height=1080, title=title, text="")


def test_a_deck_is_complete_when_its_ranges_come_in_any_order() -> None:
    slides = (SlideFacts(title="One", notes="Say one"), SlideFacts(title=None, notes=None))
    deck = DeckFacts(format="pptx", title=None, page_count=2, slides=slides)
    whole = deck.with_pages((page(2, "Read from the page"), page(1, "On")))
    assert [(one.number, one.title, one.notes) for one in whole.pages] == [
        (1, "One", "Say one"),
        (2, "Read from the page", None),
    ]
    assert (whole.title, whole.slides) == ("One", ())


def test_a_missing_page_is_not_overlooked() -> None:
    deck = DeckFacts(format="pdf", title=None, page_count=2)
    with pytest.raises(ValueError, match="1 of 2 pages"):
        deck.with_pages((page(1),))


def test_facts_come_back_as_the_kind_they_are() -> None:
    facts = DeckFacts(format="pdf", title="T", page_count=1).with_pages((page(1),))
    assert read_facts(facts.model_dump_json()) == facts
    with pytest.raises(ValidationError):
        read_facts(json.dumps({"kind": "film"}))
