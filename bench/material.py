"""What the webinar benchmarks are made of: slides with text, a host who talks, B-roll."""

from __future__ import annotations

import wave
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from app.avatars.performance import delayed
from app.avatars.studio.presenter import Presenter, Shot
from app.avatars.studio.prints import Prints
from app.media.encode import planes_of
from app.media.ffmpeg import run_ffmpeg
from app.speech.base import Speech
from app.speech.passages import split_passages
from app.speech.synthesis import synthesise
from app.speech.voices import VoiceCatalogue

WIDTH, HEIGHT = 1920, 1080
_HOST_SIZE = (1280, 720)
_FPS = 25
_SCRIPT = (Path(__file__).parent / "minute.txt").read_text()
_LEAD_MS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    host: Path
    mask: Path
    brolls: tuple[Path, Path]
    broll_s: int
    slides: tuple[Path, ...]


def material(folder: Path, seconds: int, slide_s: int) -> Material:
    """The host's recording lasts ``seconds``: a minute of it, again and again."""
    broll_s = max(1, seconds // 60)
    return Material(
        host=_host(folder, seconds),
        mask=_mask(folder),
        brolls=(_broll(folder, broll_s, 0), _broll(folder, broll_s, 120)),
        broll_s=broll_s,
        slides=tuple(slides(folder, max(2, seconds // slide_s))),
    )


def camera(folder: Path, seconds: int, crf: float = 20) -> Path:
    """A presenter before a camera that drifts, with grain, as a camera would record it; at crf 20, 15 Mbit/s."""
    recording = folder / "camera.mp4"
    drift = "scale=2112:1188,crop=1920:1080:x='96+80*sin(t/3)':y='54+30*sin(t/4)',noise=alls=5:allf=t"
    coded = ("-c:v", "libx264", "-preset", "veryfast", "-crf", str(crf), "-pix_fmt", "yuv420p", "-c:a", "aac")
    run_ffmpeg(("-i", str(_host(folder, seconds)), "-vf", drift, *coded, str(recording)), timeout_s=1800)
    return recording


def repeated(recording: Path, times: int) -> Path:
    """A recording, so many times."""
    whole = recording.with_name(f"whole-{times}.mp4")
    run_ffmpeg(("-stream_loop", str(times - 1), "-i", str(recording), "-c", "copy", str(whole)), timeout_s=900)
    return whole


def slides(folder: Path, count: int) -> list[Path]:
    return [_slide(folder, number) for number in range(count)]


def _slide(folder: Path, number: int) -> Path:
    image = np.full((HEIGHT, WIDTH, 3), 250, np.uint8)
    cv2.rectangle(image, (0, 0), (WIDTH, 110), (90, 50, 20), -1)
    cv2.putText(
        image,
        f"Results of quarter {number + 1}",
        (80, 75),
        cv2.FONT_HERSHEY_DUPLEX,
        1.6,
        (255, 255, 255),
        2,
        cv2.LINE_AA,
    )
    for line in range(11):
        words = f"{line + 1}. Growth of region {line * (number + 3)} was {line * 7 + number} per cent above the plan"
        cv2.putText(image, words, (80, 190 + 72 * line), cv2.FONT_HERSHEY_SIMPLEX, 1.0, (50, 40, 40), 2, cv2.LINE_AA)
    for bar in range(6):
        height = 60 + (bar * 67 + number * 41) % 320
        left = 1350 + bar * 80
        cv2.rectangle(image, (left, 560 - height), (left + 56, 560), (180, 120 - 15 * bar, 40 + 25 * bar), -1)
    path = folder / f"slide-{number}.png"
    cv2.imwrite(str(path), image)
    return path


def _mask(folder: Path) -> Path:
    fine = np.zeros((384 * 4, 384 * 4), np.uint8)
    cv2.circle(fine, (768, 768), 767, 255, -1)
    path = folder / "mask.png"
    cv2.imwrite(str(path), cv2.resize(fine, (384, 384), interpolation=cv2.INTER_AREA))
    return path


def _broll(folder: Path, seconds: int, hue: int) -> Path:
    """Something of a camera's kind: everything moves, with grain."""
    path = folder / f"broll-{hue}.mp4"
    source = f"testsrc2=s={WIDTH}x{HEIGHT}:r={_FPS}:d={seconds},hue=h={hue},gblur=sigma=2,noise=alls=6:allf=t"
    run_ffmpeg(
        (
            "-f",
            "lavfi",
            "-i",
            source,
            "-c:v",
            "libx264",
            "-preset",
            "veryfast",
            "-crf",
            "20",
            "-pix_fmt",
            "yuv420p",
            str(path),
        ),
        timeout_s=600,
    )
    return path


def _host(folder: Path, seconds: int) -> Path:
    minute, sound, target = folder / "minute.mp4", folder / "minute.wav", folder / "host.mp4"
    frames = min(seconds, 60) * _FPS
    _record(minute, sound, frames)
    loops = str(-(-seconds // 60) - 1)
    inputs = ("-stream_loop", loops, "-i", str(minute), "-stream_loop", loops, "-i", str(sound))
    run_ffmpeg(
        (*inputs, "-map", "0:v", "-map", "1:a", "-c:v", "copy", "-c:a", "aac", "-t", str(seconds), str(target)),
        timeout_s=600,
    )
    return target


def _record(minute: Path, sound: Path, wanted: int) -> None:
    width, height = _HOST_SIZE
    voice = VoiceCatalogue(minute.parent / "voices").get("espeak-en-us-clara")
    samples: list[np.ndarray[tuple[int], np.dtype[np.int16]]] = []
    with av.open(str(minute), "w") as out:
        stream = out.add_stream("libx264", rate=_FPS, options={"preset": "veryfast", "crf": "18"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.colorspace = stream.codec_context.color_primaries = stream.codec_context.color_trc = 1
        stream.codec_context.color_range = 1
        frame = av.VideoFrame(width, height, "yuv420p")
        planes, drawn, rate = planes_of(frame), 0, 0
        for passage in split_passages(_SCRIPT * 2):
            speech = synthesise(voice, passage.text)
            rate = speech.sample_rate
            count = -(-(_LEAD_MS + speech.track.duration_ms + passage.pause_ms) * _FPS // 1000)
            presenter = Presenter(_shot(speech, count, width, height), Prints(minute.parent / "prints"))
            for index in range(min(count, wanted - drawn)):
                presenter.paint(index, planes)
                frame.pts = drawn
                drawn += 1
                out.mux(stream.encode(frame))
            samples.append(_placed(speech, count))
            if drawn >= wanted:
                break
        out.mux(stream.encode(None))
    with wave.open(str(sound), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.concatenate(samples)[: wanted * rate // _FPS].tobytes())


def _shot(speech: Speech, frames: int, width: int, height: int) -> Shot:
    track = delayed(speech.track, _LEAD_MS, frames * 1000 // _FPS)
    return Shot(
        character="maya", backdrop="dawn", width=width, height=height, fps=Fraction(_FPS), frames=frames, seed=7,
        track=track,
    )  # fmt: skip


def _placed(speech: Speech, frames: int) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    track = np.zeros(frames * speech.sample_rate // _FPS, np.int16)
    begin = speech.sample_rate * _LEAD_MS // 1000
    count = min(len(speech.samples), len(track) - begin)
    track[begin : begin + count] = speech.samples[:count]
    return track
