# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
"""Pictures as every later step can use them: upright, sRGB, eight bits, of bounded size."""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms, ImageOps

from app.documents.kinds import Format
from app.documents.record import Derived, ImageFacts, Role, Studied
from app.documents.refusals import Corrupt, TooManyPixels
from app.documents.text import one_line

LONGEST_SIDE = 3840
THUMBNAIL_SIDE = 320
#: Of the picture in the file. The largest cameras of phones take 200 million.
MOST_PIXELS, LONGEST_ORIGINAL_SIDE = 210_000_000, 65_535
WEBP = "image/webp"
_READERS = {
    Format.PNG: "PNG",
    Format.JPEG: "JPEG",
    Format.WEBP: "WEBP",
    Format.GIF: "GIF",
    Format.BMP: "BMP",
    Format.TIFF: "TIFF",
}
#: What Pillow raises for damaged files, apart from running out of memory.
_DAMAGED = (OSError, SyntaxError, ValueError, LookupError, ArithmeticError, TypeError, EOFError, struct.error)
_TURNED = range(2, 9)
_ORIENTATION = 0x0112


def study(path: Path, name: str, format_: Format, folder: Path, *, most_pixels: int = MOST_PIXELS) -> Studied:
    """Write the image normalised and its thumbnail: PNG where pixels or alpha count, JPEG for what was lossy.

    Raises ``TooManyPixels`` before anything is decoded, ``Corrupt`` for a file that is damaged or breaks off.
    """
    Image.MAX_IMAGE_PIXELS = None  # ours names what was found
    try:
        with Image.open(path, formats=[_READERS[format_]]) as image:
            _check_size(image, name, most_pixels)
            original = _Original.of(image)
            picture, converted = _normalised(image)
    except _DAMAGED as error:
        raise Corrupt(f"{name} cannot be decoded: it is damaged or breaks off ({error}). Export it again.") from error
    files = _write(picture, folder, lossy=_is_lossy(path, format_))
    facts = ImageFacts(
        format=format_,
        width=picture.width,
        height=picture.height,
        original_width=original.width,
        original_height=original.height,
        alpha=picture.mode == "RGBA",
        turned=original.turned,
        frames=original.frames,
        colours=original.mode,
        profile=original.profile,
        profile_converted=converted,
    )
    return Studied(facts=facts, files=files)


def write_png(picture: Image.Image, target: Path) -> None:
    """Lossless, at the fastest level: a slide takes 33 ms and 88 kB, at the default level 42 ms and 68 kB."""
    picture.save(target, "PNG", compress_level=1)


def write_thumbnail(picture: Image.Image, target: Path) -> None:
    """WebP with a longest side of 320 pixels, alpha kept."""
    small = picture.copy()
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.LANCZOS, reducing_gap=3)
    small.save(target, "WEBP", quality=80, method=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Original:
    """What the file said, before it was decoded."""

    width: int
    height: int
    mode: str
    frames: int
    turned: bool
    profile: str | None

    @staticmethod
    def of(image: Image.Image) -> _Original:
        return _Original(
            width=image.width,
            height=image.height,
            mode=image.mode,
            frames=getattr(image, "n_frames", 1),
            turned=image.getexif().get(_ORIENTATION) in _TURNED,
            profile=_profile_name(image),
        )


def _check_size(image: Image.Image, name: str, most_pixels: int) -> None:
    width, height = image.size
    if width * height > most_pixels or max(width, height) > LONGEST_ORIGINAL_SIDE:
        raise TooManyPixels(
            f"{name} has {width:,} x {height:,} pixels; {most_pixels:,} are taken, and {LONGEST_ORIGINAL_SIDE:,} on a "
            "side. Scale it down: a video shows no more than 3840.",
            extra={"width": width, "height": height, "most_pixels": most_pixels},
        )


def _normalised(image: Image.Image) -> tuple[Image.Image, bool]:
    """The first frame, and whether its colour profile was converted."""
    image.draft(None, (LONGEST_SIDE, LONGEST_SIDE))  # a large JPEG is decoded at a half, a quarter or an eighth
    picture, converted = _srgb(ImageOps.exif_transpose(image))
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS, reducing_gap=3)
    if picture.mode == "RGBA" and picture.getchannel("A").getextrema() == (255, 255):
        picture = picture.convert("RGB")
    return picture, converted


def _srgb(image: Image.Image) -> tuple[Image.Image, bool]:
    wanted = "RGBA" if image.has_transparency_data else "RGB"
    profile = image.info.get("icc_profile")
    if profile and image.mode in ("RGB", "RGBA", "CMYK", "L"):
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            turned = ImageCms.profileToProfile(
                image, source, ImageCms.createProfile("sRGB"), outputMode="RGBA" if image.mode == "RGBA" else "RGB"
            )
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # a damaged profile, or one for another kind of colours: the picture is shown as if it had none
        else:
            if turned is not None:
                return turned.convert(wanted), True
    return _eight_bits(image).convert(wanted), False


def _eight_bits(image: Image.Image) -> Image.Image:
    """Sixteen bits of grey as eight: Pillow would clip them."""
    if not image.mode.startswith("I"):
        return image
    return Image.fromarray((np.asarray(image).clip(0, 65_535) >> 8).astype(np.uint8))


def _write(picture: Image.Image, folder: Path, *, lossy: bool) -> tuple[Derived, ...]:
    thumbnail = Derived(role=Role.THUMBNAIL, name="thumbnail.webp", content_type=WEBP)
    write_thumbnail(picture, folder / thumbnail.name)
    if lossy and picture.mode == "RGB":
        image = Derived(role=Role.IMAGE, name="image.jpg", content_type="image/jpeg")
        picture.save(folder / image.name, "JPEG", quality=92, subsampling="4:4:4")
    else:
        image = Derived(role=Role.IMAGE, name="image.png", content_type="image/png")
        write_png(picture, folder / image.name)
    return image, thumbnail


def _is_lossy(path: Path, format_: Format) -> bool:
    """WebP is either: the lossless one has a chunk of its own name."""
    if format_ is not Format.WEBP:
        return format_ is Format.JPEG
    with path.open("rb") as file:
        return b"VP8L" not in file.read(65_536)


def _profile_name(image: Image.Image) -> str | None:
    profile = image.info.get("icc_profile")
    if not profile:
        return None
    try:
        return one_line(ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(profile)))) or "unnamed"
    except (ImageCms.PyCMSError, OSError, ValueError):
        return "damaged"
