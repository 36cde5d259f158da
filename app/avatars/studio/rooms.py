"""What the rooms look like. Positions are shares of the frame's half width and of its height; sizes are units.

A unit is 1/1080 of a landscape frame's height. Everything is drawn sharp at a quarter of the size, then blurred.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from app.avatars.studio.colour import WHITE, Color, mix, multiply
from app.avatars.studio.mood import Mood, Scene

#: Shape (height, width, 3): red, green, blue, 0..255.
Picture = NDArray[np.float32]


class _Room:
    """A small picture to paint in."""

    def __init__(self, mood: Mood, width: int, height: int) -> None:
        self.mood, self.width, self.height = mood, width, height
        self.unit = max(height / 1080, width / 1920)
        self.dark = sum(mood.top) < 330
        self.picture = np.empty((height, width, 3), np.float32)
        rows = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
        self.picture[:] = np.array(mood.top, np.float32) * (1 - rows) + np.array(mood.bottom, np.float32) * rows
        self.rng = np.random.Generator(np.random.PCG64(sum(mood.top) * 7 + sum(mood.accent)))

    def box(self, x: float, y: float, width: float, height: float, color: Color) -> None:
        """Centred at share ``x`` of the half width; its top at share ``y`` of the height."""
        left, top = self.width / 2 * (1 + x) - width / 2 * self.unit, y * self.height
        low = top + height * self.unit
        self._quad([(left, top), (left + width * self.unit, top), (left + width * self.unit, low), (left, low)], color)

    def _quad(self, points: list[tuple[float, float]], color: Color) -> None:
        corners = np.round(np.array(points) * 8).astype(np.int32)
        cv2.fillPoly(self.picture, [corners], [float(part) for part in color], cv2.LINE_AA, 3)

    def disc(self, x: float, y: float, radius: float, color: Color, squash: float = 1.0, tilt: float = 0.0) -> None:
        center = (round(self.width / 2 * (1 + x)), round(y * self.height))
        size = (max(1, round(radius * self.unit)), max(1, round(radius * squash * self.unit)))
        cv2.ellipse(self.picture, center, size, tilt, 0, 360, [float(part) for part in color], -1, cv2.LINE_AA)

    def blur(self, units: float) -> None:
        self.picture = cv2.GaussianBlur(self.picture, (0, 0), max(0.6, units * self.unit)).astype(np.float32)

    def glow(self, x: float, y: float, reach: float, color: Color, amount: float) -> None:
        """Light that falls off around a place."""
        across = (np.arange(self.width, dtype=np.float32) - self.width / 2 * (1 + x)) / (reach * self.unit)
        down = (np.arange(self.height, dtype=np.float32) - self.height * y) / (reach * self.unit)
        share = (amount * np.exp(-(down**2))[:, None] * np.exp(-(across**2))[None, :])[..., None]
        self.picture += (np.array(color, np.float32) - self.picture) * share

    def bokeh(self, x: float, y: float, radius: float, color: Color, amount: float) -> None:
        """A point of light out of focus: a disc with a brighter rim, added to what is there."""
        mask = np.zeros((self.height, self.width), np.float32)
        center = (round((1 + x) * self.width / 2 * 8), round(y * self.height * 8))
        size = radius * self.unit
        cv2.circle(mask, center, round(size * 8), 0.75, -1, cv2.LINE_AA, 3)
        cv2.circle(mask, center, round(size * 7.4), 1.0, max(1, round(size * 0.16)), cv2.LINE_AA, 3)
        self.picture += (np.array(color, np.float32) - self.picture) * (mask * amount)[..., None]


def paint_room(mood: Mood, width: int, height: int) -> Picture:
    room = _Room(mood, width, height)
    {
        Scene.PLAIN: _furnish_nothing,
        Scene.WINDOW: _furnish_window,
        Scene.CITY: _furnish_city,
        Scene.SHELVES: _furnish_shelves,
        Scene.PLANTS: _furnish_plants,
        Scene.PANELS: _furnish_panels,
        Scene.LOFT: _furnish_loft,
    }[mood.scene](room)
    room.glow(-0.02, 0.42, 560, mood.glow, 0.42 if room.dark else 0.36)
    _darken_corners(room, 0.5 if room.dark else 0.28)
    return room.picture


def paint_plain(color: Color, width: int, height: int) -> Picture:
    """One colour, with a soft light behind the head that is gone before it reaches the edge."""
    picture = np.empty((height, width, 3), np.float32)
    picture[:] = np.array(color, np.float32)
    across = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    down = np.linspace(-0.84, 1.16, height, dtype=np.float32)[:, None]
    distance = np.sqrt(across**2 + down**2)
    light = np.clip(1.0 - distance / 0.8, 0.0, 1.0)
    light = light * light * (3.0 - 2.0 * light)
    picture += (np.array(mix(color, WHITE, 0.16), np.float32) - picture) * light[..., None]
    return picture


def _darken_corners(room: _Room, amount: float) -> None:
    across = np.linspace(-0.5, 0.5, room.width, dtype=np.float32)[None, :]
    down = np.linspace(-0.5, 0.5, room.height, dtype=np.float32)[:, None]
    room.picture *= (1.0 - amount * (across**2 + down**2))[..., None]


def _furnish_nothing(room: _Room) -> None:
    room.glow(-0.5, 0.1, 900, mix(room.mood.glow, WHITE, 0.5), 0.4)


def _furnish_window(room: _Room) -> None:
    """Tall windows on the left, a desk lamp and a plant on the right."""
    m = room.mood
    sky, frame = mix(m.top, WHITE, 0.72), mix(m.wood, m.top, 0.55)
    room.box(-0.62, 0.02, 640, 700, frame)
    for k in range(3):
        room.box(-0.84 + k * 0.215, 0.035, 186, 660, sky)
        room.box(-0.84 + k * 0.215, 0.43, 186, 230, mix(sky, m.accent, 0.16))
        room.box(-0.84 + k * 0.215, 0.53, 186, 130, mix(sky, (120, 140, 120), 0.28))
    room.box(-0.62, 0.66, 690, 26, mix(frame, WHITE, 0.3))
    room.blur(15)
    wall = mix(m.top, multiply(m.bottom, (0.86, 0.84, 0.82)), 0.6)
    room.box(0.74, 0.16, 250, 190, mix(wall, WHITE, 0.4))
    room.box(0.74, 0.178, 216, 152, mix(m.accent, wall, 0.5))
    room.box(0.76, 0.215, 120, 60, mix(m.accent, WHITE, 0.5))
    _draw_plant(room, 0.82, 0.80, 1.0)
    room.box(0.62, 0.80, 900, 34, mix(m.wood, m.bottom, 0.25))
    room.box(0.62, 0.832, 900, 300, mix(m.wood, multiply(m.bottom, (0.8, 0.8, 0.8)), 0.5))
    room.blur(11)
    room.glow(-0.66, 0.3, 470, WHITE, 0.55)


def _furnish_city(room: _Room) -> None:
    """A city at night behind a large window, a lamp on the right."""
    m = room.mood
    night = multiply(m.top, (0.72, 0.76, 0.86))
    room.box(-0.2, 0.0, 1560, 760, night)
    for k in range(15):
        tall, wide = room.rng.uniform(140, 470), room.rng.uniform(70, 150)
        tone = mix(night, m.glow, room.rng.uniform(0.08, 0.34))
        room.box(-0.98 + k * 0.13, (760 - tall) / 1080, wide, tall, tone)
    room.blur(12)
    for _ in range(46):
        x, y = room.rng.uniform(-1, 0.55), room.rng.uniform(0.26, 0.68)
        color = (m.accent, mix(m.accent, WHITE, 0.5), m.glow, mix(m.glow, WHITE, 0.4))[int(room.rng.integers(0, 4))]
        room.bokeh(x, y, room.rng.uniform(9, 26), color, room.rng.uniform(0.16, 0.6))
    for x in (-0.995, -0.5, 0.02, 0.53):
        room.box(x, 0.0, 20, 780, multiply(m.top, (0.5, 0.5, 0.55)))
    room.box(-0.2, 0.70, 1560, 34, multiply(m.bottom, (0.55, 0.55, 0.6)))
    room.box(0.80, 0.48, 14, 420, multiply(m.bottom, (0.6, 0.6, 0.6)))
    room.box(0.80, 0.36, 150, 150, mix(m.accent, WHITE, 0.45))
    room.blur(6)
    room.glow(0.80, 0.42, 300, m.accent, 0.62)


def _furnish_shelves(room: _Room) -> None:
    """Bookshelves on both sides, a lamp on the left one."""
    m = room.mood
    wood, wall = mix(m.wood, m.top, 0.25), mix(m.top, multiply(m.bottom, (0.9, 0.9, 0.9)), 0.5)
    inner = multiply(mix(wall, wood, 0.45), (0.86, 0.84, 0.82))
    for side in (-0.74, 0.76):
        room.box(side, 0.03, 500, 1000, wood)
        for row in range(5):
            y = 0.05 + row * 0.19
            room.box(side, y, 464, 184, inner)
            _draw_books(room, side, y + 0.17, wall)
    room.disc(-0.62, 0.555, 46, mix(m.accent, WHITE, 0.3))
    room.box(0.66, 0.33, 70, 96, mix(m.accent, wall, 0.3))
    room.blur(11)
    room.glow(-0.62, 0.55, 210, mix(m.accent, WHITE, 0.4), 0.5)
    room.glow(-0.2, 0.0, 700, m.glow, 0.3)


def _draw_books(room: _Room, side: float, floor: float, wall: Color) -> None:
    m, x = room.mood, -210.0
    while x < 196:
        wide, tall = room.rng.uniform(16, 38), room.rng.uniform(96, 158)
        if room.rng.random() < 0.2:
            x += room.rng.uniform(24, 74)
            continue
        base = (m.accent, m.wood, (96, 122, 138), (186, 150, 108), (128, 84, 78), (224, 214, 198))
        tone = mix(base[int(room.rng.integers(0, 6))], wall, room.rng.uniform(0.2, 0.5))
        tone = multiply(tone, (0.5, 0.5, 0.54)) if room.dark else tone
        place = side + (x + wide / 2) * room.unit / (room.width / 2)
        room.box(place, floor - tall / 1080, wide - 2, tall, tone)
        x += wide


def _furnish_plants(room: _Room) -> None:
    """A light wall with floating shelves, and green on both sides."""
    m = room.mood
    wall = mix(m.top, m.bottom, 0.4)
    room.box(-0.56, 0.0, 300, 900, mix(wall, WHITE, 0.42))
    room.blur(26)
    for x, y in ((0.72, 0.26), (0.78, 0.52), (-0.78, 0.36)):
        room.box(x, y, 380, 20, mix(m.wood, wall, 0.2))
        room.box(x + 0.01, y + 0.019, 380, 26, multiply(wall, (0.86, 0.87, 0.86)))
    for x, y, wide, tall, tone in (
        (0.62, 0.2, 44, 64, mix(m.accent, WHITE, 0.35)), (0.7, 0.165, 60, 102, mix(m.wood, WHITE, 0.25)),
        (0.68, 0.46, 110, 64, mix(m.wood, wall, 0.4)), (0.84, 0.44, 56, 86, mix(m.accent, WHITE, 0.5)),
        (-0.72, 0.29, 70, 74, mix(m.wood, WHITE, 0.4)),
    ):  # fmt: skip
        room.box(x, y, wide, tall, tone)
    _draw_plant(room, 0.84, 0.235, 0.5)
    _draw_plant(room, -0.86, 0.335, 0.5)
    _draw_plant(room, -0.8, 0.93, 1.55)
    room.blur(11)


def _draw_plant(room: _Room, x: float, floor: float, size: float) -> None:
    m = room.mood
    green = mix(m.accent, (84, 128, 92), 0.72)
    half = room.width / 2 / room.unit
    for k in range(17):
        angle = -90 + (k - 8) * 13.5 + room.rng.uniform(-7, 7)
        length = room.rng.uniform(0.62, 1.0) * 150 * size
        away = np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle))]) * length * 0.62
        tone = mix(green, (210, 226, 176) if k % 3 == 0 else (40, 70, 58), room.rng.uniform(0.05, 0.4))
        tone = multiply(tone, (0.5, 0.55, 0.55)) if room.dark else tone
        middle = (x + float(away[0]) / half, floor - 0.09 * size + float(away[1]) * room.unit / room.height)
        room.disc(*middle, length * 0.5, tone, squash=0.26, tilt=angle)
    room.box(x, floor - 0.075 * size, 92 * size, 92 * size, mix(m.wood, WHITE, 0.3))


def _furnish_panels(room: _Room) -> None:
    """A studio: light tubes, acoustic panels, a coloured wash on the wall."""
    m = room.mood
    panel = multiply(m.top, (0.86, 0.86, 0.88)) if not room.dark else multiply(m.top, (0.74, 0.74, 0.78))
    for k in range(9):
        x = -0.96 + k * 0.24
        room.box(x, 0.0, 206, 1100, mix(panel, m.bottom, 0.12 * (k % 2)))
        room.box(x + 0.113, 0.0, 9, 1100, multiply(panel, (0.74, 0.74, 0.78)))
    room.blur(7)
    room.glow(-0.8, 0.5, 430, m.accent, 0.42 if room.dark else 0.3)
    room.glow(0.85, 0.35, 460, m.glow, 0.55)
    for x, y, wide, tall, color in (
        (-0.80, 0.12, 22, 640, m.accent), (-0.70, 0.2, 22, 560, mix(m.accent, m.glow, 0.5)),
        (0.78, 0.10, 22, 520, m.glow), (0.88, 0.18, 22, 560, mix(m.glow, WHITE, 0.4)),
    ):  # fmt: skip
        room.box(x, y, wide, tall, mix(color, WHITE, 0.55))
    room.blur(7)
    for x, color in ((-0.76, m.accent), (0.82, m.glow)):
        room.glow(x, 0.4, 250, mix(color, WHITE, 0.3), 0.36)


def _furnish_loft(room: _Room) -> None:
    """Brick, a steel window, hanging lamps."""
    m = room.mood
    mortar = mix(m.top, WHITE, 0.2)
    room.picture[:] = np.array(mortar, np.float32)
    for row in range(26):
        for k in range(-1, 17):
            tone = mix(m.wood, m.top, room.rng.uniform(0.42, 0.78))
            room.box(-1.0 + (k + 0.5 * (row % 2)) * 0.129, row * 42 / 1080, 116, 36, tone)
    room.blur(4.5)
    room.box(-0.64, 0.04, 560, 620, multiply(m.wood, (0.5, 0.5, 0.52)))
    for column in range(4):
        for row in range(4):
            pane = mix(WHITE, (190, 214, 232), 0.25 + 0.14 * row)
            room.box(-0.86 + column * 0.147, 0.055 + row * 0.139, 130, 138, pane)
    room.blur(7)
    for x, y in ((0.50, 0.20), (0.82, 0.27)):
        room.box(x, 0.0, 5, y * 1080, multiply(m.wood, (0.4, 0.4, 0.4)))
        room.disc(x, y, 62, multiply(m.wood, (0.42, 0.42, 0.44)), squash=0.55)
        room.disc(x, y + 0.028, 30, mix(m.accent, WHITE, 0.7))
    room.box(0.7, 0.82, 800, 300, mix(m.wood, m.top, 0.3))
    room.blur(7)
    for x, y in ((0.50, 0.24), (0.82, 0.31)):
        room.glow(x, y, 190, m.accent, 0.62)
    room.glow(-0.64, 0.3, 420, WHITE, 0.42)
