"""One file that holds everything: the database, the secret key and the documents; and the way back.

The file is a tar archive: manifest.json says what is in it and by which version it was written, then
PostgreSQL's own dump, and what the data folder adds. It holds the secret key: it is made 0600.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import os
import shutil
import tarfile
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from whereupon.db import binaries
from whereupon.db.binaries import last_lines, run_program
from whereupon.db.migrate import connect_for_schema_work, current_revision, known_revisions, migrate
from whereupon.errors import Conflict, Invalid, Unavailable

FORMAT = 1
MANIFEST, DUMP, SECRET_KEY, DOCUMENTS = "manifest.json", "database.dump", "secret.key", "documents"

# Whether somebody's tables are in the database already (an extension's do not count).
TABLES_PRESENT = """
SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'
  AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
ORDER BY 1 LIMIT 1
"""
# Tables made since the backup are not in its own list of what to drop.
DROP_OURS = "DROP SCHEMA IF EXISTS whereupon CASCADE; DROP SCHEMA IF EXISTS data CASCADE;\n"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself."""

    format: int
    whereupon: str  # version of the program that wrote it
    revision: str  # of the schema, as Alembic counts
    server: str  # version of PostgreSQL
    created_at: str  # ISO 8601, the database's clock
    dump_sha256: str
    secret_key: bool
    documents: int  # how many files


async def backup(url: str, file: Path, *, data: Path | None = None) -> Manifest:
    """Write a backup of the database at `url`, and of the data folder, to a new file.

    Raises Conflict when the file exists or the database is not ours, Unavailable when the dump fails.
    """
    if file.exists():
        raise Conflict(f"{file} exists, and a backup never overwrites.", suggestion="Choose another name.")
    if not file.parent.is_dir():
        raise Conflict(f"There is no folder {file.parent}.", suggestion="Create it, or choose another.")
    file = file.absolute()  # pg_dump works in a folder of its own
    revision, server, created_at = await describe(url)
    with tempfile.TemporaryDirectory(prefix=".whereupon-backup-", dir=file.parent) as folder:
        dump, archive = Path(folder) / DUMP, Path(folder) / "archive.tar"
        async with key_at_rest(url):
            await asyncio.to_thread(run_on, url, "pg_dump", "--format=custom", f"--file={dump}")
            documents, key = files_of(data, DOCUMENTS), files_of(data, SECRET_KEY)
            manifest = Manifest(
                FORMAT, metadata.version("whereupon"), revision, server, created_at,
                await asyncio.to_thread(sha256_of, dump), bool(key), len(documents),
            )  # fmt: skip
            await asyncio.to_thread(write_archive, archive, manifest, dump, data, [*key, *documents])
        try:
            os.link(archive, file)  # unlike a rename, fails when somebody made the file meanwhile
        except FileExistsError:
            raise Conflict(f"{file} exists, and a backup never overwrites.") from None
    return manifest


async def restore(url: str, file: Path, *, data: Path | None = None, replace: bool = False) -> Manifest:
    """Bring back a backup, all or nothing, and migrate it to this program's schema.

    `replace` allows that what is in the database now is dropped. Raises Invalid (not a backup, damaged),
    Conflict (newer than this program, database not empty, another secret key in place), Unavailable.
    """
    manifest = read_manifest(file)
    file, data = file.absolute(), data.absolute() if data is not None else None
    refuse_newer(manifest)
    await refuse_non_empty(url, replace=replace)
    if data is not None:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(prefix=".whereupon-restore-", dir=data or file.parent) as folder:
        parts = Path(folder)
        await asyncio.to_thread(extract, file, parts)
        if sha256_of(parts / DUMP) != manifest.dump_sha256:
            raise Invalid(f"{file} is damaged: the dump in it is not the one that was written.")
        refuse_another_key(parts, data, replace=replace)
        script = await asyncio.to_thread(write_script, parts, replace)
        await asyncio.to_thread(run_script, url, script)
        await asyncio.to_thread(put_files, parts, data)
    await migrate(url)
    return manifest


def read_manifest(file: Path) -> Manifest:
    """What a backup file says of itself. Raises Invalid when it is none."""
    try:
        with tarfile.open(file) as archive:
            member = archive.extractfile(MANIFEST)
            assert member is not None
            found: dict[str, Any] = json.load(member)
            if found["format"] != FORMAT:
                raise Conflict(
                    f"{file} is a backup of format {found['format']}; this program reads {FORMAT}.",
                    suggestion=f"Restore it with Whereupon {found['whereupon']}.",
                )
            return Manifest(**found)
    except FileNotFoundError:
        raise Invalid(f"There is no file {file}.") from None
    except (tarfile.TarError, KeyError, ValueError, TypeError, AssertionError, OSError) as error:
        raise Invalid(f"{file} is not a backup of Whereupon: {error}") from error


# In the order of a backup ---------------------------------------------------------------------------


@asynccontextmanager
async def key_at_rest(url: str) -> AsyncGenerator[None]:
    """Meanwhile nobody changes the key of the secrets (outbox/rotation.py): rows and key go together."""
    connection = await connect_for_schema_work(url)
    try:
        await connection.execute(
            "SELECT pg_advisory_lock_shared(hashtextextended('whereupon key change', 0))"
        )
        yield
    finally:
        await connection.close()


async def describe(url: str) -> tuple[str, str, str]:
    """Revision, server version and time. Raises Conflict when the database has no schema of ours."""
    connection = await connect_for_schema_work(url)
    try:
        revision = await current_revision(connection)
        if revision is None:
            raise Conflict("This database holds nothing of Whereupon's, so there is nothing to back up.")
        row = await connection.fetchrow(
            "SELECT current_setting('server_version') AS server, now()::text AS now"
        )
        assert row is not None
        return revision, row["server"], row["now"]
    finally:
        await connection.close()


def files_of(data: Path | None, name: str) -> list[Path]:
    """The file of that name in the data folder, or the files below the folder of that name."""
    if data is None or not (data / name).exists():
        return []
    found = data / name
    if found.is_file():
        return [found]
    # Hidden ones are not complete yet, and may be gone before they are read.
    return sorted(path for path in found.rglob("[!.]*") if path.is_file())


def write_archive(
    archive: Path, manifest: Manifest, dump: Path, data: Path | None, files: list[Path]
) -> None:
    """The tar file, the manifest first, so that it is read without reading the rest."""
    handle = os.open(archive, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(handle, "wb") as output, tarfile.open(fileobj=output, mode="w") as tar:
        text = json.dumps(asdict(manifest), indent=2).encode()
        entry = tarfile.TarInfo(MANIFEST)
        entry.size = len(text)
        tar.addfile(entry, io.BytesIO(text))
        tar.add(dump, DUMP)
        for path in files:
            assert data is not None
            tar.add(path, str(path.relative_to(data)), recursive=False)
        output.flush()
        os.fsync(output.fileno())


def sha256_of(file: Path) -> str:
    """The file's SHA-256 in hexadecimal."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


# In the order of a restore --------------------------------------------------------------------------


def refuse_newer(manifest: Manifest) -> None:
    """Raises Conflict when this program does not know the backup's schema."""
    if manifest.revision not in known_revisions():
        raise Conflict(
            f"The backup was written by Whereupon {manifest.whereupon} (revision {manifest.revision}), "
            f"and this program knows only up to revision {known_revisions()[-1]}.",
            suggestion=f"Restore it with Whereupon {manifest.whereupon} or newer.",
        )


async def refuse_non_empty(url: str, *, replace: bool) -> None:
    """Raises Conflict, naming a table, when the database holds something and may not be replaced."""
    connection = await connect_for_schema_work(url)
    try:
        table: str | None = await connection.fetchval(TABLES_PRESENT)
    finally:
        await connection.close()
    if table and not replace:
        raise Conflict(
            f"The database is not empty: there is {table}, for one.",
            suggestion="Restore into an empty database, or allow that this one is replaced (--replace).",
        )


def extract(file: Path, folder: Path) -> None:
    """Unpack plain files and folders; anything else, or a path that leads out of the folder, is refused.

    By hand, because tarfile's own data filter is missing in Python before 3.11.4.
    """
    try:
        with tarfile.open(file) as archive:
            for member in archive:
                extract_member(archive, member, folder)
    except (tarfile.TarError, EOFError) as error:
        raise Invalid(f"{file} is damaged: {error}") from error


def extract_member(archive: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> None:
    """One file or folder. Raises TarError for what no backup of ours contains."""
    inside = PurePosixPath(member.name)
    if inside.is_absolute() or ".." in inside.parts or not (member.isfile() or member.isdir()):
        raise tarfile.TarError(f'"{member.name}" leads out of the archive or is no plain file')
    target = folder / inside
    if member.isdir():
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    content = archive.extractfile(member)
    assert content is not None  # it is a file
    with content, target.open("wb") as written:
        shutil.copyfileobj(content, written)


def refuse_another_key(parts: Path, data: Path | None, *, replace: bool) -> None:
    """Raises Conflict when a different secret key is in place: secrets under it could not be read again."""
    if data is None or replace or not (parts / SECRET_KEY).exists() or not (data / SECRET_KEY).exists():
        return
    if (parts / SECRET_KEY).read_bytes() != (data / SECRET_KEY).read_bytes():
        raise Conflict(
            f"{data / SECRET_KEY} is another key than the backup's.",
            suggestion="Restore into a new data folder, or allow that it is replaced (--replace).",
        )


def write_script(parts: Path, replace: bool) -> Path:
    """The dump as SQL, complete before any of it runs: a damaged dump changes nothing."""
    script, raw = parts / "restore.sql", parts / "raw.sql"
    arguments = ["--clean", "--if-exists"] if replace else []
    done = run_program(
        program("pg_restore"), "--no-owner", "--no-privileges", f"--file={raw}", *arguments, str(parts / DUMP)
    )
    if done.returncode != 0:
        raise Invalid(f"The dump in the backup cannot be read: {last_lines(done.stderr)}")
    with raw.open("rb") as source, script.open("wb") as target:
        target.write(DROP_OURS.encode() if replace else b"")
        for _ in range(30):  # a setting of PostgreSQL 17, which older servers would refuse
            line = source.readline()
            target.write(b"" if line.startswith(b"SET transaction_timeout") else line)
        shutil.copyfileobj(source, target, 1 << 20)
    raw.unlink()
    return script


def run_script(url: str, script: Path) -> None:
    """Run it in one transaction, waiting half a minute for whoever holds a lock."""
    options = {"PGOPTIONS": "-c lock_timeout=30s -c client_min_messages=warning"}
    run_on(
        url, "psql", "-X", "-q", "--single-transaction", "--set=ON_ERROR_STOP=1", "-o", os.devnull,
        f"--file={script}", env=options,
    )  # fmt: skip


def put_files(parts: Path, data: Path | None) -> None:
    """The key and the documents go to their places; a document that is there already stays."""
    if data is None:
        return
    for path in [*files_of(parts, SECRET_KEY), *files_of(parts, DOCUMENTS)]:
        place = data / path.relative_to(parts)
        place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if path.name == SECRET_KEY or not place.exists():
            shutil.copyfile(path, place)
            place.chmod(0o600)


# PostgreSQL's programs --------------------------------------------------------------------------------


def program(name: str) -> Path:
    """Where one of PostgreSQL's programs lies."""
    return binaries.wheel_folder() / "pginstall" / "bin" / name


def run_on(url: str, name: str, *arguments: str, env: dict[str, str] | None = None) -> None:
    """Run a program on a database; the password goes by the environment, where no other user sees it."""
    parts = urlsplit(url)
    user, _, host = parts.netloc.rpartition("@")
    user, _, password = user.partition(":")
    bare = urlunsplit(parts._replace(netloc=f"{user}@{host}" if user else host))
    secret = {"PGPASSWORD": unquote(password)} if password else {}
    done = run_program(
        program(name), f"--dbname={bare}", "--no-password", *arguments, env=secret | (env or {})
    )
    if done.returncode != 0:
        raise Unavailable(
            f"{name} failed: {last_lines(done.stderr)}",
            suggestion="Nothing was changed. If a lock was waited for, stop `whereupon serve` and try again.",
        )
