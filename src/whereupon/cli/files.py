"""`whereupon export`, `plan`, `apply`: workflows, templates and data tasks as files in a folder, for Git."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from whereupon.cli.output import print_json, stdout
from whereupon.cli.session import Common, doing
from whereupon.db.pool import Connection
from whereupon.errors import Invalid
from whereupon.packs import as_files
from whereupon.people.rights import Rights

COMMON = Common()
STYLES = {"+": "green", "-": "red", "@": "dim"}


def export(
    folder: Path, *, prune: Annotated[bool, Parameter(negative="")] = False, common: Common = COMMON
) -> None:
    """Write every workflow, template and data task as a YAML file into a folder.

    Secrets are never written: definitions hold their names alone.

    Parameters
    ----------
    folder
        Where to; it is made if it is not there. Files of an export before are overwritten.
    prune
        Also delete the files of what is not there any more.
    """

    async def work(db: Connection, rights: Rights) -> dict[str, str]:
        return await as_files.export(db, rights)

    texts = doing(common, work)
    stale = sorted(read_texts(folder).keys() - texts.keys()) if folder.is_dir() else []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, text in texts.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, "utf-8")
        for path in stale if prune else []:
            (folder / path).unlink()
    except OSError as error:
        raise Invalid(f"{error.filename} cannot be written: {error.strerror}.") from None
    if common.json:
        return print_json({"files": sorted(texts), "stale": stale, "pruned": prune})
    stdout().print(f"{len(texts)} files are in {folder}.")
    for path in stale:
        stdout().print(f"{path}: {'deleted, it is' if prune else 'it is'} not there any more.")
    return None


def plan(folder: Path, *, common: Common = COMMON) -> int:
    """What `apply` would change, as a diff. Exit code 0: nothing; 2: something.

    Parameters
    ----------
    folder
        A folder as `export` writes it.
    """
    wanted = as_files.read_files(read_texts(folder))

    async def work(db: Connection, rights: Rights) -> as_files.Plan:
        return await as_files.plan(db, rights, wanted)

    found = doing(common, work)
    show(found, done=False, as_json=common.json)
    return 2 if found.changes else 0


def apply(
    folder: Path, *, accept_loss: Annotated[bool, Parameter(negative="")] = False, common: Common = COMMON
) -> None:
    """Make workflows, templates and data tasks as the files of a folder say, all or nothing.

    What was applied before and has no file any more is deleted, if you accept that.

    Parameters
    ----------
    folder
        A folder as `export` writes it.
    accept_loss
        Runs under way may be cancelled, and drafts that were not published may go.
    """
    wanted = as_files.read_files(read_texts(folder))

    async def work(db: Connection, rights: Rights) -> as_files.Plan:
        return await as_files.apply(db, rights, wanted, accept_loss=accept_loss)

    show(doing(common, work), done=True, as_json=common.json)


def read_texts(folder: Path) -> dict[str, str]:
    """The files of the folders that matter, by their path below it. Raises Invalid."""
    if not folder.is_dir():
        raise Invalid(f"{folder} is no folder.", suggestion="`whereupon export FOLDER` makes one.")
    kinds = {one.folder for one in as_files.file_kinds()}
    try:
        files = [file for name in kinds for file in (folder / name).glob("*.yaml") if file.is_file()]
        return {file.relative_to(folder).as_posix(): file.read_text("utf-8") for file in files}
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(f"A file in {folder} cannot be read: {error}.") from None


WORDS = {
    ("create", False): "is made", ("change", False): "is changed", ("remove", False): "is deleted",
    ("create", True): "made", ("change", True): "changed", ("remove", True): "deleted",
}  # fmt: skip


def show(found: as_files.Plan, *, done: bool, as_json: bool) -> None:
    """The changes with their lines, then one line that counts them."""
    if as_json:
        return print_json(found.as_json())
    from rich.text import Text

    out = stdout()
    for change in found.changes:
        out.print(Text(f"{change.file} {WORDS[change.action, done]}", "bold"))
        for line in change.lost:
            out.print(Text(f"  {line}", "yellow"))
        for line in () if done else change.diff:
            out.print(Text(f"  {line}", STYLES.get(line[:1], "")))
    counted: Any = len(found.changes) or "Nothing"
    out.print(f"{counted} {'was' if done else 'is to be'} changed; {found.same} as the files say.")
    return None
