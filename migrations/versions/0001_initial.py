"""The tables of accounts, credits, videos and idempotency."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.String(36).with_variant(sa.String(36, collation="C"), "postgresql")
INSTANT = sa.DateTime(timezone=True)
DOCUMENT = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")

_REFUSAL = "credit_entries is append-only: write a new entry instead"
_SQLITE_GUARDS = tuple(
    f"CREATE TRIGGER credit_entries_no_{verb.lower()} BEFORE {verb} ON credit_entries "
    f"BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END"
    for verb in ("UPDATE", "DELETE")
)
_POSTGRES_GUARDS = (
    f"CREATE FUNCTION refuse_credit_entry_change() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN RAISE EXCEPTION '{_REFUSAL}'; END $$",
    "CREATE TRIGGER credit_entries_append_only BEFORE UPDATE OR DELETE ON credit_entries "
    "FOR EACH ROW EXECUTE FUNCTION refuse_credit_entry_change()",
    "CREATE TRIGGER credit_entries_no_truncate BEFORE TRUNCATE ON credit_entries "
    "FOR EACH STATEMENT EXECUTE FUNCTION refuse_credit_entry_change()",
)


def upgrade() -> None:
    op.create_table(
        "idempotency_records",
        sa.Column("workspace_id", ID, nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("expires_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "key", name=op.f("pk_idempotency_records")),
    )
    op.create_index(op.f("ix_idempotency_records_expires_at"), "idempotency_records", ["expires_at"], unique=False)
    op.create_table(
        "workspaces",
        sa.Column("id", ID, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("webhook_secret", sa.String(length=100), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workspaces")),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", ID, nullable=False),
        sa.Column("workspace_id", ID, nullable=False),
        sa.Column("prefix", sa.String(length=32), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("scopes", DOCUMENT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("revoked_at", INSTANT, nullable=True),
        sa.Column("last_used_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_api_keys_workspace_id_workspaces")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("prefix", name=op.f("uq_api_keys_prefix")),
    )
    op.create_index("ix_api_keys_page", "api_keys", ["workspace_id", "created_at", "id"], unique=False)
    op.create_table(
        "artifacts",
        sa.Column("workspace_id", ID, nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("blob", sa.String(length=200), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("facts", DOCUMENT, nullable=False),
        sa.Column("job_id", ID, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("used_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_artifacts_workspace_id_workspaces")),
        sa.PrimaryKeyConstraint("workspace_id", "fingerprint", name=op.f("pk_artifacts")),
    )
    op.create_table(
        "avatar_profiles",
        sa.Column("id", ID, nullable=False),
        sa.Column("workspace_id", ID, nullable=True),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column("provider_avatar_id", sa.String(length=200), nullable=False),
        sa.Column("voice_id", sa.String(length=100), nullable=False),
        sa.Column("background", sa.String(length=100), nullable=False),
        sa.Column("metadata", DOCUMENT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_avatar_profiles_workspace_id_workspaces")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_avatar_profiles")),
    )
    op.create_index("ix_avatar_profiles_page", "avatar_profiles", ["workspace_id", "created_at", "id"], unique=False)
    op.create_table(
        "credit_balances",
        sa.Column("workspace_id", ID, nullable=False),
        sa.Column("available", sa.BigInteger(), nullable=False),
        sa.Column("held", sa.BigInteger(), nullable=False),
        sa.Column("spent", sa.BigInteger(), nullable=False),
        sa.Column("soft_cap", sa.BigInteger(), nullable=True),
        sa.Column("hard_cap", sa.BigInteger(), nullable=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("available >= 0", name=op.f("ck_credit_balances_available_is_not_negative")),
        sa.CheckConstraint("held >= 0", name=op.f("ck_credit_balances_held_is_not_negative")),
        sa.CheckConstraint("spent >= 0", name=op.f("ck_credit_balances_spent_is_not_negative")),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_credit_balances_workspace_id_workspaces")
        ),
        sa.PrimaryKeyConstraint("workspace_id", name=op.f("pk_credit_balances")),
    )
    op.create_table(
        "credit_entries",
        sa.Column("id", ID, nullable=False),
        sa.Column("workspace_id", ID, nullable=False),
        sa.Column("key", sa.String(length=300), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("target", sa.String(length=16), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("job_id", ID, nullable=True),
        sa.Column("note", sa.String(length=500), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_credit_entries_amount_is_not_negative")),
        sa.CheckConstraint("source <> target", name=op.f("ck_credit_entries_moves")),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_credit_entries_workspace_id_workspaces")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_entries")),
        sa.UniqueConstraint("workspace_id", "key", name=op.f("uq_credit_entries_workspace_id_key")),
    )
    op.create_index("ix_credit_entries_job", "credit_entries", ["job_id"], unique=False)
    op.create_index("ix_credit_entries_page", "credit_entries", ["workspace_id", "created_at", "id"], unique=False)
    op.create_table(
        "take_intents",
        sa.Column("id", ID, nullable=False),
        sa.Column("workspace_id", ID, nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("job_id", ID, nullable=False),
        sa.Column("provider", sa.String(length=32), nullable=False),
        sa.Column("provider_id", sa.String(length=200), nullable=True),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_take_intents_workspace_id_workspaces")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_take_intents")),
        sa.UniqueConstraint(
            "workspace_id", "fingerprint", "attempt", name=op.f("uq_take_intents_workspace_id_fingerprint_attempt")
        ),
    )
    op.create_table(
        "videos",
        sa.Column("id", ID, nullable=False),
        sa.Column("workspace_id", ID, nullable=False),
        sa.Column("parent_id", ID, nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("metadata", DOCUMENT, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=True),
        sa.Column("last_revision", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["parent_id"], ["videos.id"], name=op.f("fk_videos_parent_id_videos")),
        sa.ForeignKeyConstraint(["workspace_id"], ["workspaces.id"], name=op.f("fk_videos_workspace_id_workspaces")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_videos")),
    )
    op.create_index("ix_videos_kind", "videos", ["workspace_id", "kind", "created_at", "id"], unique=False)
    op.create_index("ix_videos_page", "videos", ["workspace_id", "created_at", "id"], unique=False)
    op.create_index("ix_videos_parent", "videos", ["workspace_id", "parent_id", "created_at", "id"], unique=False)
    op.create_index("ix_videos_source", "videos", ["workspace_id", "source", "created_at", "id"], unique=False)
    op.create_index("ix_videos_status", "videos", ["workspace_id", "status", "created_at", "id"], unique=False)
    op.create_index(
        "ix_videos_status_kind", "videos", ["workspace_id", "status", "kind", "created_at", "id"], unique=False
    )
    op.create_index(
        "ix_videos_status_source", "videos", ["workspace_id", "status", "source", "created_at", "id"], unique=False
    )
    op.create_table(
        "render_jobs",
        sa.Column("id", ID, nullable=False),
        sa.Column("workspace_id", ID, nullable=False),
        sa.Column("video_id", ID, nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("composition", DOCUMENT, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("credits_held", sa.Integer(), nullable=False),
        sa.Column("expected_s", sa.Integer(), nullable=False),
        sa.Column("error_code", sa.String(length=64), nullable=True),
        sa.Column("error_message", sa.String(length=2000), nullable=True),
        sa.Column("receipt", DOCUMENT, nullable=True),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("started_at", INSTANT, nullable=True),
        sa.Column("finished_at", INSTANT, nullable=True),
        sa.ForeignKeyConstraint(
            ["video_id"], ["videos.id"], name=op.f("fk_render_jobs_video_id_videos"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["workspace_id"], ["workspaces.id"], name=op.f("fk_render_jobs_workspace_id_workspaces")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_render_jobs")),
    )
    op.create_index("ix_render_jobs_page", "render_jobs", ["workspace_id", "created_at", "id"], unique=False)
    op.create_index(
        "ix_render_jobs_status", "render_jobs", ["workspace_id", "status", "created_at", "id"], unique=False
    )
    op.create_index(
        "ix_render_jobs_video", "render_jobs", ["workspace_id", "video_id", "created_at", "id"], unique=False
    )
    op.create_index("ix_render_jobs_watch", "render_jobs", ["status", "created_at"], unique=False)
    op.create_table(
        "video_revisions",
        sa.Column("video_id", ID, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("workspace_id", ID, nullable=False),
        sa.Column("job_id", ID, nullable=False),
        sa.Column("composition", DOCUMENT, nullable=False),
        sa.Column("files", DOCUMENT, nullable=False),
        sa.Column("frames", sa.Integer(), nullable=False),
        sa.Column("fps", sa.String(length=16), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(
            ["video_id"], ["videos.id"], name=op.f("fk_video_revisions_video_id_videos"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("video_id", "number", name=op.f("pk_video_revisions")),
    )
    op.create_table(
        "render_tasks",
        sa.Column("job_id", ID, nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("frames", sa.Integer(), nullable=False),
        sa.Column("frames_done", sa.Integer(), nullable=False),
        sa.Column("cpu_ms", sa.Integer(), nullable=False),
        sa.Column("peak_mb", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["job_id"], ["render_jobs.id"], name=op.f("fk_render_tasks_job_id_render_jobs"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("job_id", "fingerprint", name=op.f("pk_render_tasks")),
    )
    for guard in _POSTGRES_GUARDS if op.get_bind().dialect.name == "postgresql" else _SQLITE_GUARDS:
        op.execute(guard)


def downgrade() -> None:
    op.drop_table("render_tasks")
    op.drop_table("video_revisions")
    op.drop_index("ix_render_jobs_watch", table_name="render_jobs")
    op.drop_index("ix_render_jobs_video", table_name="render_jobs")
    op.drop_index("ix_render_jobs_status", table_name="render_jobs")
    op.drop_index("ix_render_jobs_page", table_name="render_jobs")
    op.drop_table("render_jobs")
    op.drop_index("ix_videos_status", table_name="videos")
    op.drop_index("ix_videos_source", table_name="videos")
    op.drop_index("ix_videos_parent", table_name="videos")
    op.drop_index("ix_videos_page", table_name="videos")
    op.drop_index("ix_videos_kind", table_name="videos")
    op.drop_table("videos")
    op.drop_table("take_intents")
    op.drop_index("ix_credit_entries_page", table_name="credit_entries")
    op.drop_index("ix_credit_entries_job", table_name="credit_entries")
    op.drop_table("credit_entries")
    op.drop_table("credit_balances")
    op.drop_index("ix_avatar_profiles_page", table_name="avatar_profiles")
    op.drop_table("avatar_profiles")
    op.drop_table("artifacts")
    op.drop_index("ix_api_keys_page", table_name="api_keys")
    op.drop_table("api_keys")
    op.drop_table("workspaces")
    op.drop_index(op.f("ix_idempotency_records_expires_at"), table_name="idempotency_records")
    op.drop_table("idempotency_records")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION refuse_credit_entry_change")
