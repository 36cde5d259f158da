"""``/docs``: Swagger UI out of this package. Nothing is loaded from another server, and the page forbids it."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import FileResponse
from starlette.staticfiles import StaticFiles

ASSETS = Path(__file__).parent / "assets"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def add_docs(app: FastAPI) -> None:
    """Serve the page at ``/docs`` and its files below."""

    @app.get("/docs", include_in_schema=False)
    def docs() -> FileResponse:  # pyright: ignore[reportUnusedFunction]
        return FileResponse(ASSETS / "index.html", headers={"Content-Security-Policy": _POLICY})

    app.mount("/docs/assets", StaticFiles(directory=ASSETS), name="docs")
