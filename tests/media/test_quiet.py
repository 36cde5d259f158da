"""How much of a slide lies in its corners."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from app.media.quiet import Bgr, Part, covered, quietest

#: Bottom right, bottom left, top right, top left; circles of a third of the height.
CORNERS: list[Part] = [
    (0.8, 0.65, 0.99, 0.98),
    (0.01, 0.65, 0.2, 0.98),
    (0.8, 0.02, 0.99, 0.35),
    (0.01, 0.02, 0.2, 0.35),
]
NAMES = ["bottom right", "bottom left", "top right", "top left"]


def slide(ground: int = 250) -> Bgr:
    return np.full((1080, 1920, 3), ground, np.uint8)


def write(image: Bgr, text: str, x: int, y: int, *, size: float = 1.0, colour: int = 40) -> None:
    cv2.putText(image, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, size, (colour,) * 3, 2, cv2.LINE_AA)


def free(image: Bgr) -> str:
    return NAMES[quietest(covered(image, CORNERS))]


def test_an_empty_slide_leaves_the_usual_corner() -> None:
    assert free(slide()) == "bottom right"


@pytest.mark.parametrize("ground", [250, 20], ids=["light", "dark"])
def test_text_at_the_bottom_right_is_not_covered(ground: int) -> None:
    image = slide(ground)
    write(image, "Figures are in thousands", 1560, 900, size=0.7, colour=128)
    assert free(image) == "bottom left"


def test_small_print_counts() -> None:
    image = slide()
    write(image, "Page 3", 1750, 1030, size=0.5)
    write(image, "Source: annual report", 40, 1030, size=0.5)
    assert free(image) == "top right"


def test_a_gradient_and_a_soft_photograph_are_no_text() -> None:
    image = slide()
    image[:] = np.linspace(40, 220, 1920).astype(np.uint8)[None, :, None]
    noise = np.random.default_rng(1).integers(0, 12, image.shape, np.uint8)
    image = cv2.GaussianBlur(image + noise, (0, 0), 4)
    write(image, "Revenue", 60, 900, size=2)
    assert free(np.asarray(image, np.uint8)) == "bottom right"


def test_when_all_corners_are_full_the_emptiest_is_taken() -> None:
    image = slide()
    for line in range(24):
        write(image, "words and words and words " * 4, 10, 40 + 44 * line)
    image[700:1080, :400] = 250
    write(image, "one line", 60, 950)
    assert free(image) == "bottom left"
