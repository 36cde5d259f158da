"""The frames of a composition before any encoder has seen them: what one is given, and results are compared to."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av

from app.avatars.studio.prints import Prints
from app.media.encode import planes_of
from app.modules.videos.composition import Composition
from app.modules.videos.models import RenderJob
from app.modules.videos.pipeline.layers import Studio
from app.modules.videos.pipeline.layout import Chunk, Layout, lay_out
from app.modules.videos.pipeline.needs import needs_of_chunks
from app.modules.videos.pipeline.painting import painter_of
from app.modules.videos.scenery import Asset
from tests.site import Site


def finished_frames(place: Site, composition: Composition, job: RenderJob) -> Iterator[av.VideoFrame]:
    """Those of a composition of recordings and slides, of which the job was made; one object for all of them."""
    layout = lay_out(composition, (), {})
    made = {task.fingerprint for task in place.tasks(job.id) if task.kind == "chunk"}
    assert made == {chunk.fingerprint for chunk in layout.chunks}, "the job has drawn something else"
    yield from drawn(place, layout)


def drawn(place: Site, layout: Layout) -> Iterator[av.VideoFrame]:
    with tempfile.TemporaryDirectory() as prints:
        for chunk in layout.chunks:
            frame = av.VideoFrame(chunk.width, chunk.height, "yuv420p")
            planes = planes_of(frame)
            studio = Studio(
                width=chunk.width,
                height=chunk.height,
                fps=Fraction(chunk.fps),
                files={asset.sha256: path_of(place, asset) for asset in assets_of(chunk)},
                prints=Prints(Path(prints)),
            )
            painter = painter_of(chunk.look, chunk.fade, studio, chunk.subtitles)
            for index in range(chunk.frames):
                painter.paint(index, planes)
                yield frame


def assets_of(chunk: Chunk) -> tuple[Asset, ...]:
    return tuple(needs_of_chunks([chunk]).assets)


def path_of(place: Site, asset: Asset) -> Path:
    with place.services.platform.blobs.as_file(asset.blob) as path:
        return path
