"""Piper: neural voices from a file. The package ``piper-tts`` is optional and is imported only when such a voice
speaks.

Only text goes in: no network is used, and a voice whose phonemes need more than espeak-ng was refused when it was
added.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from app.speech.alignment import Recorded, RecordedPhone
from app.speech.base import Samples
from app.speech.errors import SpeechFailed, VoiceUnavailable
from app.speech.piper_files import settings_beside
from app.speech.voice import PiperSettings

#: Between sentences of one text, which the model speaks one by one.
_SENTENCE_PAUSE_MS = 220
_STRESS, _LENGTH = "ˈˌ", "ː"


def piper_version(settings: PiperSettings) -> str:
    """Versions of the packages and digests of the voice's files, not their place. Raises ``VoiceUnavailable``."""
    model = Path(settings.model)
    try:
        digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in (model, settings_beside(model))]
        packages = [f"{name} {version(name)}" for name in ("piper-tts", "onnxruntime")]
    except OSError as error:
        raise _missing_file(error) from error
    except PackageNotFoundError as error:
        raise _missing_package() from error
    return "; ".join([*packages, *digests, f"speaker {settings.speaker}"])


def speak_piper(text: str, settings: PiperSettings) -> Recorded:
    """Speak ``text``. The sounds have times if the model gives alignments, otherwise there are none.

    The model's noise comes from a fixed seed and one thread computes, so that the same text gives the same bytes.
    """
    voice = _loaded(Path(settings.model))
    piper = import_module("piper")
    wanted = piper.SynthesisConfig(speaker_id=settings.speaker)
    try:
        chunks = list(voice.synthesize(text, wanted, include_alignments=True))
    except (RuntimeError, ValueError, IndexError, KeyError, *_engine_errors()) as error:
        raise SpeechFailed(f"The Piper voice {settings.model} failed: {type(error).__name__}: {error}") from error
    rate = int(voice.config.sample_rate)
    pause = np.zeros(rate * _SENTENCE_PAUSE_MS // 1000, np.int16)
    parts: list[Samples] = []
    for chunk in chunks:
        parts += [np.atleast_1d(chunk.audio_int16_array).astype(np.int16), pause]
    samples = np.concatenate(parts) if parts else np.zeros(0, np.int16)
    return Recorded(samples=samples, sample_rate=rate, phones=tuple(_phones(chunks, rate, len(pause))))


def _loaded(model: Path) -> Any:
    try:
        piper, runtime = import_module("piper"), import_module("onnxruntime")
        config = import_module("piper.config")
    except ImportError as error:
        raise _missing_package() from error
    runtime.set_seed(1)
    options = runtime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    try:
        settings = json.loads(settings_beside(model).read_text(encoding="utf-8"))
        session = runtime.InferenceSession(model.read_bytes(), sess_options=options, providers=["CPUExecutionProvider"])
        return piper.PiperVoice(session=session, config=config.PiperConfig.from_dict(settings))
    except OSError as error:
        raise _missing_file(error) from error
    except (ValueError, KeyError, *_engine_errors()) as error:
        raise VoiceUnavailable(
            f"The voice file {model} cannot be loaded ({type(error).__name__}: {error}). Download it and add it again."
        ) from error


def _engine_errors() -> tuple[type[Exception], ...]:
    """The exceptions of onnxruntime, which have no common ancestor."""
    state = import_module("onnxruntime.capi.onnxruntime_pybind11_state")
    kinds = (getattr(state, name) for name in dir(state))
    return tuple(kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Exception))


def _phones(chunks: Sequence[Any], rate: int, pause: int) -> Iterator[RecordedPhone]:
    """Nothing unless every sentence came with alignments."""
    if not all(chunk.phoneme_alignments for chunk in chunks):
        return
    at = 0
    for chunk in chunks:
        yield from _sentence_phones(chunk.phoneme_alignments, rate, at)
        at += len(np.atleast_1d(chunk.audio_float_array)) + pause


def _sentence_phones(alignments: Sequence[Any], rate: int, at: int) -> list[RecordedPhone]:
    """A mark of stress belongs to the sound after it, a mark of length to the one before; what is no letter is a
    pause.
    """
    found: list[RecordedPhone] = []
    start, stressed = at, False
    for item in alignments:
        at += int(item.num_samples)
        symbol, end_ms = str(item.phoneme), at * 1000 // rate
        if symbol in _STRESS:
            stressed = symbol == "ˈ"
            continue
        if symbol == _LENGTH and found:
            found[-1] = replace(found[-1], end_ms=end_ms, ipa=found[-1].ipa + _LENGTH)
        else:
            ipa = symbol if symbol[:1].isalpha() else ""
            found.append(
                RecordedPhone(start_ms=start * 1000 // rate, end_ms=end_ms, ipa=ipa, stressed=stressed and bool(ipa))
            )
        start, stressed = at, False
    return found


def _missing_package() -> VoiceUnavailable:
    return VoiceUnavailable("This voice needs Piper, which is not installed: pip install 'tenex-videos[piper]'")


def _missing_file(error: OSError) -> VoiceUnavailable:
    return VoiceUnavailable(
        f"A file of this Piper voice cannot be read: {error.filename} ({error.strerror}). "
        "Add it again: tenex voices add PATH.onnx"
    )
