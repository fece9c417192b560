"""Addresses that show finished cases, alike in `view` and `serve`; separate because both use them.

A `Shelf` says which cases there are; the routes turn one into the page, its JSON and its files.
"""

import tempfile
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from lumenfield.viewer.answer import describe
from lumenfield.viewer.case import REPORT, Case

__all__ = ["STATIC", "Shelf", "case_routes", "page"]

Found = TypeVar("Found")

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

    def with_case(answer: Callable[[Case, Request], Response]) -> Callable[[Request], Response]:
        def answered(request: Request) -> Response:
            case = shelf(request.path_params["case"])
            if case is None:
                raise HTTPException(404)
            return answer(case, request)

        return answered

    def facts(case: Case, request: Request) -> Response:
        return JSONResponse({**asdict(describe(case)), "cases": list(names)})

    api = "/api/cases/{case}"
    return [
        Route("/cases/{case}", with_case(lambda case, request: page("view.html"))),
        Route("/cases/{case}/report", with_case(_report)),
        Route(api, with_case(facts)),
        Route(f"{api}/files/{{name}}", with_case(_file)),
        Route(f"{api}/scan.nii", with_case(_scan)),
        Route(f"{api}/wall.mz3", with_case(_wall)),
        Route(f"{api}/pack", with_case(_pack)),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]


def page(name: str) -> Response:
    """Answer with one of our own pages."""
    return FileResponse(STATIC / name, media_type="text/html")


def _file(case: Case, request: Request) -> Response:
    name = request.path_params["name"]
    path = _known(case.file(name))
    return FileResponse(path, filename=name, headers=_FILE_POLICY)


def _scan(case: Case, request: Request) -> Response:
    return FileResponse(_known(case.scan), media_type="application/octet-stream")


def _wall(case: Case, request: Request) -> Response:
    return Response(_known(case.wall), media_type="application/octet-stream")


def _report(case: Case, request: Request) -> Response:
    headers = {"content-security-policy": _REPORT_POLICY}
    return FileResponse(_known(case.file(REPORT)), media_type="text/html", headers=headers)


def _pack(case: Case, request: Request) -> Response:
    packed = _packed(case)
    gone = BackgroundTask(packed.close)
    return FileResponse(packed.name, filename=f"{case.name}.zip", background=gone)


def _known(found: Found | None) -> Found:
    """Pass on what a case has; what it has not is not there."""
    if found is None:
        raise HTTPException(404)
    return found


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
