"""Parameters that many endpoints take, with their words for the API's documentation."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header, Query

from app.core.pagination import MOST_PER_PAGE

LimitParam = Annotated[
    int,
    Query(ge=1, description=f"How many at most; more than {MOST_PER_PAGE} counts as {MOST_PER_PAGE}", examples=[50]),
]
CursorParam = Annotated[str | None, Query(description="The `next_cursor` of the page before", max_length=2000)]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="Makes the request safe to repeat: the same key and body get the same answer for 24 hours",
    ),
]
