"""What a file is, by its first bytes, before any demuxer sees it.

Only the containers named here are ever opened, each with its own demuxer and no other: a play list, a concat list or
an SDP file, which would name other files, is known as what it is and refused.
"""

from __future__ import annotations

from app.media.refusals import NotMedia, UnsupportedCodec

#: Enough for a few packets of a transport stream behind some rubbish.
HEAD_BYTES = 8192
#: Container → the only demuxer that opens it.
DEMUXERS = {
    "mp4": "mov",
    "matroska": "matroska",
    "webm": "matroska",
    "avi": "avi",
    "mpegts": "mpegts",
    "mpegps": "mpeg",
    "flv": "flv",
    "asf": "asf",
    "ogg": "ogg",
    "mxf": "mxf",
    "gif": "gif",
    "wav": "wav",
    "mp3": "mp3",
    "aac": "aac",
    "flac": "flac",
}
_FILES = "Upload it under /api/v1/videos/files to use it in a video."
_EXPORT = "Export it as MP4 with H.264 and AAC and upload that."
_LISTED = "A play list names other files, which are not read. Upload the recording itself."
_MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"FLV\x01", "flv"),
    (bytes.fromhex("3026B2758E66CF11A6D900AA0062CE6C"), "asf"),
    (b"OggS", "ogg"),
    (bytes.fromhex("060E2B34"), "mxf"),
    (b"GIF8", "gif"),
    (b"fLaC", "flac"),
    (b"ID3", "mp3"),
    (b"\x00\x00\x01\xba", "mpegps"),
)
_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot", b"styp", b"moof", b"uuid"})
_STILL_BRANDS = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1", b"avif"})
_KNOWN: tuple[tuple[bytes, str, str], ...] = (
    (b"\x89PNG", "a PNG picture", _FILES),
    (b"\xff\xd8\xff", "a JPEG picture", _FILES),
    (b"BM", "a BMP picture", _FILES),
    (b"II*\x00", "a TIFF picture", _FILES),
    (b"MM\x00*", "a TIFF picture", _FILES),
    (b"8BPS", "a Photoshop document", "Export it as PNG."),
    (b"%PDF", "a PDF document", _FILES),
    (b"PK\x03\x04", "a ZIP archive or an Office document", "Unpack it first; slides go under /api/v1/videos/files."),
    (b"PK\x05\x06", "an empty ZIP archive", "Upload the recording itself."),
    (b"Rar!", "a RAR archive", "Unpack it first."),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "Unpack it first."),
    (b"\x1f\x8b", "a gzip archive", "Unpack it first."),
    (b"MZ", "a Windows program", "Upload the recording itself."),
    (b"\x7fELF", "a program", "Upload the recording itself."),
    (b"ffconcat", "a list for ffmpeg's concat demuxer", _LISTED),
    (b"#EXTM3U", "an HLS play list", _LISTED),
    (b"[playlist]", "a play list", _LISTED),
    (b"[reference]", "a play list", _LISTED),
    (b"v=0", "an SDP session description", _LISTED),
    (b"WEBVTT", "a subtitle file", _FILES),
)
_XML_LISTS = ((b"<mpd", "a DASH manifest"), (b"<asx", "a play list"), (b"<smil", "a play list"))
_FOREIGN: tuple[tuple[bytes, str], ...] = (
    (b".RMF", "a RealMedia file"),
    (b"DKIF", "an IVF stream"),
    (b"YUV4MPEG2", "an uncompressed Y4M stream"),
    (b"\x00\x00\x00\x01", "a raw video stream without a container"),
    (b"\x00\x00\x01", "a raw video stream without a container"),
)


def container_of(head: bytes) -> str:
    """A key of ``DEMUXERS``. Raises ``NotMedia`` or ``UnsupportedCodec`` that say what the file is instead."""
    if not head:
        raise NotMedia("The file is empty. Check that it was copied completely, and upload it again.")
    found = _box(head) or _riff(head) or _ebml(head) or _first(head, _MAGIC) or _stream(head) or _bare_sound(head)
    if found is not None:
        return found
    _refuse_known(head)
    foreign = _first(head, _FOREIGN)
    if foreign is not None:
        raise UnsupportedCodec(f"This is {foreign}, which is not read here. {_EXPORT}")
    what = "a text file" if _is_text(head) else "not a video, or not in a format known here"
    raise NotMedia(f"This is {what}. Upload the recording itself, for example as MP4 with H.264 and AAC.")


def _first(head: bytes, table: tuple[tuple[bytes, str], ...]) -> str | None:
    return next((name for magic, name in table if head.startswith(magic)), None)


def _refuse_known(head: bytes) -> None:
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    for magic, what, advice in _KNOWN:
        if head.startswith(magic) or start.lower().startswith(magic.lower()):
            raise NotMedia(f"This is {what}, not a video. {advice}")
    for tag, what in _XML_LISTS:
        if start.startswith(b"<") and tag in start.lower():
            raise NotMedia(f"This is {what}, not a video. {_LISTED}")


def _box(head: bytes) -> str | None:
    kind, brand = head[4:8], head[8:12]
    if kind == b"ftyp" and brand in _STILL_BRANDS:
        raise NotMedia(f"This is a HEIC or AVIF picture, not a video. {_FILES}")
    return "mp4" if kind in _BOXES else None


def _riff(head: bytes) -> str | None:
    if head[:4] not in (b"RIFF", b"RF64"):
        return None
    if head[8:12] == b"WEBP":
        raise NotMedia(f"This is a WebP picture, not a video. {_FILES}")
    return {b"AVI ": "avi", b"WAVE": "wav"}.get(head[8:12])


def _ebml(head: bytes) -> str | None:
    if not head.startswith(b"\x1a\x45\xdf\xa3"):
        return None
    return "webm" if b"\x42\x82\x84webm" in head[:128] else "matroska"


def _stream(head: bytes) -> str | None:
    """A transport stream has a sync byte every 188 bytes, or 192 on cameras and discs, or 204 with error correction."""
    for step in (188, 192, 204):
        for start in range(min(step, len(head))):
            packets = head[start::step][:5]
            if len(packets) >= 3 and set(packets) == {0x47}:
                return "mpegts"
    return None


def _bare_sound(head: bytes) -> str | None:
    """ADTS and MPEG audio begin with eleven or more set bits."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return None
    if head[1] & 0xF6 == 0xF0:
        return "aac"
    return "mp3" if head[1] & 0x06 and head[2] & 0xF0 != 0xF0 else None


def _is_text(head: bytes) -> bool:
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError as error:
        text = head[: error.start].decode("utf-8") if error.start > len(head) - 4 else "\x00"
    return not any(character < " " and character not in "\t\n\r\f" for character in text)
