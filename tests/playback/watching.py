"""What a browser makes of a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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
