"""Looks for files that nobody works on any more, so that none just stops: run every few seconds by every worker."""

from __future__ import annotations

import sqlalchemy as sa
import structlog

from app.core.database import Database
from app.modules.videos.filing.steps import fail_file
from app.modules.videos.models import FileStatus, LibraryFile
from app.modules.videos.pipeline.watch import Flows
from app.modules.videos.uploads import filing_id

_MOST = 500
log = structlog.get_logger(__name__)


class FilingWatch:
    def __init__(self, *, database: Database, flows: Flows) -> None:
        self._database, self._flows = database, flows

    def look(self) -> None:
        """Fail the files whose work ended without a word."""
        with self._database.read_scope() as session:
            rows = session.execute(
                sa.select(LibraryFile.id, LibraryFile.attempt)
                .where(LibraryFile.status == FileStatus.PROCESSING)
                .order_by(LibraryFile.created_at)
                .limit(_MOST)
            ).all()
        working = {filing_id(row.id, row.attempt): row for row in rows}
        for name, how in self._flows.ended(list(working)).items():
            row = working[name]
            message = (
                f"The engine ended the work on this file ({how}) before it was finished. Complete the upload again."
            )
            with self._database.session_scope() as session:
                if fail_file(session, row.id, row.attempt, code="engine_failed", message=message):
                    log.error("file had been abandoned", file=row.id, how=how)
