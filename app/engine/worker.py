"""Runs workflows: one per worker process. Takes a lease, launches the engine, and sweeps up after workers that died."""

from __future__ import annotations

import os
import threading
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from dbos import DBOS, DBOSConfig, WorkflowStatus
from dbos._queue import Queue as EngineQueue
from dbos._queue import queue_worker_thread
from sqlalchemy.exc import SQLAlchemyError

from app.core.database import make_engine
from app.engine.bell import Bell, Pause
from app.engine.endings import Endings, ended
from app.engine.lease import Lease, Leases
from app.engine.names import APPLICATION, WORKFLOW_VERSION, Queue
from app.engine.quiet import quiet_engine_log

SWEEP_INTERVAL_S = 1.0
#: To sweep takes time for each workflow that is under way: with so many more, it is done an interval later, up to five.
_UNHURRIED, _LONGEST_PAUSE = 200, 5
#: How soon a worker with room for more sees work for which nobody rang, such as that of another machine: a look takes
#: milliseconds of the database. Where all who could add work ring, so many times later.
POLLING_S, _UNRUNG_FACTOR = {Queue.RENDERS: 0.3, Queue.CHUNKS: 0.4}, 8.0
#: Of a workspace, on all machines together; fairness comes from the queue taking turns between workspaces.
_PARTITION_CONCURRENCY = 1024
#: Of a worker: one at work and one in hand, or two at work: pictures and sound. The steps see to that.
_IN_HAND = 2
#: Of a worker, for blocking calls. The engine's own pool grows with what waits, by 160 KB for each workflow.
_THREADS = 32
#: After so many sweeps in which work is ours and nothing here does it, it is started again.
_IDLE_SWEEPS = 8
log = structlog.get_logger(__name__)

Workflow = Callable[..., Awaitable[Any]]


class EngineWorker:
    """``start`` registers and launches; ``stop`` drains nothing: what is unfinished is taken over. ``unrung_factor``:
    how many times less often it looks for work of its own accord, where all who could add some ring.
    """

    def __init__(
        self,
        *,
        url: str,
        leases: Leases,
        bell: Bell,
        endings: Endings,
        name: str = "worker",
        unrung_factor: float = _UNRUNG_FACTOR,
    ) -> None:
        self.executor_id = f"{name}-{uuid.uuid4()}"
        self._unrung_factor = unrung_factor if url.startswith("sqlite") else 1.0
        self._url, self._leases, self._bell, self._endings = url, leases, bell, endings
        self._lease: Lease | None = None
        self._stopping = threading.Event()
        self._sweeper = threading.Thread(target=self._sweep_forever, name="sweep", daemon=True)
        self._connections = make_engine(url)
        self._under_way = 0
        self._running: Counter[str] = Counter()
        self._idle: dict[str, int] = {}
        self._pauses: dict[str, Pause] = {}

    def start(self, workflows: dict[str, Workflow], *, queues: Sequence[Queue] = tuple(Queue)) -> None:
        config: DBOSConfig = {
            "name": APPLICATION,
            "system_database_url": self._url,
            "system_database_engine": self._connections,
            "executor_id": self.executor_id,
            "application_version": WORKFLOW_VERSION,
            "notification_listener_polling_interval_sec": 5.0,
            "scheduler_polling_interval_sec": 300.0,
            "run_migrations": False,
            "max_executor_threads": _THREADS,
            "log_level": "ERROR",
        }
        engine = DBOS(config=config)
        quiet_engine_log()
        for name, function in workflows.items():
            DBOS.workflow(name=name, max_recovery_attempts=20)(self._counted(function))
        DBOS.listen_queues([])  # to those that are looked at below
        self._lease = self._leases.acquire(self.executor_id)
        DBOS.launch()
        for queue in self._registered():
            if queue.name in queues:
                self._look_at(engine, queue)
        self._sweeper.start()

    def stop(self) -> None:
        """Leave now. Work in flight stays recorded as ours and is picked up by the next sweep of another worker."""
        self._stopping.set()
        for pause in self._pauses.values():
            pause.set()
        DBOS.destroy(workflow_completion_timeout_sec=0)
        if self._lease is not None:
            self._lease.release()
        self._connections.dispose()

    def ended(self, ids: Sequence[str]) -> dict[str, str]:
        """Those of the workflows that have ended, and how: SUCCESS, ERROR, CANCELLED, ..."""
        return ended(ids)

    def cancel(self, id: str) -> None:  # noqa: A002
        DBOS.cancel_workflow(id, cancel_children=True)

    def prune(self, names: Sequence[str], *, older_than_s: float) -> int:
        """Forget workflows of these names that ended long ago, with their children; returns how many."""
        before = datetime.now(UTC) - timedelta(seconds=older_than_s)
        flows = DBOS.list_workflows(
            name=list(names),
            status=["SUCCESS", "ERROR", "CANCELLED"],
            end_time=before.isoformat(),
            limit=200,
            load_input=False,
            load_output=False,
        )
        DBOS.delete_workflows([flow.workflow_id for flow in flows], delete_children=True)
        return len(flows)

    @staticmethod
    def _registered() -> list[EngineQueue]:
        """All by partitions: whether one of them holds work is asked without a lock, which is most of the polling."""
        return [
            DBOS.register_queue(
                queue,
                worker_concurrency=at_once,
                partition_concurrency=_PARTITION_CONCURRENCY,
                polling_interval_sec=POLLING_S[queue],
            )
            for queue, at_once in {Queue.RENDERS: None, Queue.CHUNKS: _IN_HAND}.items()
        ]

    def _look_at(self, engine: DBOS, queue: EngineQueue) -> None:
        """As the engine does, in its own words, with pauses that end when there may be more to do."""
        pause = Pause(self._bell, self._unrung_factor)
        self._pauses[queue.name] = pause
        watched = (pause, engine, queue)
        threading.Thread(target=queue_worker_thread, args=watched, name=f"queue {queue.name}", daemon=True).start()

    def _sweep_forever(self) -> None:
        left = 0
        while not self._stopping.wait(SWEEP_INTERVAL_S):
            if self._lease is not None and not self._lease.held():
                log.error("lease lost: another worker may have taken over, leaving", executor=self.executor_id)
                os._exit(70)
            left -= 1
            if left > 0:
                continue
            try:
                self.sweep()
                left = min(_LONGEST_PAUSE, 1 + self._under_way // _UNHURRIED)
            except SQLAlchemyError as error:
                log.warning("sweep failed, trying again", error=str(error))

    def sweep(self) -> None:
        """Take over the work of every executor that is no longer alive, and what this one dropped itself."""
        pending = DBOS.list_workflows(status="PENDING", load_input=False, load_output=False)
        self._under_way = len(pending)
        for executor_id in {flow.executor_id for flow in pending if flow.executor_id} - {self.executor_id}:
            with self._leases.probe(executor_id) as dead:
                if dead:
                    log.info("taking over from a dead worker", executor=executor_id)
                    _recover(executor_id)
                    self._bell.ring()
        self._resume_dropped([flow for flow in pending if flow.executor_id == self.executor_id])

    def _resume_dropped(self, ours: Sequence[WorkflowStatus]) -> None:
        """A database that could not be written to, such as on a full disk, ends a workflow without a record of it."""
        idle = [flow for flow in ours if not self._running[flow.workflow_id]]
        self._idle = {flow.workflow_id: self._idle.get(flow.workflow_id, 0) + 1 for flow in idle}
        for flow in idle:
            if self._idle[flow.workflow_id] >= _IDLE_SWEEPS:
                log.warning("work was dropped, starting it again", workflow=flow.workflow_id)
                self._idle[flow.workflow_id] = 0
                DBOS.resume_workflow(flow.workflow_id, queue_name=flow.queue_name)
                self._bell.ring()

    def _counted(self, workflow: Workflow) -> Workflow:
        """The workflow; while it runs in this process, ``_running`` holds its id."""

        async def run(*arguments: Any) -> Any:
            workflow_id = str(DBOS.workflow_id)
            self._running[workflow_id] += 1
            try:
                return await workflow(*arguments)
            finally:
                self._endings.tell()
                if Queue.CHUNKS in self._pauses:  # of the other queue a worker takes all there is
                    self._pauses[Queue.CHUNKS].end()
                self._running[workflow_id] -= 1
                if not self._running[workflow_id]:
                    del self._running[workflow_id]

        return run


def _recover(executor_id: str) -> None:
    """A private call of the engine's; idempotent. Guarded by the tests that kill workers."""
    DBOS._recover_pending_workflows([executor_id])  # pyright: ignore[reportPrivateUsage]
