"""Bits, read and written from the highest on, as the headers of coded pictures and sound are."""

from __future__ import annotations


class BitReader:
    def __init__(self, data: bytes) -> None:
        self._value, self.length, self.at = int.from_bytes(data, "big"), 8 * len(data), 0

    def read(self, count: int) -> int:
        self.at += count
        return self._value >> (self.length - self.at) & ((1 << count) - 1)

    def golomb(self) -> int:
        left = self.length - self.at
        rest = self._value & ((1 << left) - 1)
        count = 2 * (left - rest.bit_length()) + 1  # as many bits after the first one as zeros before it
        self.at += count
        return (rest >> (left - count)) - 1

    def signed(self) -> int:
        number = self.golomb()
        return -(number // 2) if number % 2 == 0 else (number + 1) // 2

    def between(self, start: int, stop: int) -> tuple[int, int]:
        """A value, and how many bits it has."""
        return self._value >> (self.length - stop) & ((1 << (stop - start)) - 1), stop - start

    @property
    def last_one(self) -> int:
        """Where the last bit is that is not zero; some bit is not."""
        return self.length - (self._value & -self._value).bit_length()


class BitWriter:
    def __init__(self) -> None:
        self._value, self._length = 0, 0

    def add(self, value: int, count: int) -> None:
        self._value, self._length = self._value << count | value, self._length + count

    def golomb(self, number: int) -> None:
        self.add(number + 1, 2 * (number + 1).bit_length() - 1)

    def signed(self, number: int) -> None:
        self.golomb(2 * number - 1 if number > 0 else -2 * number)

    def filled_up(self, bit: int) -> bytes:
        """Whole bytes: what is missing of the last is that bit."""
        missing = -self._length % 8
        rest = (1 << missing) - 1 if bit else 0
        return (self._value << missing | rest).to_bytes((self._length + missing) // 8, "big")
