"""Uploads, jobs that take them in, what was found in them, and chores."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.String(36).with_variant(sa.String(36, collation="C"), "postgresql")
INSTANT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")


def upgrade() -> None:
    op.create_table(
        "uploads",
        sa.Column("id", ID, nullable=False),
        sa.Column("workspace_id", ID, nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("filename", sa.String(length=255), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("source_url", sa.String(length=2000), nullable=True),
        sa.Column("blob", sa.String(length=200), nullable=False),
        sa.Column("multipart_id", sa.String(length=1024), nullable=True),
        sa.Column("part_size", sa.BigInteger(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["id"], ["videos.id"], name=op.f("fk_uploads_id_videos"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_uploads_workspace_id_workspaces")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_uploads")),
    )
    op.create_index("ix_uploads_page", "uploads", ["workspace_id", "created_at", "id"])
    op.create_index("ix_uploads_status", "uploads", ["status", "expires_at"])
    op.create_table(
        "chores",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("due_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_chores")),
    )
    op.add_column("render_jobs", sa.Column("kind", sa.String(length=16), nullable=False, server_default="render"))
    op.add_column("video_revisions", sa.Column("facts", DOCUMENT, nullable=True))


def downgrade() -> None:
    op.drop_column("video_revisions", "facts")
    op.drop_column("render_jobs", "kind")
    op.drop_table("chores")
    op.drop_index("ix_uploads_status", table_name="uploads")
    op.drop_index("ix_uploads_page", table_name="uploads")
    op.drop_table("uploads")
