"""The names that API and workers agree on."""

from __future__ import annotations

from enum import IntEnum, StrEnum

#: Pinned: running work outlives a deploy. Change it only together with ``DBOS.patch`` (ADR 0001).
WORKFLOW_VERSION = "1"
APPLICATION = "tenex-videos"


class Queue(StrEnum):
    """``renders`` holds orchestrators that mostly wait, of renders and of takes; ``chunks`` work for the processor. To
    ask a queue for work is most of what an idle worker does.
    """

    RENDERS = "renders"
    CHUNKS = "chunks"


class Turn(IntEnum):
    """When a workspace's work in a queue is given out: the least first, and of one turn what has waited longest."""

    NEXT = 1
    ITS_OWN = 2
