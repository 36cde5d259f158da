"""What the frames of a presenter promise, whoever asks for them and in whatever order."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace

import numpy as np
import pytest

from app.avatars.studio.cast import CAST
from app.avatars.studio.errors import UnknownBackdrop, UnknownCharacter, UnusableFrame
from app.avatars.studio.model import Pose
from app.avatars.studio.picture import empty_planes
from app.avatars.studio.presenter import Presenter, still
from tests.studio.shots import SILENCE, luma, painted, planes_for, shot, speech


@pytest.mark.parametrize("character", ["maya", "amara", "omar"])
def test_frames_do_not_depend_on_the_order_they_are_painted_in(character: str) -> None:
    wanted = shot(character, size=(848, 480))
    first, second = Presenter(wanted), Presenter(wanted)
    one, other = planes_for(wanted), planes_for(wanted)
    indices = [*range(60, 100), 0, 271]
    in_order = {index: painted(first, index, one) for index in indices}
    shuffled = random.Random(3).sample(indices, len(indices))
    assert {index: painted(second, index, other) for index in shuffled} == in_order


def test_a_fresh_presenter_paints_the_same_frame() -> None:
    wanted = shot("fiona", size=(640, 360))
    worn, planes = Presenter(wanted), planes_for(wanted)
    before = [painted(worn, index, planes) for index in range(81)]
    for index in (0, 37, 80):
        assert painted(Presenter(wanted), index, planes_for(wanted)) == before[index]


def test_other_planes_get_the_whole_frame() -> None:
    wanted = shot("leila")
    presenter, mine, yours = Presenter(wanted), planes_for(wanted), planes_for(wanted)
    painted(presenter, 40, mine)
    assert painted(presenter, 41, yours) == painted(presenter, 41, mine)


def test_planes_with_padded_rows_hold_the_same_picture() -> None:
    wanted = shot("daniel")
    wide = empty_planes(wanted.width + 64, wanted.height)
    padded = replace(wide, y=wide.y[:, :-64], u=wide.u[:, :-32], v=wide.v[:, :-32])
    assert painted(Presenter(wanted), 5, padded) == painted(Presenter(wanted), 5, planes_for(wanted))


@pytest.mark.parametrize("character", sorted(CAST))
def test_every_passage_begins_and_ends_in_the_anchor_pose(character: str) -> None:
    talking, silent = Presenter(shot(character, seed=1)), Presenter(shot(character, seed=2, frames=50, track=SILENCE))
    anchor = talking.pose_at(0)
    assert talking.pose_at(272) == anchor
    assert silent.pose_at(0) == silent.pose_at(50) == anchor
    assert anchor.look.blink == 0.0
    assert (anchor.yaw, anchor.pitch, anchor.roll, anchor.x, anchor.y, anchor.breath) == (0, 0, 0, 0, 0, 0)
    assert anchor.mouth == Pose().mouth


def test_nothing_jumps_where_two_passages_meet() -> None:
    wanted = shot("maya", size=(1280, 720))
    presenter, planes = Presenter(wanted), planes_for(wanted)
    last, first = luma(presenter, 271, planes), luma(presenter, 0, planes)
    change = np.abs(last - first)
    usual = [
        float(np.abs(luma(presenter, index + 1, planes) - luma(presenter, index, planes)).mean())
        for index in range(60, 100, 5)
    ]
    assert change.mean() < min(usual)


def test_a_very_short_passage_can_be_painted() -> None:
    wanted = shot("kenji", frames=1, track=SILENCE)
    assert painted(Presenter(wanted), 0, planes_for(wanted))


def test_the_mouth_moves_while_there_is_speech() -> None:
    track = speech()
    presenter = Presenter(shot("omar", track=track))
    spoken = [index for index in range(272) if any(p.start_ms <= index * 40 < p.end_ms and p.ipa for p in track.phones)]
    poses = [presenter.pose_at(index).mouth for index in spoken]
    moving = sum(one != other for one, other in itertools.pairwise(poses))
    assert moving > 0.95 * (len(poses) - 1)
    assert max(mouth.open for mouth in poses) > 0.45


def test_a_talking_face_is_not_frozen() -> None:
    wanted = shot("amara", size=(640, 360))
    presenter, planes = Presenter(wanted), planes_for(wanted)
    frames = [luma(presenter, index, planes) for index in range(40, 70)]
    changed = [int((one != other).sum()) for one, other in itertools.pairwise(frames)]
    assert min(changed) > 200


@pytest.mark.parametrize("size", [(1920, 1080), (1280, 720), (608, 1080), (864, 1080)])
def test_the_body_reaches_the_lower_edge_at_every_breath(size: tuple[int, int]) -> None:
    wanted = shot("omar", backdrop="#FFFFFF", size=size)
    presenter, planes = Presenter(wanted), planes_for(wanted)
    middle = slice(size[0] // 2 - 40, size[0] // 2 + 40)
    for index in (0, 25, 50, 75):
        assert luma(presenter, index, planes)[-6:, middle].max() < 140  # his jumper, not the white behind it


def test_the_backdrop_stays_still() -> None:
    wanted = shot("daniel", size=(640, 360))
    presenter, planes = Presenter(wanted), planes_for(wanted)
    corners = {luma(presenter, index, planes)[:200, :140].tobytes() for index in (0, 31, 77, 140)}
    assert len(corners) == 1


def test_seeds_differ_and_repeat() -> None:
    one, same, other = (Presenter(shot("maya", seed=seed)) for seed in (5, 5, 6))
    assert one.pose_at(90) == same.pose_at(90)
    assert one.pose_at(90) != other.pose_at(90)


@pytest.mark.parametrize("character", sorted(CAST))
def test_every_character_draws_a_portrait(character: str) -> None:
    picture = still(character, "#3A7BD5", 320, 320)
    assert picture.shape == (320, 320, 3)
    corner = picture[:6, :6].reshape(-1, 3).astype(int)
    assert np.abs(corner - (0xD5, 0x7B, 0x3A)).max() <= 4
    skin = CAST[character].skin.base
    nose = picture[135:152, 150:170].reshape(-1, 3)[:, ::-1].mean(axis=0)
    assert np.abs(nose - skin).max() < 50


def test_an_unknown_character_is_named_with_those_that_exist() -> None:
    with pytest.raises(UnknownCharacter, match=r"'zed'.*maya"):
        Presenter(shot("zed"))


def test_an_unknown_backdrop_is_named_with_those_that_exist() -> None:
    with pytest.raises(UnknownBackdrop, match=r"'moon'.*dawn.*#1F6FEB"):
        Presenter(shot("maya", backdrop="moon"))


@pytest.mark.parametrize("size", [(481, 270), (32, 32), (9000, 1080)])
def test_a_frame_that_cannot_be_drawn_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(UnusableFrame, match=f"{size[0]}x{size[1]}"):
        Presenter(shot("maya", size=size))
