"""Planning sheets as files: read whatever people did to them, made into drafts, and written."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from tests.office import Office, open_office

from whereupon.db.pool import Database
from whereupon.errors import Invalid, Refused
from whereupon.packs.contents import Records, Samples, read_pack
from whereupon.packs.loading import install
from whereupon.people.rights import load_rights
from whereupon.planning.drafts import create_drafts
from whereupon.planning.rows import COLUMNS, load_office, plan_row
from whereupon.planning.sheet import HEADERS, Read, read_sheet
from whereupon.planning.writing import EXAMPLES, empty_sheet, filled_sheet, said_workflows, workbook
from whereupon.workflows import store

HEAD = tuple(HEADERS.values())
GOOD = EXAMPLES[0]


def kept(tmp_path: Path, content: bytes, name: str = "plan.xlsx") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


def made(work: Any) -> bytes:
    """A workbook that `work` writes."""
    file = io.BytesIO()
    book: Any = xlsxwriter.Workbook(file, {"in_memory": True})
    work(book, book.add_worksheet("Plan"))
    book.close()
    return file.getvalue()


def table(*rows: Any) -> bytes:
    return workbook({"Plan": [HEAD, *rows]})


def cells(row: Any) -> dict[str, str]:
    return dict(zip(COLUMNS, row, strict=True))


# The three worst, and some more --------------------------------------------------------------------


def merged(book: Any, page: Any) -> None:
    """Titles above, a logo's empty rows, the header in row 5, merged cells, a column that is in the way."""
    page.merge_range("A1:G2", "Σχέδιο επικοινωνίας 2026", book.add_format())
    page.write_row(
        4,
        0,
        [
            "Nr",
            "WHAT THE EMAIL IS ",
            "Based on what update the email should send",
            "To whom?",
            "When the email should send",
            "The content of the email",
            "what attachments should be sent",
        ],
    )
    page.merge_range("B6:B7", "Cancellation", book.add_format())
    page.merge_range("C6:C7", "Booking: Status becomes Cancelled", book.add_format())
    page.write_row(5, 3, ["delegate.email", "2 minutes after", "Cancelled\n\nYour place is free again."])
    page.write_row(6, 3, ["Delegates manager"])
    page.write(9, 3, "   ")
    page.write_row(10, 1, ["Απόδειξη", "", "", "", ""])


def formulas(book: Any, page: Any) -> None:
    """Cells that are computed, dates and numbers where texts belong, errors, texts like formulas."""
    page.write_row(0, 0, HEAD)
    page.write_formula(1, 0, '="Booking "&"confirmation"', None, "Booking confirmation")
    page.write_formula(1, 1, "=B99", None, "Booking is created")
    page.write_formula(1, 2, '=HYPERLINK("http://evil")', None, "delegate.email")
    page.write_number(1, 3, 2)
    page.write_string(1, 4, "=cmd|'/c calc'!A1\n\n+1")
    page.write_formula(2, 0, "=1/0", None, "#DIV/0!")
    page.write_boolean(2, 1, True)
    page.write_datetime(
        2, 3, __import__("datetime").datetime(2026, 1, 1), book.add_format({"num_format": "d mmm"})
    )
    page.write_row(2, 4, ["x" * 32_000, "\u202egnp.exe", "Kunde"])


def mixed(book: Any, page: Any) -> None:
    """Every row in another language, one with everything in one cell, one from right to left."""
    page.write_row(0, 0, HEAD)
    page.write_row(
        1,
        0,
        ["Bestätigung", "Wenn eine Buchung gemacht wurde", "der Teilnehmer", "2 Minuten danach", "Hallo"],
    )
    page.write_row(
        2, 0, ["Επιβεβαίωση", "Όταν γίνεται κράτηση", "εκπαιδευόμενος", "μετά από 2 λεπτά", "Γειά\n\nσας"]
    )
    page.write_row(
        3,
        0,
        [
            "تأكيد",
            "Booking is created",
            "delegate.email",
            "at once",
            "مرحبا\n\n{{ record.number }}",
            "",
            "customer",
        ],
    )
    page.write_row(4, 0, ["When a booking is made send a mail to the delegate 2 minutes after"])
    page.write_row(5, 0, ["", "", "", "", "{% for x in (1..999999999) %}a{% endfor %}\n\n{{ record.nope }}"])


@pytest.fixture
async def office(database: Database) -> Office:
    office = await open_office(database)
    pack = read_pack("training").model_copy(update={"samples": Samples(), "records": Records()})
    await install(database, pack, office.rights)
    return office


async def planned(office: Office, read: Read) -> list[Any]:
    async with office.database.connection() as db:
        there = await load_office(db, office.rights)
    return [plan_row(row.cells, there) for row in read.rows]


async def test_merged_cells_and_renamed_columns(office: Office, tmp_path: Path) -> None:
    read = read_sheet(kept(tmp_path, made(merged)))
    first, second, third = read.rows
    assert read.unknown == ["Nr"]
    assert (first.number, second.number, third.number) == (6, 7, 11)
    assert second.carried == ["what", "update", "when", "content"]
    one, two, three = await planned(office, read)
    assert one.faults == []
    assert "Wait 2 minutes" in one.steps
    assert [(fault.column, fault.instead) for fault in two.faults] == [("who", "delegate.manager.email")]
    assert {fault.column for fault in three.faults} == {"update", "content"}


async def test_formulas_numbers_and_errors_are_texts(office: Office, tmp_path: Path) -> None:
    read = read_sheet(kept(tmp_path, made(formulas)))
    one, two = await planned(office, read)
    assert read.rows[0].cells["what"] == "Booking confirmation"
    assert read.rows[0].cells["content"] == "=cmd|'/c calc'!A1\n\n+1"
    assert [fault.column for fault in one.faults] == ["when"]
    assert {fault.column for fault in two.faults} == {"update", "content", "category"}


async def test_every_language_is_answered_in_words(office: Office, tmp_path: Path) -> None:
    rows = await planned(office, read_sheet(kept(tmp_path, made(mixed))))
    assert [bool(row.faults) for row in rows] == [True, True, False, True, True]
    assert rows[2].name == "[Booking] — تأكيد"
    assert all(fault.suggestion for row in rows[:2] for fault in row.faults)
    assert rows[3].faults[0].column == "update"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "No row names"),
        (b"Bla;Blu\n1;2\n", "No row names"),
        (b"%PDF-1.4 nothing", "No row names"),
        (b"PK\x03\x04 broken", "cannot be read"),
        (lambda: workbook({"Plan": [HEAD, *[GOOD] * 10_000]}), "more than 500 rows"),
        (lambda: workbook({"Plan": [("Τι", "Σε ποιον", "Πότε"), ("a", "b", "c")]}), "No row names"),
    ],
    ids=["empty", "wrong headers", "a PDF", "damaged", "10,000 rows", "Greek headers"],
)
def test_a_file_that_is_no_planning_sheet_is_refused_in_words(
    tmp_path: Path, content: bytes | Callable[[], bytes], told: str
) -> None:
    file = kept(tmp_path, content() if callable(content) else content)
    with pytest.raises(Invalid) as refused:
        read_sheet(file)
    assert told in refused.value.problems[0].message
    assert refused.value.problems[0].suggestion


def test_a_bomb_is_not_unpacked(tmp_path: Path) -> None:
    file = io.BytesIO()
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part,
    ):
        for _ in range(41):
            part.write(b" " * 10_000_000)
    with pytest.raises(Invalid, match="unpacks to"):
        read_sheet(kept(tmp_path, file.getvalue()))


def test_a_text_file_is_read_too(tmp_path: Path) -> None:
    text = (
        'What;On which update;To whom;Content\r\nΓειά;Booking is created;delegate.email;"Hi\r\n\r\nYou"\r\n'
    )
    (row,) = read_sheet(kept(tmp_path, text.encode("cp1253"), "plan.csv")).rows
    assert (row.cells["what"], row.cells["when"]) == ("Γειά", "")


# Drafts, and back ----------------------------------------------------------------------------------


async def test_chosen_rows_become_drafts_with_their_templates(office: Office) -> None:
    async with office.database.transaction() as db:
        drafts = await create_drafts(db, office.rights, [cells(row) for row in EXAMPLES])
    assert [one["state"] for one in drafts] == ["draft"] * len(EXAMPLES)
    assert [one["category"] for one in drafts] == ["customer", "customer", "admin", "customer", "finance"]
    assert drafts[0]["name"] == "[Booking] — Booking confirmation email"
    async with office.database.transaction() as db:
        for one in drafts:
            assert await store.problems_of_draft(db, office.rights, one["key"]) == []
    found = await office.fetch("SELECT key, source->>'subject' AS subject FROM whereupon.templates")
    key = drafts[0]["draft"]["nodes"][-1]["config"]["template"]
    assert {row["key"]: row["subject"] for row in found}[key] == "Your booking {{ record.number }}"
    async with office.database.connection() as db:
        rows, left_out = await said_workflows(db, office.rights, [one["key"] for one in drafts])
    wanted = [cells(row) for row in EXAMPLES]
    for one in wanted:
        one["when"] = one["when"] or "at once"
    assert (rows, left_out) == (wanted, [])


async def test_what_was_written_is_read_back_as_the_same_workflows(office: Office, tmp_path: Path) -> None:
    async with office.database.transaction() as db:
        before = await create_drafts(db, office.rights, [cells(row) for row in EXAMPLES])
        file = await filled_sheet(db, office.rights, [one["key"] for one in before])
        read = read_sheet(kept(tmp_path, file))
        again = await create_drafts(db, office.rights, [row.cells for row in read.rows])
    for one, other in zip(before, again, strict=True):
        documents = [dict(row["draft"]) for row in (one, other)]
        for document in documents:
            document["nodes"][-1]["config"].pop("template")
        assert documents[0] == documents[1]
        assert (one["name"], one["category"], one["module"]) == (
            other["name"],
            other["category"],
            other["module"],
        )


async def test_one_wrong_row_makes_no_drafts_at_all(office: Office) -> None:
    counted = "SELECT (SELECT count(*) FROM whereupon.workflows), (SELECT count(*) FROM whereupon.templates)"
    before = await office.fetch(counted)
    wrong = cells(GOOD) | {"who": "Delegates manager"}
    with pytest.raises(Invalid) as refused:
        async with office.database.transaction() as db:
            await create_drafts(db, office.rights, [cells(GOOD), wrong])
    (problem,) = refused.value.problems
    assert (problem.path, problem.suggestion) == ("/rows/1/who", "“delegate.manager.email”?")
    assert await office.fetch(counted) == before


async def test_workflows_that_a_sheet_cannot_say_are_named_with_the_reason(office: Office) -> None:
    async with office.database.connection() as db:
        _, left_out = await said_workflows(db, office.rights)
    reasons = dict(left_out)
    assert "something else" in reasons["[Course date] — Certificate to every delegate"]
    assert "It waits in a way" in reasons["[Booking] — Confirmation to the delegate"]


async def test_settings_that_say_what_holds_anyway_are_no_hindrance(office: Office) -> None:
    async with office.database.transaction() as db:
        (draft,) = await create_drafts(db, office.rights, [cells(GOOD)])
        ordinary = {"priority": 100, "recurrence": "every_time", "concurrency": "parallel", "time_zone": None,
                    "acts_as": None}  # fmt: skip
        unsayable = ({"priority": 0}, {"concurrency": "queue"}, {"acts_as": "clerk"})
        for settings, rows in ((ordinary, 1), *((one, 0) for one in unsayable)):
            await db.execute(
                "UPDATE whereupon.workflows SET draft = jsonb_set(draft, '{settings}', $2) WHERE key = $1",
                draft["key"], settings,
            )  # fmt: skip
            said, _ = await said_workflows(db, office.rights, [draft["key"]])
            assert len(said) == rows, settings


async def test_the_template_is_a_sheet_that_can_be_read(office: Office, tmp_path: Path) -> None:
    async with office.database.connection() as db:
        path = kept(tmp_path, await empty_sheet(db, office.rights))
    assert read_sheet(path).rows == []
    assert len(read_sheet(path, "Examples").rows) == len(EXAMPLES)
    assert all(row.faults == [] for row in await planned(office, read_sheet(path, "Examples")))


async def test_words_that_would_be_formulas_are_harmless_and_come_back(
    office: Office, tmp_path: Path
) -> None:
    row = cells(GOOD) | {"what": "=1+1", "content": "@SUM(A1)\n\n-x"}
    async with office.database.transaction() as db:
        (draft,) = await create_drafts(db, office.rights, [row])
        file = await filled_sheet(db, office.rights, [draft["key"]])
    with zipfile.ZipFile(io.BytesIO(file)) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")
    (again,) = read_sheet(kept(tmp_path, file)).rows
    assert (again.cells["what"], again.cells["content"]) == ("=1+1", "@SUM(A1)\n\n-x")


async def test_only_builders_may(office: Office) -> None:
    async with office.database.transaction() as db:
        clerk = await load_rights(db, await office.user("clerk@example.org"))
        for attempt in (load_office(db, clerk), create_drafts(db, clerk, []), empty_sheet(db, clerk)):
            with pytest.raises(Refused):
                await attempt
