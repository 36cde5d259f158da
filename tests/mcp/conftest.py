"""The tools as programs reach them: over HTTP, and on the standard input and output of a child."""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp_types import CallToolResult

from tests.videos.installation import Caller, Installation, served

R = TypeVar("R")
Connect = Callable[[str, str], Client]


@pytest.fixture(scope="session")
def server(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """The application on a port; no worker runs."""
    data = tmp_path_factory.mktemp("server")
    shutil.copyfile(sqlite_template, data / "tenex.sqlite3")
    with served(data) as running:
        yield running


@pytest.fixture
def caller(server: Installation) -> Caller:
    """A workspace with credits, and a key that may do everything."""
    return server.caller()


def over_http(base: str, key: str) -> Client:
    """Streamable HTTP at ``/mcp``."""
    http = create_mcp_http_client(headers={"Authorization": f"Bearer {key}"})
    return Client(streamable_http_client(f"{base}/mcp", http_client=http))


def on_stdio(base: str, key: str) -> Client:
    """``tenex mcp`` as a child."""
    settings = {"TENEX_API_BASE": base, "TENEX_API_KEY": key}
    return Client(StdioServerParameters(command=sys.executable, args=["-m", "app.cli", "mcp"], env=settings))


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """A program with a key that calls tools."""

    connect: Connect
    base: str
    key: str

    def use(self, talk: Callable[[Client], Awaitable[R]]) -> R:
        """What the program says between connecting and leaving."""

        async def session() -> R:
            async with self.connect(self.base, self.key) as client:
                return await talk(client)

        return asyncio.run(asyncio.wait_for(session(), 60))

    def call(self, tool: str, **arguments: Any) -> CallToolResult:
        return self.use(lambda client: client.call_tool(tool, arguments))


@pytest.fixture(params=[over_http, on_stdio], ids=["http", "stdio"])
def connect(request: pytest.FixtureRequest) -> Connect:
    """Each way to reach the tools."""
    return request.param


def agent_of(caller: Caller, connect: Connect) -> Agent:
    return Agent(connect=connect, base=str(caller.client.base_url).rstrip("/"), key=caller.key)


@pytest.fixture
def agent(caller: Caller, connect: Connect) -> Agent:
    """A program with the key of the workspace: every test runs once for each way to reach the tools."""
    return agent_of(caller, connect)


def said(result: CallToolResult) -> str:
    """The words of an answer."""
    return " ".join(part.text for part in result.content if part.type == "text")
