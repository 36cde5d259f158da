"""Colours, and the few ways in which the art direction derives one from another."""

from __future__ import annotations

from dataclasses import dataclass

Color = tuple[int, int, int]

INK: Color = (36, 21, 18)
WARM_LIGHT: Color = (255, 240, 218)
COOL_RIM: Color = (214, 230, 255)
WHITE: Color = (255, 255, 255)


def rgb(code: str) -> Color:
    """``"E9B48F"`` or ``"#E9B48F"`` as red, green, blue."""
    code = code.lstrip("#")
    return int(code[0:2], 16), int(code[2:4], 16), int(code[4:6], 16)


def mix(a: Color, b: Color, amount: float) -> Color:
    """``a`` at 0, ``b`` at 1."""
    return _rounded(*(x + (y - x) * amount for x, y in zip(a, b, strict=True)))


def multiply(a: Color, factors: tuple[float, float, float]) -> Color:
    return _rounded(*(x * f for x, f in zip(a, factors, strict=True)))


def lit(color: Color, amount: float) -> Color:
    """Cloth in the key light."""
    return mix(color, WARM_LIGHT, amount)


def dim(color: Color, amount: float) -> Color:
    """Cloth in its own shade, which is cooler."""
    return mix(color, multiply(color, (0.34, 0.34, 0.46)), amount)


def _rounded(red: float, green: float, blue: float) -> Color:
    return _byte(red), _byte(green), _byte(blue)


def _byte(value: float) -> int:
    return max(0, min(255, round(value)))


@dataclass(frozen=True, slots=True)
class Skin:
    """A ramp from one base tone: lights turn pale and warm, shadows turn dark and red, never grey."""

    base: Color

    @property
    def light(self) -> Color:
        return mix(self.base, (255, 236, 214), 0.38)

    @property
    def shade(self) -> Color:
        return multiply(self.base, (0.83, 0.70, 0.65))

    @property
    def deep(self) -> Color:
        return multiply(self.base, (0.55, 0.37, 0.34))

    @property
    def blush(self) -> Color:
        return mix(multiply(self.base, (1.0, 0.62, 0.58)), (226, 92, 84), 0.35)
