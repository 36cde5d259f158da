"""What was drawn before, kept in a folder: the head, the body and the room of a chunk are those of the chunk before."""

from __future__ import annotations

import contextlib
import hashlib
import os
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from app.avatars.studio.version import PRESENTER_VERSION

#: More than this is not kept; the oldest go first.
_MOST_BYTES = 256 * 1024 * 1024

Drawing = Mapping[str, NDArray[np.uint8]]


class Prints:
    """Drawings by all that they depend on. Without a folder, everything is drawn each time.

    The folder may be shared, and removed at any time. What cannot be read back is drawn again; what cannot be written is
    not kept.
    """

    def __init__(self, folder: Path | None = None, *, most_bytes: int = _MOST_BYTES) -> None:
        self._folder, self._most_bytes = folder, most_bytes

    def get(self, subject: str, draw: Callable[[], Drawing]) -> Drawing:
        """The drawing of ``subject``, a text that names all it depends on."""
        if self._folder is None:
            return draw()
        name = hashlib.sha256(f"{PRESENTER_VERSION}\n{subject}".encode()).hexdigest()[:32]
        path = self._folder / f"{name}.npz"
        with contextlib.suppress(OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile), np.load(path) as stored:
            return {key: stored[key] for key in stored.files}
        drawn = draw()
        with contextlib.suppress(OSError):
            self._keep(path, drawn)
        return drawn

    def _keep(self, path: Path, drawn: Drawing) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._make_room(path.parent)
        new = path.with_name(f"{uuid4().hex}.new")
        try:
            with new.open("wb") as out:
                arrays: dict[str, Any] = dict(drawn)
                np.savez(out, **arrays)
            os.replace(new, path)
        finally:
            new.unlink(missing_ok=True)

    def _make_room(self, folder: Path) -> None:
        kept = sorted((entry.stat().st_mtime, entry.stat().st_size, entry.path) for entry in os.scandir(folder))
        total = sum(size for _, size, _ in kept)
        for _, size, path in kept:
            if total <= self._most_bytes:
                return
            os.unlink(path)
            total -= size
