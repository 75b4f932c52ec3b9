"""Three people, one module, two records: enough to draw a workflow for."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from tests.browser.conftest import Opening
from tests.browser.installation import Installation, add_people

REQUESTS: dict[str, Any] = {
    "key": "requests", "label": "Request", "label_plural": "Requests", "title_field": "name",
    "fields": [
        {"key": "name", "type": "text", "label": "Name", "required": True},
        {"key": "amount", "type": "money", "label": "Amount"},
        {"key": "status", "type": "select", "label": "Status",
         "options": {"choices": [{"key": "new", "label": "New"}, {"key": "approved", "label": "Approved"}]}},
        {"key": "note", "type": "text", "label": "Note"},
    ],
}  # fmt: skip
RECORDS = (("Desk lamps", 90), ("New roof", 5200))


@contextmanager
def small_office(opening: Opening, template: str) -> Generator[Installation]:
    """Served for as long as the block lasts."""
    with opening(template, {}) as made:
        asyncio.run(add_people(made))
        made.ask("POST", "/api/v1/modules", REQUESTS)
        for name, amount in RECORDS:
            body = {"name": name, "amount": amount, "status": "new"}
            made.ask("POST", "/api/v1/records/requests", body)
        yield made
