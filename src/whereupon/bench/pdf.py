"""How fast PDFs are made: an invoice of two pages with a table, from its template to the stored file."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from whereupon.bench.figures import Figure
from whereupon.errors import Unavailable
from whereupon.records.files import FileStore
from whereupon.templates.pdf import render_pdf
from whereupon.templates.printing import draw_pdf

INVOICES, WARMING, AT_ONCE, LINES, PAGES = 150, 8, 8, 45, 2
TABLE = """
<h1>Invoice {{ record.number }}</h1><p>{{ record.customer }}</p>
<table><thead><tr><th>No.</th><th>What</th><th class="number">Amount</th></tr></thead>
{% for line in record.lines %}<tr><td>{{ forloop.index }}</td><td>{{ line.what }}</td>
<td class="number">{{ line.amount }}</td></tr>{% endfor %}</table>
<p><strong>Total: {{ record.total }}</strong></p>
"""


def _text(liquid: str) -> Mapping[str, Any]:
    return {"liquid": liquid, "html": True, "zone": "UTC", "kinds": {}}


SOURCE: Mapping[str, Any] = {
    "title": _text("Invoice {{ record.number }}"), "html": _text(TABLE), "header": _text("Example Ltd"),
    "footer": _text("<p>{{ record.customer }}</p>"), "page": {},
}  # fmt: skip


async def pdf_pages_per_second() -> list[Figure]:
    """Invoices of two pages, eight asked for at once, each stored when it is drawn."""
    with TemporaryDirectory(prefix="whereupon-bench-") as folder:
        files = FileStore(Path(folder) / "documents")
        await _make(files, WARMING)
        began = time.perf_counter()
        pages = await _make(files, INVOICES)
        seconds = time.perf_counter() - began
    note = f"{INVOICES} invoices of {PAGES} pages, {LINES} lines each: {seconds:.2f} s"
    return [Figure("pdf_pages_per_second", round(pages / seconds, 1), note)]


async def _make(files: FileStore, number: int) -> int:
    places = asyncio.Semaphore(AT_ONCE)

    async def one(index: int) -> int:
        async with places:
            drawn = await draw_pdf(render_pdf(SOURCE, _values(index)), title=f"Invoice {index}")
            await asyncio.to_thread(files.put, io.BytesIO(drawn.content))
            return drawn.pages

    pages = await asyncio.gather(*(one(index) for index in range(number)))
    if set(pages) != {PAGES}:
        raise Unavailable(f"The invoices have {sorted(set(pages))} pages, not {PAGES}.")
    return sum(pages)


def _values(index: int) -> dict[str, Any]:
    lines = [{"what": f"Υπηρεσία {index}-{n}", "amount": f"{n * 3}.50 EUR"} for n in range(LINES)]
    return {
        "record": {
            "number": f"INV-{index}",
            "customer": "Παπαδόπουλος & Co",
            "total": "999.00 EUR",
            "lines": lines,
        }
    }
