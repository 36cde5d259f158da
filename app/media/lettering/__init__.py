"""Text in real fonts: ``setting.py`` makes pictures of it, ``faces.py`` finds fonts, ``wrapping.py`` makes lines."""
