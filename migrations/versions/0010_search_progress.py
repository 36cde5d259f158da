"""How far a search for moments is, and since when it is at work."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("clip_searches", sa.Column("progress", sa.Float(), nullable=False, server_default="0"))
    op.add_column("clip_searches", sa.Column("started_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("clip_searches", "started_at")
    op.drop_column("clip_searches", "progress")
