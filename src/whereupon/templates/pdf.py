"""A PDF's words and its page: what is stored of it, and the whole HTML document for the values of one record.

Header and footer stand on every page. Pictures are named like files, `<img src="photo.jpg">`: those are
the record's own; "logo" is the organisation's. Addresses of any kind are left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from html import escape
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from whereupon.errors import Problem
from whereupon.records.media_types import clean_name
from whereupon.templates.template import Template, render

MAX_TITLE = 200  # characters
Size = Literal["A3", "A4", "A5", "Letter", "Legal"]
SIZES: dict[str, Any] = {size: size for size in ("A3", "A4", "A5", "Letter", "Legal")}
HTML_TEXTS = ("html", "header", "footer")


class PageSetup(BaseModel):
    """The paper: its size, which way it lies, and what stays free at its edges."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    size: Size = Field(default="A4", title="Paper", json_schema_extra={"x-labels": SIZES})
    landscape: bool = Field(default=False, title="Landscape", description="The long side at the top.")
    top: int = Field(
        default=25, ge=0, le=100, title="Free at the top", description="In mm; the header is in it."
    )
    bottom: int = Field(
        default=20, ge=0, le=100, title="Free at the bottom", description="In mm; the footer is in it."
    )
    sides: int = Field(default=20, ge=0, le=100, title="Free at the sides", description="In mm.")
    page_numbers: bool = Field(default=True, title="Page numbers", description='"Page 1 of 3" at the bottom.')


def pdf_source(
    *,
    title: Template,
    html: Template,
    header: Template | None = None,
    footer: Template | None = None,
    page: PageSetup | None = None,
) -> dict[str, Any]:
    """What every PDF of a block says, to be stored once. All but the title were parsed with html=True."""
    given = {"title": title, "html": html, "header": header, "footer": footer}
    texts = {name: template.stored for name, template in given.items() if template is not None}
    return texts | {"page": (page or PageSetup()).model_dump()}


def render_title(source: Mapping[str, Any], context: Mapping[str, Any]) -> str:
    """Its title in one line. Raises RenderingFailed."""
    return " ".join(render(source["title"], context).split())[:MAX_TITLE]


def render_pdf(source: Mapping[str, Any], context: Mapping[str, Any]) -> str:
    """The whole HTML document for these values. Raises RenderingFailed."""
    title = render_title(source, context)
    texts = {name: harmless(render(source[name], context)) for name in HTML_TEXTS if source.get(name)}
    return document(texts, title, PageSetup.model_validate(source.get("page") or {}))


def file_name(name: str) -> str:
    """What a PDF is called as a file.

    >>> file_name("INV/7 Ωmega"), file_name("a.pdf"), file_name(" ")
    ('INV-7 Ωmega.pdf', 'a.pdf', 'document.pdf')
    """
    clean = clean_name(name.replace("/", "-").replace("\\", "-"))
    return clean if clean.lower().endswith(".pdf") else clean_name(clean + ".pdf")


def asks_for_pictures(source: Mapping[str, Any]) -> bool:
    """Whether any of its texts may show a picture."""
    return any(re.search(r"<img|url\s*\(", text["liquid"], re.IGNORECASE) for text in texts_of(source))


def texts_of(source: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    return [source[name] for name in HTML_TEXTS if source.get(name)]


def picture_problems(text: str, path: str) -> list[Problem]:
    """Pictures that a PDF cannot show, for who writes it: those with an address of their own."""
    if re.search(r"(src\s*=|url\s*\()\s*[\"']?\s*(https?:|//|file:|data:)", text, re.IGNORECASE):
        told = "A PDF shows no pictures from addresses; they would be missing."
        advice = 'Upload the picture to the record and write its name, like src="photo.jpg"; or src="logo".'
        return [Problem("picture_address", told, path, advice)]
    return []


# The page -----------------------------------------------------------------------------------------

STYLE = """
html { font: 10.5pt/1.45 "DejaVu Sans", "Liberation Sans", Arial, Helvetica, sans-serif; color: #1f2328 }
body { margin: 0 }
h1 { font-size: 20pt; line-height: 1.2; margin: 0 0 6mm } h2 { font-size: 14pt; margin: 6mm 0 3mm }
h3 { font-size: 11.5pt; margin: 4mm 0 2mm } p { margin: 0 0 3mm }
table { border-collapse: collapse; width: 100% } thead { display: table-header-group }
tr { break-inside: avoid } th { text-align: left; border-bottom: 0.4mm solid #57606a; padding: 1.5mm 2mm }
td { border-bottom: 0.2mm solid #d0d7de; padding: 1.5mm 2mm; vertical-align: top }
img { max-width: 100% }
.number { text-align: right; white-space: nowrap } .plain td, .plain th { border: none; padding: 0 }
.new-page { break-before: page } .together { break-inside: avoid }
.page::after { content: counter(page) } .pages::after { content: counter(pages) }
.whereupon-header, .whereupon-footer { font-size: 9pt; color: #57606a }
.whereupon-header { position: running(whereupon-header) }
.whereupon-footer { position: running(whereupon-footer) }
"""
NUMBERS = 'content: "Page " counter(page) " of " counter(pages); font-size: 9pt; color: #57606a'


def document(texts: Mapping[str, str], title: str, page: PageSetup) -> str:
    """The whole HTML document around cleaned texts."""
    turned = "landscape" if page.landscape else "portrait"
    boxes = ["@top-left { content: element(whereupon-header); width: 100% }"] if "header" in texts else []
    if "footer" in texts:
        width = "75%" if page.page_numbers else "100%"
        boxes.append(f"@bottom-left {{ content: element(whereupon-footer); width: {width} }}")
    if page.page_numbers:
        boxes.append(f"@bottom-right {{ {NUMBERS} }}")
    sheet = (
        f"@page {{ size: {page.size} {turned}; margin: {page.top}mm {page.sides}mm {page.bottom}mm; "
        f"{' '.join(boxes)} }}"
    )
    around = "".join(
        f'<div class="whereupon-{name}">{texts[name]}</div>' for name in ("header", "footer") if name in texts
    )
    head = f'<meta charset="utf-8"><title>{escape(title)}</title><style>{STYLE}{sheet}</style>'
    return f"<!DOCTYPE html><html><head>{head}</head><body>{around}{texts.get('html', '')}</body></html>"


# What it may contain ------------------------------------------------------------------------------

STYLES = re.compile(r"<style\b[^>]*>(.*?)</style\s*>", re.IGNORECASE | re.DOTALL)
ESCAPED = re.compile(r"\\([0-9a-fA-F]{1,6})[ \t\r\n\f]?|\\(.)", re.DOTALL)
# Pictures by name only: every address with a scheme, or without a path of its own.
ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*\s*:|//|@import", re.IGNORECASE)
LOADS = re.compile(r"url\s*\(|@import|image(?:-set)?\s*\(", re.IGNORECASE)
ATTRIBUTES = {
    "*": {"style", "class", "id", "align", "valign", "dir", "lang", "title", "width", "height", "bgcolor"},
    "a": {"href"},
    "img": {"src", "alt"},
    "ol": {"start", "type"},
    "font": {"color", "face", "size"},
    "table": {"border", "cellpadding", "cellspacing"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "col": {"span"},
    "colgroup": {"span"},
}
MOST_SPAN = 100


def harmless(html: str) -> str:
    """The text with what may stand in a PDF: words, tables, styles, named pictures, and links."""
    styles = "".join(css for css in STYLES.findall(html) if not loads_from_elsewhere(css))
    cleaned: str = cleaner().clean(STYLES.sub("", html))
    return (f"<style>{styles.replace('<', '')}</style>" if styles else "") + cleaned


def loads_from_elsewhere(css: str) -> bool:
    """Whether a style asks for anything that has an address, however it is written.

    >>> loads_from_elsewhere("a { color: red }"), loads_from_elsewhere("a { background: url(photo.jpg) }")
    (False, False)
    >>> loads_from_elsewhere(r"a { background: \\75rl(\\66ile:///etc/passwd) }")
    True
    """
    plain = ESCAPED.sub(unescaped, re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL))
    if "@import" in plain.lower():
        return True
    return any(
        ADDRESS.search(plain[found.end() : found.end() + 300].split(")")[0])
        for found in LOADS.finditer(plain)
    )


def unescaped(found: re.Match[str]) -> str:
    """One character of CSS that was written as its number."""
    number = found.group(1)
    if number is None:
        return found.group(2)
    return chr(int(number, 16)) if 0 < int(number, 16) < 0x110000 else "\ufffd"


@lru_cache(maxsize=1)
def cleaner() -> Any:
    """The sanitiser, made once; nh3 is loaded only by who draws."""
    import nh3

    tags = set(TAGS.split())
    return nh3.Cleaner(
        tags=tags, attributes=ATTRIBUTES, attribute_filter=attribute, link_rel=None,
        url_schemes={"http", "https", "mailto", "tel"}, url_relative="pass_through",
    )  # fmt: skip


TAGS = """
a abbr address article b bdi bdo blockquote br caption center cite code col colgroup dd del div dl
dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark ol p pre
q s section small span strike strong sub sup table tbody td tfoot th thead tr u ul
"""


def attribute(tag: str, name: str, value: str) -> str | None:
    """The attribute's value, or None to leave it out."""
    if name == "style":
        return None if loads_from_elsewhere(value) else value
    if name == "src":
        return None if ADDRESS.search(value) else value
    if name in ("colspan", "rowspan", "span"):
        return value if value.isdigit() and 0 < int(value[:9]) <= MOST_SPAN else None
    return value
