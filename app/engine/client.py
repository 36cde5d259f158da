"""What the API side may ask of the engine: start work in its own transaction, and cancel it."""

from __future__ import annotations

from typing import Any

from dbos import DBOSClient, WorkflowHandle
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.core.database import make_engine
from app.engine.bell import Bell
from app.engine.names import APPLICATION, WORKFLOW_VERSION, Queue, Turn


class EngineClient:
    """Never runs workflows itself."""

    def __init__(self, url: str, bell: Bell) -> None:
        self._bell = bell
        self._connections = make_engine(url)
        self._client = DBOSClient(system_database_engine=self._connections, application_name=APPLICATION)

    def enqueue(self, session: Session, workflow: str, *arguments: Any, id: str, workspace_id: str) -> None:  # noqa: A002
        """Enqueue with the caller's transaction: the work exists exactly when what it is about exists."""
        self._client.enqueue_in_transaction(
            session,
            {
                "workflow_name": workflow,
                "queue_name": Queue.RENDERS,
                "workflow_id": id,
                "app_version": WORKFLOW_VERSION,
                "queue_partition_key": workspace_id,
                "priority": Turn.ITS_OWN,
            },
            *arguments,
        )
        event.listen(session, "after_commit", self._ring, once=True)

    def _ring(self, _session: Session) -> None:
        self._bell.ring()

    def cancel(self, id: str) -> None:  # noqa: A002
        """Cancel a workflow and all it has started. Their running children are killed within about a second."""
        self._client.cancel_workflows([id], cancel_children=True)

    def result(self, id: str) -> Any:  # noqa: A002
        """Wait for a workflow to end: ``{"ok": ...}`` or ``{"error": {"message", "code"}}``."""
        handle: WorkflowHandle[Any] = self._client.retrieve_workflow(id)
        return handle.get_result(polling_interval_sec=0.1)

    def close(self) -> None:
        self._client.destroy()
        self._connections.dispose()
