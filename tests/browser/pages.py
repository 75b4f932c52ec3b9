"""Every page of the application, in the states that a person meets it in: tests and figures go over them.

A page that is added to web/src/app/routes.tsx is added here: a test compares the two.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from playwright.async_api import Page
from tests.browser.installation import Installation
from tests.browser.looking import settled

State = Literal["full", "empty", "error", "signed_out", "first_start"]
# What the frame itself needs to be drawn; with an error, everything else fails.
ALWAYS_ANSWERED = (
    r"/^\/api\/v1\/(me|setup|session|live|notifications|inbox|preferences|search|organisation)\b/"
)
FAILURE = {
    "type": "urn:whereupon:problem:unavailable",
    "title": "Unavailable",
    "status": 503,
    "detail": "The database does not answer just now; nothing was changed.",
    "code": "unavailable",
    "suggestion": "Try again in a few seconds.",
}


@dataclass(frozen=True, slots=True)
class Visit:
    """A page in one state. `path` may hold names of PLACES; `ready` is there once it is drawn."""

    name: str
    path: str
    state: State = "full"
    who: str | None = "admin"
    ready: str = "h1"

    @property
    def id(self) -> str:
        return f"{self.name}-{self.state}"


# name, path, states, what is there once the page is drawn
TABLE: tuple[tuple[str, str, tuple[State, ...], str], ...] = (
    ("setup", "/setup", ("first_start",), "h1"),
    ("sign-in", "/sign-in", ("signed_out",), "h1"),
    ("home", "/", ("full", "empty", "error"), "h1"),
    ("workflows", "/workflows", ("full", "empty", "error"), "h1"),
    ("wizard", "/wizard", ("full",), "h1"),
    ("wizard-kind", "/wizard/data-tasks", ("full",), "h1"),
    ("gallery", "/gallery", ("full", "error"), "h1"),
    ("planning", "/planning", ("full",), "h1"),
    ("files", "/files", ("full", "empty", "error"), "h1"),
    ("editor", "/workflows/{workflow}", ("full", "error"), "h1"),
    ("playbooks", "/playbooks", ("full", "empty", "error"), "h1"),
    ("playbook", "/playbooks/{playbook}", ("full", "error"), "h1"),
    ("strategies", "/strategies", ("full", "empty", "error"), "h1"),
    ("strategy", "/strategies/{strategy}", ("full", "error"), "h1"),
    ("runs", "/runs", ("full", "empty", "error"), "h1"),
    ("run", "/runs/{run}", ("full", "error"), "h1"),
    ("bulk-runs", "/runs/bulk", ("full", "empty", "error"), "h1"),
    ("bulk-run", "/runs/bulk/{bulk_run}", ("full", "error"), "h1"),
    ("stages", "/workflows/{workflow}/stages", ("full", "error"), "h1"),
    ("modules", "/records", ("full", "empty", "error"), "h1"),
    ("records", "/records/cases", ("full", "error"), "h1"),
    ("import", "/records/cases/import", ("full", "error"), "h1"),
    ("record", "/records/cases/{case}", ("full", "error"), "h1"),
    ("imports", "/imports", ("full", "empty", "error"), "h1"),
    ("inbox", "/inbox", ("full", "empty", "error"), "h1"),
    ("calendar", "/calendar", ("full", "empty", "error"), "h1"),
    ("messages", "/messages", ("full", "empty", "error"), "h1"),
    ("templates", "/templates", ("full", "empty", "error"), "h1"),
    ("template", "/templates/{template}", ("full", "error"), "h1"),
    ("profile", "/profile", ("full",), "h1"),
    ("data-tasks", "/data-tasks", ("empty", "error"), "h1"),
    ("data-task", "/data-tasks/new", ("full", "error"), "h1"),
    ("upload", "/uploads/of-somebody-outside", ("error",), "h1"),
    ("form", "/forms/of-somebody-outside", ("error",), "h1"),
    ("settings", "/settings", ("full", "empty", "error"), "h1"),
    *(
        (f"settings-{name}", f"/settings/{name}", ("empty",), "h1")
        for name in (
            "text-messages",
            "chat",
            "ai",
            "connections",
            "file-stores",
            "published",
            "webhooks",
            "duty",
            "single-sign-on",
        )
    ),
    ("not-found", "/no/such/page", ("full",), "h1"),
)
WHO: Mapping[State, str | None] = {"signed_out": None, "first_start": None}
PAGES = tuple(
    Visit(name, path, state, WHO.get(state, "admin"), ready)
    for name, path, states, ready in TABLE
    for state in states
)
# One of each thing that has a page of its own, in a furnished office.
PLACES: Mapping[str, str] = {
    "workflow": "SELECT w.key FROM whereupon.workflows w JOIN whereupon.runs r ON r.workflow_id = w.id "
    "GROUP BY w.key ORDER BY count(*) DESC, w.key LIMIT 1",
    "run": "SELECT id FROM whereupon.runs ORDER BY id DESC LIMIT 1",
    "bulk_run": "SELECT id FROM whereupon.bulk_runs ORDER BY failed DESC, id LIMIT 1",
    "playbook": "SELECT key FROM whereupon.workflows WHERE kind = 'playbook' ORDER BY id LIMIT 1",
    "strategy": "SELECT key FROM whereupon.strategies ORDER BY id LIMIT 1",
    "template": "SELECT key FROM whereupon.templates ORDER BY key LIMIT 1",
    "case": "SELECT id FROM data.cases ORDER BY id LIMIT 1",
}


# The server's answers while its database is away, without a server: the tab keeps its cache.
FAILING = f"""(() => {{
  const ask = window.fetch
  window.fetch = async (asked, ...rest) => {{
    const path = new URL(asked.url ?? asked, location.href).pathname
    if (!path.startsWith('/api/v1/') || {ALWAYS_ANSWERED}.test(path)) return ask(asked, ...rest)
    const headers = {{'Content-Type': 'application/problem+json'}}
    return new Response({json.dumps(json.dumps(FAILURE))}, {{status: {FAILURE["status"]}, headers}})
  }}
}})()"""
# What a link does, without a link: the page that is open makes way for the next, and nothing is loaded again.
FOLLOW = """path => {
  history.pushState({}, '', path)
  dispatchEvent(new PopStateEvent('popstate', {state: {}}))
}"""
NOWHERE = "/no/such/page"
IS_NOWHERE = (
    "is => (document.querySelector('h1')?.textContent === 'There is no page at this address.') === is"
)


async def go(page: Page, visit: Visit, installation: Installation) -> None:
    """Open the page in its state in a new tab, and wait until it is drawn."""
    if visit.state == "error":
        await page.add_init_script(FAILING)
    await page.goto(await path_of(visit, installation))
    await settled(page, visit.ready)


async def go_on(page: Page, path: str, ready: str = "h1") -> None:
    """From the page that is open to another one, as by a link, by way of one that is nothing like either."""
    await page.evaluate(FOLLOW, NOWHERE)
    await page.wait_for_function(IS_NOWHERE, arg=True)
    await page.evaluate(FOLLOW, path)
    if path != NOWHERE:
        await page.wait_for_function(IS_NOWHERE, arg=False)
    await settled(page, ready)


async def path_of(visit: Visit, installation: Installation) -> str:
    """The path with a thing's own name in it."""
    names = re.findall(r"{(\w+)}", visit.path)
    found: dict[str, Any] = {name: (await installation.sql(PLACES[name]))[0][0] for name in names}
    return visit.path.format(**found)
