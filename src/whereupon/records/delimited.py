"""Text files with a delimiter between values: their encoding and delimiter found out, their rows read."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from whereupon.errors import Invalid, Problem

LONGEST_CELL = 1_000_000  # characters
SAMPLE = 64_000  # characters that are enough to find the delimiter
DELIMITERS = (",", ";", "\t", "|")
BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig", "utf-8"), (codecs.BOM_UTF16_LE, "utf-16", "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "utf-16"),
)  # fmt: skip
CODECS = {
    "utf-8": "utf-8-sig", "windows-1250": "cp1250", "windows-1251": "cp1251", "windows-1252": "cp1252",
    "windows-1253": "cp1253",
}  # fmt: skip
# What is common beyond ASCII in the languages that an encoding is for.
COMMON = {
    "windows-1253": "αοιετσνηυρπκμλςωδγχθφβξζψάέήίόύώΑΟΙΕΤΣΝΗΥΡΠΚΜΛΩΔΓΧΘΦΒ€",
    "windows-1251": "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфОЕАИНТСРВЛКМДПУЯ",
    "windows-1252": "äöüåæøßéèêëàâçñõãóíúáôîïœÄÖÜÅÆØÉÈÀÇÑ€",
    "windows-1250": "ąćęłńśźżčďěňřšťůžőűŁŚŻŹĄĆČŠŽŘ",
}
SEPARATOR_LINE = re.compile(r"sep=(.)\r?\n")


@dataclass(frozen=True, slots=True)
class Text:
    """A file's text without a byte order mark, and how it was read."""

    text: str
    encoding: str
    delimiter: str

    def rows(self) -> Iterator[list[str]]:
        """Each record, quoted line breaks inside. Raises Invalid for what no CSV file holds."""
        csv.field_size_limit(LONGEST_CELL)
        reader = csv.reader(io.StringIO(self.text, newline=""), delimiter=self.delimiter)
        count = 0
        try:
            for row in reader:
                count += 1
                yield row
        except csv.Error as error:
            told = f"The file cannot be read after row {count}: {error}."
            hint = "Look for a quotation mark that is not closed, and check the delimiter."
            raise Invalid.of(Problem("not_csv", told, "/document_id", hint)) from None


def read_text(content: bytes, encoding: str | None, delimiter: str | None) -> Text:
    """Decode, and find out what was not said. Raises Invalid when the encoding said does not fit."""
    found = encoding or encoding_of(content)
    text = decoded(content, found)
    marked = SEPARATOR_LINE.match(text)
    if marked:
        text = text[marked.end() :]
    return Text(text, found, delimiter or (marked[1] if marked else delimiter_of(text[:SAMPLE])))


def decoded(content: bytes, encoding: str) -> str:
    try:
        text = content.decode(CODECS.get(encoding, encoding))
    except UnicodeDecodeError as error:
        told = f"The file is not {encoding}: the byte at {error.start:,} does not fit."
        hint = "Choose another encoding, or leave it out."
        raise Invalid.of(Problem("wrong_encoding", told, "/encoding", hint)) from None
    if "\0" in text:  # which no database keeps in a text
        told = f"The file holds null characters, so it is no text in {encoding}."
        hint = "Choose UTF-16 if that is how it was saved; else save it again as CSV, in UTF-8."
        raise Invalid.of(Problem("not_text", told, "/encoding", hint))
    return text.removeprefix("\N{ZERO WIDTH NO-BREAK SPACE}")


def encoding_of(content: bytes) -> str:
    """By its mark; else UTF-8 if it fits; else the one in whose languages the letters are common.

    >>> encoding_of("Πελάτης;Αθήνα".encode("cp1253")), encoding_of("Πελάτης;Αθήνα".encode())
    ('windows-1253', 'utf-8')
    """
    for mark, _, name in BOMS:
        if content.startswith(mark):
            return name
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return max(COMMON, key=lambda name: likeness(content, name))
    return "utf-8"


def likeness(content: bytes, encoding: str) -> float:
    """How much of what is beyond ASCII is common in the encoding's languages, from 0 to 1."""
    text = content.decode(CODECS[encoding], errors="replace")
    counts = Counter(character for character in text if character > "\x7f")
    total = sum(counts.values())
    if not total:
        return 0.0
    common = sum(counts[character] for character in COMMON[encoding])
    return (common - 5 * counts["\N{REPLACEMENT CHARACTER}"]) / total


def delimiter_of(sample: str) -> str:
    """The one that divides most rows into the same number of cells, more cells before fewer.

    >>> delimiter_of("a;b;c\\n1,5;2;3\\n2,5;4;5\\n"), delimiter_of("name\\nAda\\n")
    (';', ',')
    """
    best, most = ",", 0.0
    for delimiter in DELIMITERS:
        score = evenness(sample, delimiter)
        if score > most:
            best, most = delimiter, score
    return best


def evenness(sample: str, delimiter: str) -> float:
    csv.field_size_limit(LONGEST_CELL)
    widths: list[int] = []
    try:
        for row in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter):
            if row:
                widths.append(len(row))
            if len(widths) == 100:
                break
    except csv.Error:
        return 0.0
    if len(widths) > 2 and len(sample) == SAMPLE:
        widths.pop()  # it may be cut
    if not widths:
        return 0.0
    width, count = Counter(widths).most_common(1)[0]
    return 0.0 if width < 2 else count / len(widths) + width / 1000
