"""Text of files that do not say how it is encoded."""

from __future__ import annotations

import codecs

_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def decoded(data: bytes, *, cut: bool = False) -> tuple[str, str]:
    """The text without a byte order mark, and its encoding: by the mark, else by what the bytes can be.

    What is not UTF-8 and holds no zeros is taken for Windows-1252, which is Latin-1 with typographic quotes. ``cut``
    says that ``data`` is only a beginning, which may end inside a character.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace"), encoding
    wide = _utf16_without_mark(data)
    if wide is not None:
        return data.decode(wide, "replace"), wide
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(data, final=not cut), "utf-8"
    except UnicodeDecodeError:
        return data.decode("windows-1252", "replace"), "windows-1252"


def _utf16_without_mark(data: bytes) -> str | None:
    """Subtitles begin with digits and line ends, so that every other byte of UTF-16 is zero."""
    sample = data[:512]
    if len(sample) < 4 or sample.count(0) * 3 < len(sample):
        return None
    return "utf-16-le" if sample[1::2].count(0) > sample[0::2].count(0) else "utf-16-be"


def tidy(text: str) -> str:
    """Without what no database stores and nobody reads: control characters and halves of characters."""
    return "".join(character for character in text if character in "\n\t" or character.isprintable()).strip()


def one_line(text: str, longest: int = 200) -> str | None:
    """The text on one line and of bounded length, or None when nothing is left of it."""
    return " ".join(tidy(" ".join(text.split())).split())[:longest].strip() or None
