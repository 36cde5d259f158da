"""Whatever is sent, a child answers with facts or with a named refusal, within its limits."""

from __future__ import annotations

import io
import random
import struct
import subprocess
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from app.documents import refusals
from app.documents.refusals import FileRefused, overrun
from app.media.errors import ChildFailed, ChildLost, ToolTimedOut
from app.media.ffmpeg import ffmpeg_binary
from tests.documents import files
from tests.documents.conftest import Desk
from tests.needs import need_programs

#: Every way in which a file may be refused, by code.
NAMED = {
    kind.code
    for kind in vars(refusals).values()
    if isinstance(kind, type) and issubclass(kind, FileRefused) and kind is not FileRefused
}


def zipped(entries: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return out.getvalue()


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds one byte of pixels."""
    return png(width, height, colours=2, pixels=zlib.compress(b"\0"))


def png_of_one_colour(side: int, pixel: bytes) -> bytes:
    """Whole, with alpha. All rows are alike, so that one is compressed, and repeated."""
    row, check = b"\0" + pixel * side, 1
    pack = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    packed = pack.compress(row) + pack.flush(zlib.Z_FULL_FLUSH)
    for _ in range(side):
        check = zlib.adler32(row, check)
    return png(side, side, colours=6, pixels=b"\x78\x01" + packed * side + b"\x03\0" + struct.pack(">I", check))


def png(width: int, height: int, *, colours: int, pixels: bytes) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, colours, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def test_a_zip_bomb_is_refused_before_it_is_unpacked(desk: Desk) -> None:
    bomb = files.rezipped(files.saved(files.deck(["A"])), {"ppt/media/image9.bin": bytes(300_000_000)})
    assert len(bomb) < 1_000_000
    refusal = desk.refusal(desk.write("talk.pptx", bomb))
    assert refusal.code == "zip_bomb"
    assert "unpacks from" in str(refusal)


def test_a_part_that_unpacks_to_more_than_it_says_is_damaged(desk: Desk) -> None:
    """The size in the directory is lowered: readers that trust the stream would unpack it all."""
    content = zipped({"mimetype": b"x" * 10, "ppt/presentation.xml": b"<p/>" + b" " * 1_000_000})
    lied = content.replace(struct.pack("<I", 1_000_004), struct.pack("<I", 1_004))
    assert lied != content
    assert desk.refusal(desk.write("talk.pptx", lied)).code == "corrupt"


def test_an_archive_of_very_many_parts_is_refused(desk: Desk) -> None:
    many = zipped({"ppt/presentation.xml": b"<p/>"} | {f"ppt/slides/{number}.xml": b"" for number in range(10_001)})
    assert desk.refusal(desk.write("talk.pptx", many)).code == "zip_bomb"


@pytest.mark.parametrize("name", ["../../evil.xml", "/etc/cron.d/evil", "ppt\\..\\evil.xml", "ppt/slides/a\0.xml"])
def test_a_part_that_points_out_of_the_archive_is_refused(desk: Desk, name: str) -> None:
    stand_in = "_" * len(name.encode())  # zipfile would mend the name
    content = files.rezipped(files.saved(files.deck(["A"])), {stand_in: b"evil"})
    refusal = desk.refusal(desk.write("talk.pptx", content.replace(stand_in.encode(), name.encode())))
    assert refusal.code == "corrupt"
    assert "no presentation program writes" in str(refusal)
    assert not list(desk.folder.parent.rglob("evil*"))


def test_entities_that_multiply_are_refused(desk: Desk) -> None:
    laughs = "".join(f'<!ENTITY l{n + 1} "{f"&l{n};" * 10}">' for n in range(9))
    slide = f'<!DOCTYPE p [<!ENTITY l0 "ha">{laughs}]><p>&l9;</p>'.encode()
    content = files.rezipped(files.saved(files.deck(["A"])), {"ppt/slides/slide1.xml": slide})
    refusal = desk.refusal(desk.write("talk.pptx", content))
    assert refusal.code == "corrupt"
    assert "declares entities" in str(refusal)


@pytest.mark.parametrize("size", [(200_000, 200_000), (200_000, 1), (30_000, 30_000)])
def test_a_picture_that_claims_too_many_pixels_is_not_decoded(desk: Desk, size: tuple[int, int]) -> None:
    refusal = desk.refusal(desk.write("photo.png", png_header(*size)))
    assert refusal.code == "too_many_pixels"
    assert f"{size[0]:,} x {size[1]:,} pixels" in str(refusal)


def test_the_largest_picture_that_is_taken_fits_into_the_limits(desk: Desk) -> None:
    """14,000 x 14,000 with alpha: 784 MB of pixels, from a file of some 1 MB."""
    facts = desk.study(desk.write("huge.png", png_of_one_colour(14_000, bytes((255, 0, 0, 128)))))["facts"]
    assert (facts["width"], facts["original_width"], facts["alpha"]) == (3840, 14_000, True)


def test_an_empty_file_is_refused(desk: Desk) -> None:
    assert desk.refusal(desk.write("talk.pptx", b"")).code == "empty_file"


def test_a_pdf_that_draws_for_ever_is_stopped(desk: Desk) -> None:
    """Forms within forms, ten in each: 10^9 rectangles. Time or memory ends it, whichever is spent first."""
    path = desk.write("deck.pdf", files.nested_pdf(depth=9, times=10))
    with pytest.raises((ToolTimedOut, ChildLost)) as caught:
        desk.run("render_range", path, first=0, stop=1, patience_s=20)
    refusal = overrun(caught.value, "deck.pdf")
    assert refusal is not None
    assert refusal.code == "too_demanding"


def test_only_a_child_that_met_its_limits_is_an_overrun() -> None:
    assert overrun(ChildLost("gone"), "a.pdf") is not None
    assert overrun(ChildFailed("no", code="out_of_memory", retryable=False), "a.pdf") is not None
    assert overrun(ChildFailed("no", code="corrupt", retryable=False), "a.pdf") is None


def sound(name: str, *arguments: str) -> Callable[[Path], bytes]:
    def made(folder: Path) -> bytes:
        tone = ("-f", "lavfi", "-i", "sine=440:duration=2", *arguments, "-y", str(folder / name))
        subprocess.run((ffmpeg_binary(), "-v", "error", *tone), check=True)
        return (folder / name).read_bytes()

    return made


def image(format_: str) -> Callable[[Path], bytes]:
    def made(_: Path) -> bytes:
        out = io.BytesIO()
        Image.radial_gradient("L").convert("RGB").save(out, format_)
        return out.getvalue()

    return made


CUES = "".join(f"{n}\n00:00:{n:02},000 --> 00:00:{n:02},900\nLine {n} with <i>markup</i>\n\n" for n in range(1, 50))
VICTIMS: dict[str, Callable[[Path], bytes]] = {
    "deck.pdf": lambda _: files.pdf([files.written(f"Page {n}", "Text") for n in range(3)]),
    "photo.png": image("PNG"),
    "photo.jpg": image("JPEG"),
    "photo.webp": image("WEBP"),
    "photo.gif": image("GIF"),
    "photo.tiff": image("TIFF"),
    "photo.bmp": image("BMP"),
    "sound.mp3": sound("sound.mp3"),
    "sound.m4a": sound("sound.m4a"),
    "sound.wav": sound("sound.wav"),
    "sound.flac": sound("sound.flac"),
    "sound.ogg": sound("sound.ogg", "-c:a", "libopus"),
    "cues.srt": lambda _: CUES.encode(),
    "cues.vtt": lambda _: ("WEBVTT\n\n" + CUES.replace(",", ".")).encode(),
    "font.ttf": lambda _: files.font(),
}


def answer(desk: Desk, path: Path) -> str:
    """``facts``, or the code of the refusal."""
    try:
        facts = desk.study(path)["facts"]
        if facts["kind"] == "deck":
            desk.run("render_range", desk.pages_of(path), first=0, stop=facts["page_count"])
    except ChildFailed as refusal:
        return refusal.code if refusal.code in NAMED else f"{refusal.code}: {refusal}"
    return "facts"


def flipped(content: bytes, chance: random.Random) -> bytes:
    out = bytearray(content)
    for _ in range(chance.choice((1, 4, 20, 200))):
        out[chance.randrange(len(out))] ^= 1 << chance.randrange(8)
    return bytes(out)


@pytest.mark.parametrize("name", VICTIMS)
def test_flipped_bits_end_in_facts_or_a_refusal(desk: Desk, name: str) -> None:
    content, chance = VICTIMS[name](desk.folder), random.Random(name)
    assert answer(desk, desk.write(name, content)) == "facts"
    answers = {answer(desk, desk.write(name, flipped(content, chance))) for _ in range(24)}
    assert answers <= NAMED | {"facts"}


@pytest.mark.parametrize("name", VICTIMS)
def test_files_that_break_off_end_in_facts_or_a_refusal(desk: Desk, name: str) -> None:
    content = VICTIMS[name](desk.folder)
    parts = (content[: max(1, len(content) * share // 100)] for share in (1, 5, 20, 50, 90, 99))
    assert {answer(desk, desk.write(name, part)) for part in parts} <= NAMED | {"facts"}


#: These tell their length at the start, so that what is missing at the end is known.
@pytest.mark.parametrize(
    "name", ["photo.png", "photo.jpg", "photo.webp", "photo.bmp", "sound.mp3", "sound.m4a", "sound.wav", "sound.flac"]
)
def test_half_a_file_is_corrupt(desk: Desk, name: str) -> None:
    content = VICTIMS[name](desk.folder)
    assert desk.refusal(desk.write(name, content[: len(content) // 2])).code == "corrupt"


def test_damaged_presentations_end_in_facts_or_a_refusal(desk: Desk) -> None:
    need_programs("soffice", package="libreoffice-impress fonts-liberation fonts-dejavu-core")
    content, chance = files.saved(files.deck(["A", "B"])), random.Random(7)
    slide = files.entry(content, "ppt/slides/slide1.xml")
    broken = [flipped(content, chance) for _ in range(6)]
    broken += [files.rezipped(content, {"ppt/slides/slide1.xml": flipped(slide, chance)}) for _ in range(6)]
    broken += [files.rezipped(content, {"ppt/slides/slide1.xml": slide[: len(slide) // 2]})]
    assert {answer(desk, desk.write("talk.pptx", deck)) for deck in broken} <= NAMED | {"facts"}
