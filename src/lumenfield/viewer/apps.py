"""The two web applications: `view_app` shows cases, `serve_app` takes scans and shows theirs."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from lumenfield.errors import InputError
from lumenfield.viewer.answers import HANDLERS, refusal
from lumenfield.viewer.case import Case
from lumenfield.viewer.guard import Guard, Lock
from lumenfield.viewer.openapi import OPENAPI, describe_api
from lumenfield.viewer.routes import case_routes, page
from lumenfield.viewer.scans import scan_routes
from lumenfield.viewer.uploads import TooLarge, TooMany, Uploads

__all__ = ["serve_app", "view_app"]

_SWEEP_S = 20.0


def view_app(cases: Mapping[str, Case], lock: Lock) -> ASGIApp:
    """Make the application that shows cases which are there."""

    async def start(request: Request) -> Response:
        return RedirectResponse(f"/cases/{quote(next(iter(cases)))}")

    routes = [Route("/", start), *case_routes(cases.get, tuple(cases))]
    return Guard(Starlette(routes=routes, exception_handlers=HANDLERS), lock)


def serve_app(uploads: Uploads, lock: Lock) -> ASGIApp:
    """Make the application that takes scans, segments them one by one, and shows the results."""

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        uploads.queue.start()
        sweeper = asyncio.create_task(_sweeping(uploads))
        try:
            yield
        finally:
            sweeper.cancel()
            await asyncio.to_thread(uploads.queue.close)

    routes = [
        Route("/", _start),
        Route("/api", _api),
        Route("/api/openapi.json", _openapi),
        *scan_routes(uploads),
        *case_routes(uploads.case),
    ]
    handlers: Any = {**HANDLERS, TooLarge: _on_too_large, TooMany: _on_too_many}
    app = Starlette(routes=routes, exception_handlers=handlers, lifespan=lifespan)
    return Guard(app, lock)


async def _sweeping(uploads: Uploads) -> None:
    while True:
        await asyncio.sleep(_SWEEP_S)
        await asyncio.to_thread(uploads.sweep)


async def _start(request: Request) -> Response:
    return page("serve.html")


async def _api(request: Request) -> Response:
    server = str(request.base_url).rstrip("/")
    return Response(describe_api(server), media_type="text/html")


async def _openapi(request: Request) -> Response:
    return JSONResponse(OPENAPI)


async def _on_too_large(request: Request, error: Exception) -> Response:
    assert isinstance(error, InputError)
    return refusal(413, error)


async def _on_too_many(request: Request, error: Exception) -> Response:
    assert isinstance(error, InputError)
    return refusal(429, error)
