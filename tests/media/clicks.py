"""Sound by which time can be told: a click at each whole second."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from app.media.ffmpeg import run_ffmpeg
from app.media.hearing import Samples
from app.media.time import SAMPLE_RATE

#: A click of 10 ms.
_CLICKS = "aevalsrc='if(lt(mod(t,1),0.01),0.8*sin(2*PI*2000*t),0)':d={seconds}:s={rate}"


def clicks(path: Path, *options: str, seconds: int = 12, rate: int = 48_000) -> Path:
    source = ("-f", "lavfi", "-i", _CLICKS.format(seconds=seconds, rate=rate))
    run_ffmpeg((*source, *options, str(path)), timeout_s=60)
    return path


def onsets(samples: Samples) -> list[float]:
    """Seconds at which it gets loud after a silence."""
    loud = np.abs(samples.astype(int)) > 4000
    places = np.flatnonzero(loud)
    starts = places[np.diff(places, prepend=-SAMPLE_RATE) > SAMPLE_RATE // 10]
    return [place / SAMPLE_RATE for place in starts]
