"""Who a mail goes to: addresses read strictly, so that no value can add a recipient or a header."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import policy
from email.errors import NonASCIILocalPartDefect
from email.headerregistry import Address
from functools import lru_cache
from typing import Any

from whereupon.errors import WhereuponError

MAX_TEXT = 20_000  # characters of one list of addresses
MAX_MAILBOXES = 100  # of one mail, each kind
CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+")
LABEL = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)", re.ASCII)
# Letters and digits only, so that nothing in it can have a second meaning: Ada Lovelace <ada@example.com>
PLAIN = re.compile(
    r"(?:(?P<name>[A-Za-z0-9]+(?: [A-Za-z0-9]+)*) ?<(?=.*>$))?"
    r"(?P<local>[A-Za-z0-9._+-]{1,64})@(?P<domain>[A-Za-z0-9.-]{1,253})(?(name)>)",
    re.ASCII,
)


class BadAddress(WhereuponError):
    """What should be an address is none; this one message cannot be sent."""

    status, exit_code, code, title = 422, 2, "bad_address", "Not an address"


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One recipient: `address` is ready for SMTP (the domain in ASCII), `name` may be empty."""

    address: str
    name: str = ""

    def header(self) -> Address:
        local, _, domain = self.address.rpartition("@")
        return Address(self.name, username=local, domain=domain)

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>" if self.name else self.address


def one_line(text: str) -> str:
    """A header's text: control, line and direction characters become spaces.

    >>> one_line("Hi\\r\\nBcc: x@y.example")
    'Hi Bcc: x@y.example'
    """
    return " ".join(CONTROLS.sub(" ", text).encode("utf-8", "replace").decode().split())


def read_mailboxes(text: str) -> list[Mailbox]:
    """The addresses of a list written with commas or semicolons, each once; [] for none.

    Raises BadAddress naming what is not an address.

    >>> [str(m) for m in read_mailboxes('"Ada, Countess" <ada@Bücher.example>; bob@example.com')]
    ['Ada, Countess <ada@xn--bcher-kva.example>', 'bob@example.com']
    """
    # "=?" would begin an encoded word; a value is only text, and nothing in it is decoded.
    line = one_line(text).replace("=?", "= ?").strip(" ,;")
    if not line:
        return []
    if len(line) > MAX_TEXT:
        raise BadAddress(f"A list of addresses may have {MAX_TEXT:,} characters.")
    found = {box.address.lower(): box for piece in split_list(line) for box in [read_mailbox(piece)]}
    if len(found) > MAX_MAILBOXES:
        raise BadAddress(f"One mail may go to {MAX_MAILBOXES} addresses, this has {len(found)}.")
    return list(found.values())


def split_list(line: str) -> list[str]:
    """The pieces between commas and semicolons that stand outside quotes."""
    pieces = re.findall(r'(?:"(?:[^"\\]|\\.)*"|[^,;"]|")+', line)
    return [piece.strip() for piece in pieces if piece.strip()]


@lru_cache(maxsize=10_000)
def read_mailbox(piece: str) -> Mailbox:
    """One address, with or without a name. Raises BadAddress."""
    if plain := PLAIN.fullmatch(piece):  # nearly all are; the standard library takes 50 times as long
        return Mailbox(
            f"{read_local(plain['local'], piece)}@{read_domain(plain['domain'], piece)}", plain["name"] or ""
        )
    if len(piece) > 500:
        raise BadAddress(f'"{piece[:60]}…" is too long for an address.')
    try:
        header: Any = policy.SMTPUTF8.header_factory("To", piece)
    except Exception as error:  # the parser of the standard library fails in many ways on odd input
        raise refused(piece) from error
    addresses: tuple[Address, ...] = header.addresses
    defects: list[Any] = [
        defect for defect in header.defects if not isinstance(defect, NonASCIILocalPartDefect)
    ]
    if defects or len(addresses) != 1 or not addresses[0].username or not addresses[0].domain:
        raise refused(piece)
    address = f"{read_local(addresses[0].username, piece)}@{read_domain(addresses[0].domain, piece)}"
    return Mailbox(address, one_line(addresses[0].display_name))


def refused(piece: str) -> BadAddress:
    return BadAddress(
        f'"{piece[:100]}" is not an address.', suggestion="An address is written name@example.com."
    )


def read_local(local: str, piece: str) -> str:
    """The part before the @; UTF-8 is allowed, spaces, quotes and controls are not."""
    if not 0 < len(local.encode("utf-8", "replace")) <= 64 or re.search(r'[\s"(),:;<>@\[\\\]]', local):
        raise refused(piece)
    if CONTROLS.search(local) or local.startswith(".") or local.endswith(".") or ".." in local:
        raise refused(piece)
    return local


def read_domain(domain: str, piece: str) -> str:
    """The domain in ASCII (IDNA)."""
    try:
        ascii_domain = domain.rstrip(".").encode("idna").decode("ascii")
    except UnicodeError as error:
        raise refused(piece) from error
    labels = ascii_domain.split(".")
    if len(ascii_domain) > 253 or not all(LABEL.fullmatch(label) for label in labels):
        raise refused(piece)
    return ascii_domain
