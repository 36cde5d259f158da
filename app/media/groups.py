"""A recording's packets in groups: a key frame, and what is coded after it until the next. A group can be decoded
without those before it, or left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any, TypeAlias

import av

from app.media.effort import Sizer, Usual

#: Of a group that is held in memory to be left out, perhaps; longer ones are handed on as they are read.
_MOST_BYTES = 24_000_000
#: A picture that took such a share of what a key frame takes may be the first after a cut.
_ANEW = 0.6

Packet: TypeAlias = "av.Packet[Any]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """``efforts``: what each of its pictures took, as far as others refer to them; none where that does not tell, or
    where it is only a part of a group.
    """

    packets: tuple[Packet, ...]
    efforts: tuple[float | None, ...] = ()

    @property
    def key(self) -> Packet:
        return self.packets[0]

    def took(self, counted: Sequence[bool] = ()) -> Usual | None:
        """What pictures after the first took, or those that are ``counted``; None where that does not tell."""
        first = self.efforts[0] if self.efforts else None
        those = compress(self.efforts, counted) if counted else self.efforts
        usual = Usual.of([each for each in list(those)[1:] if each is not None])
        return usual if usual is not None and first is not None and usual.hardest <= _ANEW * first else None


def groups_of(packets: Iterable[Packet], sizer: Sizer | None) -> Iterator[Group]:
    """In the order in which they were read; packet by packet where nothing can be told from their sizes."""
    held, size, begun = list[Packet](), 0, False
    for packet in packets:
        if held and (packet.is_keyframe or sizer is None or size > _MOST_BYTES):
            yield _group(held, sizer if begun and packet.is_keyframe else None)
            held, size, begun = [], 0, False
        begun = begun or (packet.is_keyframe and not held)
        held.append(packet)
        size += packet.size
    if held:
        yield _group(held, None)


def _group(packets: list[Packet], sizer: Sizer | None) -> Group:
    efforts = tuple(sizer.effort(bytes(packet)) for packet in packets) if sizer is not None else ()
    return Group(packets=tuple(packets), efforts=efforts)
