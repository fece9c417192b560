"""Errors as JSON, in the command line's three parts; separate so that all routes answer alike."""

import logging

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from lumenfield.errors import InputError
from lumenfield.viewer.boxes import on_the_page

__all__ = ["HANDLERS", "error_json", "refusal"]

_LOG = logging.getLogger("lumenfield.viewer")


def error_json(error: InputError) -> dict[str, str]:
    """Give an error's three parts and all in one line, in the page's words."""
    came, needed, todo = (on_the_page(part) for part in error.parts)
    message = str(InputError(came, needed, todo))
    return {"came": came, "needed": needed, "todo": todo, "message": message}


def refusal(status: int, error: InputError) -> Response:
    """Answer with an error that the caller can mend."""
    headers = {"www-authenticate": "Bearer"} if status == 401 else None
    return JSONResponse(error_json(error), status, headers)


async def _on_input(request: Request, error: Exception) -> Response:
    assert isinstance(error, InputError)
    return refusal(422, error)


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    known = {
        404: ("nothing is at this address", "see /api for what there is", "check the address"),
        405: ("this address does not take that method", "see /api", "use another method"),
    }
    came, needed, todo = known.get(
        error.status_code, (str(error.detail), "see /api", "change the request")
    )
    answer = refusal(error.status_code, InputError(came, needed, todo))
    answer.headers.update(error.headers or {})
    return answer


async def _on_fault(request: Request, error: Exception) -> Response:
    _LOG.error("a fault at %s", request.url.path, exc_info=error)
    line = InputError(
        f"{type(error).__name__} in the server",
        "this is a fault of ours",
        "report it with what the server printed",
    )
    return refusal(500, line)


HANDLERS = {InputError: _on_input, HTTPException: _on_http, Exception: _on_fault}
"""For Starlette's `exception_handlers`."""
