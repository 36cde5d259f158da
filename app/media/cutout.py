"""Recordings that are transparent in parts, laid over what is under them.

Colours are multiplied by their coverage before anything is scaled: whatever a file holds where nothing is to be seen,
black as a rule, would else be mixed into the edges and show as a fringe.
"""

from __future__ import annotations

from dataclasses import dataclass

import av
import cv2
import numpy as np
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from app.media.encode import Plane, Planes
from app.media.film import Projector, in_colours, lying, upright
from app.media.look import rotation_of
from app.media.reduction import Size, filling
from app.media.transparency import alpha_decoder, has_alpha

_ONE = 255


@dataclass(frozen=True, slots=True)
class Cutout:
    """``colours`` are multiplied by their coverage. ``under`` is 255 less the coverage: how much of what is under it
    remains; likewise for chroma.
    """

    colours: Planes
    under: Plane
    under_chroma: Plane


class CutoutFilm(Projector[Cutout]):
    def _decoder(self, stream: VideoStream) -> VideoCodecContext:
        return alpha_decoder(stream)

    def _developed(self, frame: av.VideoFrame, size: Size) -> Cutout:
        turn = rotation_of(frame)
        size = lying(size, turn)
        half = (size[0] // 2, size[1] // 2)
        luma, *chroma, cover = _planes(frame)
        fine = cover if chroma[0].shape == cover.shape else _reduced(cover, chroma[0])

        def made(plane: Plane, room: Size) -> Plane:
            return upright(filling(plane, room), turn)

        return Cutout(
            colours=Planes(
                y=made(_product(luma, cover), size),
                u=made(_product(chroma[0], fine), half),
                v=made(_product(chroma[1], fine), half),
            ),
            under=_ONE - made(cover, size),
            under_chroma=_ONE - made(fine, half),
        )


def lay_cutout(cutout: Cutout, under: Planes) -> None:
    """Put it over what is under it, in place."""
    _lay(cutout.colours.y, cutout.under, under.y)
    _lay(cutout.colours.u, cutout.under_chroma, under.u)
    _lay(cutout.colours.v, cutout.under_chroma, under.v)


def _lay(colour: Plane, remaining: Plane, under: Plane) -> None:
    cv2.add(_product(under, remaining), colour, dst=under)


def _product(plane: Plane, share: Plane) -> Plane:
    return np.asarray(cv2.multiply(plane, share, scale=1 / _ONE), np.uint8)


def _planes(frame: av.VideoFrame) -> list[Plane]:
    """Y, U, V and coverage, chroma at half its size or at the whole; all is seen of a frame without coverage."""
    whole = has_alpha(frame.format) and not frame.format.name.startswith("yuva420")
    converted = in_colours(frame, "yuva444p" if whole else "yuva420p")
    return [
        np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]
        for plane in converted.planes
    ]


def _reduced(cover: Plane, chroma: Plane) -> Plane:
    return np.asarray(cv2.resize(cover, chroma.shape[::-1], interpolation=cv2.INTER_AREA), np.uint8)
