"""Links to the files of a revision: what is downloaded, what is shown in place, and what goes along with a player."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from app.core.clock import Clock, utc_now
from app.core.signing import SealedTokens, Signer
from app.media.examined import Examined
from app.media.time import decimal_seconds
from app.modules.videos.schemas import (
    CaptionLinks,
    ChapterLinks,
    MediaFacts,
    PictureFacts,
    Preview,
    SoundFacts,
    Storyboard,
    SubtitleLinks,
    TranscriptLinks,
)
from app.storage.links import Links

_UNFIT_FOR_FILES = re.compile(r"[^A-Za-z0-9]+")
_LONGEST_STEM = 60
STORYBOARDS = "/storyboards"
#: The ending of a file by its type, where a player cares.
ENDINGS = {
    "video/mp4": ".mp4",
    "video/webm": ".webm",
    "video/quicktime": ".mov",
    "video/x-matroska": ".mkv",
    "image/jpeg": ".jpg",
}
NO_FILES: Mapping[str, Any] = {
    "preview": None,
    "download_url": None,
    "download_expires_at": None,
    "original_url": None,
    "captions": None,
    "transcript": None,
    "subtitles": [],
    "storyboard": None,
    "media": None,
    "chapters": None,
    "scenes": [],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The video, and the number of the revision whose files are meant."""

    id: str
    title: str
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    """The files of one revision, under the name of its video."""

    links: Links
    stem: str
    files: Mapping[str, Any]

    def link(self, role: str, ending: str | None = None, *, inline: bool = False) -> str:
        file = self.files[role]
        ending = ENDINGS.get(file["type"], "") if ending is None else ending
        return self.links.url(file["blob"], filename=f"{self.stem}{ending}", content_type=file["type"], inline=inline)

    def captions(self, suffix: str = "") -> tuple[str, str]:
        """Links to WebVTT and SRT."""
        return self.link(f"vtt{suffix}", f"{suffix}.vtt", inline=True), self.link(f"srt{suffix}", f"{suffix}.srt")


class StoryboardLinks:
    """Links to ``/storyboards/<token>.vtt``: whoever has one sees the storyboard of one revision, until it expires."""

    def __init__(self, secret: bytes, *, base_url: str, lifetime: timedelta, clock: Clock = utc_now) -> None:
        self._tokens = SealedTokens(Signer(secret, "storyboard"), clock, "Get the video again for a new one.")
        self._base_url, self._lifetime, self._clock = base_url.rstrip("/"), lifetime, clock

    def url(self, video_id: str, revision: int) -> str:
        expires = int((self._clock() + self._lifetime).timestamp())
        token = self._tokens.seal({"video": video_id, "revision": revision, "expires": expires})
        return f"{self._base_url}{STORYBOARDS}/{token}.vtt"

    def open(self, token: str) -> tuple[str, int]:
        """The video and the number of its revision. Raises InvalidLink, LinkExpired."""
        facts = self._tokens.open(token)
        return facts["video"], facts["revision"]


class FileLinks:
    def __init__(self, links: Links, storyboards: StoryboardLinks) -> None:
        self._links, self._storyboards = links, storyboards

    def of(self, video: Shown, files: Mapping[str, Any], facts: Mapping[str, Any] | None) -> dict[str, Any]:
        """What ``VideoOut`` and ``RevisionOut`` say of their files; of none, as long as there is no video."""
        if "video" not in files:
            return dict(NO_FILES)
        known = facts or {}
        named = _Named(links=self._links, stem=file_stem(video.title), files=files)
        return {
            "preview": Preview(
                poster_url=named.link("poster", inline=True),
                video_url=named.link("preview", "-preview.mp4", inline=True),
            ),
            "download_url": named.link("video"),
            "download_expires_at": self._links.expires_at(),
            "original_url": named.link("original", f"-original{_ending_of(files)}") if "original" in files else None,
            "captions": _captions(named),
            "subtitles": [_subtitles(named, place, track) for place, track in enumerate(known.get("subtitles", ()))],
            "storyboard": self.storyboard(video, files, known) if known.get("storyboard") else None,
            "media": _media(files, known) if "examined" in known else None,
            "chapters": _chapters(named),
            "transcript": _transcript(named),
            "scenes": known.get("scenes", []),
        }

    def storyboard(self, video: Shown, files: Mapping[str, Any], facts: Mapping[str, Any]) -> Storyboard:
        """With new links, those to its sheets and the one to its WebVTT."""
        named = _Named(links=self._links, stem=file_stem(video.title), files=files)
        board: Mapping[str, Any] = facts["storyboard"]
        sheets = range(len([role for role in files if role.startswith("storyboard-")]))
        urls = [named.link(f"storyboard-{sheet}", f"-storyboard-{sheet}.jpg", inline=True) for sheet in sheets]
        return Storyboard(vtt_url=self._storyboards.url(video.id, video.revision), sprite_urls=urls, **board)

    def open_storyboard(self, token: str) -> tuple[str, int]:
        """The video and revision a link was made for. Raises InvalidLink, LinkExpired."""
        return self._storyboards.open(token)


def _media(files: Mapping[str, Any], facts: Mapping[str, Any]) -> MediaFacts:
    found, original = Examined.model_validate(facts["examined"]), files["original"]
    picture, sound = found.picture, found.sound
    return MediaFacts(
        container=found.container,
        size=original["size"],
        sha256=original["sha256"],
        duration=decimal_seconds(found.duration),
        picture=PictureFacts(
            codec=picture.codec,
            profile=picture.profile,
            pixel_format=picture.pixel_format,
            width=picture.width,
            height=picture.height,
            rotation=picture.rotation,
            fps=round(float(picture.frame_rate), 3),
            constant_frame_rate=picture.constant,
            interlaced=picture.interlaced,
            hdr=picture.colour.hdr,
            alpha=picture.alpha,
            primaries=picture.colour.primaries,
            transfer=picture.colour.transfer,
            matrix=picture.colour.matrix,
        ),
        sound=None
        if sound is None
        else SoundFacts(
            codec=sound.codec,
            channels=sound.channels,
            layout=sound.layout,
            sample_rate=sound.sample_rate,
            language=sound.language,
        ),
        converted=files["video"]["blob"] != original["blob"],
        reasons=facts["reasons"],
    )


def _captions(named: _Named) -> CaptionLinks | None:
    """Those of a generated video, or the first track of a recording."""
    suffix = "" if "vtt" in named.files else "-0"
    if f"vtt{suffix}" not in named.files:
        return None
    vtt, srt = named.captions(suffix)
    return CaptionLinks(vtt_url=vtt, srt_url=srt)


def _chapters(named: _Named) -> ChapterLinks | None:
    if "chapters-vtt" not in named.files:
        return None
    return ChapterLinks(
        vtt_url=named.link("chapters-vtt", "-chapters.vtt", inline=True),
        json_url=named.link("chapters-json", "-chapters.json", inline=True),
    )


def _transcript(named: _Named) -> TranscriptLinks | None:
    if "transcript-json" not in named.files:
        return None
    return TranscriptLinks(
        json_url=named.link("transcript-json", "-transcript.json", inline=True),
        text_url=named.link("transcript-txt", "-transcript.txt", inline=True),
    )


def _subtitles(named: _Named, number: int, track: Mapping[str, Any]) -> SubtitleLinks:
    vtt, srt = named.captions(f"-{number}")
    return SubtitleLinks(language=track["language"], title=track["title"], vtt_url=vtt, srt_url=srt)


def _ending_of(files: Mapping[str, Any]) -> str:
    """As the file was called."""
    _, dot, ending = files["original"]["blob"].rpartition("/")[2].partition(".")
    return dot + ending


def file_stem(title: str) -> str:
    """A file name, without its ending, that every system takes."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode()
    return _UNFIT_FOR_FILES.sub("-", plain).strip("-").lower()[:_LONGEST_STEM].rstrip("-") or "video"
