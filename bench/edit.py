"""One sentence edited in a webinar of ten minutes: processor time of the second render over that of the first.

Twenty slides, each with half a minute of script that an embedded avatar says in a circle on the slide.
``cpu_over_full`` counts all processes of both workers: speech, drawing, sound of the whole, packaging, and the engine.
``make bench NAME=edit``, or for a quick try ``python -m bench.edit 4`` with so many slides.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from app.media.time import decimal_seconds, parse_rate
from app.modules.videos.composition import Composition, Picture, Scene, Speaker
from app.modules.videos.models import RenderJob
from app.modules.videos.scenery import AssetKind, Transition, TransitionKind
from bench.avatar import spent_by_kind
from bench.material import slides
from bench.measure import cpu_of, report
from bench.webinar import stored
from tests.site import Site, site

SLIDES = 20
WORKERS = 2
_MINUTE = (Path(__file__).parent / "minute.txt").read_text()
HALF = _MINUTE[: _MINUTE.index(".", len(_MINUTE) // 2) + 1]
_EDITED, _INSTEAD = "Part 3 of the review.", "Part three of our own review."


def main(count: int) -> None:
    with tempfile.TemporaryDirectory(prefix="tenex-bench-") as folder, site(Path(folder) / "data") as place:
        pictures = slides(Path(folder), count)
        roots = [place.start_worker().pid for _ in range(WORKERS)]
        place.render_composition(composed(place, pictures[:1]))  # what is imported or built once
        place.workspace_id = place.new_workspace()
        before = composed(place, pictures)
        full, first = measured(place, before, roots)
        scenes = list(before.scenes)
        scenes[2] = scenes[2].model_copy(update={"script": scenes[2].script.replace(_EDITED, _INSTEAD)})
        edit, second = measured(place, before.model_copy(update={"scenes": tuple(scenes)}), roots)
        for name, job, spent in (("whole", first, full), ("edited", second, edit)):
            kinds = spent_by_kind(place.tasks(job.id))
            print(f"{name} {spent:.2f} CPU-s: " + ", ".join(f"{kind} {value:.2f}" for kind, value in kinds.items()))
        revision, receipt = place.revision(first), place.job(second.id).receipt or {}
        print(f"of the second: {receipt['chunks']} chunks, {receipt['takes']} takes")
        report(
            "edit",
            cpu_over_full=edit / full,
            edit_cpu_s=edit,
            full_cpu_s=full,
            video_s=decimal_seconds(revision.frames / parse_rate(revision.fps)),
            chunks_made=receipt["chunks"]["made"],
        )


def composed(place: Site, pictures: list[Path]) -> Composition:
    speaker = Speaker(
        avatar_id="maya", provider="studio", provider_avatar_id="maya", voice_id="espeak-en-us-clara", background="dawn"
    )
    scenes = tuple(
        Scene(
            title=f"Slide {number}",
            slide=stored(place, picture, AssetKind.IMAGE),
            script=f"Part {number} of the review. {HALF}",
            speaker=speaker,
            transition=Transition(kind=TransitionKind.FADE if number > 1 else TransitionKind.CUT),
        )
        for number, picture in enumerate(pictures, 1)
    )
    return Composition(picture=Picture(), scenes=scenes)


def measured(place: Site, composition: Composition, roots: list[int]) -> tuple[float, RenderJob]:
    before = cpu_of(roots)
    job = place.render_composition(composition, seconds=1800)
    time.sleep(1)  # the last process is counted once it has ended
    return cpu_of(roots) - before, job


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else SLIDES)
