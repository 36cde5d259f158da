"""What this process and those it started have used so far."""

from __future__ import annotations

import resource
import sys
from dataclasses import dataclass
from typing import Self

_MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Processor seconds, and the largest resident size of any of them."""

    cpu_s: float
    peak_mb: float

    @classmethod
    def now(cls) -> Self:
        own, below = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
        unit = 1 if sys.platform == "darwin" else 1024
        return cls(
            cpu_s=own.ru_utime + own.ru_stime + below.ru_utime + below.ru_stime,
            peak_mb=max(own.ru_maxrss, below.ru_maxrss) * unit / _MEGABYTE,
        )

    def since(self, before: Self) -> Self:
        return type(self)(cpu_s=self.cpu_s - before.cpu_s, peak_mb=self.peak_mb)


NOTHING = Usage(cpu_s=0.0, peak_mb=0.0)
