"""The examples of the API page and the README, typed in from top to bottom at a real server with a real worker."""

from __future__ import annotations

import asyncio
import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import psutil
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client

from tests.docs.pages import ROOT, Block, blocks_of
from tests.needs import need_programs

ADDRESS = "http://127.0.0.1:8010"
API_PAGE, README = blocks_of(ROOT / "docs" / "api.md"), blocks_of(ROOT / "README.md")
CONFIGURATIONS = [block for block in API_PAGE if "mcpServers" in block.text]
SECONDS = 200
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_END = "=== end of block ==="


@dataclass(frozen=True, slots=True, kw_only=True)
class Terminal:
    """A shell in a folder with a server."""

    folder: Path
    base: str
    environment: dict[str, str]

    def type(self, blocks: list[Block]) -> list[str]:
        """What each block printed. The first command that fails is the end, and the failure of the test."""
        script = "\n".join(["set -euo pipefail", *(f"{_typed(block)}\necho '{_END}'" for block in blocks)])
        done = subprocess.run(
            ["bash", "-c", script.replace(ADDRESS, self.base)],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        said = done.stdout.split(f"{_END}\n")
        assert done.returncode == 0, f"{blocks[len(said) - 1]}: {said[-1]}{done.stderr}"
        return said


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terminal]:
    """As after ``tenex up``: curl and jq are there, and tenex is on the path."""
    need_programs("bash", "curl", "jq")
    folder = tmp_path_factory.mktemp("terminal")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("TENEX_")}
    programs = f"{Path(sys.executable).parent}{os.pathsep}{clean['PATH']}"
    environment = clean | {"PATH": programs, "TENEX_DATA": str(folder / "data")}
    server = subprocess.Popen(
        ["tenex", "up", "--port", str(port), "--workers", "1", "--json"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert server.stdout is not None
        assert json.loads(server.stdout.readline())["api"].endswith("/api/v1/videos")
        yield Terminal(folder=folder, base=f"http://127.0.0.1:{port}", environment=environment)
    finally:
        family = psutil.Process(server.pid).children(recursive=True)
        for process in [*family, server]:
            process.kill()
        server.wait()


@pytest.fixture(scope="module")
def key(terminal: Terminal) -> str:
    made = subprocess.run(
        ["tenex", "workspace", "create", "Tools", "--credits", "1000", "--json"],
        env=terminal.environment,
        capture_output=True,
        check=True,
    )
    return json.loads(made.stdout)["api_key"]


def test_the_tour_of_the_api_works_as_it_is_written(terminal: Terminal) -> None:
    blocks = [block for block in API_PAGE if block.language in ("sh", "python") and block.text.strip() != "tenex up"]
    said = dict(zip([block.line for block in blocks], terminal.type(blocks), strict=False))
    shown = [
        (before, block)
        for before, block in pairwise(API_PAGE)
        if block.language == "json" and block not in CONFIGURATIONS
    ]
    compared = [(block, said[before.line]) for before, block in shown if before.line in said]
    assert len(compared) == len(shown) >= 7
    for block, output in compared:
        written, real = json.loads(block.text), _last_document(output)
        assert _differences(written, real) == [], str(block)
        if "receipt" in written:  # another shape: the speech is used again, and the page says so
            assert [real["receipt"][kind] for kind in ("takes", "chunks", "mixes")] == [
                written["receipt"][kind] for kind in ("takes", "chunks", "mixes")
            ]
    assert (terminal.folder / "welcome.mp4").read_bytes()[4:8] == b"ftyp"
    assert (terminal.folder / "welcome.vtt").read_text().startswith("WEBVTT")
    assert (terminal.folder / "welcome.jpg").read_bytes()[:2] == b"\xff\xd8"


def test_the_stream_of_the_tour_ends_with_done(terminal: Terminal) -> None:
    until = next(place for place, block in enumerate(API_PAGE) if "api -N" in block.text)
    blocks = [block for block in API_PAGE[1 : until + 1] if block.language == "sh"]
    events = re.findall(r"^event: (\w+)", terminal.type(blocks)[len(blocks) - 1], re.MULTILINE)
    assert events[-1] == "done"
    assert set(events[:-1]) == {"progress"}


@pytest.mark.parametrize("block", [block for block in README if "curl" in block.text], ids=str)
def test_the_request_of_the_readme_is_accepted(terminal: Terminal, key: str, block: Block) -> None:
    with_key = Terminal(
        folder=terminal.folder, base=terminal.base, environment=terminal.environment | {"TENEX_API_KEY": key}
    )
    assert json.loads(with_key.type([block])[0])["status"] == "rendering"


@pytest.mark.parametrize("block", CONFIGURATIONS, ids=str)
def test_a_client_with_this_configuration_finds_both_tools(terminal: Terminal, key: str, block: Block) -> None:
    text = block.text.replace(ADDRESS, terminal.base).replace("tnx_<prefix>_<secret>", key)
    (server,) = json.loads(text)["mcpServers"].values()
    assert asyncio.run(_tools(server, terminal)) == {"generate_avatar_video", "get_video_status"}


async def _tools(server: dict[str, Any], terminal: Terminal) -> set[str]:
    async with _client(server, terminal) as client:
        named = {tool.name for tool in (await client.list_tools()).tools}
        answer = await client.call_tool("get_video_status", {"video_id": "none"})
        assert "video_not_found" in str(answer.content)  # so the key was accepted
        return named


def _client(server: dict[str, Any], terminal: Terminal) -> Client:
    if server.get("type") == "http":
        http = create_mcp_http_client(headers=server["headers"])
        return Client(streamable_http_client(server["url"], http_client=http))
    settings = server["env"] | {"PATH": terminal.environment["PATH"]}
    return Client(StdioServerParameters(command=server["command"], args=server["args"], env=settings))


def _typed(block: Block) -> str:
    return f"python3 - <<'PY'\n{block.text}PY" if block.language == "python" else block.text


def _last_document(output: str) -> Any:
    """What the last command of a block printed."""
    return json.loads(output[f"\n{output}".rindex("\n{") :])


def _differences(written: Any, real: Any, place: str = "") -> list[str]:
    """Where an answer is not what the page shows. Numbers and ids may be others."""
    if isinstance(written, dict) and isinstance(real, dict):
        if written.keys() != real.keys():
            return [f"{place}: {sorted(written)} is really {sorted(real)}"]
        return [fault for name in written for fault in _differences(written[name], real[name], f"{place}/{name}")]
    if isinstance(written, list) and isinstance(real, list) and len(written) == len(real):
        pairs = enumerate(zip(written, real, strict=True))
        return [fault for number, pair in pairs for fault in _differences(*pair, f"{place}/{number}")]
    if isinstance(written, str) and isinstance(real, str):
        same = written == real or bool(_ID.fullmatch(written) and _ID.fullmatch(real))
        return [] if same else [f"{place}: {written!r} is really {real!r}"]
    numbers = isinstance(written, int | float) and isinstance(real, int | float)
    return [] if numbers or written == real else [f"{place}: {written!r} is really {real!r}"]
