"""Finding videos: duration, tags and sort keys, a full-text index, and references from other modules."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from fractions import Fraction
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

# What is stored has to be what the running code compares with.
from app.modules.videos.texts import marks_of, number_at, values_in
from app.modules.videos.words import terms_of, title_key, words_of

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.String(36).with_variant(sa.String(36, collation="C"), "postgresql")
KEY = sa.String(200).with_variant(sa.String(200, collation="C"), "postgresql")
INSTANT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
TERMS = sa.Text().with_variant(postgresql.TSVECTOR(), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

AT_ONCE = 500
# Terms are whole as they are: nothing is cut, folded or stemmed once more. The texts stay where they are, and which
# term stands where is not asked.
_INDEX = (
    "CREATE VIRTUAL TABLE video_terms USING fts5("
    "terms, content='video_texts', content_rowid='number', detail=none, columnsize=0, tokenize='ascii')"
)
_ADD = "INSERT INTO video_terms(rowid, terms) VALUES (new.number, new.terms);"
_TAKE = "INSERT INTO video_terms(video_terms, rowid, terms) VALUES ('delete', old.number, old.terms);"
_TRIGGERS = (
    f"CREATE TRIGGER video_texts_added AFTER INSERT ON video_texts BEGIN {_ADD} END",
    f"CREATE TRIGGER video_texts_removed AFTER DELETE ON video_texts BEGIN {_TAKE} END",
    f"CREATE TRIGGER video_texts_changed AFTER UPDATE OF terms ON video_texts BEGIN {_TAKE} {_ADD} END",
)

# Terms are kept aside on Postgres: whoever sorts many matches reads their numbers only, dozens from a page.
_NARROW = (
    "ALTER TABLE video_texts SET (toast_tuple_target = 128)",
    "ALTER TABLE video_texts ALTER COLUMN terms SET STORAGE EXTERNAL",
)


def upgrade() -> None:
    op.add_column("videos", sa.Column("title_key", KEY, nullable=False, server_default=""))
    op.add_column("videos", sa.Column("tags", DOCUMENT, nullable=False, server_default="[]"))
    op.add_column("videos", sa.Column("duration_ms", sa.BigInteger(), nullable=True))
    op.create_table(
        "video_texts",
        sa.Column("number", NUMBER, autoincrement=False, nullable=False),
        sa.Column("video_id", ID, nullable=False),
        sa.Column("workspace_id", ID, nullable=False),
        sa.Column("spoken", sa.Text(), nullable=False),
        sa.Column("terms", TERMS, nullable=False),
        sa.ForeignKeyConstraint(
            ["video_id"], ["videos.id"], name=op.f("fk_video_texts_video_id_videos"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_video_texts")),
        sa.UniqueConstraint("video_id", name=op.f("uq_video_texts_video_id")),
    )
    op.create_table(
        "video_references",
        sa.Column("video_id", ID, nullable=False),
        sa.Column("module", KEY, nullable=False),
        sa.Column("ref_id", KEY, nullable=False),
        sa.Column("label", sa.String(length=200), nullable=True),
        sa.Column("url", sa.String(length=2000), nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["video_id"], ["videos.id"], name=op.f("fk_video_references_video_id_videos"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("video_id", "module", "ref_id", name=op.f("pk_video_references")),
    )
    if op.get_bind().dialect.name == "sqlite":
        for statement in (_INDEX, *_TRIGGERS):
            op.execute(statement)
    else:
        for statement in _NARROW:
            op.execute(statement)
    _fill(op.get_bind())
    op.create_index("ix_videos_updated", "videos", ["workspace_id", "updated_at", "id"])
    op.create_index("ix_videos_title", "videos", ["workspace_id", "title_key", "id"])
    op.create_index("ix_videos_duration", "videos", ["workspace_id", sa.text("coalesce(duration_ms, -1)"), "id"])
    op.create_index("ix_video_texts_walk", "video_texts", ["workspace_id", "number"])
    if op.get_bind().dialect.name == "postgresql":
        op.create_index("ix_video_texts_terms", "video_texts", ["terms"], postgresql_using="gin")


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for name in ("added", "removed", "changed"):
            op.execute(f"DROP TRIGGER video_texts_{name}")
        op.execute("DROP TABLE video_terms")
    op.drop_table("video_references")
    op.drop_table("video_texts")
    for name in ("duration", "title", "updated"):
        op.drop_index(f"ix_videos_{name}", table_name="videos")
    for name in ("duration_ms", "tags", "title_key"):
        op.drop_column("videos", name)


# what is there already -----------------------------------------------------------------------------------------------

VIDEOS = sa.table(
    "videos",
    sa.column("id", ID),
    sa.column("workspace_id", ID),
    sa.column("parent_id", ID),
    sa.column("kind", sa.String()),
    sa.column("title", sa.String()),
    sa.column("title_key", KEY),
    sa.column("metadata", DOCUMENT),
    sa.column("revision", sa.Integer()),
    sa.column("last_revision", sa.Integer()),
    sa.column("duration_ms", sa.BigInteger()),
    sa.column("created_at", INSTANT),
)
REVISIONS = sa.table(
    "video_revisions",
    sa.column("video_id", ID),
    sa.column("number", sa.Integer()),
    sa.column("frames", sa.Integer()),
    sa.column("fps", sa.String()),
    sa.column("composition", DOCUMENT),
)
JOBS = sa.table(
    "render_jobs", sa.column("video_id", ID), sa.column("revision", sa.Integer()), sa.column("composition", DOCUMENT)
)
TEXTS = sa.table(
    "video_texts",
    sa.column("number", NUMBER),
    sa.column("video_id", ID),
    sa.column("workspace_id", ID),
    sa.column("spoken", sa.Text()),
    sa.column("terms", TERMS),
)


def _fill(connection: sa.Connection) -> None:
    number = 0
    for rows in _videos(connection):
        keys = [
            {"of": row.id, "title_key": title_key(row.title, 200), "duration_ms": _duration_ms(row)} for row in rows
        ]
        values = {name: sa.bindparam(name) for name in ("title_key", "duration_ms")}
        connection.execute(sa.update(VIDEOS).where(VIDEOS.c.id == sa.bindparam("of")).values(**values), keys)
        texts: list[dict[str, Any]] = []
        for row in rows:
            number = max(number + 1, number_at(row.created_at.replace(tzinfo=UTC)))
            texts.append({"number": number, **_text(row)})
        connection.execute(sa.insert(TEXTS), texts)


def _videos(connection: sa.Connection) -> Iterator[list[Any]]:
    """All videos, some at a time, with the revision that is shown, or else what was asked for last."""
    shown = sa.and_(REVISIONS.c.video_id == VIDEOS.c.id, REVISIONS.c.number == VIDEOS.c.revision)
    asked = sa.and_(JOBS.c.video_id == VIDEOS.c.id, JOBS.c.revision == VIDEOS.c.last_revision)
    place = (VIDEOS.c.created_at, VIDEOS.c.id)
    statement = (
        sa.select(VIDEOS, REVISIONS.c.frames, REVISIONS.c.fps, REVISIONS.c.composition, JOBS.c.composition.label("job"))
        .outerjoin(REVISIONS, shown)
        .outerjoin(JOBS, asked)
        .order_by(*place)
        .limit(AT_ONCE)
    )
    rows = list(connection.execute(statement))
    while rows:
        yield rows
        last = (rows[-1].created_at, rows[-1].id)
        rows = list(connection.execute(statement.where(sa.tuple_(*place) > sa.tuple_(*map(sa.literal, last)))))


def _duration_ms(row: Any) -> int | None:
    return None if row.frames is None else round(row.frames / Fraction(row.fps) * 1000)


def _text(row: Any) -> dict[str, Any]:
    scenes = (row.composition or row.job or {}).get("scenes", [])
    spoken = list(dict.fromkeys(word for scene in scenes for word in words_of(scene["script"])))
    named = [word for name in (row.title, *values_in(row.metadata)) for word in words_of(name)]
    return {
        "video_id": row.id,
        "workspace_id": row.workspace_id,
        "spoken": " ".join(spoken),
        "terms": terms_of(row.workspace_id, [*named, *spoken], marks_of(row.kind, row.parent_id, ())),
    }
