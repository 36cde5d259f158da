"""The tools on standard input and output: for a program that starts them as its child."""

from __future__ import annotations

import asyncio

from app.mcp.remote import RemoteGateway
from app.mcp.tools import build_server


def serve(*, api_base: str, api_key: str) -> None:
    """Answer until standard input is closed. Everything goes through the public API at ``api_base``."""
    asyncio.run(_serve(api_base, api_key))


async def _serve(api_base: str, api_key: str) -> None:
    async with RemoteGateway(api_base=api_base, api_key=api_key) as gateway:
        await build_server(lambda _context: gateway).run_stdio_async()
