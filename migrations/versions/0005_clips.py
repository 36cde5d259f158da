"""Transcripts of videos, the clips cut from them, and searches for moments worth a clip."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

ID = sa.String(36).with_variant(sa.String(36, collation="C"), "postgresql")
DOCUMENT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "video_transcripts",
        sa.Column("video_id", ID, nullable=False),
        sa.Column("workspace_id", ID, nullable=False),
        sa.Column("language", sa.String(20), nullable=True),
        sa.Column("words", DOCUMENT, nullable=False),
        sa.Column("exact", sa.Boolean(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["video_id"], ["videos.id"], name=op.f("fk_video_transcripts_video_id_videos"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("video_id", name=op.f("pk_video_transcripts")),
    )
    op.create_table(
        "clip_variants",
        sa.Column("video_id", ID, nullable=False),
        sa.Column("workspace_id", ID, nullable=False),
        sa.Column("source_id", ID, nullable=False),
        sa.Column("start_ms", sa.BigInteger(), nullable=False),
        sa.Column("end_ms", sa.BigInteger(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("reasons", DOCUMENT, nullable=False),
        sa.Column("caption", sa.Text(), nullable=False),
        sa.Column("wanted", DOCUMENT, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["video_id"], ["videos.id"], name=op.f("fk_clip_variants_video_id_videos"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("video_id", name=op.f("pk_clip_variants")),
    )
    op.create_index("ix_clip_variants_page", "clip_variants", ["workspace_id", "source_id", "created_at", "video_id"])
    op.create_table(
        "clip_searches",
        sa.Column("id", ID, nullable=False),
        sa.Column("workspace_id", ID, nullable=False),
        sa.Column("video_id", ID, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("wanted", DOCUMENT, nullable=False),
        sa.Column("candidates", DOCUMENT, nullable=False),
        sa.Column("clip_ids", DOCUMENT, nullable=False),
        sa.Column("notes", DOCUMENT, nullable=False),
        sa.Column("error_code", sa.String(64), nullable=True),
        sa.Column("error_message", sa.String(2000), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["video_id"], ["videos.id"], name=op.f("fk_clip_searches_video_id_videos"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_clip_searches_workspace_id_workspaces")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clip_searches")),
    )
    op.create_index("ix_clip_searches_status", "clip_searches", ["status", "created_at"])


def downgrade() -> None:
    op.drop_table("clip_searches")
    op.drop_table("clip_variants")
    op.drop_table("video_transcripts")
