"""The tools at ``/mcp``: streamable HTTP without sessions, with the credentials of the API."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from mcp.server.mcpserver import Context
from mcp.server.transport_security import TransportSecuritySettings
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from app.mcp.local import HasVideos, LocalGateway
from app.mcp.tools import build_server
from app.modules.accounts.service import Accounts

PATH = "/mcp"
_CALLER = "caller"


class HasTools(HasVideos, Protocol):
    """What this endpoint needs of the services."""

    @property
    def accounts(self) -> Accounts: ...


class ToolsOverHttp:
    """An ASGI application, for as long as the context of ``running`` lasts."""

    def __init__(self, services: HasTools) -> None:
        self._services = services
        server = build_server(self._gateway)
        # Made for its session manager. Whoever calls has credentials, so that a foreign host name gains nothing.
        server.streamable_http_app(
            stateless_http=True,
            transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
        )
        self._sessions = server.session_manager

    def running(self) -> AbstractAsyncContextManager[None]:
        return self._sessions.run()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Raises Unauthorized; HTTPException for all but POST, since a GET would hold a stream that stays silent."""
        authorization = Headers(scope=scope).get("authorization")
        caller = await run_in_threadpool(self._services.accounts.authenticate, authorization)
        if scope["method"] != "POST":
            raise HTTPException(405, headers={"Allow": "POST"})
        named = {**scope, "state": {**scope.get("state", {}), _CALLER: caller}}
        await self._sessions.handle_request(named, receive, send)

    def _gateway(self, context: Context[Any, Any]) -> LocalGateway:
        request: Request = context.request_context.request  # pyright: ignore[reportAssignmentType]
        return LocalGateway(self._services, getattr(request.state, _CALLER))
