"""The JSON API of `serve`, described as OpenAPI and as a small page; separate from what answers.

Every path here is tested against the application, so the description cannot drift from it.
"""

from html import escape
from typing import Any

__all__ = ["OPENAPI", "describe_api"]

_TEXT = {"type": "string"}
_COUNT = {"type": "integer", "minimum": 0}

_SCHEMAS: dict[str, Any] = {
    "Error": {
        "type": "object",
        "description": "What came, what is needed, what to do; `message` is all in one line.",
        "required": ["came", "needed", "todo", "message"],
        "properties": dict.fromkeys(("came", "needed", "todo", "message"), _TEXT),
    },
    "Scan": {
        "type": "object",
        "required": ["id", "name", "state", "stage", "done", "total", "ahead", "error", "is_fault"],
        "properties": {
            "id": _TEXT,
            "name": _TEXT,
            "state": {"enum": ["uploading", "waiting", "running", "done", "failed"]},
            "stage": {**_TEXT, "description": "Of a running scan, such as network or refinement."},
            "done": _COUNT,
            "total": _COUNT,
            "ahead": {**_COUNT, "description": "Scans that come before this one."},
            "error": {"anyOf": [{"$ref": "#/components/schemas/Error"}, {"type": "null"}]},
            "is_fault": {"type": "boolean", "description": "The error is not the sender's."},
        },
    },
    "Scans": {
        "type": "object",
        "required": ["scans"],
        "properties": {"scans": {"type": "array", "items": {"$ref": "#/components/schemas/Scan"}}},
    },
    "Options": {
        "type": "object",
        "required": ["models", "suffixes", "max_upload_mb", "max_scans", "keep_minutes"],
        "properties": {
            "models": {"type": "array", "items": _TEXT},
            "suffixes": {"type": "array", "items": _TEXT},
            "max_upload_mb": {"type": "number"},
            "max_scans": _COUNT,
            "keep_minutes": {"type": "number"},
        },
    },
    "Case": {
        "type": "object",
        "description": "The answer, what to doubt, and which files there are.",
        "required": ["name", "ndim", "answer", "doubts", "files"],
    },
}

_SCAN = {"name": "scan", "in": "path", "required": True, "schema": _TEXT}
_CASE = {"name": "case", "in": "path", "required": True, "schema": _TEXT, "description": "Its id."}
_FILE = {"name": "name", "in": "path", "required": True, "schema": _TEXT}


def _query(name: str, description: str, *, required: bool = False) -> dict[str, Any]:
    return {
        "name": name,
        "in": "query",
        "required": required,
        "schema": _TEXT,
        "description": description,
    }


def _json(description: str, schema: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"description": description, "content": content}


def _bytes(description: str) -> dict[str, Any]:
    content = {"*/*": {"schema": {"type": "string", "format": "binary"}}}
    return {"description": description, "content": content}


def _operation(
    summary: str,
    answers: dict[str, Any],
    parameters: tuple[dict[str, Any], ...] = (),
    refused: tuple[str, ...] = (),
) -> dict[str, Any]:
    errors = {code: _json(_ERRORS[code], "Error") for code in ("401", "403", *refused)}
    return {"summary": summary, "parameters": list(parameters), "responses": {**answers, **errors}}


_ERRORS = {
    "401": "The token is missing.",
    "403": "The header X-Lumenfield is missing beside a cookie.",
    "404": "There is no such thing, or it is not ready.",
    "413": "The scan is too large.",
    "422": "The request is wrong; the error says what to do.",
    "429": "The server keeps no more scans.",
}

_SUBMIT = _operation(
    "Send a scan, or a zip or tar of DICOM series, as the body of the request; it is queued",
    {"202": _json("Queued.", "Scan")},
    (
        _query("name", "File name; only its suffix and a cleaned stem are used.", required=True),
        _query("model", "One of the offered models; by default that of the scan's dimension."),
        _query("spacing", "Voxel edges in mm, such as 0.8 0.8 1, for files without any."),
        _query("part", "Name of the series or array, where the file holds several."),
        _query("time", "Of a scan in time: mean, or a frame counted from 0."),
    ),
    ("413", "422", "429"),
)
_SUBMIT["requestBody"] = {
    "required": True,
    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
}

OPENAPI: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {
        "title": "lumenfield serve",
        "version": "1",
        "description": "Vessel walls from MRI magnitude scans. Research use; not a medical device.",
    },
    "security": [{"token": []}],
    "paths": {
        "/api/options": {"get": _operation("What is offered", {"200": _json("", "Options")})},
        "/api/scans": {
            "get": _operation("All scans", {"200": _json("The first sent first.", "Scans")}),
            "post": _SUBMIT,
        },
        "/api/scans/{scan}": {
            "get": _operation(
                "Where a scan stands", {"200": _json("", "Scan")}, (_SCAN,), ("404",)
            ),
            "delete": _operation(
                "End and remove a scan", {"204": {"description": "Gone."}}, (_SCAN,), ("404",)
            ),
        },
        "/api/cases/{case}": {
            "get": _operation(
                "The answer of a finished scan", {"200": _json("", "Case")}, (_CASE,), ("404",)
            )
        },
        "/api/cases/{case}/files/{name}": {
            "get": _operation(
                "One file of a result", {"200": _bytes("The file.")}, (_CASE, _FILE), ("404",)
            )
        },
        "/api/cases/{case}/pack": {
            "get": _operation(
                "All files of a result", {"200": _bytes("A zip.")}, (_CASE,), ("404",)
            )
        },
    },
    "components": {
        "schemas": _SCHEMAS,
        "securitySchemes": {
            "token": {
                "type": "http",
                "scheme": "bearer",
                "description": "The token of the printed address.",
            }
        },
    },
}


def describe_api(server: str) -> str:
    """Make the page for people: each address, what it does and what it takes.

    Args:
        server: where the reader reached it, such as `http://127.0.0.1:8765`.
    """
    rows = "".join(
        f"<tr><td><code>{method.upper()} {escape(path)}</code></td><td>{escape(one['summary'])}"
        f"{_takes(one)}</td><td>{', '.join(one['responses'])}</td></tr>\n"
        for path, methods in OPENAPI["paths"].items()
        for method, one in methods.items()
    )
    return _PAGE.format(rows=rows, server=escape(server))


def _takes(operation: dict[str, Any]) -> str:
    lines = [
        f"<li><code>{p['name']}</code> {escape(p['description'])}</li>"
        for p in operation["parameters"]
        if p["in"] == "query"
    ]
    return f"<ul>{''.join(lines)}</ul>" if lines else ""


_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="/static/icon.svg">
<title>API · lumenfield</title>
<link rel="stylesheet" href="/static/theme.css">
<link rel="stylesheet" href="/static/serve.css">
</head>
<body>
<header><h1>API</h1><p>As OpenAPI: <a href="/api/openapi.json">openapi.json</a></p></header>
<main>
<p>Every request carries the token of the printed address as
<code>Authorization: Bearer TOKEN</code>.</p>
<pre>curl -H "Authorization: Bearer $TOKEN" --data-binary @scan.nii.gz \\
  "{server}/api/scans?name=scan.nii.gz"</pre>
<table class="api">
<thead><tr><th>address</th><th>does</th><th>answers</th></tr></thead>
<tbody>
{rows}</tbody>
</table>
</main>
<footer>Research use; not a medical device.</footer>
</body>
</html>
"""
