"""What is told of a rendered clip: where its crop is, and whether the file is as its platform wants it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from typing import Any

from app.media.made import Made
from app.media.time import decimal_seconds, parse_rate
from app.modules.videos.clips.presets import PRESETS, Platform, Preset
from app.modules.videos.clips.schemas import CheckOut, CropOut, CropShotOut, PaneOut
from app.modules.videos.composition import Composition
from app.modules.videos.models import Revision
from app.modules.videos.pipeline.framing import FramedShot
from app.modules.videos.pipeline.looks import Pane
from app.modules.videos.scenery import WHOLE_SHARE

_LUFS_OFF, _MOST_PEAK_DBTP = 0.5, -1.5
_MOST_SAMPLE_RATE, _STEREO = 48_000, 2


def framing_of(revision: Revision) -> list[CropShotOut]:
    """By the source's own clock."""
    composition, fps = Composition.model_validate(revision.composition), parse_rate(revision.fps)
    shots = list[CropShotOut]()
    for number, framings in (revision.facts or {}).get("framings", {}).items():
        clip = composition.scenes[int(number)].recording
        begun = Fraction(clip.start_ms if clip is not None else 0, 1000)
        shots += [_shot(FramedShot.model_validate(shot), begun, fps) for shot in framings]
    return shots


def _shot(shot: FramedShot, begun: Fraction, fps: Fraction) -> CropShotOut:
    start, end = (decimal_seconds(begun + frame / fps) for frame in (shot.start, shot.stop))
    panes = [_pane(pane, begun, fps) for pane in shot.panes]
    return CropShotOut(start=start, end=end, panes=panes, blurred=shot.blurred)


def _pane(pane: Pane, begun: Fraction, fps: Fraction) -> PaneOut:
    box = pane.box
    return PaneOut(
        box=(box.x, box.y, box.width, box.height),
        width=pane.width / WHOLE_SHARE,
        height=pane.height / WHOLE_SHARE,
        path=[
            CropOut(
                time=decimal_seconds(begun + max(0, pan.frame) / fps),
                x=pan.x / WHOLE_SHARE,
                y=pan.y / WHOLE_SHARE,
                cut=pan.cut,
            )
            for pan in pane.path
        ],
    )


def conformance_of(revision: Revision, platform: Platform) -> list[CheckOut]:
    preset, facts = PRESETS[platform], revision.facts or {}
    made = Made(**facts["made"]) if "made" in facts else None
    return [
        *_shape(revision, preset),
        *(_file(made, preset) if made is not None else ()),
        *_loudness(facts.get("loudness"), preset.lufs),
    ]


def _shape(revision: Revision, preset: Preset) -> Iterator[CheckOut]:
    fps = parse_rate(revision.fps)
    length, wanted = float(revision.frames / fps), Composition.model_validate(revision.composition).picture.size
    yield CheckOut(
        name="size",
        wanted=f"{wanted[0]}x{wanted[1]}",
        found=f"{revision.width}x{revision.height}",
        ok=wanted == (revision.width, revision.height),
    )
    yield CheckOut(
        name="length",
        wanted=f"{preset.least_s:g} to {preset.most_s:g} s",
        found=f"{length:.2f} s",
        ok=preset.least_s <= length <= preset.most_s,
    )
    yield CheckOut(
        name="frame rate",
        wanted=f"{preset.least_fps} to {preset.most_fps}",
        found=f"{round(float(fps), 3):g}",
        ok=preset.least_fps <= fps <= preset.most_fps,
    )


def _file(made: Made, preset: Preset) -> Iterator[CheckOut]:
    yield CheckOut(
        name="bit rate",
        wanted=f"at most {preset.most_mbps} Mbit/s",
        found=f"{made.picture_kbps / 1000:.1f} Mbit/s",
        ok=made.picture_kbps <= 1000 * preset.most_mbps,
    )
    if preset.most_mb is not None:
        yield CheckOut(
            name="file size",
            wanted=f"at most {preset.most_mb} MB",
            found=f"{made.bytes / 1e6:.1f} MB",
            ok=made.bytes <= preset.most_mb * 1_000_000,
        )
    yield CheckOut(
        name="codecs",
        wanted="h264 (yuv420p), aac at most 48000 Hz, mono or stereo",
        found=f"{made.codec} ({made.pixel_format}), {made.sound_codec} {made.sample_rate} Hz, {made.channels} channels",
        ok=(made.codec, made.pixel_format, made.sound_codec) == ("h264", "yuv420p", "aac")
        and made.sample_rate <= _MOST_SAMPLE_RATE
        and made.channels <= _STEREO,
    )
    yield CheckOut(
        name="file structure",
        wanted="MP4, index at the front, no edit lists",
        found=f"MP4, index {'at the front' if made.index_at_front else 'at the end'}, "
        f"{'edit lists' if made.edited else 'no edit lists'}",
        ok=made.index_at_front and not made.edited,
    )


def _loudness(heard: Mapping[str, Any] | None, lufs: int) -> Iterator[CheckOut]:
    if heard is None:
        return
    found, peak = heard["lufs"], heard["true_peak_dbtp"]
    silent = found <= -69
    yield CheckOut(
        name="loudness",
        wanted=f"{lufs} LUFS, half a unit more or less",
        found="silent" if silent else f"{found:.1f} LUFS",
        ok=silent or abs(found - lufs) <= _LUFS_OFF,
    )
    yield CheckOut(
        name="true peak",
        wanted=f"under {_MOST_PEAK_DBTP} dBTP",
        found=f"{peak:.1f} dBTP",
        ok=peak < _MOST_PEAK_DBTP,
    )
