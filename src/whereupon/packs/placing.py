"""Which thing a file that somebody sent is: told by its folder, or else by what stands in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, cast

from pydantic import ValidationError

from whereupon.errors import Invalid, Problem, did_you_mean
from whereupon.packs.archives import UNREAD, Sent, Unpacked
from whereupon.packs.as_files import Pair, file_kinds, path_of
from whereupon.packs.faults import faults_of
from whereupon.packs.kinds import Content, Kind, kind
from whereupon.packs.strict_yaml import NotYaml, line_of, read_yaml

MOST_PROBLEMS = 50  # of one file
# Where a place may begin that is told from inside a definition.
INSIDE = ("", "/document", "/definition", "/draft")


@dataclass(frozen=True, slots=True)
class FoundProblem:
    """Something that is wrong. `line`: of the file, from 1; None: nobody can tell."""

    problem: Problem
    line: int | None


@dataclass(slots=True)
class Document:
    """One file: which thing it is, if that can be told, what it says, and what is wrong with it."""

    source: str
    text: str
    pair: Pair | None = None
    content: Content | None = None
    problems: list[FoundProblem] = field(default_factory=list[FoundProblem])

    def refuse(self, *problems: Problem, line: int | None = None) -> None:
        """Note why it cannot be taken, each with its line."""
        found = [FoundProblem(one, line or self.line(one.path)) for one in problems[:MOST_PROBLEMS]]
        self.problems += found

    def line(self, pointer: str) -> int | None:
        """Of a place, which may be told from inside a definition."""
        most = pointer.count("/")
        found = [line_of(self.text, start + pointer) for start in INSIDE] if pointer else []
        there = [(missing, line) for line, missing in filter(None, found) if missing < most]
        return min(there)[1] if there else None


def read_documents(sent: Unpacked) -> list[Document]:
    """Every file that was sent, the faulty ones too. Raises Invalid where nothing of it is a file of ours."""
    names = [one.name for one in sent.files]
    if any(name == "pack.yaml" or name.endswith("/pack.yaml") for name in names):
        told, advice = (
            "This is a pack: a whole office, with modules.",
            "Packs are installed in Settings → Packs.",
        )
        raise Invalid.of(Problem("is_pack", told, "/file", advice), what=UNREAD)
    if not sent.files:
        told = (
            f"There is no YAML file in it, only {', '.join(sent.ignored[:3])}."
            if sent.ignored
            else "It is empty."
        )
        raise Invalid.of(Problem("no_files", told, "/file", "Files end with .yaml."), what=UNREAD)
    documents = [read_document(one) for one in sent.files]
    refuse_doubles(documents)
    return documents


def read_document(sent: Sent) -> Document:
    """One file, with everything that is wrong with it."""
    found = Document(sent.name, sent.text)
    folder = folder_kind(sent.name)
    if folder is not None:
        found.pair = (folder.key, sent.name.rpartition("/")[2].rpartition(".")[0])
    if sent.fault is not None:
        found.refuse(sent.fault, line=sent.line)
        return found
    try:
        raw = read_yaml(sent.text, sent.name)
    except NotYaml as error:
        found.refuse(*error.problems, line=error.line)
        return found
    if not isinstance(raw, dict):
        told = "It says nothing." if raw is None else "It is no list of keys with values."
        found.refuse(Problem("empty", told, "", "A file begins with key: and name:."))
        return found
    content = cast("Content", raw)
    one = folder or kind_of_content(content)
    if one is None:
        folders = [one.folder for one in file_kinds()]
        advice = did_you_mean(sent.name.split("/")[-2], folders) if "/" in sent.name else None
        told = (
            "It cannot be told what this is: a workflow has a document, a playbook phases, a template a text."
        )
        found.refuse(
            Problem("unknown_kind", told, "", advice or f"Put it into a folder: {', '.join(folders)}.")
        )
        return found
    check_content(found, one, content)
    return found


def folder_kind(name: str) -> Kind | None:
    """The kind whose folder a file lies in: "office/workflows/a.yaml"."""
    *_, folder, _ = ["", "", *name.split("/")]
    return next((one for one in file_kinds() if one.folder == folder), None)


def kind_of_content(content: Content) -> Kind | None:
    """The kind of thing that has such keys.

    >>> kind_of_content({"definition": {"phases": []}}).key, kind_of_content({"html": ""}).key
    ('playbook', 'template')
    """
    definition: Any = content.get("definition")
    if "document" in content:
        return kind("workflow")
    if isinstance(definition, dict):
        if "phases" in definition:
            return kind("playbook")
        return kind("strategy") if "steps" in definition else kind("data_task")
    return kind("template") if {"html", "text", "subject", "channel"} & content.keys() else None


def check_content(found: Document, one: Kind, raw: Content) -> None:
    """Whether the file has the shape of its kind; if so, what it says."""
    assert one.model is not None
    key = raw.get("key")
    if isinstance(key, str) and key:
        found.pair = (one.key, key[:100])
    try:
        full = one.model.model_validate(raw)
        key = getattr(full, "key", None)
        if not key:
            raise Invalid.of(Problem("missing", "Its key is missing.", "", "Add a line: key: …"))
        content = {name: value for name, value in raw.items() if name != "key"}
        found.pair, found.content = (one.key, key), one.normal(content)
    except ValidationError as error:
        found.refuse(*faults_of(error, one.model))
    except Invalid as error:
        found.refuse(*error.problems)


def refuse_doubles(documents: Iterable[Document]) -> None:
    """Two files for the same thing: neither is taken."""
    by_pair: dict[Pair, list[Document]] = {}
    for one in documents:
        if one.pair is not None:
            by_pair.setdefault(one.pair, []).append(one)
    for pair, several in by_pair.items():
        for one in several if len(several) > 1 else ():
            others = ", ".join(other.source for other in several if other is not one) or one.source
            told = f"{path_of(pair)} is in another file as well: {others}."
            one.refuse(Problem("twice", told, "", "Leave one of them out."))
            one.content = None
