"""What can go wrong with an engine that is a program.

TenexError
├── UnknownPortrait         the engine has no portrait of this name
└── EngineFailed            it ran, and made no take; a run costs nothing, so the next render tries again
    ├── EngineUnavailable   its program is not on this machine
    ├── EngineOverdue       it did not finish in its time
    ├── EngineTooLarge      it needs more memory, or wrote more, than it may
    └── EngineUnusable      what it made is not an MP4 of the whole script
"""

from __future__ import annotations

from app.avatars.base import NotMade
from app.core.errors import InvalidRequest


class UnknownPortrait(InvalidRequest):
    code = "unknown_portrait"


class EngineFailed(NotMade):
    code = "engine_failed"


class EngineUnavailable(EngineFailed):
    code = "engine_unavailable"


class EngineOverdue(EngineFailed):
    status = 504
    code = "engine_overdue"


class EngineTooLarge(EngineFailed):
    code = "engine_too_large"


class EngineUnusable(EngineFailed):
    code = "engine_unusable"
