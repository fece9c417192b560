"""The two web applications: `view_app` shows cases, `serve_app` takes scans and shows theirs."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from lumenfield.errors import InputError
from lumenfield.viewer.answers import HANDLERS, error_json, refusal
from lumenfield.viewer.case import Case
from lumenfield.viewer.guard import Guard, Lock
from lumenfield.viewer.openapi import OPENAPI, describe_api
from lumenfield.viewer.queue import Job
from lumenfield.viewer.routes import case_routes, page
from lumenfield.viewer.uploads import SUFFIXES, TooLarge, TooMany, Upload, Uploads

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
        *_scan_routes(uploads),
        *case_routes(uploads.case),
    ]
    handlers: Any = {**HANDLERS, TooLarge: _on_too_large, TooMany: _on_too_many}
    app = Starlette(routes=routes, exception_handlers=handlers, lifespan=lifespan)
    return Guard(app, lock)


def _scan_routes(uploads: Uploads) -> list[BaseRoute]:
    async def options(request: Request) -> Response:
        return JSONResponse(
            {
                "models": list(uploads.models),
                "suffixes": list(SUFFIXES),
                "max_upload_mb": uploads.limits.max_bytes / 2**20,
                "max_scans": uploads.limits.max_scans,
                "keep_minutes": uploads.limits.keep_s / 60,
            }
        )

    async def listed(request: Request) -> Response:
        return JSONResponse({"scans": [_job_json(job, uploads) for job in uploads.queue.jobs()]})

    async def submit(request: Request) -> Response:
        asked = request.query_params
        uploads.check_size(_length(request))
        upload = uploads.admit(
            asked.get("name", ""), asked.get("model", ""), asked.get("spacing", "")
        )
        try:
            await uploads.receive(upload, request.stream())
        except ClientDisconnect:
            return Response(status_code=499)
        return JSONResponse(_job_json(_job(upload.key), uploads), 202)

    async def told(request: Request) -> Response:
        return JSONResponse(_job_json(_job(request.path_params["scan"]), uploads))

    async def removed(request: Request) -> Response:
        if not await asyncio.to_thread(uploads.remove, request.path_params["scan"]):
            raise HTTPException(404)
        return Response(status_code=204)

    def _job(key: str) -> Job:
        job = uploads.queue.find(key)
        if job is None:
            raise HTTPException(404)
        return job

    return [
        Route("/api/options", options),
        Route("/api/scans", listed),
        Route("/api/scans", submit, methods=["POST"]),
        Route("/api/scans/{scan}", told),
        Route("/api/scans/{scan}", removed, methods=["DELETE"]),
    ]


def _job_json(job: Job, uploads: Uploads) -> dict[str, Any]:
    upload: Upload = job.task
    waiting = [other.key for other in uploads.queue.jobs() if other.state in ("waiting", "running")]
    return {
        "id": job.key,
        "name": upload.name,
        "state": job.state,
        "stage": job.stage,
        "done": job.done,
        "total": job.total,
        "ahead": waiting.index(job.key) if job.key in waiting else 0,
        "error": error_json(job.error) if job.error else None,
        "is_fault": job.is_fault,
    }


def _length(request: Request) -> int:
    """Read how many bytes are announced; what is not said is counted as it comes."""
    said = request.headers.get("content-length", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 20 else 0


async def _sweeping(uploads: Uploads) -> None:
    while True:
        await asyncio.sleep(_SWEEP_S)
        await asyncio.to_thread(uploads.sweep)


async def _start(request: Request) -> Response:
    return page("serve.html")


async def _api(request: Request) -> Response:
    return Response(describe_api(), media_type="text/html")


async def _openapi(request: Request) -> Response:
    return JSONResponse(OPENAPI)


async def _on_too_large(request: Request, error: Exception) -> Response:
    assert isinstance(error, InputError)
    return refusal(413, error)


async def _on_too_many(request: Request, error: Exception) -> Response:
    assert isinstance(error, InputError)
    return refusal(429, error)
