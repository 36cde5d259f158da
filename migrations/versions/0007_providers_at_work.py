"""When takes were asked for at providers, how long they took, what they cost; and what an account may be asked for."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

DOCUMENT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
INSTANT = sa.DateTime(timezone=True)


def _intents() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.Column("ready_at", INSTANT, nullable=True),
        sa.Column("noticed_at", INSTANT, nullable=True),
        sa.Column("said", sa.String(500), nullable=True),
        sa.Column("length_ms", sa.Integer(), nullable=True),
        sa.Column("cost_microusd", sa.BigInteger(), nullable=True),
    )


def _accounts() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("most_at_once", sa.Integer(), nullable=True),
        sa.Column("most_a_minute", sa.Integer(), nullable=True),
        sa.Column("microusd_a_minute", sa.BigInteger(), nullable=True),
        sa.Column("sealed_hook_secret", sa.Text(), nullable=True),
        sa.Column("usual_s", sa.Integer(), nullable=True),
        sa.Column("slow_s", sa.Integer(), nullable=True),
    )


def upgrade() -> None:
    for column in _intents():
        op.add_column("take_intents", column)
    for column in _accounts():
        op.add_column("provider_accounts", column)
    op.create_index("ix_take_intents_account", "take_intents", ["workspace_id", "provider", "status", "updated_at"])
    op.create_index("ix_take_intents_sent", "take_intents", ["workspace_id", "provider", "sent_at"])
    op.add_column("avatar_profiles", sa.Column("fallbacks", DOCUMENT, nullable=False, server_default="[]"))
    op.add_column("render_jobs", sa.Column("adjustments", DOCUMENT, nullable=False, server_default="[]"))


def downgrade() -> None:
    op.drop_column("render_jobs", "adjustments")
    op.drop_column("avatar_profiles", "fallbacks")
    op.drop_index("ix_take_intents_sent", "take_intents")
    op.drop_index("ix_take_intents_account", "take_intents")
    for column in _accounts():
        op.drop_column("provider_accounts", column.name)
    for column in _intents():
        op.drop_column("take_intents", column.name)
