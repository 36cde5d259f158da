"""Decks, images, sound, subtitles and fonts: sent, looked into by real workers, and shown with what came of them."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from app.core.errors import NotFound
from app.documents.kinds import Kind
from app.documents.record import AudioFacts, DeckFacts, FontFacts, ImageFacts, SubtitleFacts
from app.media.ffmpeg import run_ffmpeg
from app.modules.videos.files import FileFilter, file_of
from app.modules.videos.library_schemas import FileOut
from tests.documents.files import deck, font, locked_pdf, pdf, saved, written
from tests.intake.library import Library
from tests.needs import need_programs

SRT = "1\n00:00:00,500 --> 00:00:01,500\n<b>Hello</b> there\n"


def kept(library: Library, file: FileOut, role: str) -> bytes:
    """What a link leads to: its blob."""
    with library.site.database.read_scope() as session:
        stored = file_of(session, library.site.workspace_id, file.id).files[role]
    return b"".join(library.site.services.platform.blobs.read(stored["blob"]))


def sent(library: Library, tmp_path: Path, name: str, content: bytes) -> FileOut:
    (tmp_path / "file").write_bytes(content)
    return library.take_in_file(tmp_path / "file", name=name)


def test_a_deck_becomes_pages_in_their_order(library: Library, tmp_path: Path) -> None:
    pages = [written(f"Page {number} of the deck") for number in range(1, 46)]
    file = sent(library, tmp_path, "deck.pdf", pdf(pages))
    assert (file.status, file.kind, file.name, file.title) == ("ready", "deck", "deck.pdf", "deck")
    assert isinstance(file.facts, DeckFacts)
    assert (file.facts.page_count, file.facts.pages) == (45, ())
    shown = library.pages(file.id)
    assert [page.number for page in shown] == list(range(1, 46))
    assert [page.text for page in shown] == [f"Page {number} of the deck" for number in range(1, 46)]
    assert {(page.width, page.height) for page in shown} == {(1920, 1080)}
    assert file.download_url is not None
    assert file.download_url.endswith("/deck.pdf")
    assert kept(library, file, "original") == pdf(pages)


def test_slides_bring_their_notes_and_titles(library: Library, tmp_path: Path) -> None:
    need_programs("soffice", package="libreoffice-impress fonts-liberation fonts-dejavu-core")
    file = sent(library, tmp_path, "launch.pptx", saved(deck(["Hello", "Secret", "Goodbye"], hidden=[1])))
    assert file.error is None
    assert (file.status, set(file.urls)) == ("ready", {"pdf"})
    assert isinstance(file.facts, DeckFacts)
    assert (file.facts.page_count, file.facts.hidden) == (2, 1)
    pages = library.pages(file.id)
    assert [page.title for page in pages] == ["Hello", "Goodbye"]
    assert all(page.notes and page.title and page.title in page.notes for page in pages)


def test_an_image_is_normalised_and_has_a_thumbnail(library: Library, tmp_path: Path) -> None:
    out = io.BytesIO()
    Image.new("RGBA", (800, 400), (200, 30, 30, 128)).save(out, "PNG")
    file = sent(library, tmp_path, "logo.jpg", out.getvalue())
    assert (file.status, file.kind, file.content_type) == ("ready", "image", "image/png")
    assert isinstance(file.facts, ImageFacts)
    assert (file.facts.width, file.facts.height, file.facts.alpha) == (800, 400, True)
    assert Image.open(io.BytesIO(kept(library, file, "image"))).size == (800, 400)
    assert max(Image.open(io.BytesIO(kept(library, file, "thumbnail"))).size) == 320


def test_sound_subtitles_and_fonts_say_what_they_are(library: Library, tmp_path: Path) -> None:
    run_ffmpeg(("-f", "lavfi", "-i", "sine=440:d=2", str(tmp_path / "tone.mp3")), timeout_s=60)
    sound = library.take_in_file(tmp_path / "tone.mp3")
    assert isinstance(sound.facts, AudioFacts)
    assert sound.facts.duration_ms == pytest.approx(2000, abs=60)
    words = sent(library, tmp_path, "words.srt", SRT.encode())
    assert isinstance(words.facts, SubtitleFacts)
    assert words.facts.cue_count == 1
    assert b"Hello there" in kept(library, words, "vtt")
    face = sent(library, tmp_path, "brand.ttf", font(family="Brand"))
    assert isinstance(face.facts, FontFacts)
    assert (face.facts.family, face.facts.weight) == ("Brand", 700)
    with library.site.database.read_scope() as session:
        files = library.site.services.files
        page = library.site.services.cursors.request(of="files")
        found = files.list(session, library.site.workspace_id, FileFilter(kind=Kind.AUDIO), page)
        assert [file.id for file in found.rows] == [sound.id]


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("locked.pdf", locked_pdf(), "encrypted"),
        ("cut.pdf", pdf([written("One")])[:300], "corrupt"),
        ("long.pdf", pdf([b""] * 5000), "too_many_pages"),
        ("program.pdf", b"\x7fELF" + bytes(500), "unsupported_file"),
    ],
)
def test_what_cannot_be_taken_says_why(library: Library, tmp_path: Path, name: str, content: bytes, code: str) -> None:
    file = sent(library, tmp_path, name, content)
    assert (file.status, file.download_url, file.urls) == ("failed", None, {})
    assert file.error is not None
    assert file.error.code == code
    assert name in file.error.message


def test_a_file_that_failed_can_be_completed_again(library: Library, tmp_path: Path) -> None:
    file = sent(library, tmp_path, "locked.pdf", locked_pdf())
    again = library.complete_file(file.id)
    assert (again.status, again.error and again.error.code) == ("failed", "encrypted")


def test_a_deleted_file_leaves_nothing(library: Library, tmp_path: Path) -> None:
    file = sent(library, tmp_path, "deck.pdf", pdf([written("One"), written("Two")]))
    assert len(library.keys(f"files/{file.id}")) == 5
    with library.site.database.session_scope() as session:
        remains = library.site.services.files.remove(session, library.site.workspace_id, file.id)
    library.site.services.files.clear_away(remains)
    assert library.keys(f"files/{file.id}") == []
    with pytest.raises(NotFound):
        library.library_file(file.id)


def test_an_address_with_a_wrong_digest_is_refused(library: Library, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(SRT.encode())
    file = library.take_in_file(tmp_path / "file", name="words.srt", sha256="0" * 64)
    assert file.error is not None
    assert file.error.code == "checksum_mismatch"
