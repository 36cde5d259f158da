"""Stubble and beards, as soft tone on the skin and single hairs on top."""

from __future__ import annotations

import random

from app.avatars.studio.canvas import Linear, Solid
from app.avatars.studio.colour import mix, multiply
from app.avatars.studio.geometry import Point, Ribbon, spline
from app.avatars.studio.model import Character
from app.avatars.studio.rig import Pen


def draw_beard(pen: Pen, c: Character) -> None:
    """``pen`` draws inside the face."""
    if c.beard >= 0.8:
        _draw_full(pen, c)
    elif c.beard > 0:
        _draw_stubble(pen, c)


def _draw_stubble(pen: Pen, c: Character) -> None:
    tone, a = mix(c.hair, c.skin.deep, 0.4), c.beard
    for side in (-1, 1):
        pen.spot(tone, 0.62 * a, (side * 104, 118), 62, 92)
        pen.spot(tone, 0.5 * a, (side * 30, 110), 44, 16)
    pen.spot(tone, 0.8 * a, (0, 196), 118, 56)
    rng = random.Random(f"stubble {c.id}")
    hairs: list[Ribbon] = []
    for _ in range(520):
        x, y = rng.uniform(-128, 128), rng.uniform(98, 206)
        bare = abs(x) < 56 and 116 < y < 160 and not (abs(x) < 14 and y > 152)
        if bare or abs(x) > 132 - max(0.0, y - 120) * 0.55 or (abs(x) > 52 and y < 112 and abs(x) < 92):
            continue
        hairs.append([(x, y, 0.4), (x + 0.3, y + 1.6, 1.0), (x + 0.4, y + 3.4, 0.3)])
    pen.ribbons(hairs, mix(c.hair, c.skin.deep, 0.2), 0.42 * a, together=40)


def _edge(c: Character) -> list[Point]:
    w = 150 * c.face.width
    right: list[Point] = [
        (0, 106), (26, 102), (50, 104), (74, 107), (104, 93), (w - 18, 54), (w - 9, -6),
        (w + 14, -6), (w + 14, 130), (110, 206), (60, 240), (0, 250),
    ]  # fmt: skip
    return [*right, *[(-x, y) for x, y in reversed(right)][1:-1]]


def _draw_full(pen: Pen, c: Character) -> None:
    edge, color = _edge(c), c.hair
    for grow, share in ((9, 0.1), (6, 0.16), (3.5, 0.22), (1.5, 0.3)):
        pen.fill(spline([(x, y - grow) for x, y in edge]), Solid(color, share))
    stops = [
        (0.0, mix(color, (255, 220, 190), 0.16), 0.95),
        (0.5, color, 0.96),
        (1.0, multiply(color, (0.6, 0.6, 0.65)), 0.97),
    ]
    pen.fill(spline(list(edge)), Linear((-130, 60), (130, 220), stops))
    light, dark = mix(color, (255, 222, 192), 0.3), multiply(color, (0.5, 0.48, 0.5))
    for name, tone, alpha in (("lit", light, 0.26), ("faint", light, 0.13), ("dark", dark, 0.3)):
        pen.ribbons(_hairs(f"beard {c.id} {name}"), tone, alpha, together=12)
    pen.spot(light, 0.26, (-66, 176), 52, 34)
    pen.spot(dark, 0.4, (60, 190), 70, 44)


def _hairs(seed: str) -> list[Ribbon]:
    rng = random.Random(seed)
    hairs: list[Ribbon] = []
    for _ in range(230):
        x, y = rng.uniform(-136, 136), rng.uniform(98, 212)
        if abs(x) < 54 and 112 < y < 158:
            continue
        lean, size = -0.13 * x + rng.uniform(-2, 2), rng.uniform(5, 10)
        hairs.append([(x - lean * 0.5, y - size, 0.4), (x, y, 1.5), (x + lean * 0.7, y + size, 0.4)])
    return hairs
