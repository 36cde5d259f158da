"""The disk of the database is full for a while, in the middle of a render. Run with a small disk as the data folder.

The first argument is the file that this process and its workers print to.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path

from tests.faults.scene import scene, wait_until

DROPPED = "work was dropped, starting it again"


def main(said: Path, disk: Path) -> None:
    with scene(disk / "data") as stage:
        stage.plays(latency_s=3)
        stage.start_worker()
        job = stage.order(stage.from_vendor())
        wait_until(stage.vendor.accepted)
        filling = disk / "filling"
        fill(filling)
        wait_until(lambda: DROPPED in said.read_text())
        filling.unlink()
        stage.succeeded(stage.wait(job.id))
        assert len(stage.vendor.accepted()) == 1


def fill(path: Path) -> None:
    """Write until there is no room for one byte more."""
    with path.open("wb", buffering=0) as file:
        for size in (65_536, 512, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(bytes(size))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(os.environ["TENEX_DATA"]))
