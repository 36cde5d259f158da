"""Storyboards for players: WebVTT whose cues point into sheets of small pictures.

The sheets are stored once; the VTT is written when it is asked for, because the links in it expire.
"""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from app.media.captions import stamp
from app.modules.videos.access import services_of
from app.modules.videos.file_links import STORYBOARDS
from app.modules.videos.schemas import Storyboard

router = APIRouter(include_in_schema=False)


def to_vtt(board: Storyboard, duration: float) -> str:
    """One cue for each tile, from its time until that of the next one."""
    cues = [_cue(board, tile, duration) for tile in range(board.tiles)]
    return "WEBVTT\n\n" + "\n".join(cues)


def _cue(board: Storyboard, tile: int, duration: float) -> str:
    start = round(tile * board.interval * 1000)
    end = round(duration * 1000) if tile == board.tiles - 1 else round((tile + 1) * board.interval * 1000)
    sheet, place = divmod(tile, board.columns * board.rows)
    row, column = divmod(place, board.columns)
    box = f"{column * board.tile_width},{row * board.tile_height},{board.tile_width},{board.tile_height}"
    return f"{stamp(start, '.')} --> {stamp(max(end, start + 1), '.')}\n{board.sprite_urls[sheet]}#xywh={box}\n"


@router.get(f"{STORYBOARDS}/{{token}}.vtt")
def storyboard(token: str, request: Request) -> Response:
    services = services_of(request)
    with services.database.read_scope() as session:
        board, duration = services.videos.storyboard(session, token)
    # Players on other pages read it, as they do the sheets.
    headers = {"Cache-Control": "private, max-age=60", "Access-Control-Allow-Origin": "*"}
    return Response(to_vtt(board, duration), media_type="text/vtt", headers=headers)
