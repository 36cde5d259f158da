"""The words a workflow is written in. Everything here is recorded, and replayed after a crash."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Generator
from typing import Any, ParamSpec, TypeVar

import structlog
from dbos import DBOS, EnqueueOptions, StepOptions, WorkflowHandleAsync
from dbos import error as dbos_error
from sqlalchemy.exc import OperationalError

from app.core.errors import TenexError, storage_full
from app.engine.bell import Bell
from app.engine.endings import Endings
from app.engine.names import WORKFLOW_VERSION, Queue, Turn

P = ParamSpec("P")
R = TypeVar("R")
#: For a blocking function that talks to the database: four tries of the longest wait for it, with their pauses.
STEP_DEADLINE_S = 300.0
_PAUSES_S = (0.5, 2.0, 6.0)
log = structlog.get_logger(__name__)


class WorkFailed(TenexError):
    """A step or a child workflow ended with this error, after what could be retried was."""

    status = 500
    code = "internal_error"

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


class Durable:
    """Effects of a workflow: steps and children. Every step ends by its deadline. ``bell``: rung for children;
    ``endings``: of children, and of whatever else this process waits for.
    """

    def __init__(self, bell: Bell, endings: Endings, *, step_deadline_s: float = STEP_DEADLINE_S) -> None:
        self._bell, self._endings, self._step_deadline_s = bell, endings, step_deadline_s

    async def step(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a short blocking function once; after a crash its recorded result is used."""

        async def call() -> dict[str, Any]:
            return await _settled(lambda: asyncio.to_thread(function, *args, **kwargs))

        return await _recorded({"name": function.__name__, "timeout_seconds": self._step_deadline_s}, call)

    async def long_step(self, function: Callable[[], Awaitable[R]], *, name: str, deadline_s: float) -> R:
        """Run an async effect that cancelling the workflow interrupts. It ends by its deadline."""

        async def call() -> dict[str, Any]:
            return await _settled(function)

        return await _recorded({"name": name, "preemptible": True, "timeout_seconds": deadline_s}, call)

    async def child(
        self,
        workflow: str,
        *arguments: Any,
        id: str,  # noqa: A002
        queue: Queue,
        workspace_id: str,
        turn: Turn = Turn.ITS_OWN,
        more: bool = False,
    ) -> Child:
        """Start another workflow; starting the same id twice is one start. ``more``: others follow at once, and workers
        are told with the last of them.
        """
        options: EnqueueOptions = {
            "workflow_name": workflow,
            "queue_name": str(queue),
            "workflow_id": id,
            "app_version": WORKFLOW_VERSION,
            "queue_partition_key": workspace_id,
            "priority": turn,
        }
        handle = await DBOS.enqueue_workflow_with_options_async(options, *arguments)
        if not more:
            self._bell.ring()
        return Child(handle, self._endings)


class Child:
    """A started workflow."""

    def __init__(self, handle: WorkflowHandleAsync[Any], endings: Endings) -> None:
        self._handle, self._endings = handle, endings

    async def result(self) -> Any:
        """What it returned, as soon as it has ended. Raises ``WorkFailed`` with its error."""
        await self._endings.of(self._handle.get_workflow_id())
        return _unwrap(await self._handle.get_result())


def reporting(workflow: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[dict[str, Any]]]:
    """A workflow whose errors are values, so that they are stored as plain JSON and read by other versions."""

    async def run(*arguments: Any) -> dict[str, Any]:
        try:
            return {"ok": await workflow(*arguments)}
        except TenexError as error:
            return _failure(error)

    return run


async def _recorded(options: StepOptions, call: Callable[[], Coroutine[Any, Any, dict[str, Any]]]) -> Any:
    """Run a step of the engine, or take what it recorded before. Raises ``WorkFailed``."""
    try:
        return _unwrap(await DBOS.run_step_async(options, call))
    except dbos_error.DBOSStepTimeoutError as error:
        message = f"{options.get('name')} was not done after {options.get('timeout_seconds'):g} s and was stopped. "
        raise WorkFailed(f"{message}Render again; if it stays, report it.", code="deadline_exceeded") from error


async def _settled(call: Callable[[], Awaitable[Any]]) -> dict[str, Any]:
    """Call, again after a pause where the error says it may help, and turn what is left into a value."""
    for pause in (*_PAUSES_S, None):
        try:
            with _naming_full_disk():
                return {"ok": await call()}
        except TenexError as error:
            if pause is None or not error.retryable:
                return _failure(error)
            log.warning("step failed, trying again", code=error.code, error=str(error), pause_s=pause)
        except OperationalError as error:
            if pause is None:
                return {
                    "error": {"message": f"The database did not answer: {error.orig}", "code": "database_unavailable"}
                }
            log.warning("database did not answer, trying again", error=str(error.orig), pause_s=pause)
        except Exception as error:
            log.exception("step failed unexpectedly")
            return {"error": {"message": f"{type(error).__name__}: {error}", "code": "internal_error"}}
        await asyncio.sleep(pause)
    raise AssertionError("unreachable: the last attempt returns")


@contextlib.contextmanager
def _naming_full_disk() -> Generator[None]:
    try:
        yield
    except OSError as error:
        full = storage_full(error)
        if full is None:
            raise
        raise full from error


def _failure(error: TenexError) -> dict[str, Any]:
    return {"error": {"message": str(error), "code": error.code}}


def _unwrap(settled: dict[str, Any]) -> Any:
    if "error" in settled:
        raise WorkFailed(settled["error"]["message"], code=settled["error"]["code"])
    return settled["ok"]
