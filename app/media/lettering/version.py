"""Which way text is drawn in."""

from __future__ import annotations

import PIL

#: Part of the fingerprint of whatever shows text: raise it with anything in this package that can change a pixel.
LETTERING_VERSION = f"lettering-1/inter-4.1/pillow-{PIL.__version__}"
