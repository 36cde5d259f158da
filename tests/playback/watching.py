"""What a browser makes of a file."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

PAGE = """<!doctype html><title>playback</title>
<video src="{name}" width="640" muted controls></video>
<script>
const video = document.querySelector("video");
const seen = new Promise((resolve, reject) => {
  video.onerror = () => reject(new Error(video.error.message));
  video.onended = () => resolve({
    ended: video.currentTime, duration: video.duration, width: video.videoWidth, height: video.videoHeight,
    frames: video.getVideoPlaybackQuality().totalVideoFrames, sound: video.webkitAudioDecodedByteCount,
  });
});
</script>"""


def play(browser: Any, video: Path) -> dict[str, Any]:
    """Play the file to its end: when it ended, how large it is, how many frames and bytes of sound were decoded."""
    page_file = video.with_name("page.html")
    page_file.write_text(PAGE.replace("{name}", video.name))
    page = browser.new_page()
    page.goto(page_file.as_uri())
    page.evaluate("video.play()")
    return page.evaluate("seen")


LOOK = """async ([data, times, step]) => {
  const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
  const video = document.createElement("video");
  video.muted = true;
  document.body.append(video);
  const told = (name) => new Promise((resolve, reject) => {
    video.addEventListener(name, resolve, { once: true });
    video.onerror = () => reject(new Error(video.error.message));
  });
  // A seek may be over before its frame is there to be drawn.
  const shows = (time) => new Promise((resolve, reject) => {
    setTimeout(() => reject(new Error(`second ${time} was never shown`)), 30000);
    const check = (_, { mediaTime }) =>
      time >= mediaTime && time < mediaTime + 0.04 ? resolve() : video.requestVideoFrameCallback(check);
    video.requestVideoFrameCallback(check);
  });
  const loaded = told("loadeddata");
  video.src = URL.createObjectURL(new Blob([bytes], { type: "video/mp4" }));
  await loaded;
  const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const seen = [];
  for (const time of times) {
    const there = shows(time);
    video.currentTime = time;
    await there;
    pen.drawImage(video, 0, 0);
    const shown = pen.getImageData(0, 0, canvas.width, canvas.height).data;
    const rows = [];
    for (let y = 0; y < canvas.height; y += step) {
      const row = [];
      for (let x = 0; x < canvas.width; x += step) {
        const at = 4 * (y * canvas.width + x);
        row.push(shown[at], shown[at + 1], shown[at + 2]);
      }
      rows.push(row);
    }
    seen.push(rows);
  }
  return seen;
}"""


def look(browser: Any, video: Path, times: Sequence[float], *, step: int) -> NDArray[np.float64]:
    """What it shows at these seconds of 25 frames each, every so many pixels: times x rows x columns x RGB."""
    page = browser.new_page()
    page.set_content("<title>look</title>")
    seen = np.array(page.evaluate(LOOK, [base64.b64encode(video.read_bytes()).decode(), list(times), step]), float)
    return seen.reshape(*seen.shape[:2], -1, 3)
