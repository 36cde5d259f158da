"""Where the presenter is in the frame, measured on pixels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from app.avatars.studio.backdrop import paint_backdrop
from app.avatars.studio.cast import CAST
from app.avatars.studio.model import Look
from app.avatars.studio.presenter import Presenter
from tests.studio.shots import planes_for, shot

SIZES = [(480, 270), (270, 480), (360, 360), (360, 450)]
GREEN = "#00FF00"


def presented(character: str, size: tuple[int, int]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """The pixels that are not backdrop, and those that change when the eyes close."""
    wanted = shot(character, backdrop=GREEN, size=size)
    presenter, planes = Presenter(wanted), planes_for(wanted)
    presenter.show(presenter.pose_at(0), planes)
    open_eyed, behind = planes.y.astype(int), paint_backdrop(GREEN, *size)
    figure = (np.abs(planes.u.astype(int) - behind.u) > 10) | (np.abs(planes.v.astype(int) - behind.v) > 10)
    presenter.show(replace(presenter.pose_at(0), look=Look(blink=1.0)), planes)
    return figure.repeat(2, axis=0).repeat(2, axis=1), np.abs(planes.y - open_eyed) > 8


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("character", sorted(CAST))
def test_head_and_eyes_are_where_they_belong(character: str, size: tuple[int, int]) -> None:
    width, height = size
    figure, eyes = presented(character, size)
    rows, columns = np.flatnonzero(eyes.any(axis=1)), np.flatnonzero(eyes.any(axis=0))
    assert 0.30 * height < rows.mean() < 0.50 * height
    assert abs(columns.mean() - width / 2) < 0.06 * width
    top = int(np.flatnonzero(figure.any(axis=1))[0])
    assert 0.03 * height <= top <= 0.30 * height
    head = np.flatnonzero(figure[: int(rows.mean())].any(axis=0))
    assert 0.1 * width < head[0]
    assert head[-1] < 0.9 * width
    assert figure[-2:, int(0.3 * width) : int(0.7 * width)].all()


@pytest.mark.parametrize("character", ["daniel", "leila"])
@pytest.mark.parametrize("size", [(270, 480), (360, 450)])
def test_shoulders_reach_the_edges_of_a_tall_frame(character: str, size: tuple[int, int]) -> None:
    figure, _ = presented(character, size)
    low = np.flatnonzero(figure[-10])
    assert low[0] < 0.06 * size[0]
    assert low[-1] > 0.94 * size[0]
