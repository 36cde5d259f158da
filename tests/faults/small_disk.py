"""Disks in memory that only one process and its children see; it needs no rights to mount them.

Started as a worker, this one has its storage on such a disk: ``SMALL_DISK`` names the folder to mount it on, and
``SMALL_DISK_ROOM`` the bytes that are left there.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from tests.site import Worker

SIZE = 32 * 1024 * 1024
_FILLING = "filling"
_MOUNT = 'mount -t tmpfs -o "size=$1" tmpfs "$2" && head -c "$3" /dev/zero >"$2/$4" && exec "$5" -m app.worker'


_MOUNT_AND_RUN = 'mount -t tmpfs -o "size=$1k" tmpfs "$2" && shift 2 && exec "$@"'


def run(module: str, *arguments: str, disk: Path, size_kb: int, out: IO[str]) -> subprocess.CompletedProcess[bytes]:
    """Run a module of ours to its end, with a disk of this size in place of the folder."""
    disk.mkdir()
    shell = ["unshare", "-rm", "sh", "-c", _MOUNT_AND_RUN, "sh", str(size_kb), str(disk)]
    command = [*shell, sys.executable, "-m", module, *arguments]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TENEX_")}
    settings = {"TENEX_DATA": str(disk)}
    return subprocess.run(command, env=environment | settings, stdout=out, stderr=out, timeout=120, check=False)


def available() -> bool:
    """Whether this system lets its users have mounts of their own."""
    try:
        return subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        return False


def files_on(worker: Worker, folder: Path) -> list[Path]:
    """What the worker has stored there, as seen from outside."""
    disk = _from_outside(worker, folder)
    return sorted(path for path in disk.rglob("*") if path.is_file() and path.name != _FILLING)


def free(worker: Worker, folder: Path) -> None:
    """Somebody makes room."""
    (_from_outside(worker, folder) / _FILLING).unlink()


def _from_outside(worker: Worker, folder: Path) -> Path:
    return Path(f"/proc/{worker.pid}/root{folder}")


if __name__ == "__main__":
    disk, room = os.environ["SMALL_DISK"], int(os.environ["SMALL_DISK_ROOM"])
    os.makedirs(disk, exist_ok=True)
    os.environ["TENEX_STORAGE"] = f"{disk}/blobs"
    arguments = [str(SIZE), disk, str(SIZE - room), _FILLING, sys.executable]
    os.execvp("unshare", ["unshare", "-rm", "sh", "-c", _MOUNT, "sh", *arguments])
