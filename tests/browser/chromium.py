"""Which browser the tests drive: the system's Chromium, installed where that can be done.

python -m tests.browser.chromium   says which one, and installs Debian's where there is none; with CI=true the
light one too, where it is missing. Exit code 1 when there is none in the end and CI=true: a missing browser
is a failure there, and a skip elsewhere.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

# The first is the same engine without a window and its own pages, at a quarter of the cost for each context.
NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
OF_MACOS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
# Nothing that runs by itself, asks other machines or depends on this machine's screen.
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
    "--force-color-profile=srgb", "--hide-scrollbars",
)  # fmt: skip
REASON = "There is no Chromium here, and it could not be installed; `apt-get install chromium` brings it."


def find_chromium() -> str | None:
    """The program to start; None when there is none."""
    found = [path for name in NAMES if (path := shutil.which(name))]
    return next(iter([*found, *(path for path in OF_MACOS if Path(path).exists())]), None)


def is_required() -> bool:
    """Whether a missing browser is a failure."""
    return os.environ.get("CI") == "true"


def install_chromium() -> None:
    """Debian's package, where we are root or may become root without a password."""
    if shutil.which("apt-get") is None:
        return
    as_root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if as_root and (
        shutil.which("sudo") is None or subprocess.run([*as_root, "true"], check=False).returncode
    ):
        return
    print("Installing Debian's chromium for the browser tests …", file=sys.stderr, flush=True)
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    command = [*as_root, "env", *(f"{name}={value}" for name, value in quiet.items()), "apt-get", "-qq"]
    subprocess.run([*command, "update"], stdout=sys.stderr, check=False)
    for package in NAMES[:2]:
        install = [*command, "install", "-y", "--no-install-recommends", package, "fonts-dejavu-core"]
        subprocess.run(install, stdout=sys.stderr, check=False)
        if shutil.which(package):
            return


def main() -> int:
    """Say which browser there is; install one first where there is none."""
    if find_chromium() is None or (is_required() and shutil.which(NAMES[0]) is None):
        install_chromium()
    found = find_chromium()
    if found is None:
        print(REASON, file=sys.stderr)
        return 1 if is_required() else 0
    print(f"The browser tests use {found}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
