"""Recordings as people bring them, made by ffmpeg when a test asks, each once for a run.

Most show the scene: three seconds at 25 frames a second, 320 x 180. The upper half of each picture carries its number
as sixteen bars, the lower half flashes white once a second, for one frame, and with each flash there is a click.
"""

from __future__ import annotations

import shlex
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from app.media.ffmpeg import run_ffmpeg

WIDTH, HEIGHT, FRAMES = 320, 180, 75
_BITS = 16
_LUMA = "if(lt(Y,90),if(mod(floor(N/pow(2,floor(X/20))),2),235,16),if(mod(N,{rate}),60,235))"
_SCENE = (
    "-f lavfi -i \"color=gray:s=320x180:r={rate},format=yuv420p,geq=lum='{luma}':cb=128:cr=128\" "
    "-f lavfi -i \"aevalsrc=exprs='if(lt(mod(t,1),0.004),0.8*sin(2*PI*2000*t),0)':s=48000\" "
    "-t {seconds} -c:v ffv1 -pix_fmt yuv420p -c:a pcm_s16le"
)
_X264 = "-c:v libx264 -preset veryfast -pix_fmt yuv420p"
_H264 = f"{_X264} -c:a aac"
_HDR = "-c:v libx265 -preset ultrafast -pix_fmt yuv420p10le -tag:v hvc1 -c:a aac -x265-params log-level=error"
_WOVEN = "-c:v mpeg2video -b:v 2M -flags +ilme+ildct -c:a mp2"
_SUBTITLED = f"-i scene.mkv -i one.srt -i two.srt -map 0 -map 1 -map 2 {_H264} -metadata:s:s:0 language=eng"
_CORNERS = (
    "-f lavfi -i color=red:s=160x90:r=25:d=1 -f lavfi -i color=lime:s=160x90:r=25:d=1 "
    "-f lavfi -i color=blue:s=160x90:r=25:d=1 -f lavfi -i color=white:s=160x90:r=25:d=1 "
    "-filter_complex [0][1][2][3]xstack=inputs=4:layout=0_0|w0_0|0_h0|w0_h0,format=yuv420p"
)
#: Twenty seconds at 10 frames a second; each second is brighter than the one before, until it is dark again.
_SECONDS = (
    "-f lavfi -i \"color=gray:s=320x180:r=10:d=20,format=yuv420p,geq=lum='40+mod(floor(T),10)*20':cb=128:cr=128\""
)

#: File → how it is made, in ffmpeg's words. A word that is the name of another recording stands for its file.
RECIPES = {
    "scene.mkv": _SCENE.format(rate=25, seconds=3, luma=_LUMA.format(rate=25)),
    "scene30.mkv": _SCENE.format(rate="30000/1001", seconds=4, luma=_LUMA.format(rate=30)),
    "h264.mp4": f"-i scene.mkv {_H264} -movflags +faststart",
    "index_at_end.mp4": f"-i scene.mkv {_H264}",
    "fragmented.mp4": "-i index_at_end.mp4 -c copy -movflags frag_keyframe+empty_moov",
    "silent.mp4": f"-i scene.mkv {_X264} -an",
    "h264.mov": f"-i scene.mkv {_H264}",
    "h264.mkv": f"-i scene.mkv {_H264}",
    "ntsc.mkv": f"-i scene30.mkv {_H264}",
    "h264.ts": f"-i scene.mkv {_H264} -output_ts_offset 3600.5",
    "h264.flv": f"-i scene.mkv {_H264} -ar 44100",
    "vp9.webm": "-i scene.mkv -c:v libvpx-vp9 -cpu-used 8 -b:v 500k -c:a libopus",
    "vp9.mkv": "-i scene.mkv -c:v libvpx-vp9 -cpu-used 8 -b:v 500k -c:a libopus",
    "odd.webm": "-i scene.mkv -vf scale=321:181,setsar=1 -c:v libvpx-vp9 -cpu-used 8 -b:v 500k -an",
    "av1.mp4": "-i scene.mkv -c:v libaom-av1 -cpu-used 8 -usage realtime -b:v 300k -c:a aac",
    "pq.mp4": f"-i scene.mkv {_HDR}:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc",
    "hlg.mp4": f"-i scene.mkv {_HDR}:colorprim=bt2020:transfer=arib-std-b67:colormatrix=bt2020nc",
    "hevc.ts": "-i scene.mkv -c:v libx265 -preset ultrafast -x265-params log-level=error:keyint=20 -bf 3 -c:a aac "
    "-output_ts_offset 50",
    "corners.mp4": f"{_CORNERS} -c:v libx265 -preset ultrafast -x265-params log-level=error",
    "corners90.mp4": "-display_rotation -90 -i corners.mp4 -c copy",
    "corners180.mp4": "-display_rotation 180 -i corners.mp4 -c copy",
    "corners270.mp4": "-display_rotation 90 -i corners.mp4 -c copy",
    "turned_corners.mp4": "-display_rotation -90 -i h264_corners.mp4 -c copy",
    "h264_corners.mp4": f"{_CORNERS} {_X264}",
    "seconds.mp4": f"{_SECONDS} -g 10 {_X264}",
    "one_key.mp4": f"{_SECONDS} -g 10000 -keyint_min 10000 -sc_threshold 0 {_X264}",
    "long.mp4": "-stream_loop 359 -i seconds.mp4 -c copy",
    "dark_start.mp4": "-f lavfi -i testsrc2=s=320x180:r=25:d=8 -vf drawbox=t=fill:color=black:enable='lt(t\\,3)' "
    f"-g 25 {_X264}",
    "second_picture.mp4": "-i silent.mp4 -i h264_corners.mp4 -map 0:v -map 1:v -c copy -disposition:v:0 0 "
    "-disposition:v:1 default",
    "fragments.mp4": "-i silent.mp4 -c copy -movflags frag_keyframe+empty_moov+default_base_moof",
    "bars601.mp4": "-f lavfi -i smptebars=s=320x240:d=1:r=25 -vf scale=out_color_matrix=bt601,format=yuv420p "
    "-c:v mpeg4 -q:v 2 -colorspace smpte170m",
    "hevc.mp4": "-i scene.mkv -c:v libx265 -preset ultrafast -x265-params log-level=error -c:a aac",
    "prores.mov": "-i scene.mkv -c:v prores_ks -profile:v 3 -pix_fmt yuv422p10le -c:a pcm_s16le",
    "mpeg4.avi": "-i scene.mkv -c:v mpeg4 -b:v 1M -c:a libmp3lame",
    "wmv2.wmv": "-i scene.mkv -c:v wmv2 -b:v 1M -c:a wmav2",
    "tff.mpg": f"-f lavfi -i testsrc2=s=720x576:r=50:d=2 -vf interlace=scan=tff,setsar=64/45 {_WOVEN} -an",
    "bff.mpg": f"-f lavfi -i testsrc2=s=720x480:r=60000/1001:d=2 -vf interlace=scan=bff {_WOVEN} -an",
    "anamorphic.mp4": f"-i scene.mkv -vf scale=240:180,setsar=4/3 {_H264}",
    "nearly_square.mp4": f"-i scene.mkv -vf setsar=1001/1000 {_X264} -an",
    "woven.mp4": "-f lavfi -i testsrc2=s=720x576:r=50:d=2 -vf interlace=scan=tff,setsar=1 "
    f"{_X264} -flags +ilme+ildct -x264-params tff=1",
    "turned_hevc.mp4": "-display_rotation -90 -i hevc.mp4 -c copy",
    "turned90.mp4": "-display_rotation -90 -i h264.mp4 -c copy",
    "turned180.mp4": "-display_rotation 180 -i h264.mp4 -c copy",
    "turned270.mp4": "-display_rotation 90 -i h264.mp4 -c copy",
    "vfr.mp4": f"-i scene.mkv -vf select='not(between(mod(n\\,25)\\,5\\,11))' -fps_mode passthrough {_H264}",
    "gap.mp4": f"-i scene.mkv -vf setpts='PTS+gte(N\\,40)*20/TB' -fps_mode passthrough {_X264} -an",
    "trimmed.mp4": "-ss 0.5 -i h264.mp4 -c copy -avoid_negative_ts disabled",
    "late.mp4": f"-i scene.mkv -itsoffset 0.8 -i scene.mkv -map 1:v -map 0:a {_H264}",
    "surround.mkv": f"-i scene.mkv -af pan=5.1|FL=c0|FC=c0|FR=c0|BL=c0|BR=c0|LFE=c0 {_X264} -c:a ac3",
    "mono.mkv": "-i scene.mkv -c:v libx265 -preset ultrafast -x265-params log-level=error -ac 1 -c:a aac",
    "cover.mp3": "-i scene.mkv -map 0:a -map 0:v -c:a libmp3lame -c:v mjpeg -pix_fmt yuvj420p -frames:v 1",
    "cover.m4a": "-i scene.mkv -map 0:a -map 0:v -c:a aac -c:v mjpeg -pix_fmt yuvj420p -frames:v 1 "
    "-disposition:v attached_pic",
    "sound.m4a": "-i scene.mkv -map 0:a -c:a aac",
    "moving.gif": "-i scene.mkv -an -r 10",
    "still.gif": "-i scene.mkv -an -frames:v 1",
    "subtitled.mp4": f"{_SUBTITLED} -metadata:s:s:1 language=deu -c:s mov_text",
    "styled.mkv": f"-i scene.mkv -i styled.ass -map 0 -map 1 {_H264} -c:s copy",
    "subtitled.mkv": f"{_SUBTITLED} -metadata:s:s:1 language=deu -metadata:s:s:1 title=Deutsch -c:s srt",
}
TEXTS = {
    "one.srt": "1\n00:00:00,500 --> 00:00:01,250\nHello <i>there</i>\n\n"
    "2\n00:00:01,500 --> 00:00:02,500\n{\\an8}Two\nlines & <b>more</b>\n",
    "styled.ass": "[Script Info]\nScriptType: v4.00+\n\n[V4+ Styles]\nFormat: Name, Fontname, Fontsize\n"
    "Style: Default,Arial,20\n\n[Events]\n"
    "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
    "Dialogue: 0,0:00:02.00,0:00:02.80,Default,,0,0,0,,Said {\\b1}last{\\b0}\n"
    "Dialogue: 0,0:00:00.20,0:00:00.90,Default,,0,0,0,,{\\pos(10,10)}Said first\\Nin two lines\n"
    "Dialogue: 0,0:00:01.00,0:00:01.50,Default,,0,0,0,,{\\p1}m 0 0 l 100 0 100 100 0 100{\\p0}\n"
    "Comment: 0,0:00:01.00,0:00:01.50,Default,,0,0,0,,A note of the author\n",
    "two.srt": "1\n00:00:00,500 --> 00:00:01,250\nGuten Tag\n",
}


class Recordings:
    """Makes the files of ``RECIPES`` and ``TEXTS`` in a folder, when they are first asked for."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._recipes = folder, dict(RECIPES)

    def __getitem__(self, name: str) -> Path:
        path = self._folder / name
        if not path.exists() and name in TEXTS:
            path.write_text(TEXTS[name], encoding="utf-8")
        if not path.exists():
            known = self._recipes.keys() | TEXTS.keys()
            words = [str(self[word]) if word in known else word for word in shlex.split(self._recipes[name])]
            run_ffmpeg((*words, str(path)), timeout_s=120)
        return path

    def made(self, name: str, recipe: str) -> Path:
        """A recording of one test's own."""
        self._recipes[name] = recipe
        return self[name]


def barcode(luma: NDArray[np.uint8]) -> int:
    """The number of a picture of the scene, whatever size it was scaled to."""
    height, width = luma.shape
    row = luma[height // 4]
    return sum(int(row[(2 * bit + 1) * width // (2 * _BITS)] > 128) << bit for bit in range(_BITS))


def flashes(luma: NDArray[np.uint8]) -> bool:
    height, width = luma.shape
    return bool(luma[height * 3 // 4, width // 2] > 150)
