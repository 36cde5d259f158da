"""A browser shows what was joined of all kinds of chunks as our decoder does, wherever one seeks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

from app.media.encode import ChunkEncoder, Content
from app.media.package import join
from app.media.stillness import write_still
from tests.media.test_bands import ground, profile, written
from tests.playback.watching import look

LENGTH, STEP = 40, 10
#: In no order: in chunks of each kind, at their beginnings and ends, and where they meet.
SEEN = (75, 3, 159, 40, 119, 0, 39, 121, 79, 80, 100, 41, 20, 158, 120)


def test_a_browser_shows_every_kind_of_chunk_as_it_is(browser: Any, tmp_path: Path) -> None:
    banded, footage, still, joined = (tmp_path / f"{name}.mp4" for name in ("banded", "footage", "still", "joined"))
    written(banded, "text", LENGTH)
    with ChunkEncoder(footage, profile(Content.FOOTAGE)) as encoder:
        encoder.planes.u[:], encoder.planes.v[:] = 128, 128
        for number in range(LENGTH):
            encoder.planes.y[:] = 40 + 4 * number
            encoder.write()
    write_still(ground("lines"), LENGTH, profile(), still)
    join([banded, footage, still, banded], None, joined)
    ours = [picture[::STEP, ::STEP] for picture in colours(joined)]
    shown = look(browser, joined, [(number + 0.5) / 25 for number in SEEN], step=STEP)
    for place, number in enumerate(SEEN):
        apart = [np.abs(shown[place] - other).mean() for other in ours]
        assert apart[number] < 1.5, f"frame {number} looks different"
        assert apart[number] <= min(apart) + 0.05, f"instead of frame {number} another is shown"


def colours(video: Path) -> Iterator[NDArray[np.float64]]:
    """Red, green and blue of every frame, as our decoder shows them."""
    with av.open(str(video)) as media:
        for frame in media.decode(video=0):
            shown = frame.reformat(format="rgb24", src_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.JPEG)
            yield shown.to_ndarray().astype(float)
