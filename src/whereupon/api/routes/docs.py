"""The OpenAPI document, and a page that shows it without loading anything from elsewhere."""

from __future__ import annotations

import html
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from whereupon.api.call import response_of
from whereupon.api.route import PREFIX

router = APIRouter(prefix=PREFIX, include_in_schema=False)

POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem;
       color-scheme: light dark }
summary { cursor: pointer; padding: .2rem 0 } code { font-size: .95em }
.method { display: inline-block; width: 4.5em; font-weight: 600; text-transform: uppercase }
table { border-collapse: collapse; margin: .5rem 0 1rem 4.5em }
td { padding: .1rem .8rem .1rem 0; vertical-align: top }
"""


@router.get("/openapi.json")
async def openapi_json(request: Request) -> Response:
    """The document itself (OpenAPI 3.1)."""
    return response_of(request.app.openapi())


@router.get("/docs")
async def docs(request: Request) -> Response:
    """Every operation on one page, by noun."""
    body = page_of(request.app.openapi())
    return HTMLResponse(body, headers={"Content-Security-Policy": POLICY})


def page_of(document: dict[str, Any]) -> str:
    by_tag: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            by_tag.setdefault(operation["tags"][0], []).append(entry(path, method, operation))
    sections = "".join(f"<h2>{html.escape(tag)}</h2>{''.join(entries)}" for tag, entries in by_tag.items())
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Whereupon API</title>'
        f"<style>{STYLE}</style>"
        f"<h1>Whereupon API {html.escape(document['info']['version'])}</h1>"
        f"<p>{html.escape(document['info']['description'])}</p>{sections}</html>"
    )


def entry(path: str, method: str, operation: dict[str, Any]) -> str:
    rows = [(p["name"], f"{p['in']}. {p.get('description', '')}") for p in operation.get("parameters", [])]
    rows += [(status, answer["description"]) for status, answer in operation["responses"].items()]
    cells = "".join(f"<tr><td><code>{html.escape(a)}</code><td>{html.escape(b)}" for a, b in rows)
    return (
        f'<details><summary><span class="method">{method}</span> <code>{html.escape(path)}</code> '
        f"{html.escape(operation['summary'])}</summary><table>{cells}</table></details>"
    )
