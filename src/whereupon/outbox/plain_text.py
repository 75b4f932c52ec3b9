"""The text part of a mail, made from its HTML: paragraphs, lists, headings, links, tables."""

from __future__ import annotations

import re
from html.parser import HTMLParser

BLOCKS = frozenset(
    {
        "p",
        "div",
        "section",
        "article",
        "header",
        "footer",
        "table",
        "blockquote",
        "ul",
        "ol",
        "pre",
        "dl",
        "center",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "address",
        "figure",
        "main",
    }
)
HEADINGS = {"h1": "=", "h2": "-"}
HIDDEN = frozenset({"script", "style", "head", "title", "template", "noscript"})


def to_text(html: str) -> str:
    """What a person reads who sees no HTML.

    >>> to_text('<h3>Hello</h3><p>See <a href="https://a.example/x">the page</a>.</p><ul><li>one</li></ul>')
    'Hello\\n\\nSee the page (https://a.example/x).\\n\\n- one'
    """
    writer = TextWriter()
    writer.feed(html)
    writer.close()
    return writer.text()


class TextWriter(HTMLParser):
    """Collects the text while the HTML is read."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.hidden = 0
        self.pre = 0
        self.lists: list[int | None] = []  # the next number of each open list; None: bullets
        self.links: list[tuple[str, int]] = []  # address, and where its text began
        self.heading_at = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag in HIDDEN:
            self.hidden += 1
        elif tag in ("br", "tr", "dt", "dd"):
            self.newline()
        elif tag in ("td", "th"):
            self.parts.append(" ")
        elif tag == "hr":
            self.paragraph("-" * 40)
        elif tag == "img" and attributes.get("alt"):
            self.handle_data(str(attributes["alt"]))
        elif tag == "li":
            self.item()
        elif tag == "a":
            self.links.append((attributes.get("href") or "", len(self.parts)))
        elif tag in BLOCKS:
            self.open_block(tag)

    def open_block(self, tag: str) -> None:
        if tag in ("ul", "ol"):
            if not self.lists:
                self.paragraph()
            self.lists.append(1 if tag == "ol" else None)
            return
        self.paragraph()
        self.pre += tag == "pre"
        self.heading_at = len(self.parts)

    def item(self) -> None:
        self.newline()
        number = self.lists[-1] if self.lists else None
        if number is not None:
            self.lists[-1] = number + 1
        self.parts.append(
            "  " * max(0, len(self.lists) - 1) + (f"{number}. " if number is not None else "- ")
        )

    def handle_endtag(self, tag: str) -> None:
        if tag in HIDDEN:
            self.hidden = max(0, self.hidden - 1)
        elif tag == "a" and self.links:
            self.end_link(*self.links.pop())
        elif tag in ("ul", "ol"):
            if self.lists:
                self.lists.pop()
            if not self.lists:
                self.paragraph()
        elif tag in BLOCKS:
            self.underline(tag)
            self.pre = max(0, self.pre - (tag == "pre"))
            self.paragraph()

    def end_link(self, address: str, began: int) -> None:
        text = "".join(self.parts[began:]).strip()
        plain = address.removeprefix("mailto:").removeprefix("tel:")
        if address and plain != text and not address.startswith("#"):
            self.parts.append(f" ({plain})" if text else plain)

    def underline(self, tag: str) -> None:
        title = "".join(self.parts[self.heading_at :]).strip()
        if tag in HEADINGS and title:
            self.parts.append("\n" + HEADINGS[tag] * min(60, len(title)))

    def handle_data(self, data: str) -> None:
        if self.hidden:
            return
        if self.pre:
            self.parts.append(data)
            return
        squeezed = re.sub(r"[ \t\r\n\f]+", " ", data)
        at_start = not self.parts or self.parts[-1].endswith(("\n", " "))
        self.parts.append(squeezed.lstrip(" ") if at_start else squeezed)

    def newline(self) -> None:
        self.parts.append("\n")

    def paragraph(self, text: str = "") -> None:
        self.parts.append(f"\n\n{text}\n\n" if text else "\n\n")

    def text(self) -> str:
        joined = re.sub(r"[ \t]+\n", "\n", "".join(self.parts))
        return re.sub(r"\n{3,}", "\n\n", joined).strip()
