# The stubs of the libraries drawn with are loose.
# pyright: reportArgumentType=false
"""Rooms out of focus. They are painted small, blurred, and brought to size with a fixed dither.

A backdrop depends on its name and the size of the frame only, so that all passages of a script share one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

from app.avatars.studio.colour import rgb
from app.avatars.studio.errors import UnknownBackdrop
from app.avatars.studio.mood import Mood, Scene
from app.avatars.studio.picture import FROM_BGR, OFFSETS
from app.avatars.studio.prints import Drawing, Prints
from app.avatars.studio.rooms import paint_plain, paint_room
from app.media.encode import Planes

_PLAIN = re.compile(r"#[0-9A-Fa-f]{6}")
_SHRINK = 4


BACKDROPS: Mapping[str, Mood] = MappingProxyType(
    {
        "dawn": Mood(scene=Scene.WINDOW, top=rgb("D9E2EC"), bottom=rgb("EFE3D6"), glow=rgb("FFF3E2"), accent=rgb("E2A274"), wood=rgb("B58A66")),
        "dusk": Mood(scene=Scene.CITY, top=rgb("1E2B44"), bottom=rgb("34435F"), glow=rgb("5F78A6"), accent=rgb("F0B470"), wood=rgb("4A3C3C")),
        "sage": Mood(scene=Scene.PLANTS, top=rgb("CBD9D1"), bottom=rgb("E9E7D9"), glow=rgb("F8F7EA"), accent=rgb("5E9179"), wood=rgb("B8966E")),
        "plum": Mood(scene=Scene.PANELS, top=rgb("2E2340"), bottom=rgb("4C3858"), glow=rgb("8C6A98"), accent=rgb("F2A07F"), wood=rgb("54405C")),
        "sky": Mood(scene=Scene.WINDOW, top=rgb("BFD5E8"), bottom=rgb("E4EDF4"), glow=rgb("FFFFFF"), accent=rgb("5E93BF"), wood=rgb("8FA6B8")),
        "sand": Mood(scene=Scene.SHELVES, top=rgb("E0D0BD"), bottom=rgb("F1E7DA"), glow=rgb("FFF8EC"), accent=rgb("B4714A"), wood=rgb("A9805A")),
        "studio": Mood(scene=Scene.PANELS, top=rgb("C3C7CE"), bottom=rgb("D9DBDF"), glow=rgb("F7F8FA"), accent=rgb("FFE9C8"), wood=rgb("9AA0AA")),
        "loft": Mood(scene=Scene.LOFT, top=rgb("C9B6A8"), bottom=rgb("DCCFC2"), glow=rgb("F6EBDD"), accent=rgb("F7C07C"), wood=rgb("7C5A48")),
        "night": Mood(scene=Scene.SHELVES, top=rgb("20242E"), bottom=rgb("31333D"), glow=rgb("545A6C"), accent=rgb("E0A060"), wood=rgb("3E332F")),
        "mist": Mood(scene=Scene.PLAIN, top=rgb("DDE2E8"), bottom=rgb("C9D0D9"), glow=rgb("F7F9FB"), accent=rgb("B7C2CF"), wood=rgb("AEB8C4")),
    }
)  # fmt: skip


def check_backdrop(name: str) -> None:
    """Raises ``UnknownBackdrop`` unless the name is one of ``BACKDROPS`` or a colour like ``#1F6FEB``."""
    if name not in BACKDROPS and not _PLAIN.fullmatch(name):
        raise UnknownBackdrop(
            f"There is no backdrop {name!r}. Choose one of {', '.join(sorted(BACKDROPS))}, or a colour like #1F6FEB.",
            extra={"available": sorted(BACKDROPS)},
        )


def paint_backdrop(name: str, width: int, height: int, prints: Prints | None = None) -> Planes:
    """The whole backdrop. A plain colour is exact in the corners and a little lighter behind the head."""
    check_backdrop(name)
    if prints is None or name not in BACKDROPS:
        return _paint(name, width, height)
    drawn = prints.get(f"backdrop {name} {width}x{height}", lambda: _named(_paint(name, width, height)))
    return Planes(y=drawn["y"], u=drawn["u"], v=drawn["v"])


def _named(planes: Planes) -> Drawing:
    return {"y": planes.y, "u": planes.u, "v": planes.v}


def _paint(name: str, width: int, height: int) -> Planes:
    small = (max(2, -(-width // _SHRINK)), max(2, -(-height // _SHRINK)))
    picture = paint_room(BACKDROPS[name], *small) if name in BACKDROPS else paint_plain(rgb(name), *small)
    return _developed(picture, width, height)


def _developed(picture: NDArray[np.float32], width: int, height: int) -> Planes:
    """Red, green, blue 0..255 in full precision → dithered planes: dark gradients must not band."""
    yuv = cv2.transform(picture[..., ::-1], np.hstack([FROM_BGR, OFFSETS[:, None]]))
    y, u, v = cv2.split(yuv)
    noise = _noise()
    return Planes(
        y=_dithered(y, width, height, noise),
        u=_dithered(u, width // 2, height // 2, noise[1:, 3:]),
        v=_dithered(v, width // 2, height // 2, noise[5:, 2:]),
    )


def _noise() -> NDArray[np.float32]:
    """Triangular noise of one code value, larger than it is looked at from any offset."""
    rng = np.random.Generator(np.random.PCG64(20))
    return (rng.random((320, 320), np.float32) - rng.random((320, 320), np.float32)).astype(np.float32)


def _dithered(plane: NDArray[np.float32], width: int, height: int, noise: NDArray[np.float32]) -> NDArray[np.uint8]:
    large = cv2.resize(plane, (width, height), interpolation=cv2.INTER_LINEAR)
    tile = noise[:256, :256]
    for top in range(0, height, 256):
        for left in range(0, width, 256):
            part = large[top : top + 256, left : left + 256]
            part += tile[: part.shape[0], : part.shape[1]]
    return cv2.convertScaleAbs(large).astype(np.uint8, copy=False)
