"""The JSON API of uploads: send, list, follow and remove; separate as only `serve` has it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from lumenfield.viewer.answers import error_json
from lumenfield.viewer.queue import Job
from lumenfield.viewer.uploads import SUFFIXES, Upload, Uploads

__all__ = ["scan_routes"]

Answer = Callable[[Uploads, Request], Awaitable[Response]]


def scan_routes(uploads: Uploads) -> list[BaseRoute]:
    """Make the routes about uploads."""

    def over(answer: Answer) -> Callable[[Request], Awaitable[Response]]:
        async def answered(request: Request) -> Response:
            return await answer(uploads, request)

        return answered

    return [
        Route("/api/options", over(_options)),
        Route("/api/scans", over(_listed)),
        Route("/api/scans", over(_submitted), methods=["POST"]),
        Route("/api/scans/{scan}", over(_told)),
        Route("/api/scans/{scan}", over(_removed), methods=["DELETE"]),
    ]


async def _options(uploads: Uploads, request: Request) -> Response:
    return JSONResponse(
        {
            "models": list(uploads.models),
            "suffixes": list(SUFFIXES),
            "max_upload_mb": uploads.limits.max_bytes / 2**20,
            "max_scans": uploads.limits.max_scans,
            "keep_minutes": uploads.limits.keep_s / 60,
        }
    )


async def _listed(uploads: Uploads, request: Request) -> Response:
    return JSONResponse({"scans": [_job_json(job, uploads) for job in uploads.queue.jobs()]})


async def _submitted(uploads: Uploads, request: Request) -> Response:
    asked = request.query_params
    uploads.check_size(_length(request))
    said = (asked.get(name, "") for name in ("name", "model", "spacing", "part", "time"))
    upload = uploads.admit(*said)
    try:
        await uploads.receive(upload, request.stream())
    except ClientDisconnect:
        return Response(status_code=499)
    return JSONResponse(_job_json(_job(uploads, upload.key), uploads), 202)


async def _told(uploads: Uploads, request: Request) -> Response:
    return JSONResponse(_job_json(_job(uploads, request.path_params["scan"]), uploads))


async def _removed(uploads: Uploads, request: Request) -> Response:
    if not await asyncio.to_thread(uploads.remove, request.path_params["scan"]):
        raise HTTPException(404)
    return Response(status_code=204)


def _job(uploads: Uploads, key: str) -> Job:
    job = uploads.queue.find(key)
    if job is None:
        raise HTTPException(404)
    return job


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
