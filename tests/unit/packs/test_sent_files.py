"""Files that somebody sends: what is hostile, broken or strange is told in words, with its place."""

from __future__ import annotations

import io
import zipfile
import zlib

import pytest

from whereupon.errors import Invalid
from whereupon.packs.archives import MOST_OF_ONE, MOST_UNPACKED, unpack
from whereupon.packs.from_file import read_sent
from whereupon.packs.placing import Document, read_documents
from whereupon.packs.strict_yaml import NotYaml, read_yaml

START = "{nodes: [{key: start, block: start, config: {trigger: manual}}]}"
WORKFLOW = f"key: wave\nname: Wave\ndocument: {START}\n"
BOMB = "a: &a [x,x]\n" + "\n".join(f"{n}: &{n} [*{p},*{p}]" for p, n in zip("abcdef", "bcdefg", strict=True))


def archive(*files: tuple[str, bytes | str]) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files:
            packed.writestr(name, content)
    return memory.getvalue()


def locked(content: bytes) -> bytes:
    """The same with the mark that it needs a password."""
    at = content.index(b"PK\x01\x02") + 8
    return content[:at] + bytes([content[at] | 1]) + content[at + 1 :]


def spoilt(content: bytes) -> bytes:
    """The same with a wrong byte in what is packed."""
    at = content.index(b"workflows/a.yaml") + len("workflows/a.yaml") + 2
    return content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :]


@pytest.mark.parametrize(
    ("text", "told", "line"),
    [
        ("key: [", "is not YAML", 1),
        ("a: 1\na: 2", '"a" stands twice', 2),
        ("a:\n  b: 1\n  b: 2", '"b" stands twice', 3),
        ("a: &x [1]\nb: *x", "refers to another place", 2),
        (BOMB, "refers to another place", 2),
        ("a: !!python/object/apply:os.system [id]", "tag python/object", 1),
        ("a: !!binary aGk=", "tag binary", 1),
        ("a: !!set {x}", "tag set", 1),
        ("1: x", "goes into quotes", 1),
        ("? [a]\n: b", "goes into quotes", 1),
        ("a: " + "9" * 5_000, "too large", 1),
        ("a: 99999999999999999999", "too large", 1),
        ("a: 1.0e+999", "too large", 1),
        ('a: "\\0"', "NUL", 1),
        ('b: 1\na: "\\ud800"', "surrogate", 2),
        ("b: 1\na: \x07", "U+0007", 2),
        ("[" * 5_000, "nested too deep", 1),
        ("a: 1\n---\nb: 2", "another document", 2),
    ],
)
def test_what_is_not_read_is_told_with_its_line(text: str, told: str, line: int) -> None:
    with pytest.raises(NotYaml) as refused:
        read_yaml(text, "a.yaml")
    assert (told in refused.value.problems[0].message, refused.value.line) == (True, line)


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.zip", b"PK\x03\x04 no archive", "no ZIP archive"),
        ("a.zip", b"key: a", "no ZIP archive"),
        ("a.zip", archive(("../../etc/a.yaml", WORKFLOW)), "leads out of it"),
        ("a.zip", archive(("/etc/a.yaml", WORKFLOW)), "leads out of it"),
        ("a.zip", archive(("C:\\a.yaml", WORKFLOW)), "leads out of it"),
        ("a.zip", archive(("workflows/a\x1b.yaml", WORKFLOW)), "leads out of it"),
        ("a.zip", locked(archive(("a.yaml", WORKFLOW))), "password"),
        ("a.zip", spoilt(archive(("workflows/a.yaml", WORKFLOW * 9))), "damaged"),
        ("a.zip", archive(("a.yaml", b" " * (MOST_UNPACKED + 1))), "more than is read"),
        ("a.zip", archive(*((f"{nr}.yaml", b"") for nr in range(6_001))), "more than is read"),
        ("a.zip", archive(("a.yaml", "a: [" + "1," * 300_000), ("b.yaml", "[" * 300_000)), "values"),
        ("Σχέδιο.xlsx", archive(("[Content_Types].xml", b"<x/>")), "Office document"),
        ("choir.zip", archive(("choir/pack.yaml", "name: Choir")), "is a pack"),
        ("a.zip", archive(("README.md", "Hello")), "no YAML file"),
        ("a.png", b"\x89PNG", "no YAML file"),
    ],
    ids=lambda one: "sent" if isinstance(one, bytes) else one,  # an archive says when it was made
)
def test_what_holds_no_files_of_ours_is_refused_as_a_whole(name: str, content: bytes, told: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_documents(unpack([(name, content)]))
    assert told in refused.value.problems[0].message


@pytest.mark.parametrize(
    ("name", "content", "told", "line"),
    [
        ("a.yaml", "key: a\nname: Γειά".encode("utf-16"), "no text in UTF-8", 1),
        ("a.yaml", b"key: a\nname: \xff", "no text in UTF-8", 2),
        ("a.yaml", b"x" * (MOST_OF_ONE + 1), "larger than", None),
        ("a.yaml", b"", "says nothing", None),
        ("a.yaml", b"- a\n- b", "no list of keys", None),
        ("a.yaml", b"key: a\nname: A", "cannot be told what this is", None),
        ("workflows/a.yaml", b"key: a\nname: A\ndokument: {}", 'no "dokument"', 3),
        ("workflows/a.yaml", b"key: a\nname: A", '"document" is missing', None),
        ("workflows/a.yaml", b"name: A\nkey: 'A B'\ndocument: {}", "pattern", 2),
        ("a.yaml", b"key: a\nname: A\nhtml: 7", "valid string", 3),
    ],
)
def test_a_file_is_refused_for_itself(name: str, content: bytes, told: str, line: int | None) -> None:
    (found,) = [one for one in documents((name, content), ("b.yaml", WORKFLOW.encode())) if one.problems]
    (problem, *_) = [p for p in found.problems if told in p.problem.message]
    assert (found.content, problem.line) == (None, line)


def documents(*files: tuple[str, bytes]) -> list[Document]:
    """In an archive, so that they may have folders."""
    return read_documents(unpack([("office.zip", archive(*files))]))


@pytest.mark.parametrize(
    ("name", "text", "pair"),
    [
        ("case (1).yaml", WORKFLOW, ("workflow", "wave")),
        ("office-main/office/workflows/wave.yml", WORKFLOW, ("workflow", "wave")),
        ("a.json", '{"key": "wave", "name": "Wave", "module": null, "document": {}}', ("workflow", "wave")),
        ("a.yaml", "\ufeff" + WORKFLOW, ("workflow", "wave")),
        ("a.yaml", "key: a\nname: A\nmodule: m\ndefinition: {phases: []}", ("playbook", "a")),
        ("a.yaml", "key: a\nname: A\nmodule: m\ndefinition: {steps: []}", ("strategy", "a")),
        ("a.yaml", "key: a\nname: A\nmodule: m\nsubject: Γειά\nhtml: x", ("template", "a")),
    ],
)
def test_what_a_file_is_follows_from_its_folder_or_from_what_it_says(
    name: str, text: str, pair: tuple[str, str]
) -> None:
    (found,) = documents((name, text.encode()))
    assert (found.pair, found.problems) == (pair, [])


def test_two_files_for_one_thing_are_both_refused_and_noise_is_left_out() -> None:
    noise = [("__MACOSX/._a.yaml", b"\0"), (".git/workflows/a.yaml", b"x"), ("README.md", b"x")]
    sent = unpack([("o.zip", archive(("a.yaml", WORKFLOW), *noise)), ("b.yaml", WORKFLOW.encode())])
    assert sent.ignored == ["README.md"]
    found = read_documents(sent)
    assert [one.content for one in found] == [None, None]
    assert "another file as well: b.yaml" in found[0].problems[0].problem.message


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ((("modules.yaml", "modules: []"),), "no pack.yaml"),
        ((("cases/pack.yaml", "name: C\ndescription: x"),), "pack of ours"),
        ((("9/pack.yaml", "name: C\ndescription: x"),), "cannot be called"),
        ((("choir/pack.yaml", "name: C\ndescription: x\nolder: 1"),), 'no "older"'),
        ((("choir/pack.yaml", "a: &a 1\nb: *a"),), "refers to another place"),
        ((("choir/pack.yaml", b"name: \xff"),), "UTF-8"),
    ],
)
def test_what_is_no_pack_is_told(files: tuple[tuple[str, bytes | str], ...], told: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_sent("choir.zip", archive(*files))
    assert told.lower() in " ".join(p.message for p in refused.value.problems).lower()


def test_a_pack_that_is_cut_off_is_told() -> None:
    whole = archive(("choir/pack.yaml", "name: Choir\ndescription: x"))
    for spoilt_one in (whole[: len(whole) // 2], zlib.compress(whole), b""):
        with pytest.raises(Invalid):
            read_sent("choir.zip", spoilt_one)


@pytest.mark.parametrize("packing", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2, zipfile.ZIP_DEFLATED])
def test_an_archive_with_any_byte_damaged_is_read_or_refused(packing: int) -> None:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", packing) as packed:
        packed.writestr("a.yaml", "key: value\n" * 200)
    whole, refused = memory.getvalue(), 0
    for place in range(len(whole)):
        damaged = whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :]
        try:
            unpack([("a.zip", damaged)])
        except Invalid:
            refused += 1
    assert refused > 20
