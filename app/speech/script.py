"""A script as people paste it → plain text to be spoken and shown. Pure.

People paste from documents, web pages and chat windows. What is there for the eye only is taken out rather than
refused: nobody wants to hear "asterisk asterisk", and nobody expects an error for a heading. The words themselves
stay as written.
"""

from __future__ import annotations

import html
import re
import unicodedata

from app.speech.errors import EmptyScript, ScriptTooLong, UnreadableScript

#: Characters of a script after cleaning: about 20 minutes of speech.
SCRIPT_LIMIT = 20_000
#: What may be pasted, markup and all.
_RAW_LIMIT = 5 * SCRIPT_LIMIT

_NEWLINES = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_SPACES = re.compile("[^\\S\n]+")
#: Marks that no reader sees: byte order mark, zero-width space, word joiner, soft hyphen, direction overrides,
#: private use.
_INVISIBLE = re.compile("[\ufeff\u200b\u2060-\u2064\u00ad\u180e\u202a-\u202e\u2066-\u206f\ufff9-\ufffb\ue000-\uf8ff]")
#: Joiners are spelling in Arabic and Indic scripts and hold emoji together; anywhere else they are dirt.
_STRAY_JOINER = re.compile(
    "(?<![\u0600-\u0dff\u0e00-\u109f\u1780-\u17ff\u200d\ufe0f\u2190-\u2bff\U0001f000-\U0001faff])[\u200c\u200d]+"
)
_STRAY_TAG = re.compile("(?<![\U0001f3f4\U000e0020-\U000e007f])[\U000e0000-\U000e007f]+")

_HIDDEN_PARTS = (("<!--", "-->"), ("<script", "</script>"), ("<style", "</style>"))
_TAG = re.compile(r"<(/?)([A-Za-z][\w:.-]{0,40})((?:\s[^<>]{0,2000})?)(/?)>|<[!?][A-Za-z][^<>]{0,2000}>")
_BLOCK_TAGS_LIST = """
    address article blockquote br break dd div dl dt footer h1 h2 h3 h4 h5 h6 header hr li ol p pre section
    table tr ul
"""
_BLOCK_TAGS = frozenset(_BLOCK_TAGS_LIST.split())
_INLINE_TAGS_LIST = """
    a abbr audio b big body center cite code del em emphasis font head html i img ins kbd lexicon mark meta
    phoneme prosody q s samp say-as small speak span strong sub sup td th title tt u video voice
"""
_INLINE_TAGS = frozenset(_INLINE_TAGS_LIST.split())
_ENTITY = re.compile(r"&(?:[A-Za-z]{2,8}|#\d{1,7}|#[xX][0-9a-fA-F]{1,6});")

_MARKDOWN_LINES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"^ *(?:```|~~~)[^\n]*$", re.MULTILINE), ""),
    (re.compile(r"^ *(?:(?:\* ?){3,}|(?:- ?){3,}|(?:_ ?){3,})$", re.MULTILINE), ""),
    (re.compile(r"^ *(?:> ?)+", re.MULTILINE), ""),
    (re.compile(r"^ *#{1,6} +(.*?)(?: +#+)?$", re.MULTILINE), r"\n\1\n"),
    (re.compile(r"^ *[-*+•‣◦▪·–] +", re.MULTILINE), ""),
)
_MARKDOWN_SPANS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"!\[[^\[\]\n]{0,500}\]\([^()\n]{0,2000}\)"), ""),
    (re.compile(r"\[([^\[\]\n]{1,500})\]\([^()\n]{1,2000}\)"), r"\1"),
    (re.compile(r"<((?:https?://|mailto:)[^<>\s]{1,2000})>"), r"\1"),
    (re.compile(r"(`{1,2})(?=\S)([^`\n]+)(?<=\S)\1"), r"\2"),
    (re.compile(r"(?<![\w*\\])(\*{1,3})(?=[^\s*])([^*\n]+)(?<![\s\\])\1(?![\w*])"), r"\2"),
    (re.compile(r"(?<![\w\\])(_{1,3})(?=[^\s_])([^_\n]+)(?<![\s\\])\1(?!\w)"), r"\2"),
    (re.compile(r"~~(?=\S)([^~\n]+)(?<=\S)~~"), r"\1"),
)
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+.!~>-])")


def clean_script(script: str) -> str:
    """The script as it will be spoken and captioned: NFC, one space between words, one blank line between paragraphs.

    Taken out: HTML and SSML tags (with what ``<script>``, ``<style>`` and comments hold; block tags and ``<break>``
    end the line), Markdown's signs (headings, emphasis, list and quote marks, code fences, images; a link keeps its
    text), marks without a shape. Kept: every word, numbers, punctuation, emoji, a lone ``<``, ``*`` or ``_`` that
    marks nothing up (``2 * 3 < 7``).

    Raises ``UnreadableScript`` for control characters, ``ScriptTooLong`` beyond ``SCRIPT_LIMIT`` characters,
    ``EmptyScript`` when no letter and no digit is left to say.
    """
    _refuse_long(script, _RAW_LIMIT)
    text = _NEWLINES.sub("\n", script.removeprefix("\ufeff"))
    _refuse_control_characters(text)
    text = _without_invisible(unicodedata.normalize("NFC", text))
    text = _tidy(_without_markdown(_without_tags(text)))
    if not any(character.isalnum() for character in text):
        raise EmptyScript("The script holds nothing to say: write at least one word.")
    _refuse_long(text, SCRIPT_LIMIT)
    return text


def _refuse_long(text: str, limit: int) -> None:
    if len(text) > limit:
        raise ScriptTooLong(
            f"The script has {len(text):,} characters; at most {SCRIPT_LIMIT:,} are accepted. "
            "Shorten it, or make several videos.",
            extra={"characters": len(text), "limit": SCRIPT_LIMIT},
        )


def _refuse_control_characters(text: str) -> None:
    for at, character in enumerate(text):
        if character not in "\n\t" and unicodedata.category(character) in ("Cc", "Cs"):
            line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
            raise UnreadableScript(
                f"The script holds the control character U+{ord(character):04X} in line {line}, column {column}. "
                "It is not text: remove it, or save the script as plain UTF-8 and send it again.",
                extra={"character": f"U+{ord(character):04X}", "line": line, "column": column},
            )


def _without_invisible(text: str) -> str:
    return _STRAY_TAG.sub("", _STRAY_JOINER.sub("", _INVISIBLE.sub("", text)))


def _without_tags(text: str) -> str:
    for opening, closing in _HIDDEN_PARTS:
        text = _without_parts(text, opening, closing)
    return _ENTITY.sub(_entity, _TAG.sub(_tag, text))


def _without_parts(text: str, opening: str, closing: str) -> str:
    """Without what lies between the two. By hand, since a lazy pattern needs quadratic time on hostile text."""
    lower, kept, at = text.lower(), list[str](), 0
    if len(lower) != len(text):
        lower = text
    while (start := lower.find(opening, at)) >= 0 and (stop := lower.find(closing, start)) >= 0:
        kept.append(text[at:start])
        at = stop + len(closing)
    return "".join([*kept, text[at:]])


def _tag(match: re.Match[str]) -> str:
    closing, name, attributes, alone = match.groups()
    if name is None:
        return ""
    if name.lower() in _BLOCK_TAGS:
        return "\n"
    known = name.lower() in _INLINE_TAGS
    return "" if known or closing or alone or "=" in attributes else match[0]


def _entity(match: re.Match[str]) -> str:
    character = html.unescape(match[0])
    return character if character.isprintable() or character.isspace() else ""


def _without_markdown(text: str) -> str:
    text = _SPACES.sub(" ", text)
    for pattern, replacement in _MARKDOWN_LINES:
        text = pattern.sub(replacement, text)
    for _ in range(2):  # emphasis holds emphasis
        for pattern, replacement in _MARKDOWN_SPANS:
            text = pattern.sub(replacement, text)
    return _ESCAPED.sub(r"\1", text)


def _tidy(text: str) -> str:
    lines = [_SPACES.sub(" ", line).strip() for line in text.split("\n")]
    return re.sub("\n{3,}", "\n\n", "\n".join(lines)).strip()
