"""The HTTP application: wiring only."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.routing import Route

from app.api_docs.description import describe
from app.api_docs.page import add_docs
from app.bootstrap import Services, build_services, prepare
from app.core.http import install_edge
from app.core.metrics import Metrics
from app.core.ratelimit import UNLIMITED
from app.core.settings import Settings
from app.mcp.over_http import PATH, ToolsOverHttp
from app.modules.credits.router import router as credits_router
from app.modules.videos.router import router as videos_router
from app.operations import JobFigures
from app.operations import router as operations_router
from app.storage.router import local_routers
from app.storage.signed_links import UPLOADS


def create_app(settings: Settings, services: Services | None = None) -> FastAPI:
    """The API. Without ``services`` it brings the database up to date and opens its own when it starts.

    ``app.state.stopping`` may be replaced by whoever runs the server: streams end as soon as it answers True.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        opened = services or await run_in_threadpool(_open, settings)
        tools = ToolsOverHttp(opened)
        _serve(app, opened, tools)
        try:
            async with tools.running():
                yield
        finally:
            if services is None:
                await run_in_threadpool(opened.close)

    app = FastAPI(
        title="10ex videos",
        version=version("tenex-videos"),
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=lambda route: route.name,
        separate_input_output_schemas=False,
    )
    app.state.stopping = lambda: False
    app.state.metrics = Metrics()
    for router in (videos_router, credits_router, operations_router):
        app.include_router(router)
    add_docs(app)
    app.openapi = lambda: describe(app)
    install_edge(
        app, settings=settings, metrics=app.state.metrics, unlimited=(*UNLIMITED, "/docs"), streamed=(f"{UPLOADS}/",)
    )
    return app


def _open(settings: Settings) -> Services:
    prepare(settings)
    return build_services(settings)


def _serve(app: FastAPI, services: Services, tools: ToolsOverHttp) -> None:
    """Connect what needs an open database or an open store."""
    state: Any = app.state
    state.services = services
    state.metrics.registry.register(JobFigures(services.database))
    for router in local_routers(services.platform.storage):
        app.include_router(router)
    app.router.routes.append(Route(PATH, endpoint=tools))
