"""A mail: what is stored of it once, how it is written for one recipient, and its bytes for SMTP."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.headerregistry import HeaderRegistry
from email.message import EmailMessage
from email.utils import format_datetime
from html import unescape
from typing import Any
from urllib.parse import unquote

from whereupon.errors import WhereuponError
from whereupon.outbox.addresses import BadAddress, Mailbox, one_line, read_mailboxes
from whereupon.outbox.plain_text import to_text
from whereupon.outbox.sanitise import clean_html, document
from whereupon.records.files import FileStore
from whereupon.records.files import Stored as StoredFile
from whereupon.records.media_types import clean_name
from whereupon.templates.template import Stored, Template, render

MAX_SUBJECT = 500  # characters
# An image that comes along, as the sanitiser writes it: src="cid:logo.png" shows the attachment "logo.png".
IMAGE = re.compile(r'(<img\b[^>]*?\ssrc=")cid:([^"]+)(")')
LISTS = ("cc", "bcc", "reply_to")


class Headers(HeaderRegistry):
    """The library's own makes a class for each header of each mail, which is a third of its time."""

    def __init__(self) -> None:
        super().__init__()
        self.made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        key = name.lower()
        if key not in self.made:
            self.made[key] = super().__getitem__(name)
        return self.made[key]


# Bodies become 7 bit: no server needs 8BITMIME, and no byte of a value is ever a line of its own.
HEADERS = Headers()
ASCII = policy.SMTP.clone(cte_type="7bit", header_factory=HEADERS)
UTF8 = policy.SMTPUTF8.clone(cte_type="7bit", header_factory=HEADERS)


class NoImage(WhereuponError):
    """The mail shows an image that does not come along."""

    status, exit_code, code, title = 422, 2, "no_image", "No image"


def mail_source(
    *,
    subject: Template,
    html: Template | None = None,
    text: Template | None = None,
    sender: Template | None = None,
    cc: Sequence[Template] = (),
    bcc: Sequence[Template] = (),
    reply_to: Sequence[Template] = (),
) -> dict[str, Any]:
    """What every mail of a block says, to be stored by `source_id`. `html` was parsed with html=True."""
    assert html is None or html.html, "an HTML body whose values are not escaped"
    one = {"subject": subject, "html": html, "text": text, "from": sender}
    lists = {"cc": cc, "bcc": bcc, "reply_to": reply_to}
    return {key: template.stored for key, template in one.items() if template is not None} | {
        key: [template.stored for template in templates] for key, templates in lists.items() if templates
    }


def templates_of(source: Mapping[str, Any]) -> list[Stored]:
    """Every stored text of a mail."""
    single = [source[key] for key in ("subject", "html", "text", "from") if key in source]
    return single + [stored for key in LISTS for stored in source.get(key, [])]


def render_mail(source: Mapping[str, Any], context: Mapping[str, Any], recipient: str) -> dict[str, Any]:
    """The mail as one recipient gets it: {"to": [...], "subject": …, "html": …, "text": …, …}, as JSON.

    Raises RenderingFailed or BadAddress: then this message fails, and no other.
    """
    to = read_mailboxes(recipient)
    if not to:
        raise BadAddress("Nobody to write to: the address is empty.")
    letter: dict[str, Any] = {"to": texts(to)}
    for key in LISTS:
        found = read_mailboxes(",".join(render(stored, context) for stored in source.get(key, [])))
        if found:
            letter[key] = texts(found)
    if "from" in source and (sender := read_mailboxes(render(source["from"], context))):
        letter["from"] = str(sender[0].header())
    letter["subject"] = one_line(render(source["subject"], context))[:MAX_SUBJECT]
    if attachments := context.get("attachments"):
        letter["attachments"] = attachments
    letter |= render_bodies(source, context)
    require_images(letter)
    return letter


def render_bodies(source: Mapping[str, Any], context: Mapping[str, Any]) -> dict[str, str]:
    """The HTML, cleaned, and the text: its own, or made from the HTML."""
    html = clean_html(render(source["html"], context)) if "html" in source else None
    text = render(source["text"], context) if "text" in source else to_text(html or "")
    return {"text": text} | ({"html": html} if html is not None else {})


def images_of(html: str) -> list[str]:
    """The names of the images that come along.

    >>> images_of('<p><img alt="" src="cid:Our%20logo.png"></p>')
    ['our logo.png']
    """
    return [image_name(found[2]) for found in IMAGE.finditer(html)]


def image_name(address: str) -> str:
    return unquote(unescape(address)).strip().lower()


def require_images(letter: Mapping[str, Any]) -> None:
    """Raises NoImage: a mail with a hole in it is not what its author wrote."""
    names = images_of(letter.get("html") or "")
    kinds = {one["name"].lower(): one["media_type"] for one in letter.get("attachments", [])} if names else {}
    for name in names:
        if not kinds.get(name, "").startswith("image/"):
            why = "which is no image" if name in kinds else "which is not among its attachments"
            raise NoImage(
                f"The mail shows “{name}”, {why}.",
                suggestion="Attach the image in the block, or take it out.",
            )


def texts(boxes: Sequence[Mailbox]) -> list[str]:
    """As a header has them, quotes included, so that they can be read again."""
    return [str(box.header()) for box in boxes]


def idempotency_key(run_id: int | None, node: str | None, iteration: int, recipient: str, number: int) -> str:
    """Rule 24, as text; a message outside any run is its own."""
    return "\0".join(
        (str(run_id), str(node), str(iteration), recipient) if run_id else ("message", str(number))
    )


def message_id(key: str, sender: Mailbox) -> str:
    """The same Message-ID for every attempt, so that a receiver can tell."""
    digest = hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return f"<{digest}@{sender.address.rpartition('@')[2]}>"


@dataclass(frozen=True, slots=True)
class Attached:
    """A file on its way out, with its bytes."""

    name: str
    media_type: str
    content: bytes


def read_attachments(letter: Mapping[str, Any], files: FileStore) -> list[Attached]:
    """The files that a letter names. Blocks; raises FileMissing."""
    return [
        Attached(one["name"], one["media_type"], files.read(stored_as(one), one["name"]))
        for one in letter.get("attachments", [])
    ]


def require_attachments(letter: Mapping[str, Any], files: FileStore) -> None:
    """Only look whether they are there. Blocks; raises FileMissing."""
    for one in letter.get("attachments", []):
        files.open(stored_as(one), one["name"]).close()


def stored_as(attachment: Mapping[str, Any]) -> StoredFile:
    return StoredFile(attachment["sha256"], attachment["size"])


def build(
    letter: Mapping[str, Any],
    sender: Mailbox,
    identity: str,
    date: datetime,
    attached: Sequence[Attached] = (),
) -> EmailMessage:
    """The whole message. Bcc is not in it: it is only in the envelope."""
    boxes = {key: read_all(letter.get(key, [])) for key in ("to", "cc", "reply_to")}
    everybody = [sender, *(box for many in boxes.values() for box in many)]
    mail = EmailMessage(policy=ASCII if all(box.address.isascii() for box in everybody) else UTF8)
    mail["From"] = sender.header()
    for key, name in (("to", "To"), ("cc", "Cc"), ("reply_to", "Reply-To")):
        if boxes[key]:
            mail[name] = [box.header() for box in boxes[key]]
    mail["Subject"] = undecoded(one_line(letter["subject"]))
    mail["Date"] = format_datetime(date)
    mail["Message-ID"] = identity
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "OOF, AutoReply"
    mail.set_content(printable(letter["text"]))
    if letter.get("html") is not None:
        add_html(mail, letter, attached)
    shown = set(images_of(letter.get("html") or ""))
    for one in attached:
        if one.name.lower() in shown:
            continue
        kind, _, subtype = one.media_type.partition("/")
        # The library writes the name after RFC 2231; that it is one line is seen to here too.
        name = undecoded(clean_name(one.name))
        mail.add_attachment(one.content, maintype=kind, subtype=subtype, filename=name)
    return mail


def add_html(mail: EmailMessage, letter: Mapping[str, Any], attached: Sequence[Attached]) -> None:
    """The HTML, with the images that it shows."""
    named = {one.name.lower(): one for one in attached}
    ids: dict[str, str] = {}

    def by_id(found: re.Match[str]) -> str:
        name = image_name(found[2])
        ids.setdefault(name, f"{hashlib.sha256(name.encode()).hexdigest()[:24]}@whereupon")
        return f"{found[1]}cid:{ids[name]}{found[3]}"

    html = IMAGE.sub(by_id, printable(letter["html"]))
    mail.add_alternative(document(html, letter["subject"]), subtype="html")
    part: Any = list(mail.iter_parts())[-1]
    for name, identity in ids.items():
        one = named[name]
        part.add_related(
            one.content, maintype="image", subtype=one.media_type.partition("/")[2], cid=f"<{identity}>",
            disposition="inline", filename=undecoded(clean_name(one.name)),
        )  # fmt: skip


def undecoded(text: str) -> str:
    """Text of a header that is only text: "=?" would begin an encoded word, which the receiver decodes."""
    return text.replace("=?", "= ?")


def printable(text: str) -> str:
    """Without NUL and half characters, which no mail can carry."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def read_all(pieces: Sequence[str]) -> list[Mailbox]:
    return [box for piece in pieces for box in read_mailboxes(piece)]


def envelope_of(letter: Mapping[str, Any]) -> list[str]:
    """Every address that the server is told, each once."""
    boxes = [box for key in ("to", "cc", "bcc") for box in read_all(letter.get(key, []))]
    return list({box.address.lower(): box.address for box in boxes}.values())
