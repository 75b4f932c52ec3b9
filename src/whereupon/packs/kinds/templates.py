"""Saved mails and PDFs."""

from __future__ import annotations

from typing import ClassVar

from whereupon.db.pool import Connection
from whereupon.errors import Conflict
from whereupon.packs.kinds.kind import Content, Kind
from whereupon.people.rights import Rights
from whereupon.templates.saved import (
    NewTemplate,
    TemplateChange,
    change_template,
    create_template,
    delete_template,
    list_templates,
)

OWN = ("name", "module", "channel", "subject", "html", "text", "header", "footer", "page")


class Templates(Kind):
    """A template, by its key."""

    key = "template"
    label = "Template"
    folder = "templates"
    model: ClassVar = NewTemplate

    async def now(self, db: Connection) -> dict[str, Content]:
        rows = await list_templates(db, limit=100_000)
        return {row["key"]: self.normal({name: row[name] for name in OWN}) for row in rows}

    async def write(
        self, db: Connection, rights: Rights, key: str, content: Content, now: Content | None
    ) -> None:
        if now is None:
            await create_template(db, rights, NewTemplate.model_validate({"key": key, **content}))
            return
        fixed = {name: value for name, value in content.items() if name not in ("module", "channel")}
        if any(content.get(name) != now.get(name) for name in ("module", "channel")):
            raise Conflict(
                f'The template "{key}" is of another module, or no {content.get("channel", "email")}.',
                suggestion="Give the one in the file another key.",
            )
        await change_template(db, rights, key, TemplateChange.model_validate(fixed))

    async def remove(self, db: Connection, rights: Rights, key: str) -> None:
        await delete_template(db, rights, key)

    def normal(self, content: Content) -> Content:
        full = NewTemplate.model_validate({"key": "x", **content}).model_dump(mode="json", exclude_none=True)
        return {name: full[name] for name in OWN if name in full}
