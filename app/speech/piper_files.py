"""Piper voices as files: an ONNX model and its settings in JSON beside it. Nothing here loads a model."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from app.speech.errors import VoiceFileInvalid
from app.speech.voice import PiperSettings, Quality, Voice

_QUALITIES: dict[str, Quality] = {"x_low": "basic", "low": "good", "medium": "high", "high": "high"}
#: A model starts with its format version, field 1 of a protocol buffer.
_ONNX_START = b"\x08"
_SMALLEST_MODEL = 64
_GET_VOICES = (
    "Piper voices are at https://huggingface.co/rhasspy/piper-voices: each is an .onnx file and an .onnx.json file."
)


def settings_beside(model: Path) -> Path:
    return model.with_name(f"{model.name}.json")


def read_voice(model: Path) -> Voice:
    """The voice in ``model``, without loading it. Raises ``VoiceFileInvalid`` when a file is missing or is something
    else.
    """
    _check_model(model)
    document = _read_settings(settings_beside(model))
    name = model.name.removesuffix(".onnx")
    return Voice(
        id=f"piper-{name.lower().replace(' ', '-')}",
        name=str(document.get("dataset") or name).replace("_", " ").title(),
        engine="piper",
        language=_language(document, name),
        gender="neutral",
        quality=_QUALITIES.get(str(_part(document, "audio").get("quality", "")), "high"),
        settings=PiperSettings(model=str(model.resolve())),
        chain="natural",
    )


def copy_voice(model: Path, folder: Path) -> Path:
    """Both files into ``folder``, the model last, so that a voice is there whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / model.name
    for source, place in ((settings_beside(model), settings_beside(target)), (model, target)):
        if place.exists() and place.samefile(source):
            continue
        part = place.with_name(f".{place.name}.{os.getpid()}.part")
        try:
            shutil.copyfile(source, part)
            part.replace(place)
        finally:
            part.unlink(missing_ok=True)
    return target


def _check_model(model: Path) -> None:
    if not model.is_file():
        raise VoiceFileInvalid(f"There is no file {model}. {_GET_VOICES}")
    with model.open("rb") as file:
        start = file.read(_SMALLEST_MODEL)
    if start.lstrip()[:1] == b"<" or start.startswith(b"version https://git-lfs"):
        raise VoiceFileInvalid(
            f"{model} is a web page or a pointer, not the model itself: download the file again. {_GET_VOICES}"
        )
    if model.suffix != ".onnx" or len(start) < _SMALLEST_MODEL or not start.startswith(_ONNX_START):
        raise VoiceFileInvalid(f"{model} is not an ONNX model. {_GET_VOICES}")


def _read_settings(path: Path) -> Mapping[str, Any]:
    if not path.is_file():
        raise VoiceFileInvalid(f"{path} is missing: a Piper voice needs it beside the .onnx file. {_GET_VOICES}")
    try:
        document: object = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise VoiceFileInvalid(f"{path} is not JSON ({error}): download it again.") from error
    settings = _mapping(document)
    missing = [key for key in ("audio", "phoneme_id_map", "espeak") if not _part(settings, key)]
    if missing or not isinstance(_part(settings, "audio").get("sample_rate"), int):
        raise VoiceFileInvalid(
            f"{path} does not describe a Piper voice: it lacks {', '.join(missing) or 'audio.sample_rate'}."
        )
    kind = settings.get("phoneme_type", "espeak")
    if kind != "espeak":
        raise VoiceFileInvalid(
            f"{path} is a voice with {kind!r} phonemes; only voices with espeak phonemes are supported."
        )
    return settings


def _language(settings: Mapping[str, Any], name: str) -> str:
    code = _part(settings, "language").get("code") or name.split("-")[0]
    return str(code).replace("_", "-")


def _part(document: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    return _mapping(document.get(key))


def _mapping(value: object) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", value) if isinstance(value, dict) else {}
