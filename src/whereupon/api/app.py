"""The web application: every route, one way to fail, and what the process keeps while it lives."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from whereupon.api import openapi
from whereupon.api.assets import BUILT, Assets
from whereupon.api.live import Live
from whereupon.api.memory import Memory
from whereupon.api.problems import on_any, on_http, on_validation
from whereupon.api.rates import Rates
from whereupon.api.route import PREFIX
from whereupon.api.routes import (
    absences,
    ai,
    audit,
    bulk_runs,
    calendar,
    catalogue,
    conditions,
    data_tasks,
    docs,
    document_settings,
    documents,
    duty,
    editor,
    exports,
    feeds,
    files,
    gallery,
    groups,
    health,
    home,
    hooks,
    imports,
    inbox,
    inbox_items,
    lists,
    live,
    messages,
    modules,
    pack_files,
    packs,
    people,
    planning,
    playbook_tracks,
    playbooks,
    providers,
    questions,
    quotas,
    records,
    replay,
    reviewing,
    roles,
    runs,
    search,
    secrets,
    sent_files,
    session,
    setup,
    single_sign_on,
    stages,
    startable,
    stores,
    strategies,
    templates,
    testing,
    times,
    tokens,
    users,
    views,
    wizard,
    workflows,
)
from whereupon.api.routes import (
    settings as settings_routes,
)
from whereupon.api.turns import Costly
from whereupon.api.wake import Waker
from whereupon.db.pool import Database
from whereupon.people.attempts import Attempts
from whereupon.settings import Settings

ROUTES = (
    # Before the records and runs whose ids would stand in the same place.
    lists, exports, calendar, bulk_runs, pack_files,
    records, documents, session, modules, conditions, workflows, runs, inbox, messages, catalogue, users,
    groups, roles, tokens, templates, settings_routes, audit, health, setup, docs, live, home, startable,
    people, packs, editor, testing, reviewing, quotas, views, search, imports, replay, ai,
    hooks, secrets, feeds, providers, questions, stores, document_settings, data_tasks, wizard,
    playbooks, playbook_tracks, strategies, gallery,
    stages, duty, absences, inbox_items, single_sign_on, times,
    planning, files, sent_files,
)  # fmt: skip

SECURITY_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), microphone=(), geolocation=()"),
]
# Answers of the API are data: nothing in them is ever to be run or shown as a page.
API_HEADERS = [
    *SECURITY_HEADERS,
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
]


def create_app(database: Database, settings: Settings, built: Path = BUILT) -> FastAPI:
    """The application on a database that is connected and migrated; the caller closes it.

    `built`: where the pages are.
    """
    app = FastAPI(lifespan=lifespan, openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    app.state.database = database
    app.state.settings = settings
    app.state.memory = Memory(database.url)
    app.state.live = Live(database, app.state.memory)
    app.state.waker = Waker(database.url)
    app.state.attempts = Attempts()
    app.state.turns = Costly()
    app.state.rates = Rates()
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(Exception, on_any)
    app.add_middleware(Headers)
    # One flat list, in this order: what is asked most often is found first.
    for module in ROUTES:
        app.router.routes.extend(module.router.routes)
    app.router.routes.extend(health.outside.routes)
    app.router.routes.extend(questions.links.routes)
    app.router.routes.extend(playbook_tracks.records.routes)
    app.router.routes.extend(playbook_tracks.links.routes)
    app.router.routes.extend(strategies.records.routes)
    app.router.default = Assets(app.router.default, built)
    app.openapi = lambda: openapi.document(app)
    return app


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    """Hear of changes and wake workers for as long as requests are served."""
    keeping = (app.state.memory.listen(), app.state.waker.run(), app.state.live.run())
    tasks = [asyncio.create_task(one) for one in keeping]
    try:
        yield
    finally:
        app.state.live.end()
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task
        if hasattr(app.state, "openid"):
            await app.state.openid.egress.aclose()


class Headers:
    """Adds to every answer what browsers need to be told, as plain ASGI: it costs a list per answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = SECURITY_HEADERS if is_page(scope["path"]) else API_HEADERS

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *headers]
            await send(message)

        await self.app(scope, receive, send_with_headers)


def is_page(path: str) -> bool:
    """Whether a browser is to show it: such answers bring their own policy."""
    return path == PREFIX + "/docs" or not path.startswith("/api/")
