"""Saved templates: mails and PDFs that several workflows make, kept under a key and checked first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import asyncpg
from pydantic import BaseModel, ConfigDict, Field

from whereupon.conditions.values import Scope
from whereupon.db.pool import Connection
from whereupon.errors import Conflict, Invalid, NotFound, PreconditionFailed, Problem, did_you_mean
from whereupon.modules.catalog import Catalog, load_catalog, revise
from whereupon.people import audit
from whereupon.people.rights import Rights, require_reads
from whereupon.templates.pdf import PageSetup, picture_problems
from whereupon.templates.template import check, parse

Channel = Literal["email", "pdf"]
RICH = ("html", "header", "footer")  # their values are escaped
ONLY_PDF = ("header", "footer", "page")
Name = Annotated[str, Field(min_length=1, max_length=200, pattern=r"\S")]


class Words(BaseModel):
    """What a mail or a PDF says, with variables. `subject` is a PDF's title."""

    model_config = ConfigDict(extra="forbid")

    subject: str = Field(max_length=1_000, examples=["Welcome, {{ record.name }}"])
    html: str | None = Field(default=None, max_length=200_000)
    text: str | None = Field(default=None, max_length=200_000, description="None: made from the rich text.")
    header: str | None = Field(default=None, max_length=20_000, description="Of every page of a PDF.")
    footer: str | None = Field(default=None, max_length=20_000, description="Of every page of a PDF.")
    page: PageSetup | None = Field(default=None, description="A PDF's paper.")


class NewTemplate(Words):
    """A template to add; `module`: whose records its variables are about."""

    key: str = Field(pattern=r"^[a-z][a-z0-9_]{0,59}$")
    name: Name
    module: str | None = Field(default=None, max_length=100)
    channel: Channel = Field(default="email", description="What it is: a mail or a PDF.")


class TemplateChange(Words):
    """The words are changed as a whole; the name stays when it is left out."""

    name: Name | None = None


COLUMNS = """
  t.id, t.key, t.name, t.channel, m.key AS module, t.source, t.created_at, t.updated_at, t.xmin::text AS etag
"""
SOURCE = "FROM whereupon.templates t LEFT JOIN whereupon.modules m ON m.id = t.module_id"
LIST = f"""
SELECT {COLUMNS} {SOURCE} WHERE t.id > $1 AND ($3::text IS NULL OR t.channel = $3) ORDER BY t.id LIMIT $2
"""
GET = f"SELECT {COLUMNS} {SOURCE} WHERE t.key = $1"
CREATE = "INSERT INTO whereupon.templates (key, name, module_id, source, channel) VALUES ($1, $2, $3, $4, $5)"
CHANGE = """
UPDATE whereupon.templates SET name = coalesce($2, name), source = $3, updated_at = now() WHERE key = $1
"""
# Workflows whose draft or active version sends this template.
USED_BY = """
SELECT DISTINCT w.name FROM whereupon.workflows w LEFT JOIN whereupon.versions v ON v.id = w.active_version_id
CROSS JOIN LATERAL (VALUES (w.draft), (v.document)) d (document)
CROSS JOIN LATERAL jsonb_array_elements(CASE WHEN jsonb_typeof(d.document->'nodes') = 'array'
                                             THEN d.document->'nodes' ELSE '[]' END) AS n
WHERE w.state <> 'deleted' AND n->'config'->>'template' = $1 ORDER BY 1
"""


async def list_templates(
    db: Connection, *, after: int = 0, limit: int = 50, channel: str | None = None
) -> list[Mapping[str, Any]]:
    """By id; of one channel, or all."""
    return [flat(row) for row in await db.fetch(LIST, after, limit, channel)]


async def get_template(db: Connection, key: str) -> Mapping[str, Any]:
    """Raises NotFound with the nearest key."""
    row = await db.fetchrow(GET, key)
    if row is None:
        known = [r["key"] for r in await db.fetch("SELECT key FROM whereupon.templates")]
        raise NotFound(f'There is no template "{key}".', suggestion=did_you_mean(key, known))
    return flat(row)


def flat(row: Any) -> dict[str, Any]:
    """A row with its words beside the rest."""
    found = dict(row)
    words = found.pop("source")
    return found | {name: words.get(name) for name in ("subject", "html", "text", *ONLY_PDF)}


async def create_template(db: Connection, rights: Rights, new: NewTemplate) -> Mapping[str, Any]:
    """Raises Refused, Invalid naming every mistake in the words, Conflict when the key is taken."""
    rights.require_builder()
    catalog = await load_catalog(db)
    module_id = catalog.module(new.module).id if new.module else None
    require_sound(catalog, new.module, new, new.channel)
    require_readable(catalog, new.module, new, rights)
    try:
        await db.execute(CREATE, new.key, new.name, module_id, as_stored(new), new.channel)
    except asyncpg.UniqueViolationError:
        raise Conflict(f'There is a template "{new.key}" already.') from None
    await audit.append(db, rights.user_id, "create_template", f"template:{new.key}")
    await revise(db)
    return await get_template(db, new.key)


async def change_template(
    db: Connection, rights: Rights, key: str, change: TemplateChange, *, etag: str | None = None
) -> Mapping[str, Any]:
    """Raises NotFound, Refused, Invalid, PreconditionFailed."""
    rights.require_builder()
    await db.execute("SELECT FROM whereupon.templates WHERE key = $1 FOR UPDATE", key)
    before = await get_template(db, key)
    if etag is not None and etag != before["etag"]:
        raise PreconditionFailed(
            "Somebody changed this template meanwhile.", suggestion="Read it again first."
        )
    catalog = await load_catalog(db)
    require_sound(catalog, before["module"], change, before["channel"])
    require_readable(catalog, before["module"], change, rights)
    await db.execute(CHANGE, key, change.name, as_stored(change))
    await audit.append(db, rights.user_id, "change_template", f"template:{key}")
    await revise(db)
    return await get_template(db, key)


async def delete_template(db: Connection, rights: Rights, key: str) -> None:
    """Raises NotFound, Refused; Conflict naming the workflows that send it."""
    rights.require_builder()
    await get_template(db, key)
    users = [row["name"] for row in await db.fetch(USED_BY, key)]
    if users:
        raise Conflict(f"These workflows send it: {', '.join(users)}.", suggestion="Change them first.")
    await db.execute("DELETE FROM whereupon.templates WHERE key = $1", key)
    await audit.append(db, rights.user_id, "delete_template", f"template:{key}")
    await revise(db)


def stored(words: Words) -> dict[str, str]:
    """Its texts, by name."""
    return words.model_dump(include={"subject", "html", "text", "header", "footer"}, exclude_none=True)


def as_stored(words: Words) -> dict[str, Any]:
    """Its texts, and a PDF's paper."""
    return stored(words) | ({"page": words.page.model_dump()} if words.page else {})


def require_sound(catalog: Catalog, module: str | None, words: Words, channel: str = "email") -> None:
    """Raises Invalid naming every mistake, with line and column."""
    problems = problems_of_words(catalog, module, words, channel)
    if problems:
        raise Invalid.of(*problems, what="The template has mistakes.")


def require_readable(catalog: Catalog, module: str | None, words: Words, rights: Rights) -> None:
    """Raises Refused where the words name what their author may not read: others' workflows send them."""
    scope = Scope(catalog, catalog.module(module) if module else None)
    for name, text in stored(words).items():
        require_reads(rights, parse(text, scope, html=name in RICH).reads, catalog, module)


def problems_of_words(
    catalog: Catalog, module: str | None, words: Words, channel: str = "email"
) -> list[Problem]:
    """What is wrong with subject, body and the rest; an empty list when nothing is."""
    scope = Scope(catalog, catalog.module(module) if module else None)
    problems = [p for name, text in stored(words).items()
                for p in check(text, scope, html=name in RICH, path=f"/{name}")]  # fmt: skip
    return problems + (problems_of_pdf(words) if channel == "pdf" else problems_of_mail(words))


def problems_of_mail(words: Words) -> list[Problem]:
    """A mail has a body, and nothing that only paper has."""
    problems = [
        Problem("not_a_pdf", f"A mail has no {name}.", f"/{name}", "Leave it out.")
        for name in ONLY_PDF if getattr(words, name) is not None
    ]  # fmt: skip
    if words.html is None and words.text is None:
        problems.append(Problem("missing", "A mail needs a body: html or text.", "/html"))
    return problems


def problems_of_pdf(words: Words) -> list[Problem]:
    """A PDF has rich text, and pictures by their names."""
    problems = [p for name in RICH for p in picture_problems(getattr(words, name) or "", f"/{name}")]
    if words.html is None:
        problems.append(Problem("missing", "A PDF needs a text.", "/html"))
    if words.text is not None:
        told = "A PDF has no text without formatting."
        problems.append(Problem("not_a_mail", told, "/text", "Leave it out."))
    return problems
