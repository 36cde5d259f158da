"""The version of the drawing: a part of every fingerprint that a drawn frame goes into."""

from __future__ import annotations

#: Bump when a pixel of any frame can change.
PRESENTER_VERSION = "studio-3"
