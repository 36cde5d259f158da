"""Figures for Prometheus, in a registry of our own."""

from __future__ import annotations

import time
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """One process's figures. Modules add their own to ``registry``."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.requests = Counter(
            "tenex_http_requests", "Requests answered", ["method", "route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "tenex_http_request_seconds",
            "Seconds until an answer began",
            ["method", "route"],
            buckets=_SECONDS,
            registry=self.registry,
        )

    def render(self) -> bytes:
        """The page that Prometheus reads, of the type ``content_type``."""
        return generate_latest(self.registry)


class MeasureRequests:
    """Pure ASGI: counts requests and times them, by route template, so that ids do not become labels."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()

        async def send_measured(message: Message) -> None:
            if message["type"] == "http.response.start":
                method = scope["method"] if scope["method"] in _METHODS else "OTHER"
                route = route_of(scope)
                self._metrics.requests.labels(method, route, message["status"]).inc()
                self._metrics.seconds.labels(method, route).observe(time.perf_counter() - began)
            await send(message)

        await self._app(scope, receive, send_measured)


def route_of(scope: Scope) -> str:
    """The template of the matched route, such as ``/api/v1/videos/{video_id}``; ``none`` if nothing matched."""
    # FastAPI 0.165: the route of an included router does not know its prefix, the effective context beside it does.
    effective: Any = scope.get("fastapi", {}).get("effective_route_context")
    return str(getattr(effective or scope.get("route"), "path", None) or "none")
