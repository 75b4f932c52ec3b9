"""One string that means something to HTML, Liquid, spreadsheets and terminals, put wherever text can be."""

from __future__ import annotations

import itertools
import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

from tests.acceptance.serving import eventually
from tests.browser.installation import Installation

FORMULA = "=cmd|'/C calc'!A1"
LINE = (
    f"{FORMULA}<script>alert(1)</script><img src=//evil.example/x onerror=alert(2)><svg onload=alert(3)>"
    "{{ 7*7 }}{%raw%}\"'`\u202egnp.exe\u202c NULL ${1}"
)
NAME = LINE[:190]  # of things that have a name of at most 200 characters
PARAGRAPHS = f"{LINE}\r\n+1\r\n@SUM(1){{{{ 'a' | append: 'b' }}}}\r\n" + "very long " * 2_000 + LINE
RICH = (
    "<p>Rich</p><script>alert(4)</script><img src=//evil.example/y onerror=alert(5)>"
    '<a href="javascript:alert(6)">link</a><p onclick=alert(7)>{{ 7*7 }} &lt;b&gt;</p>'
)
EMAIL = "=cmd|'{{7*7}}`@evil.example"
URL = "https://evil.example/?q=<script>alert(8)</script>{{7*7}}"
FILE = LINE.replace("/", "\u2215").replace('"', "")[:120] + ".txt"
CHOICES = {"choices": [{"key": "one", "label": f"{NAME} 1"}, {"key": "two", "label": f"{NAME} 2"}]}
# Key, type, options, value: every type of field that takes text or shows a text of ours.
FIELDS: tuple[tuple[str, str, dict[str, Any], Any], ...] = (
    ("name", "text", {}, LINE),
    ("story", "long_text", {}, PARAGRAPHS),
    ("letter", "rich_text", {}, RICH),
    ("mail", "email", {}, EMAIL),
    ("phone", "phone", {}, "+1 (555) 12-34 ext. 5"),
    ("page", "url", {}, URL),
    ("choice", "select", CHOICES, "one"),
    ("choices", "multi_select", CHOICES, ["one", "two"]),
    ("phase", "stage", CHOICES, "one"),
    ("parent", "reference", {"target": "poly"}, None),
    ("person", "user", {}, None),
    ("paper", "file", {}, None),
)


@dataclass
class Poly:
    """Where the string is."""

    office: Installation
    record: str = ""
    run: int = 0
    user: int = 0
    view: int = 0
    problem_import: int = 0

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        try:
            return self.office.ask(method, f"/api/v1{path}", body)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.read().decode()}") from error


def upload(poly: Poly, name: str, content: bytes, media_type: str) -> int:
    """A document with that name; the answer is its id."""
    boundary = "between-the-parts"
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"'
    body = (
        f"{head}\r\nContent-Type: {media_type}\r\n\r\n".encode()
        + content
        + f"\r\n--{boundary}--\r\n".encode()
    )
    server = poly.office.running
    request = urllib.request.Request(
        f"{server.address}/api/v1/documents", method="POST", data=body,
        headers={"Content-Type": f"multipart/form-data; boundary={boundary}", **server.bearer()},
    )  # fmt: skip
    with urllib.request.urlopen(request, timeout=10) as answer:
        return int(json.loads(answer.read())["id"])


def spread(office: Installation) -> Poly:
    """The string in every name and in every field, with everything that follows from it."""
    poly = Poly(office)
    make_people(poly)
    make_module(poly)
    make_words(poly)
    make_workflows(poly)
    make_records(poly)
    make_import(poly)
    return poly


def make_people(poly: Poly) -> None:
    role = {"key": "poly", "name": NAME}
    poly.ask("POST", "/roles", role)
    user = {"email": "poly@office.example", "name": NAME, "roles": ["poly"]}
    poly.user = poly.ask("POST", "/users", user)["id"]
    poly.ask("POST", "/groups", {"key": "poly", "name": NAME, "members": [poly.user]})


def make_module(poly: Poly) -> None:
    fields = [
        {"key": key, "type": kind, "label": f"{NAME[:180]} {key}", "options": options, "description": LINE}
        for key, kind, options, _ in FIELDS
        if kind != "reference"
    ]
    labels = {"label": NAME, "label_plural": NAME, "description": LINE, "title_field": "name"}
    poly.ask("POST", "/modules", {"key": "poly", **labels, "fields": fields})
    parent = {
        "key": "parent",
        "type": "reference",
        "label": f"{NAME[:180]} parent",
        "options": {"target": "poly"},
    }
    poly.ask("POST", "/modules/poly/fields", parent)


def make_words(poly: Poly) -> None:
    escaped = LINE.replace("{%raw%}", "").replace("{{ 7*7 }}", "")
    words = {"subject": f"{{{{ record.name }}}} {escaped}", "html": f"<p>{{{{ record.name }}}}</p>{escaped}"}
    poly.ask("POST", "/templates", {"key": "poly", "name": NAME, "module": "poly", **words})
    definition = {"where": None, "sort": ["name"], "columns": [key for key, *_ in FIELDS]}
    view = {"module": "poly", "name": NAME, "shared": True, "definition": definition}
    poly.view = poly.ask("POST", "/views", view)["id"]


def node(key: str, block: str, config: dict[str, Any], place: int) -> dict[str, Any]:
    position = {"x": 0, "y": 140 * place}
    return {"key": key, "block": block, "label": NAME, "config": config, "position": position}


def chain(trigger: dict[str, Any], *nodes: dict[str, Any]) -> dict[str, Any]:
    """A document: one block after the other."""
    start = {"key": "start", "block": "start", "config": trigger, "position": {"x": 0, "y": 0}, "label": NAME}
    every = [start, *nodes]
    edges = [
        {"from": one["key"], "port": "next", "to": other["key"]} for one, other in itertools.pairwise(every)
    ]
    return {"format": 1, "nodes": every, "edges": edges, "settings": {}}


def make_workflows(poly: Poly) -> None:
    ada = {"user": poly.office.people["admin"].id}
    trigger = {
        "trigger": "record_created",
        "filter": {"field": "name", "operator": "not_equals", "value": f"{LINE} other"},
    }
    document = chain(
        trigger,
        node(
            "task",
            "create_task",
            {"title": "{{ record.name }}", "description": "{{ record.story }}", "assignee": ada},
            1,
        ),
        node("tell", "notify", {"to": [ada], "title": "{{ record.name }}", "body": "{{ record.name }}"}, 2),
        node("mail", "send_email", {"to": [{"field": "mail"}], "template": "poly"}, 3),
        node("fail", "update_record", {"set": {"choice": {"field": "name"}}}, 4),
    )
    new = {"key": "poly", "name": NAME, "description": LINE, "module": "poly", "document": document}
    poly.ask("POST", "/workflows", new)
    poly.ask("POST", "/workflows/poly/publish", {"note": LINE})


def make_records(poly: Poly) -> None:
    values: dict[str, Any] = {key: value for key, _, _, value in FIELDS if value is not None}
    values |= {"person": poly.user, "paper": upload(poly, FILE, b"text", "text/plain")}
    parent = poly.ask("POST", "/records/poly", values)
    poly.record = str(parent["id"])
    poly.ask("POST", "/records/poly", values | {"parent": parent["id"], "paper": None})
    poly.ask("PATCH", f"/records/poly/{poly.record}", {"story": f"{PARAGRAPHS}!", "phase": "two"})
    runs = eventually(lambda: ended_runs(poly))
    poly.run = next(run["id"] for run in runs if run["record_id"] == poly.record)


def ended_runs(poly: Poly) -> list[Any]:
    """The two runs, once both are over."""
    runs = poly.ask("GET", "/runs?workflow=poly")["items"]
    return runs if len(runs) == 2 and all(run["ended_at"] for run in runs) else []


def make_import(poly: Poly) -> None:
    quoted = LINE.replace('"', '""')
    content = f'"{quoted}","mail"\r\n"{quoted}","{quoted}"\r\n'.encode()
    document = upload(poly, FILE.replace(".txt", ".csv"), content, "text/csv")
    mapping = [{"column": 0, "field": "name"}, {"column": 1, "field": "mail"}]
    order = {"document_id": document, "module": "poly", "mapping": mapping, "dry_run": False}
    made = poly.ask("POST", "/imports", order)
    eventually(lambda: poly.ask("GET", f"/imports/{made['id']}")["ended_at"])
    poly.problem_import = made["id"]
