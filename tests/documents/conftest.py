"""Files are judged as they are in production: in children of a real nursery, within the limits that are suggested."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.documents import children
from app.media.children import Limits, Nursery
from app.media.errors import ChildFailed

_LIMITS: dict[str, tuple[Limits, float]] = {
    "identify_file": (children.IDENTIFYING, children.IDENTIFYING_S),
    "prepare_deck": (children.PREPARING, children.PREPARING_S),
    "render_range": (children.RENDERING, children.RENDERING_S),
}


class Desk:
    """Studies files that were uploaded; what is made of them goes into ``folder``."""

    def __init__(self, nursery: Nursery, folder: Path) -> None:
        self._nursery, self._uploads, self.folder = nursery, folder / "uploads", folder / "task"
        self._uploads.mkdir()
        self.folder.mkdir()

    def write(self, name: str, content: bytes) -> Path:
        path = self._uploads / name
        path.write_bytes(content)
        return path

    def run(self, target: str, path: Path, **more: Any) -> dict[str, Any]:
        limits, deadline_s = _LIMITS.get(target, (children.STUDYING, children.STUDYING_S))
        task = {"path": str(path), "name": path.name, "folder": str(self.folder), **more}
        running = self._nursery.run(
            f"app.documents.children:{target}", task, deadline_s=more.get("patience_s", deadline_s), limits=limits
        )
        return asyncio.run(running).result

    def study(self, path: Path, **more: Any) -> dict[str, Any]:
        """Identify the file, then what its kind asks for (of a deck: all but the rendering)."""
        kind = self.run("identify_file", path)
        target = "prepare_deck" if kind["kind"] == "deck" else f"study_{kind['kind']}"
        return self.run(target, path, format=kind["format"], **more)

    def pages_of(self, deck: Path) -> Path:
        """What the pages of a studied deck are rendered from."""
        return deck if deck.suffix == ".pdf" else self.folder / "deck.pdf"

    def refusal(self, path: Path, **more: Any) -> ChildFailed:
        """The error that a file ends with, which must be there."""
        with pytest.raises(ChildFailed) as caught:
            self.study(path, **more)
        return caught.value


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    nursery = Nursery(preload=["app.documents.children"])
    yield nursery
    nursery.close()


@pytest.fixture
def desk(nursery: Nursery, tmp_path: Path) -> Desk:
    return Desk(nursery, tmp_path)
