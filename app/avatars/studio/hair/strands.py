"""What all hair is made of: a mass in three tones, and strands combed between guide lines."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.avatars.studio.canvas import Linear
from app.avatars.studio.colour import COOL_RIM, Color, mix, multiply
from app.avatars.studio.geometry import Path, Point, Ribbon, ribbon_outline
from app.avatars.studio.model import Character
from app.avatars.studio.rig import Pen

_LIGHT: Color = (255, 226, 196)

#: Points from root to tip.
Guide = Sequence[Point]


@dataclass(frozen=True, slots=True)
class Tones:
    light: Color
    base: Color
    dark: Color

    @property
    def shine(self) -> Color:
        return mix(self.light, (255, 244, 226), 0.5)


def tones(color: Color) -> Tones:
    return Tones(mix(color, _LIGHT, 0.3), color, multiply(color, (0.5, 0.46, 0.5)))


def sheet(color: Color, start: Point = (-140, -250), end: Point = (150, 120)) -> Linear:
    """The light falling over a whole head of hair."""
    t = tones(color)
    return Linear(start, end, [(0.0, mix(t.base, t.light, 0.75), 1.0), (0.4, t.base, 1.0), (1.0, t.dark, 1.0)])


def mass(pen: Pen, c: Character, outline: Path, fill: Linear | None = None) -> Pen:
    """A lump of hair with a lit edge on the right; returns the pen for what lies on it.

    The edge is the outline in rim colours under the mass, shifted: a stroke would draw a line round every inner edge.
    """
    t = tones(c.hair)
    rim = [(0.0, t.base, 1.0), (0.5, mix(t.dark, COOL_RIM, 0.14), 1.0), (1.0, mix(t.base, COOL_RIM, 0.42), 1.0)]
    pen.fill(outline, Linear((60, -150), (200, -60), rim))
    inside = pen.inside(outline)
    inside.fill(outline.moved(-3.0, 2.2), fill or sheet(c.hair))
    return inside


def comb(
    guides: Sequence[Guide], count: int, seed: str, *, width: float = 2.0, loose: float = 3.0
) -> NDArray[np.float64]:
    """Strands between neighbouring guide lines, all of which have the same number of points.

    ``width`` in units at the widest place; ``loose`` is how far, in units, a strand strays from its place.
    """
    lines = np.array(guides, dtype=np.float64)
    rng = np.random.Generator(np.random.PCG64(list(seed.encode())))
    place = (np.arange(count) + rng.uniform(0.1, 0.9, count)) / count * (len(lines) - 1)
    first = np.minimum(place.astype(int), len(lines) - 2)
    along = lines[first] + (lines[first + 1] - lines[first]) * (place - first)[:, None, None]
    knots = len(guides[0])
    u = np.linspace(0.0, 1.0, knots)
    phase, drift = rng.uniform(0, math.tau, (count, 1)), rng.uniform(-loose, loose, (count, 1))
    full = width * rng.uniform(0.5, 1.2, (count, 1))
    stray = drift * np.sin(np.pi * np.minimum(1.0, u * 1.2)) + 0.35 * loose * np.sin(phase + 2.4 * np.arange(knots))
    thick = 0.4 + full * np.sin(np.pi * (0.08 + 0.84 * u))
    return np.dstack([along[..., 0] + stray * 0.8, along[..., 1] + stray * 0.25, thick])


def groom(
    pen: Pen, c: Character, guides: Sequence[Guide], seed: str, *, density: float = 1.0, loose: float = 3.0
) -> None:
    """Comb a lock in four passes: broad dark, broad light, fine dark, fine light."""
    t = tones(c.hair)
    passes = (
        (t.dark, 0.20, 14, 7.0), (t.light, 0.13, 12, 6.0), (t.dark, 0.34, 30, 2.0), (t.light, 0.30, 30, 1.7),
    )  # fmt: skip
    for k, (color, alpha, count, width) in enumerate(passes):
        strands = comb(guides, max(3, round(count * density)), f"{seed}/{k}", width=width, loose=loose)
        pen.ribbons(strands, color, alpha, together=1)


def gleam(pen: Pen, c: Character, stroke: Ribbon, alpha: float) -> None:
    """A highlight made of hairs: dense in the middle of the stroke, thin and short towards its edges."""
    line = np.array(stroke, dtype=np.float64)
    outline = ribbon_outline(line)
    one, other = outline[: len(line)], outline[: len(line) - 1 : -1]
    middle = line[:, :2].mean(axis=0)
    for reach, share in ((0.95, 0.2), (0.7, 0.32), (0.45, 0.42), (0.2, 0.5)):
        for side in (-reach, reach * 0.86):
            along = one * (0.5 - side * 0.62) + other * (0.5 + side * 0.62)
            along = middle + (along - middle) * (1.12 - 0.5 * reach)
            widths = 0.3 + 0.3 * line[:, 2]
            pen.ribbons(
                np.dstack([along[None], widths[None, :, None]]), tones(c.hair).shine, alpha * share * 0.55, together=1
            )


def wisps(pen: Pen, c: Character, strokes: list[Ribbon], alpha: float = 0.55) -> None:
    """Single hairs that leave the mass, so that its edge is not cut with scissors."""
    pen.ribbons(strokes, tones(c.hair).base, alpha)


def mirrored(guides: Sequence[Guide]) -> list[Guide]:
    return [[(-x, y) for x, y in guide] for guide in guides]


def parting(pen: Pen, c: Character, stroke: Ribbon, alpha: float = 0.8) -> None:
    pen.ribbon(stroke, tones(c.hair).dark, alpha)
