"""Images come out upright, in sRGB, of bounded size, with their alpha, and in the colours they had."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image, ImageCms

from tests.documents.conftest import Desk

RED, BLUE = (255, 0, 0), (0, 0, 255)


def two_halves(mode: str = "RGB", size: tuple[int, int] = (400, 200)) -> Image.Image:
    """Red on the left, blue on the right."""
    picture = Image.new("RGB", size, RED)
    picture.paste(BLUE, (size[0] // 2, 0, *size))
    return picture.convert(mode)


def encoded(picture: Image.Image, format_: str, **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, format_, **options)
    return out.getvalue()


def studied(desk: Desk, content: bytes) -> tuple[dict[str, Any], Image.Image]:
    result = desk.study(desk.write("photo", content))
    name = next(file["name"] for file in result["files"] if file["role"] == "image")
    assert max(Image.open(desk.folder / "thumbnail.webp").size) <= 320
    return result["facts"], Image.open(desk.folder / name)


def is_near(pixel: Any, colour: tuple[int, ...]) -> bool:
    return all(abs(a - b) < 12 for a, b in zip(pixel, colour, strict=True))


@pytest.mark.parametrize(
    ("orientation", "red", "size"),
    [(1, (50, 100), (400, 200)), (3, (350, 100), (400, 200)), (6, (100, 50), (200, 400)), (8, (100, 350), (200, 400))],
)
def test_a_photo_is_turned_upright(desk: Desk, orientation: int, red: tuple[int, int], size: tuple[int, int]) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    facts, picture = studied(desk, encoded(two_halves(), "JPEG", exif=exif, quality=95))
    assert (picture.size, (facts["width"], facts["height"])) == (size, size)
    assert is_near(picture.getpixel(red), RED)
    assert facts["turned"] == (orientation != 1)
    assert not picture.getexif()  # neither a turn to make again, nor where it was taken


def test_alpha_is_kept_as_png(desk: Desk) -> None:
    glass = Image.new("RGBA", (100, 100), (255, 0, 0, 128))
    for format_, lossless in (("PNG", {}), ("WEBP", {"lossless": True}), ("TIFF", {})):
        facts, picture = studied(desk, encoded(glass, format_, **lossless))
        assert (facts["alpha"], picture.format, picture.getpixel((50, 50))) == (True, "PNG", (255, 0, 0, 128))


def test_alpha_that_hides_nothing_is_dropped(desk: Desk) -> None:
    facts, picture = studied(desk, encoded(two_halves("RGBA"), "PNG"))
    assert (facts["alpha"], picture.mode) == (False, "RGB")


def test_a_large_picture_is_fitted_into_3840(desk: Desk) -> None:
    facts, picture = studied(desk, encoded(two_halves(size=(6000, 3000)), "JPEG"))
    assert picture.size == (3840, 1920)
    assert (facts["original_width"], facts["original_height"]) == (6000, 3000)


def test_a_small_picture_is_not_enlarged(desk: Desk) -> None:
    assert studied(desk, encoded(two_halves(size=(40, 20)), "PNG"))[1].size == (40, 20)


def test_cmyk_is_not_inverted(desk: Desk) -> None:
    """Red is no cyan and full magenta and yellow; Adobe's programs write the opposite numbers and say so."""
    content = encoded(Image.new("CMYK", (64, 64), (0, 255, 255, 0)), "JPEG", quality=95)
    assert b"Adobe" in content
    facts, picture = studied(desk, content)
    assert facts["colours"] == "CMYK"
    assert is_near(picture.getpixel((32, 32)), RED)


def swapped_profile() -> bytes:
    """sRGB with its red and its blue exchanged, in the table of tags."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile.replace(b"rXYZ", b"tmp.").replace(b"bXYZ", b"rXYZ").replace(b"tmp.", b"bXYZ")


def test_a_colour_profile_is_converted_and_named(desk: Desk) -> None:
    facts, picture = studied(desk, encoded(two_halves(), "PNG", icc_profile=swapped_profile()))
    assert (facts["profile"], facts["profile_converted"]) == ("sRGB built-in", True)
    assert is_near(picture.getpixel((50, 100)), BLUE)


def test_a_damaged_profile_is_noted_and_ignored(desk: Desk) -> None:
    facts, picture = studied(desk, encoded(two_halves(), "PNG", icc_profile=b"not a profile"))
    assert (facts["profile"], facts["profile_converted"]) == ("damaged", False)
    assert picture.getpixel((50, 100)) == RED


def test_of_an_animation_the_first_frame_is_taken(desk: Desk) -> None:
    frames = [Image.new("RGB", (60, 40), colour) for colour in (RED, BLUE, (0, 255, 0))]
    content = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    facts, picture = studied(desk, content)
    assert facts["frames"] == 3
    assert is_near(picture.getpixel((30, 20)), RED)


def test_sixteen_bits_of_grey_keep_their_tone(desk: Desk) -> None:
    _, picture = studied(desk, encoded(Image.new("I;16", (40, 40), 0x8000), "PNG"))
    assert picture.getpixel((20, 20)) == (128, 128, 128)


@pytest.mark.parametrize(("format_", "made"), [("JPEG", "JPEG"), ("WEBP", "JPEG"), ("PNG", "PNG"), ("BMP", "PNG")])
def test_lossless_pictures_stay_lossless(desk: Desk, format_: str, made: str) -> None:
    assert studied(desk, encoded(two_halves(), format_))[1].format == made
