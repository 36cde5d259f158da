"""What can go wrong around a media program.

TenexError
├── ToolFailed      a program ended with an error: its arguments, exit code and last words are in the facts
├── ToolTimedOut    a program did not end before its deadline, and was killed
├── ChildFailed     a child process reported an error of its own
├── ChildLost       a child process died without a word (killed, out of memory)
└── NotPlayable     a finished file does not hold what was asked for
"""

from __future__ import annotations

from app.core.errors import TenexError


class ToolFailed(TenexError):
    status = 500
    code = "media_tool_failed"
    retryable = True


class ToolTimedOut(TenexError):
    status = 504
    code = "media_tool_timed_out"
    retryable = True


class ChildFailed(TenexError):
    """The error of a child process, told again here: ``code`` and ``retryable`` are the child's."""

    status = 500
    code = "child_failed"

    def __init__(self, message: str, *, code: str, retryable: bool) -> None:
        super().__init__(message)
        self.code, self.retryable = code, retryable


class ChildLost(TenexError):
    status = 500
    code = "child_lost"
    retryable = True


class NotPlayable(TenexError):
    status = 500
    code = "not_playable"
    retryable = True
