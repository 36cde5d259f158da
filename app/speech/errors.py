"""What can go wrong with a script or a voice.

TenexError
├── ScriptRefused             a script that cannot be spoken
│   ├── EmptyScript           it holds nothing to say
│   ├── ScriptTooLong         it holds more characters than are accepted
│   └── UnreadableScript      it holds control characters: not text, or damaged text
├── UnknownVoice              no voice has this id
├── VoiceUnavailable          the voice exists, and what it needs is not on this machine
├── VoiceFileInvalid          a file that was given as a voice is not one
└── SpeechFailed              the engine was started and did not speak
"""

from __future__ import annotations

from app.core.errors import Conflict, InvalidRequest, TenexError


class ScriptRefused(InvalidRequest):
    code = "script_refused"


class EmptyScript(ScriptRefused):
    code = "empty_script"


class ScriptTooLong(ScriptRefused):
    code = "script_too_long"


class UnreadableScript(ScriptRefused):
    code = "control_characters"


class UnknownVoice(InvalidRequest):
    code = "unknown_voice"


class VoiceUnavailable(Conflict):
    code = "voice_unavailable"


class VoiceFileInvalid(InvalidRequest):
    code = "voice_file_invalid"


class SpeechFailed(TenexError):
    status = 500
    code = "speech_failed"
    retryable = True
