"""Natural curls: a dark core, a cloud of coils around it, and light on the upper left."""

from __future__ import annotations

import math
import random

from app.avatars.studio.canvas import Radial, Solid
from app.avatars.studio.colour import mix, multiply
from app.avatars.studio.geometry import Path, Ribbon, ellipse, spline
from app.avatars.studio.hair.strands import tones
from app.avatars.studio.model import Character
from app.avatars.studio.rig import BEHIND, HAIR, Pen

_LEVELS = 5


def front_outline(c: Character) -> Path:  # noqa: ARG001 - every style is asked in the same way
    return spline(
        [
            (-150, 20), (-180, -60), (-190, -150), (-146, -246), (-60, -296), (40, -298), (136, -254), (188, -160),
            (182, -60), (152, 20), (141, -36), (120, -88), (70, -122), (0, -132), (-70, -122), (-120, -88), (-141, -36),
        ]
    )  # fmt: skip


def draw_behind(pen: Pen, c: Character) -> None:
    rng = random.Random(f"curls {c.id} behind")
    t = tones(c.hair)
    lumps: list[Path] = [ellipse(0, -96, 186, 192)]
    for i in range(44):
        angle = math.radians(-210 + 240 * i / 43)
        reach = 1.0 + rng.uniform(-0.02, 0.06)
        lumps.append(ellipse(188 * reach * math.cos(angle), -96 + 194 * reach * math.sin(angle), rng.uniform(20, 32)))
    pen = pen.at(BEHIND)
    for lump in lumps:
        pen.fill(lump, Solid(t.dark))
    coils = [_coil(x, y, r, rng) for x, y, r in _places(rng, 150, 0.86, 1.1, 13, 20)]
    pen.ribbons(coils, mix(t.base, t.dark, 0.25), 0.85)
    frizz = [_coil(x, y, r, rng) for x, y, r in _places(rng, 60, 1.04, 1.16, 8, 13)]
    pen.ribbons(frizz, t.dark, 0.75)


def draw_front(pen: Pen, c: Character) -> None:
    rng = random.Random(f"curls {c.id}")
    t = tones(c.hair)
    pen = pen.at(HAIR)
    outline = front_outline(c)
    pen.fill(
        outline,
        Radial(
            (-70, -230),
            380,
            [(0, mix(t.dark, t.base, 0.6), 1), (0.6, t.dark, 1), (1, multiply(t.dark, (0.8, 0.8, 0.8)), 1)],
        ),
    )
    levels: list[list[Ribbon]] = [[] for _ in range(_LEVELS)]
    shadows: list[Ribbon] = []
    for x, y, r in _cloud(rng):
        key = max(0.0, min(0.999, 0.62 - x / 420 - (y + 150) / 420 + rng.uniform(-0.16, 0.16)))
        coil = _coil(x, y, r, rng)
        shadows.append([(px + 2.5, py + 3.5, w * 1.5) for px, py, w in coil])
        levels[int(key * _LEVELS)].append(coil)
    pen.ribbons(shadows, t.dark, 0.8)
    for level, coils in enumerate(levels):
        if not coils:
            continue
        tone = mix(t.base, t.light, 0.08 + 0.15 * level)
        pen.ribbons(coils, tone, 0.96)
        pen.ribbons([_ridge(coil) for coil in coils], mix(tone, t.light, 0.25 + 0.1 * level), 0.35 + 0.1 * level)
    pen.spot(t.light, 0.26, (-84, -214), 110, 74, -24)
    pen.spot(t.dark, 0.5, (140, -70), 60, 110)


def _cloud(rng: random.Random) -> list[tuple[float, float, float]]:
    """Places between hairline and outline, thicker at the edge of the face."""
    places: list[tuple[float, float, float]] = []
    for _ in range(430):
        angle = math.radians(rng.uniform(-207, 27))
        depth = rng.uniform(0.0, 1.0)
        x, y = (134 + 58 * depth) * math.cos(angle), -58 + (86 + 146 * depth) * math.sin(angle)
        if abs(x) < 120 and y > -116:
            continue
        places.append((x, y, rng.uniform(9, 16)))
    return places


def _places(
    rng: random.Random, count: int, near: float, far: float, small: float, large: float
) -> list[tuple[float, float, float]]:
    spots: list[tuple[float, float, float]] = []
    for _ in range(count):
        angle, reach = math.radians(rng.uniform(-212, 32)), rng.uniform(near, far)
        x, y = 190 * reach * math.cos(angle), -96 + 196 * reach * math.sin(angle)
        spots.append((x, y, rng.uniform(small, large)))
    return spots


def _coil(x: float, y: float, r: float, rng: random.Random) -> Ribbon:
    """Most of a turn, thick in the middle."""
    start, way, flat = rng.uniform(0, math.tau), rng.choice((-1.0, 1.0)), rng.uniform(0.55, 1.0)
    tilt, sweep = rng.uniform(0, math.pi), rng.uniform(3.2, 5.0)
    knots: list[tuple[float, float, float]] = []
    for k in range(7):
        a = start + way * sweep * k / 6
        u, v = r * math.cos(a), r * flat * math.sin(a)
        px, py = u * math.cos(tilt) - v * math.sin(tilt), u * math.sin(tilt) + v * math.cos(tilt)
        knots.append((x + px, y + py, 1.0 + (0.42 * r) * math.sin(math.pi * k / 6)))
    return knots


def _ridge(coil: Ribbon) -> Ribbon:
    """The light along a coil."""
    return [(x - 0.8, y - 1.0, max(0.5, w * 0.3)) for x, y, w in coil[1:-1]]
