"""Files in the store, as assets of a composition."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from app.core.ids import new_id
from app.modules.videos.scenery import Asset, AssetKind
from tests.media.barcodes import record
from tests.site import Site

FPS = Fraction(25)


def stored(place: Site, path: Path, kind: AssetKind, **facts: Any) -> Asset:
    blob = place.services.platform.blobs.put(f"test/{new_id()}{path.suffix}", path)
    return Asset(kind=kind, blob=blob.key, sha256=blob.sha256, origin=path.name, **facts)


def slide(place: Site, folder: Path, grey: int) -> Asset:
    path = folder / f"grey-{grey}.png"
    cv2.imwrite(str(path), np.full((720, 1280, 3), grey, np.uint8))
    return stored(place, path, AssetKind.IMAGE, width=1280, height=720)


def film(place: Site, folder: Path, fps: Fraction, frames: int) -> Asset:
    path = record(folder / f"{float(fps):.3f}-{frames}.mp4", fps, frames, size=(1280, 720))
    return stored(place, path, AssetKind.VIDEO, width=1280, height=720, duration_ms=round(frames / fps * 1000))
