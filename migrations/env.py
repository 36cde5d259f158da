"""Runs the migrations on the connection handed in; from Alembic's own command line, on the database of the settings."""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection

from app.core.database import IdText, JsonDocument, UtcDateTime, make_engine
from app.core.settings import Settings
from migrations.metadata import metadata


def _ours_only(name: str | None, kind: str, _parents: Any) -> bool:
    """The durable engine keeps its tables in the same database and migrates them itself."""
    return kind != "table" or name in metadata.tables


def _render(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Spells our types with SQLAlchemy's own: a migration does not change when the code does."""
    if kind != "type":
        return False
    if isinstance(item, UtcDateTime):
        return "INSTANT"
    if item is IdText:
        return "ID"
    return "DOCUMENT" if item is JsonDocument else False


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_name=_ours_only,
        render_item=_render,
        render_as_batch=connection.dialect.name == "sqlite",
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()


if (handed := context.config.attributes.get("connection")) is not None:
    _run(handed)
else:
    with make_engine(Settings.load().database).begin() as opened:
        _run(opened)
