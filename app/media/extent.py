"""How much of a file is missing, by the length that its first bytes announce."""

from __future__ import annotations

_SEGMENT = bytes.fromhex("18538067")


def missing_bytes(container: str, head: bytes, size: int) -> int:
    """Bytes that lie beyond the end of the file; 0 when all is there or the container announces nothing."""
    announced = 0
    if container in ("avi", "wav") and head[:4] == b"RIFF":
        length = int.from_bytes(head[4:8], "little")
        announced = 8 + length if length != 0xFFFFFFFF else 0
    elif container in ("matroska", "webm"):
        announced = _segment_stop(head)
    return max(0, announced - size)


def _segment_stop(head: bytes) -> int:
    """Where the Matroska segment ends (RFC 8794, RFC 9559); 0 when it is of unknown size, as live recordings are."""
    header_size, at = _number(head, 4)
    at += header_size or 0
    if head[at : at + 4] != _SEGMENT:
        return 0
    length, body = _number(head, at + 4)
    return 0 if length is None else body + length


def _number(head: bytes, at: int) -> tuple[int | None, int]:
    """The variable-length integer at ``at``, None for the reserved "unknown"; and where it ends."""
    if at >= len(head) or not head[at]:
        return None, at
    width = 9 - head[at].bit_length()
    value = int.from_bytes(head[at : at + width], "big") & ((1 << 7 * width) - 1)
    return (None if value == (1 << 7 * width) - 1 else value), at + width
