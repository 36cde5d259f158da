"""The names that API and workers agree on."""

from __future__ import annotations

from enum import StrEnum

#: Pinned: running work outlives a deploy. Change it only together with ``DBOS.patch`` (ADR 0001).
WORKFLOW_VERSION = "1"
APPLICATION = "tenex-videos"


class Queue(StrEnum):
    """``renders`` and ``takes`` hold orchestrators that mostly wait; ``chunks`` holds work for the processor."""

    RENDERS = "renders"
    TAKES = "takes"
    CHUNKS = "chunks"
