"""Bytes that nobody's camera writes: boxes of MP4 files replaced, and the sizes of all around them made right."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), kind) + body


def boxes(data: bytes) -> list[tuple[bytes, bytes]]:
    """Kind and body of each."""
    found, at = [], 0
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        found.append((kind, data[at + 8 : at + size]))
        at += size
    return found


def rebuilt(data: bytes, where: str, change: Callable[[bytes], bytes]) -> bytes:
    """The bytes with the body of every box at ``moov/trak/...`` changed. Nothing in front of them may be pointed at."""
    first, _, rest = where.partition("/")
    return b"".join(
        box(kind, (rebuilt(body, rest, change) if rest else change(body)) if kind == first.encode() else body)
        for kind, body in boxes(data)
    )


def patched(at: int, shape: str, *values: int) -> Callable[[bytes], bytes]:
    """A change that puts numbers into a body."""

    def change(body: bytes) -> bytes:
        changed = bytearray(body)
        struct.pack_into(shape, changed, at, *values)
        return bytes(changed)

    return change


def alias(path: str) -> bytes:
    """The body of a ``dref`` box that says: the samples are in another file (QuickTime, as ffmpeg 9 reads it)."""
    name = path.rpartition("/")[2].encode()
    place = path.encode() + b"\0" * (len(path) % 2)
    record = bytes(10) + bytes([4]) + b"disk".ljust(27, b"\0") + bytes(12)
    record += bytes([len(name)]) + name.ljust(63, b"\0") + bytes(16) + struct.pack(">HH", 1, 1) + bytes(16)
    record += struct.pack(">HH", 2, len(path)) + place + struct.pack(">hH", -1, 0)
    return struct.pack(">II", 0, 1) + box(b"alis", bytes(4) + record)


def flipped(data: bytes, seed: int) -> bytes:
    """The bytes with twenty of them changed, half of these among the first two thousand."""
    chance, changed = random.Random(seed), bytearray(data)
    for place in [chance.randrange(min(2000, len(data))) for _ in range(10)] + [
        chance.randrange(len(data)) for _ in range(10)
    ]:
        changed[place] = chance.randrange(256)
    return bytes(changed)
