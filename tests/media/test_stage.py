"""Pictures on pictures: mixed at the edges of a mask, or as a whole where it is translucent."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from app.media.encode import Planes
from app.media.stage import Outline, lay, mask_of, outline_of

SIZE = 64


def noise(seed: int) -> Planes:
    levels = np.random.default_rng(seed).integers(16, 235, (3, SIZE, SIZE)).astype(np.uint8)
    half = slice(0, SIZE // 2)
    return Planes(y=levels[0].copy(), u=levels[1, half, half].copy(), v=levels[2, half, half].copy())


@pytest.mark.parametrize(
    "seen",
    [
        outline_of(Outline.CIRCLE, SIZE, SIZE),
        np.full((SIZE, SIZE), 100, np.uint8),
        np.full((SIZE, SIZE), 255, np.uint8),
        np.zeros((SIZE, SIZE), np.uint8),
    ],
    ids=["circle", "translucent", "solid", "nothing"],
)
def test_a_picture_is_seen_as_much_as_its_mask_says(seen: NDArray[np.uint8]) -> None:
    picture, before, under = noise(1), noise(2), noise(2)
    lay(picture, mask_of(seen), under)
    share = seen / 255
    halved = share.reshape(SIZE // 2, 2, SIZE // 2, 2).mean(axis=(1, 3))
    for name, part in (("y", share), ("u", halved), ("v", halved)):
        wanted = getattr(picture, name) * part + getattr(before, name) * (1 - part)
        assert np.abs(getattr(under, name) - wanted).max() <= 1
