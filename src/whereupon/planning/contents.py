"""What the mail says, what goes along, and what kind of mail it is."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import Any, Literal

from whereupon.planning.conditions import Unsayable
from whereupon.planning.words import Unclear, folded

Category = Literal["customer", "admin", "finance"]
CATEGORIES: dict[str, Category] = {
    "customer": "customer", "customers": "customer", "transactional": "customer",
    "customer (transactional)": "customer", "admin": "admin", "administration": "admin",
    "system": "admin", "system notification": "admin", "system notifications": "admin",
    "admin (system notification)": "admin",
    "internal": "admin", "finance": "finance", "financial": "finance", "accounting": "finance",
}  # fmt: skip
SHOWN: dict[str, str] = {"customer": "Customer", "admin": "Admin", "finance": "Finance"}
SAVED = re.compile(r"template:\s*([a-z][a-z0-9_]{0,59})", re.IGNORECASE)
MOST_SUBJECT, MOST_TEXT = 1_000, 30_000


@dataclass(frozen=True, slots=True)
class Content:
    """Either a saved template, or a subject and a text."""

    template: str | None = None
    subject: str = ""
    text: str = ""

    @property
    def html(self) -> str:
        """The text as paragraphs."""
        return as_html(self.text)


def read_content(text: str) -> Content:
    """Its first line is the subject. Raises Unclear."""
    said = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not said:
        raise Unclear(
            "It does not say what the mail says.",
            "Write the subject in the first line and the text below it; or Template: its_key",
        )
    if saved := SAVED.fullmatch(said):
        return Content(template=saved[1].lower())
    first, _, rest = said.partition("\n")
    subject = re.sub(r"^subject:\s*", "", first, flags=re.IGNORECASE).strip()
    if not rest.strip():
        raise Unclear(
            "There is only one line, which would be the subject.",
            "Write the text of the mail below it, in the same cell.",
        )
    if len(subject) > MOST_SUBJECT or len(rest) > MOST_TEXT:
        raise Unclear(
            f"The subject may have {MOST_SUBJECT:,} and the text {MOST_TEXT:,} characters.",
            "Make a template of it, and write Template: its_key here.",
        )
    return Content(subject=subject, text=rest.strip())


def as_html(text: str) -> str:
    """Paragraphs where a line is empty, breaks where one ends. Variables stay what they are.

    >>> as_html("Dear {{ record.name }},\\n1 < 2\\n\\nBye")
    '<p>Dear {{ record.name }},<br>\\n1 &lt; 2</p>\\n<p>Bye</p>'
    """
    paragraphs = [part.strip("\n") for part in re.split(r"\n\s*\n", text.strip()) if part.strip()]
    return "\n".join("<p>" + escaped(part).replace("\n", "<br>\n") + "</p>" for part in paragraphs)


LIQUID = re.compile(r"(\{\{.*?\}\}|\{%.*?%\})", re.DOTALL)


def escaped(text: str) -> str:
    return "".join(
        part if LIQUID.fullmatch(part) else html.escape(part, quote=False) for part in LIQUID.split(text)
    )


def read_attachments(text: str) -> list[dict[str, Any]]:
    """“all documents; Certificate*.pdf; field contract”. Raises Unclear."""
    found: list[dict[str, Any]] = []
    for part in (part.strip() for part in re.split(r"[;\n]", text)):
        if not part or folded(part) in ("none", "-", "no"):
            continue
        found.append(read_attachment(part))
    return found


def read_attachment(text: str) -> dict[str, Any]:
    if folded(text) in ("all documents", "documents", "all"):
        return {"documents": True}
    if named := re.fullmatch(r"field\s+([a-z][a-z0-9_.]*)", text, re.IGNORECASE):
        return {"field": named[1].lower()}
    if re.search(r"[*?]|\.\w{2,5}$", text) and len(text) <= 200:
        return {"documents": True, "name": text}
    raise Unclear(
        f"“{text}” is no attachment.",
        f"“{text}*.pdf” for documents of the record with such a name? Or: all documents; field contract",
        f"{text}*.pdf" if len(text) <= 190 else None,
    )


def read_category(text: str) -> Category | None:
    """Raises Unclear."""
    if not text.strip():
        return None
    found = CATEGORIES.get(re.sub(r"\s*(communications?|emails?|mails?)$", "", folded(text)))
    if found is None:
        near = next((shown for key, shown in SHOWN.items() if key[:5] in folded(text)), None)
        likely = f"“{near}”?" if near else "Customer, Admin or Finance?"
        raise Unclear(f"“{text.strip()}” is no category.", likely, near)
    return found


# The other way -------------------------------------------------------------------------------------


def write_content(content: Content) -> str:
    """Raises Unsayable for what would be read back as something else."""
    words = f"Template: {content.template}" if content.template else f"{content.subject}\n\n{content.text}"
    try:
        same = read_content(words) == content
    except Unclear:
        same = False
    if not same:
        raise Unsayable("its subject or text cannot stand in one cell as they are")
    return words


def write_attachments(attachments: Any) -> str:
    """Raises Unsayable."""
    return "; ".join(write_attachment(one) for one in attachments)


def write_attachment(one: Any) -> str:
    match one:
        case {"documents": True, **rest} if not rest:
            return "all documents"
        case {"documents": True, "name": str(name), **rest} if not rest and ";" not in name:
            return name
        case {"field": str(path), **rest} if not rest:
            return f"field {path}"
        case _:
            raise Unsayable("it attaches something that the sheet has no words for")
