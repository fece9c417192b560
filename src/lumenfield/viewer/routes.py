"""Addresses that show finished cases, alike in `view` and `serve`; separate because both use them.

A `Shelf` says which cases there are; the routes turn one into the page, its JSON and its files.
"""

import tempfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from importlib import resources
from pathlib import Path
from typing import Any

from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from lumenfield.viewer.answer import describe
from lumenfield.viewer.case import REPORT, Case

__all__ = ["STATIC", "Shelf", "case_routes", "page"]

STATIC = Path(str(resources.files("lumenfield.viewer") / "static"))

Shelf = Callable[[str], Case | None]
"""Finds a finished case by its name in addresses."""

_REPORT_POLICY = (
    "default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; "
    "script-src 'unsafe-inline'; frame-ancestors 'none'; sandbox allow-scripts allow-popups"
)
"""A report is one file with its styles inside; sandboxed, it cannot use the page's cookie."""

_FILE_POLICY = {"content-security-policy": "default-src 'none'; sandbox"}
"""No file of a case can act as a page of ours."""


def case_routes(shelf: Shelf, names: Sequence[str] = ()) -> list[BaseRoute]:
    """Make the routes that show cases of a shelf.

    Args:
        names: of all cases, so that the page can go from one to another.
    """

    def case_of(request: Request) -> Case:
        case = shelf(request.path_params["case"])
        if case is None:
            raise HTTPException(404)
        return case

    def facts(request: Request) -> Response:
        return JSONResponse({**asdict(describe(case_of(request))), "cases": list(names)})

    def file(request: Request) -> Response:
        case, name = case_of(request), request.path_params["name"]
        path = case.file(name)
        if path is None:
            raise HTTPException(404)
        return FileResponse(path, filename=name, headers=_FILE_POLICY)

    def scan(request: Request) -> Response:
        path = case_of(request).scan
        if path is None:
            raise HTTPException(404)
        return FileResponse(path, media_type="application/octet-stream")

    def wall(request: Request) -> Response:
        packed = case_of(request).wall
        if packed is None:
            raise HTTPException(404)
        return Response(packed, media_type="application/octet-stream")

    def report(request: Request) -> Response:
        path = case_of(request).file(REPORT)
        if path is None:
            raise HTTPException(404)
        headers = {"content-security-policy": _REPORT_POLICY}
        return FileResponse(path, media_type="text/html", headers=headers)

    def pack(request: Request) -> Response:
        case = case_of(request)
        packed = _packed(case)
        gone = BackgroundTask(packed.close)
        return FileResponse(packed.name, filename=f"{case.name}.zip", background=gone)

    async def view(request: Request) -> Response:
        case_of(request)
        return page("view.html")

    api = "/api/cases/{case}"
    return [
        Route("/cases/{case}", view),
        Route("/cases/{case}/report", report),
        Route(api, facts),
        Route(f"{api}/files/{{name}}", file),
        Route(f"{api}/scan.nii", scan),
        Route(f"{api}/wall.mz3", wall),
        Route(f"{api}/pack", pack),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]


def page(name: str) -> Response:
    """Answer with one of our own pages."""
    return FileResponse(STATIC / name, media_type="text/html")


def _packed(case: Case) -> Any:
    """Zip a case into a file that goes when it is closed."""
    packed = tempfile.NamedTemporaryFile(prefix="lumenfield-", suffix=".zip")  # noqa: SIM115
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name in case.files():
            # Gzip and npz are packed already.
            kind = zipfile.ZIP_STORED if name.endswith((".gz", ".npz")) else zipfile.ZIP_DEFLATED
            archive.write(case.folder / name, f"{case.name}/{name}", compress_type=kind)
    packed.flush()
    return packed
