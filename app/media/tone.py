"""High dynamic range → the standard one, as a look-up table that ffmpeg's ``lut3d`` filter reads.

Display-referred, after ITU-R BT.2408 and BT.2390: what is as bright as paper (203 cd/m²) stays bright, what is darker
than about 90 stays as it is, and lights up to 1,000 cd/m² are rolled off above. Colours are scaled by their largest
component, so that a hue keeps its hue, then moved from BT.2020 to BT.709.

PyAV has no ``zscale``. Against ``zscale`` + ``tonemap=hable`` in the ffmpeg program this takes half as long again (31
to 21 ms for a frame of 1080p), and it is brighter: that leaves paper at 60 % grey.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.media.examined import Hdr

Levels = NDArray[np.float64]
_SIZE = 33
_PAPER, _PEAK = 203.0, 1000.0
#: BT.2020 → BT.709, linear light (BT.2087).
_TO_709 = np.array([[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]])
_LUMA_2020 = np.array([0.2627, 0.6780, 0.0593])
#: SMPTE ST 2084.
_M1, _M2, _C1, _C2, _C3 = 2610 / 16384, 2523 / 32, 3424 / 4096, 2413 / 128, 2392 / 128
#: ARIB STD-B67 (BT.2100), with the system gamma of a 1,000 cd/m² display.
_A, _B, _C, _SYSTEM_GAMMA = 0.17883277, 0.28466892, 0.55991073, 1.2
_DISPLAY_GAMMA = 2.4


def write_table(kind: Hdr, path: Path) -> None:
    """A ``.cube`` file from signal values of BT.2020 to those of BT.709."""
    axis = np.linspace(0.0, 1.0, _SIZE)
    blue, green, red = np.meshgrid(axis, axis, axis, indexing="ij")  # red runs fastest
    mapped = tone_mapped(np.stack([red, green, blue], axis=-1).reshape(-1, 3), kind)
    lines = [f"{r:.6f} {g:.6f} {b:.6f}" for r, g, b in mapped]
    path.write_text("\n".join([f"LUT_3D_SIZE {_SIZE}", *lines, ""]))


def tone_mapped(signal: Levels, kind: Hdr) -> Levels:
    """R'G'B' of BT.2100, (n, 3) in 0..1, → R'G'B' of BT.709."""
    light = _light_of_pq(signal) if kind is Hdr.PQ else _light_of_hlg(signal)
    brightest = np.maximum(light.max(axis=1, keepdims=True), 1e-6)
    shown = light * (_rolled_off(brightest) / brightest) / _PAPER
    narrowed = shown @ _TO_709.T
    return np.clip(narrowed, 0.0, 1.0) ** (1 / _DISPLAY_GAMMA)


def _light_of_pq(signal: Levels) -> Levels:
    power = signal ** (1 / _M2)
    return 10_000.0 * (np.maximum(power - _C1, 0.0) / (_C2 - _C3 * power)) ** (1 / _M1)


def _pq_of_light(light: Levels) -> Levels:
    power = (np.clip(light, 0.0, None) / 10_000.0) ** _M1
    return ((_C1 + _C2 * power) / (1 + _C3 * power)) ** _M2


def _light_of_hlg(signal: Levels) -> Levels:
    scene = np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - _C) / _A) + _B) / 12)
    luma = scene @ _LUMA_2020
    return _PEAK * scene * (np.maximum(luma, 1e-9) ** (_SYSTEM_GAMMA - 1))[:, None]


def _rolled_off(light: Levels) -> Levels:
    """The Hermite spline of BT.2390-11, 5.4.1: from a display of ``_PEAK`` to one of ``_PAPER`` cd/m²."""
    top = _pq_of_light(np.array(_PEAK))
    level = np.minimum(_pq_of_light(light) / top, 1.0)
    ceiling = _pq_of_light(np.array(_PAPER)) / top
    knee = 1.5 * ceiling - 0.5
    t = (level - knee) / (1 - knee)
    curve = (2 * t**3 - 3 * t**2 + 1) * knee + (t**3 - 2 * t**2 + t) * (1 - knee) + (-2 * t**3 + 3 * t**2) * ceiling
    return _light_of_pq(np.where(level < knee, level, curve) * top)
