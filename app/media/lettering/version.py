"""Which way text is drawn in."""

from __future__ import annotations

from importlib.metadata import version

#: Part of the fingerprint of whatever shows text: raise it with anything in this package that can change a pixel.
LETTERING_VERSION = f"lettering-2/inter-4.1/noto-2026-11/uharfbuzz-{version('uharfbuzz')}/budoux-{version('budoux')}"
