"""What accounts with avatar providers list."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

ID = sa.String(36).with_variant(sa.String(36, collation="C"), "postgresql")
KEY = sa.String(200).with_variant(sa.String(200, collation="C"), "postgresql")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
WHEN = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "provider_listings",
        sa.Column("workspace_id", ID, nullable=False),
        sa.Column("provider", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("offered", sa.Boolean(), nullable=False),
        sa.Column("present", sa.Integer(), nullable=False),
        sa.Column("gone", sa.Integer(), nullable=False),
        sa.Column("problem", sa.String(2000), nullable=True),
        sa.Column("tried_at", WHEN, nullable=False),
        sa.Column("verified_at", WHEN, nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "provider"],
            ["provider_accounts.workspace_id", "provider_accounts.name"],
            name="fk_provider_listings_account",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "provider", "kind", name=op.f("pk_provider_listings")),
    )
    op.create_table(
        "catalogue_entries",
        sa.Column("workspace_id", ID, nullable=False),
        sa.Column("provider", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("provider_id", KEY, nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("name_key", KEY, nullable=False),
        sa.Column("facets", sa.Text(), nullable=False),
        sa.Column("owned", sa.Boolean(), nullable=False),
        sa.Column("gender", sa.String(32), nullable=True),
        sa.Column("orientation", sa.String(16), nullable=True),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        *(sa.Column(name, JSON, nullable=False) for name in ("languages", "tags", "engines", "aspect_ratios")),
        sa.Column("default_voice", sa.String(200), nullable=True),
        *(sa.Column(f"preview_{of}_url", sa.Text(), nullable=True) for of in ("image", "video", "audio")),
        sa.Column("readiness", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(500), nullable=True),
        sa.Column("first_seen_at", WHEN, nullable=False),
        sa.Column("verified_at", WHEN, nullable=False),
        sa.Column("gone_at", WHEN, nullable=True),
        sa.ForeignKeyConstraint(
            ["workspace_id", "provider", "kind"],
            ["provider_listings.workspace_id", "provider_listings.provider", "provider_listings.kind"],
            name="fk_catalogue_entries_listing",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("workspace_id", "provider", "kind", "provider_id", name=op.f("pk_catalogue_entries")),
    )
    op.create_index(
        "ix_catalogue_entries_page",
        "catalogue_entries",
        ["workspace_id", "provider", "kind", "name_key", "provider_id"],
    )


def downgrade() -> None:
    op.drop_table("catalogue_entries")
    op.drop_table("provider_listings")
