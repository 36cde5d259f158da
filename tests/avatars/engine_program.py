"""An engine for tests, started as any other is: ``engine_program.py CONDUCT --image P --audio A --out O [--note N]``.

``CONDUCT`` is what it does. ``N`` is where it writes down the processes that it started.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
import wave
from pathlib import Path

import imageio_ffmpeg

_SLEEPER = "import os, time; os.setsid(); time.sleep(600)"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("conduct")
    for name in ("--image", "--audio", "--script", "--out", "--note", "--size"):
        parser.add_argument(name)
    given = parser.parse_args()
    globals()[given.conduct](given)


def good(given: argparse.Namespace) -> None:
    """A film without sound, as long as the speech."""
    assert Path(given.image).read_bytes()
    film(given, "-t", str(seconds(given)))


def sounding(given: argparse.Namespace) -> None:
    film(given, "-f", "lavfi", "-i", "sine=440", "-c:a", "aac", "-t", str(seconds(given)))


def silent(given: argparse.Namespace) -> None:
    film(given, "-f", "lavfi", "-i", "anullsrc", "-c:a", "aac", "-t", str(seconds(given)))


def short(given: argparse.Namespace) -> None:
    film(given, "-t", "0.4")


def hang(given: argparse.Namespace) -> None:
    print("loading the model", flush=True)
    breed(given)
    time.sleep(600)


def left(given: argparse.Namespace) -> None:
    """It is done, and what it started goes on."""
    breed(given)
    good(given)


def hungry(given: argparse.Namespace) -> None:
    held = [bytearray(b"x" * 50_000_000) for _ in range(100)]
    time.sleep(len(held))


def crowd(given: argparse.Namespace) -> None:
    """Each of them has less than it may, all together more."""
    eater = "import time; held = bytearray(b'x' * 60_000_000); time.sleep(600)"
    for _ in range(6):
        subprocess.Popen([sys.executable, "-c", eater])
    time.sleep(600)


def nothing(given: argparse.Namespace) -> None:
    print("all done")


def empty(given: argparse.Namespace) -> None:
    Path(given.out).touch()


def text(given: argparse.Namespace) -> None:
    Path(given.out).write_text("This is not a film. " * 100)


def webm(given: argparse.Namespace) -> None:
    film(given, "-t", str(seconds(given)), "-f", "matroska")


def fail(given: argparse.Namespace) -> None:
    print("a long tale " * 100_000)
    sys.exit("CUDA error: no kernel image is available")


def huge(given: argparse.Namespace) -> None:
    with open(given.out, "wb") as file:
        file.seek(100_000_000_000)
        file.write(b"x")


def many(given: argparse.Namespace) -> None:
    for number in range(1_000_000):
        Path(given.out).with_name(f"frame-{number}.raw").write_bytes(bytes(1_000_000))


def environment(given: argparse.Namespace) -> None:
    sys.exit(f"{sorted(os.environ)} {os.getcwd()} {given.size} {os.environ.get('MODELS')} {os.environ['TMPDIR']}")


def reader(given: argparse.Namespace) -> None:
    """It would speak itself."""
    sys.exit(f"I was to say: {Path(given.script).read_text()}")


def mute(given: argparse.Namespace) -> None:
    film(given, "-t", "1")


def breed(given: argparse.Namespace) -> None:
    """A child, and one that leaves the group and the session and is nobody's child any more."""
    child = subprocess.Popen(["sleep", "600"])
    leaver = (
        f"import subprocess, sys; print(subprocess.Popen([sys.executable, '-c', {_SLEEPER!r}], stdout=sys.stderr).pid)"
    )
    left = subprocess.run([sys.executable, "-c", leaver], stdout=subprocess.PIPE, text=True, check=True)
    draft = Path(f"{given.note}.draft")
    draft.write_text(f"{os.getpid()} {child.pid} {left.stdout}")
    draft.rename(given.note)


def seconds(given: argparse.Namespace) -> float:
    with wave.open(given.audio) as sound:
        return sound.getnframes() / sound.getframerate()


def film(given: argparse.Namespace, *more: str) -> None:
    picture = ("-f", "lavfi", "-i", f"testsrc2=s={given.size or '320x180'}:r=25")
    coded = ("-c:v", "libx264", "-preset", "ultrafast", "-threads", "1")
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *picture, *more[:-2], *coded, *more[-2:]]
    subprocess.run([*command, given.out], check=True, stdin=subprocess.DEVNULL)


if __name__ == "__main__":
    main()
