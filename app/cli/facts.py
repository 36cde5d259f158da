"""What a finished render is told as: the same facts for the one-shot render and for the demo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.cli.output import megabytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """A finished video on this machine: ``files`` by role, times in seconds."""

    files: Mapping[str, Path]
    video_id: str
    job_id: str
    duration_s: float
    elapsed_s: float
    width: int
    height: int
    fps: str
    receipt: Mapping[str, Any]

    @property
    def size(self) -> int:
        return self.files["video"].stat().st_size

    @property
    def realtime(self) -> float:
        """Seconds of video made in a second."""
        return self.duration_s / self.elapsed_s if self.elapsed_s > 0 else 0.0

    def document(self) -> dict[str, Any]:
        return {
            "files": {role: str(path) for role, path in self.files.items()},
            "video_id": self.video_id,
            "job_id": self.job_id,
            "duration_s": round(self.duration_s, 3),
            "size": self.size,
            "width": self.width,
            "height": self.height,
            "fps": self.fps,
            "elapsed_s": round(self.elapsed_s, 2),
            "realtime": round(self.realtime, 2),
            "receipt": self.receipt,
        }

    def lines(self) -> Sequence[str]:
        """For people."""
        others = [path.name for role, path in self.files.items() if role != "video"]
        credits_ = self.receipt["credits"]
        return (
            f"✓ {self.files['video']}" + (f"   with {', '.join(others)}" if others else ""),
            f"  video    {self.duration_s:.1f} s, {self.width}×{self.height} at {self.fps} fps, {megabytes(self.size)}",
            f"  render   {self.elapsed_s:.1f} s: {self.realtime:.1f} times real time{self._reuse()}",
            f"  credits  {credits_['charged']} charged of {credits_['held']} held",
        )

    def _reuse(self) -> str:
        reused, made = (float(self.receipt[f"seconds_{kind}"]) for kind in ("reused", "made"))
        return f"; {reused:.1f} s of pictures reused, {made:.1f} s drawn" if reused else ""
