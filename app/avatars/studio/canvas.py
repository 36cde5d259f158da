# The stubs of the libraries drawn with are loose.
# pyright: reportPrivateImportUsage=false
"""A thin retained-mode layer over the vector engine: shapes, groups, gradients, clips.

The engine is single-threaded here. Its wrapper declares argument types on every call, so the calls of the drawing
loop go through a second handle that declares them once.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import thorvg_python as tvg
from numpy.typing import NDArray

from app.avatars.studio.colour import Color
from app.avatars.studio.geometry import Path, Point, Points

#: Offset 0..1, colour, alpha 0..1.
Stop = tuple[float, Color, float]
Stops = Sequence[Stop]
#: Shape (height, width, 4): blue, green, red, alpha, premultiplied.
Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Solid:
    color: Color
    alpha: float = 1.0


@dataclass(frozen=True, slots=True)
class Linear:
    start: Point
    end: Point
    stops: Stops


@dataclass(frozen=True, slots=True)
class Radial:
    center: Point
    radius: float
    stops: Stops


Fill = Solid | Linear | Radial


class _Matrix(ctypes.Structure):
    _fields_ = (*[(name, ctypes.c_float) for name in ("a", "b", "c", "d", "e", "f", "g", "h", "i")],)


class Node:
    """A shape or a group."""

    def __init__(self, surface: Surface, paint: Any) -> None:
        self.surface, self.paint = surface, paint
        self.pointer = paint._paint

    def transform(self, a: float, b: float, c: float, d: float, e: float, f: float) -> None:
        """x' = a x + b y + c; y' = d x + e y + f."""
        matrix = _Matrix(a, b, c, d, e, f, 0, 0, 1)
        self.surface.api.tvg_paint_set_transform(self.pointer, ctypes.byref(matrix))

    def clip(self, path: Path) -> Shape:
        """Show only what lies inside the path; the returned shape can be given another one."""
        clipper = Shape(self.surface)
        clipper.set_path(path)
        self.paint.set_clip(clipper.paint)
        self.surface.keep(clipper)
        return clipper


class Shape(Node):
    def __init__(self, surface: Surface) -> None:
        super().__init__(surface, tvg.Shape(surface.engine))
        self._commands: NDArray[np.uint8] = np.empty(0, np.uint8)
        self._gradient: Any = None

    def set_path(self, path: Path) -> None:
        self._commands = path.commands
        self.set_points(path.points)

    def set_points(self, points: Points) -> None:
        """Bend the path; the kind and number of its segments stay. The engine copies."""
        api, commands = self.surface.api, self._commands
        data = np.ascontiguousarray(points, dtype=np.float32)
        api.tvg_shape_reset(self.pointer)
        api.tvg_shape_append_path(self.pointer, commands.ctypes.data, len(commands), data.ctypes.data, len(data))

    def fill(self, fill: Fill) -> None:
        if isinstance(fill, Solid):
            self.paint.set_fill_color(*fill.color, round(fill.alpha * 255))
        else:
            self._gradient = self.surface.gradient(fill)
            self.relight()

    def relight(self) -> None:
        """Give the shape its gradient afresh: the engine does not move a gradient when only a transform changes."""
        api = self.surface.api
        if self._gradient is not None:
            api.tvg_shape_set_gradient(self.pointer, api.tvg_gradient_duplicate(self._gradient))

    def stroke(self, fill: Fill, width: float) -> None:
        self.paint.set_stroke_width(width)
        self.paint.set_stroke_cap(tvg.StrokeCap.ROUND)
        self.paint.set_stroke_join(tvg.StrokeJoin.ROUND)
        if isinstance(fill, Solid):
            self.paint.set_stroke_color(*fill.color, round(fill.alpha * 255))
        else:
            api = self.surface.api
            api.tvg_shape_set_stroke_gradient(self.pointer, api.tvg_gradient_duplicate(self.surface.gradient(fill)))


class Group(Node):
    def __init__(self, surface: Surface) -> None:
        super().__init__(surface, tvg.Scene(surface.engine))

    def add(self, node: Node) -> None:
        self.paint.add(node.paint)
        self.surface.keep(node)

    def group(self) -> Group:
        group = Group(self.surface)
        self.add(group)
        return group

    def shape(self, path: Path, fill: Fill | None = None, stroke: Fill | None = None, width: float = 0.0) -> Shape:
        shape = Shape(self.surface)
        shape.set_path(path)
        if fill is not None:
            shape.fill(fill)
        if stroke is not None:
            shape.stroke(stroke, width)
        self.add(shape)
        return shape


class Surface:
    """A software canvas of ``width`` by ``height`` pixels; ``pixels`` is what it draws on."""

    def __init__(self, width: int, height: int) -> None:
        self.engine = tvg.Engine(threads=0)
        self.api = _declared(ctypes.CDLL(self.engine.thorvg_lib._name))
        self._nodes: list[Node] = []
        self._gradients: list[Any] = []
        self._canvas = tvg.SwCanvas(self.engine, tvg.EngineOption.NONE)
        self._canvas.set_target(width, height, cs=tvg.Colorspace.ARGB8888)
        buffer = memoryview(cast("Any", self._canvas).buffer_arr)
        self.pixels: Pixels = np.frombuffer(buffer, np.uint8).reshape(height, width, 4)
        self.root = Group(self)
        self._canvas.add(self.root.paint)

    def keep(self, node: Node) -> None:
        """Hold on to a node for as long as the surface lives: the engine only borrows it."""
        self._nodes.append(node)

    def gradient(self, fill: Linear | Radial) -> Any:
        gradient: Any
        if isinstance(fill, Linear):
            gradient = tvg.LinearGradient(self.engine)
            gradient.set(*fill.start, *fill.end)
        else:
            gradient = tvg.RadialGradient(self.engine)
            gradient.set(*fill.center, fill.radius, *fill.center, 0.0)
        gradient.set_color_stops([tvg.ColorStop(at, *color, round(alpha * 255)) for at, color, alpha in fill.stops])
        self._gradients.append(gradient)
        return gradient._grad

    def draw(self) -> Pixels:
        """Draw all shapes over what ``pixels`` holds now."""
        self._canvas.update()
        self._canvas.draw(False)
        self._canvas.sync()
        return self.pixels


def _declared(api: ctypes.CDLL) -> ctypes.CDLL:
    address, count = ctypes.c_void_p, ctypes.c_uint32
    api.tvg_shape_reset.argtypes = [address]
    api.tvg_shape_append_path.argtypes = [address, address, count, address, count]
    api.tvg_paint_set_transform.argtypes = [address, address]
    api.tvg_gradient_duplicate.argtypes, api.tvg_gradient_duplicate.restype = [address], address
    api.tvg_shape_set_gradient.argtypes = [address, address]
    api.tvg_shape_set_stroke_gradient.argtypes = [address, address]
    return api
