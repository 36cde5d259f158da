"""From raw speech to a track at broadcast level: −16 LUFS, true peak under −1.5 dBTP (EBU R 128, ITU-R BS.1770-4).

One run of ffmpeg dresses the voice and measures it, one sets the level. Dynamics are left alone: the level is one gain,
and only when peaks would be too high, a run between the two limits them, at twice the rate, since it must see the peaks
between samples. The limiter takes some loudness away; that is foreseen, measured, and made up for by the last gain.
Nothing changes the length or delays the sound.
"""

from __future__ import annotations

import math
import re
import wave
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from app.core.errors import TenexError
from app.media.errors import ToolFailed
from app.media.ffmpeg import BITEXACT, run_ffmpeg

#: Part of every fingerprint of a mix: to be raised when a sample can change.
MASTER_VERSION = "5"

SAMPLE_RATE = 48_000
TARGET_LUFS, TARGET_PEAK_DBTP = -16.0, -1.5
#: No peak is higher, which leaves room for a lossy encoder (AAC: 0.6 dB); the limiter holds them lower, which leaves
#: room for a trim.
_HIGHEST_PEAK_DBTP, _CEILING_DBTP = -2.4, -2.9
#: More would be the noise of an empty recording.
_MOST_GAIN_DB = 30.0
_SILENT_LUFS = -69.0
#: Loudness that the limiter takes for peaks so many dB too high, foreseen: 0.12 LU for each dB squared, capped. Of each
#: dB more gain it lets about 1/1.6 through. Measured with four voices of the embedded synthesiser.
_FORESEEN_LU, _MOST_FORESEEN_LU, _LIMITER_YIELDS = 0.12, 4.0, 1.6
_MOST_ROUNDS = 4
_MEASURABLE_S = 3
_SHORTEST_LOOP = SAMPLE_RATE // 100

#: Of each speaker before the whole is mastered, which leaves room for peaks.
SPEECH_LUFS = -23.0
#: More would raise the noise of a room in which nobody speaks.
_MOST_EQUALISED_DB = 24.0

#: How a voice is dressed, from not at all to most. ``studio`` is for the embedded synthesiser: less of the hum and
#: the edge, even loudness, and the first reflections of a small room. ``natural`` is for recorded and neural voices.
CHAINS: dict[str, str] = {
    "plain": "anull",
    "natural": (
        "highpass=f=65,deesser=i=0.2:m=0.5:f=0.5,acompressor=threshold=0.16:ratio=1.8:attack=10:release=160:knee=4"
    ),
    "clean": "highpass=f=75,equalizer=f=260:t=q:w=1.0:g=-2,equalizer=f=3000:t=q:w=1.2:g=-2.5,lowpass=f=9500",
    "studio": (
        "highpass=f=75,"
        "equalizer=f=140:t=q:w=0.9:g=2.5,"
        "equalizer=f=420:t=q:w=1.1:g=-2.5,"
        "equalizer=f=2700:t=q:w=1.4:g=-3,"
        "equalizer=f=5200:t=q:w=1.6:g=-2,"
        "deesser=i=0.35:m=0.5:f=0.5,"
        "acompressor=threshold=0.10:ratio=2.6:attack=8:release=140:makeup=1.6:knee=4,"
        "lowpass=f=9800:p=1,"
        "aecho=0.9:0.5:11|17|23:0.06|0.045|0.03"
    ),
}


class SoundNotReadable(TenexError):
    status = 500
    code = "sound_not_readable"


class Level(StrEnum):
    """``normal``: at the target. ``quiet``: as loud as the gain cap allows. ``silent``: there was nothing to raise."""

    NORMAL = "normal"
    QUIET = "quiet"
    SILENT = "silent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Loudness:
    """Of the finished track; both are −70 when it is silent."""

    integrated_lufs: float
    true_peak_dbtp: float
    gain_db: float
    level: Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What ``ebur128`` reports: −70 LUFS and −inf dBTP for silence."""

    integrated_lufs: float
    true_peak_dbtp: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Length:
    """Of the source, in its own samples, and of the master; and how loud that is to be."""

    samples: int
    rate: int
    channels: int = 1
    wanted: int | None = None
    lufs: float = TARGET_LUFS

    @property
    def mastered(self) -> int:
        """Samples at 48 kHz: as many as are wanted, else all, rounded up."""
        return -(-self.samples * SAMPLE_RATE // self.rate) if self.wanted is None else self.wanted


def master(
    source: Path, target: Path, *, chain: str = "studio", samples: int | None = None, lufs: float = TARGET_LUFS
) -> Loudness:
    """Write ``source`` (WAV, mono or stereo) to ``target`` as 48 kHz 16-bit WAV at ``lufs`` ±0.5, true peak under −1.5
    dBTP.

    Exactly as long as the source (rounded up to a sample), or as many samples as asked for; no sound later or earlier
    than before; the same bytes for the same source. Raises ``SoundNotReadable`` for a source that is not such a file,
    ``ToolFailed`` with ffmpeg's own words.
    """
    length = replace(_length(source), wanted=samples, lufs=lufs)
    limit_s = _limit_s(length)
    dressed, limited = (target.with_name(f"{target.stem}.{step}.wav") for step in ("dressed", "limited"))
    try:
        log = run_ffmpeg(dress_arguments(source, dressed, length, CHAINS[chain]), timeout_s=limit_s)
        return _level(dressed, limited, target, length, parse_measured(log), limit_s)
    finally:
        dressed.unlink(missing_ok=True)
        limited.unlink(missing_ok=True)


def loudness_of(video: Path) -> Measured:
    """That of the first sound of a file of ours."""
    measuring = ("-af", "ebur128=peak=true:framelog=quiet", "-f", "null", "-")
    log = run_ffmpeg(("-nostats", "-i", str(video), "-map", "0:a:0", *measuring), timeout_s=600)
    return parse_measured(log)


def dress(source: Path, target: Path, chain: str) -> Measured:
    """Write ``source`` (mono WAV) through the chain, as 48 kHz 32-bit floats without a header, and measure it."""
    length = _length(source)
    log = run_ffmpeg(dress_arguments(source, target, length, CHAINS[chain], raw=True), timeout_s=_limit_s(length))
    return parse_measured(log)


def _limit_s(length: Length) -> float:
    return 60 + length.samples / length.rate


def _level(dressed: Path, limited: Path, target: Path, length: Length, raw: Measured, limit_s: float) -> Loudness:
    gain, level = gain_for(raw, length.lufs)
    excess = raw.true_peak_dbtp + gain - _HIGHEST_PEAK_DBTP
    if excess > 0:
        gain, raw = _limit(dressed, limited, length, gain, level, excess, limit_s)
        trim = length.lufs - raw.integrated_lufs if level is Level.NORMAL else 0.0
        trim = min(trim, _HIGHEST_PEAK_DBTP - raw.true_peak_dbtp)
        run_ffmpeg(gain_arguments(limited, target, trim, length.channels), timeout_s=limit_s)
        return _loudness(raw, trim, gain + trim, level)
    run_ffmpeg(gain_arguments(dressed, target, gain, length.channels), timeout_s=limit_s)
    return _loudness(raw, gain, gain, level)


def _limit(
    dressed: Path, limited: Path, length: Length, gain: float, level: Level, excess_db: float, limit_s: float
) -> tuple[float, Measured]:
    """Limit and measure, and again while a trim to the target would bring the peaks too high. Returns the gain used."""
    ceiling, rounds_left = _CEILING_DBTP, _MOST_ROUNDS
    gain += min(_MOST_FORESEEN_LU, _FORESEEN_LU * excess_db**2) if level is Level.NORMAL else 0.0
    while True:
        log = run_ffmpeg(limit_arguments(dressed, limited, length, gain, ceiling), timeout_s=limit_s)
        done, rounds_left = parse_measured(log), rounds_left - 1
        short = length.lufs - done.integrated_lufs if level is Level.NORMAL else 0.0
        over = max(0.0, done.true_peak_dbtp + short - _HIGHEST_PEAK_DBTP)
        if not over or not rounds_left:
            return gain, done
        gain, ceiling = gain + max(0.0, _LIMITER_YIELDS * short), ceiling - (over if short <= 0 else 0.0)


def dress_arguments(source: Path, dressed: Path, length: Length, chain: str, *, raw: bool = False) -> tuple[str, ...]:
    """Resample and dress to float samples of the final length, and measure them. Short sound is measured over and
    over. ``raw``: without the header of a file.
    """
    return _measuring(source, f"aresample={SAMPLE_RATE},{chain}", dressed, length, raw=raw)


def gain_arguments(dressed: Path, target: Path, gain_db: float, channels: int = 1) -> tuple[str, ...]:
    """One gain and nothing else, so that level and peak are known without measuring."""
    return (*_source(dressed), "-af", f"volume={gain_db:.2f}dB", *_written(target, "pcm_s16le", channels))


def limit_arguments(
    dressed: Path, limited: Path, length: Length, gain_db: float, ceiling_dbtp: float
) -> tuple[str, ...]:
    """A gain, then a limiter at twice the rate, measured. ``latency`` undoes the limiter's look-ahead."""
    limit = 10 ** (ceiling_dbtp / 20)
    limiter = f"alimiter=limit={limit:.4f}:attack=3:release=60:level=0:latency=1"
    chain = f"volume={gain_db:.2f}dB,aresample={2 * SAMPLE_RATE},{limiter},aresample={SAMPLE_RATE}"
    return _measuring(dressed, chain, limited, length)


def _measuring(source: Path, chain: str, target: Path, length: Length, *, raw: bool = False) -> tuple[str, ...]:
    """Through ``chain`` into ``target`` as floats, cut or padded to its final length, and measured on the way.

    Loudness is defined from 0.4 s on: less than three seconds are measured over and over.
    """
    count, enough = length.mastered, _MEASURABLE_S * SAMPLE_RATE
    size = max(count, _SHORTEST_LOOP)
    again = f"apad=whole_len={size},aloop=loop=-1:size={size},atrim=end_sample={enough}," if count < enough else ""
    graph = (
        f"[0:a]{chain},apad=whole_len={count},atrim=end_sample={count},asplit[out][heard];"
        f"[heard]{again}ebur128=peak=true:framelog=quiet[measured]"
    )
    out = _written(target, "pcm_f32le", length.channels, "f32le" if raw else "wav")
    measured = ("-map", "[measured]", "-f", "null", "-")
    return (*_source(source), "-filter_complex", graph, "-map", "[out]", *out, *measured)


def _source(path: Path) -> tuple[str, ...]:
    return ("-nostats", "-filter_threads", "1", "-filter_complex_threads", "1", "-f", "wav", "-i", str(path))


def _written(path: Path, codec: str, channels: int, format_: str = "wav") -> tuple[str, ...]:
    return (*BITEXACT, "-ac", str(channels), "-c:a", codec, "-f", format_, str(path))


_INTEGRATED = re.compile(r"^ +I: +(-?[\d.]+|nan|-inf) LUFS", re.MULTILINE)
_PEAK = re.compile(r"^ +Peak: +(-?[\d.]+|nan|-?inf) dBFS", re.MULTILINE)


def parse_measured(log: str) -> Measured:
    """The summary at the end of ``ebur128``'s report. Raises ``ToolFailed`` when there is none."""
    integrated, peaks = _INTEGRATED.findall(log), _PEAK.findall(log)
    if not integrated or not peaks:
        raise ToolFailed(f"ffmpeg ended without measuring the loudness: {log.strip()[-500:]}")
    lufs, peak = float(integrated[-1]), float(peaks[-1])
    return Measured(
        integrated_lufs=lufs if math.isfinite(lufs) else -70.0,
        true_peak_dbtp=peak if not math.isnan(peak) else -math.inf,
    )


def gain_for(raw: Measured, lufs: float = TARGET_LUFS) -> tuple[float, Level]:
    """The gain in dB that brings it to the target, capped, and none for silence."""
    if raw.integrated_lufs <= _SILENT_LUFS:
        return 0.0, Level.SILENT
    gain = lufs - raw.integrated_lufs
    return (gain, Level.NORMAL) if gain <= _MOST_GAIN_DB else (_MOST_GAIN_DB, Level.QUIET)


def equalising_db(measured: Measured, lufs: float) -> float:
    """The gain that brings what was measured to a loudness; none for silence."""
    if measured.integrated_lufs <= _SILENT_LUFS:
        return 0.0
    return min(_MOST_EQUALISED_DB, lufs - measured.integrated_lufs)


def _loudness(measured: Measured, then_db: float, gain_db: float, level: Level) -> Loudness:
    """Of what was measured and then raised by ``then_db``."""
    lufs, peak = measured.integrated_lufs + then_db, measured.true_peak_dbtp + then_db
    return Loudness(
        integrated_lufs=round(max(-70.0, lufs), 1),
        true_peak_dbtp=round(max(-70.0, peak), 1),
        gain_db=round(gain_db, 2),
        level=level,
    )


def _length(source: Path) -> Length:
    try:
        with wave.open(str(source), "rb") as sound:
            length = Length(samples=sound.getnframes(), rate=sound.getframerate(), channels=sound.getnchannels())
    except (OSError, EOFError, wave.Error) as error:
        raise SoundNotReadable(f"{source.name} cannot be read as a WAV file: {error}") from error
    if length.channels > 2 or length.samples == 0:
        raise SoundNotReadable(
            f"{source.name} must be mono or stereo and hold sound; it has {length.channels} channels, "
            f"{length.samples} samples."
        )
    return length
