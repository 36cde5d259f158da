"""``tenex up`` and ``tenex worker``: the API and the workers as supervised processes."""

from __future__ import annotations

import contextlib
import errno
import http.client
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.errors import AddressUnusable, EnvironmentUnusable, PortInUse
from app.cli.interruption import Interruption
from app.cli.opening import DataFolder, check_folder, environment_of, opened, settings_of
from app.cli.output import AsJson, Output
from app.media.children import ENVIRONMENT
from app.media.nursery import importing
from app.supervisor import Died, Program, Supervisor, last_lines

if TYPE_CHECKING:
    from app.core.settings import Settings

_BACKLOG = 2048
_GRACEFUL_S = 3
_START_S = 60.0


ApiBase = Annotated[str, typer.Option(envvar="TENEX_API_BASE", help="Address of the API.")]
ApiKey = Annotated[str | None, typer.Option(envvar="TENEX_API_KEY", help="A key of your workspace.")]


class ServerSilent(EnvironmentUnusable):
    code = "server_silent"


class KeyMissing(EnvironmentUnusable):
    code = "api_key_missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """An API and its workers that are starting or running."""

    settings: Settings
    supervisor: Supervisor
    log: Path | None

    def await_health(self, interruption: Interruption) -> bool:
        """Wait until the API answers; False if asked to stop before. Raises ServerSilent."""
        for _ in range(int(_START_S * 10)):
            if self.supervisor.lost is not None:
                break
            if _answers(self.settings.host, self.settings.port):
                return True
            if interruption.wait(0.1):
                return False
        said = f" It said:\n{last_lines(self.log)}" if self.log else ""
        raise ServerSilent(f"The API did not answer within {_START_S:g} s.{said}")


def up(
    host: Annotated[str | None, typer.Option(help="Address to listen on; without it TENEX_HOST or 127.0.0.1.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; without it TENEX_PORT or 8010.")] = None,
    workers: Annotated[int | None, typer.Option(help="Worker processes; without it one for each core.")] = None,
    data: DataFolder = None,
    as_json: AsJson = False,
) -> None:
    """Run the API and the workers, until Ctrl-C."""
    out = Output(as_json)
    settings = settings_of(data, host=host, port=port, workers=workers)
    with Interruption() as interruption, listening(settings) as listener:
        first_time = _has_no_workspace(settings)
        with serving(settings, listener, tell=lambda died: out.note(str(died))) as server:
            interruption.on_second(server.supervisor.kill)
            if server.await_health(interruption):
                _welcome(out, settings, first_time=first_time)
                _until_asked(interruption)
            out.note("Stopping; press Ctrl-C again to stop at once.")


def worker(
    parent_pid: Annotated[int | None, typer.Option(hidden=True, help="Leave when this process is gone.")] = None,
    data: DataFolder = None,
) -> None:
    """Run one worker process, until Ctrl-C. For a host without the API; `tenex up` starts its own."""
    settings = settings_of(data)
    check_folder(settings.data)
    with importing():
        from app import worker as process
        from app.core.logging import configure_logging

    configure_logging(settings)
    process.run(settings, parent_pid=parent_pid)


def mcp(
    api_base: ApiBase = "http://127.0.0.1:8010",
    api_key: ApiKey = None,
) -> None:
    """Serve the MCP tools on standard input and output, as a client of the API."""
    key = needed_key(api_key)
    from app.mcp.stdio import serve

    serve(api_base=api_base, api_key=key)


def needed_key(api_key: str | None) -> str:
    """Raises KeyMissing."""
    if not api_key:
        raise KeyMissing(
            "TENEX_API_KEY is not set. Set it to a key of your workspace (tenex keys create WORKSPACE makes one), and "
            "TENEX_API_BASE to the address of the API if that is not http://127.0.0.1:8010."
        )
    return api_key


def api(descriptor: int, parent_pid: int) -> None:
    """Serve the API on a listening socket that was inherited; leave when the parent is gone."""
    import uvicorn

    from app.core.logging import configure_logging
    from app.main import create_app

    settings = settings_of()
    configure_logging(settings)
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        log_config=None,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACEFUL_S,
    )
    threading.Thread(target=_leave_with, args=(parent_pid,), name="leave", daemon=True).start()
    server = uvicorn.Server(config)
    app.state.stopping = lambda: server.should_exit
    server.run(sockets=[socket.socket(fileno=descriptor)])


@contextlib.contextmanager
def listening(settings: Settings) -> Generator[socket.socket]:
    """The API's socket. Held by the supervisor, so that clients wait, not fail, while the API is started again.

    Raises PortInUse, AddressUnusable.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listener = socket.create_server((settings.host, settings.port), family=family, backlog=_BACKLOG)
    except OSError as error:
        raise _unusable(settings, error) from error
    with listener:
        yield listener


def _unusable(settings: Settings, error: OSError) -> EnvironmentUnusable:
    if error.errno == errno.EADDRINUSE:
        return PortInUse(
            f"Port {settings.port} on {settings.host} is in use by another program. "
            f"Stop that one, or choose another port: tenex up --port {settings.port + 1}"
        )
    return AddressUnusable(
        f"Nothing can listen on {settings.host} port {settings.port} ({error.strerror}). "
        "Choose an address of this machine with --host, and a port from 1024 up with --port."
    )


@contextlib.contextmanager
def serving(
    settings: Settings, listener: socket.socket, *, tell: Callable[[Died], None], log: Path | None = None
) -> Generator[Server]:
    """The API and the workers, running until the context ends."""
    programs = (api_program(settings, listener.fileno(), log), *worker_programs(settings, log))
    with Supervisor(programs, tell=tell) as supervisor:
        yield Server(settings=settings, supervisor=supervisor, log=log)


def api_program(settings: Settings, descriptor: int, log: Path | None = None) -> Program:
    arguments = ("api", str(descriptor), str(os.getpid()))
    return Program(
        name="API",
        command=_ourselves(*arguments),
        environment=environment_of(settings),
        descriptors=(descriptor,),
        log=log,
    )


def worker_programs(settings: Settings, log: Path | None = None) -> tuple[Program, ...]:
    """One worker for each core, or as many as are set."""
    command = _ourselves("worker", "--parent-pid", str(os.getpid()))
    environment = ENVIRONMENT | environment_of(settings)
    return tuple(
        Program(name=f"worker {number}", command=command, environment=environment, log=log)
        for number in range(1, settings.worker_count + 1)
    )


def _ourselves(*arguments: str) -> tuple[str, ...]:
    # -P: a folder named "app" where the user happens to be must not be taken for ours.
    return (sys.executable, "-P", "-m", "app.cli", *arguments)


def _leave_with(parent_pid: int) -> None:
    pause = threading.Event()
    while os.getppid() == parent_pid:
        pause.wait(1.0)
    os.kill(os.getpid(), signal.SIGTERM)


def _answers(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection(_reachable(host), port, timeout=5)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status < 500
    except OSError:
        return False
    finally:
        connection.close()


def _reachable(host: str) -> str:
    """An address that reaches a server listening on ``host``."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - read, not bound


def _has_no_workspace(settings: Settings) -> bool:
    with opened(settings) as office, office.database.read_scope() as session:
        return not office.accounts.list_workspaces(session)


def _welcome(out: Output, settings: Settings, *, first_time: bool) -> None:
    base = settings.base_url
    lines = [
        f"API    {base}/api/v1/videos",
        f"Docs   {base}/docs",
        f"Data   {settings.data.absolute()}, {settings.worker_count} workers; Ctrl-C stops",
    ]
    if first_time:
        lines.append("Next   tenex workspace create NAME --credits 1000     makes a workspace and its API key")
    document = {"api": f"{base}/api/v1/videos", "docs": f"{base}/docs", "workers": settings.worker_count}
    out.result(document, *lines)


def _until_asked(interruption: Interruption) -> None:
    while not interruption.wait(3600):
        pass
