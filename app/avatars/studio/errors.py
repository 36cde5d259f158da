"""What can be wrong with a request to the embedded presenter.

TenexError
├── UnknownCharacter   400  no presenter of that name
├── UnknownBackdrop    400  no backdrop of that name, and not a colour
└── UnusableFrame      400  a frame size that cannot be drawn
"""

from __future__ import annotations

from app.core.errors import InvalidRequest


class UnknownCharacter(InvalidRequest):
    code = "unknown_character"


class UnknownBackdrop(InvalidRequest):
    code = "unknown_backdrop"


class UnusableFrame(InvalidRequest):
    code = "unusable_frame"
