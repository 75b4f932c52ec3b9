"""Brings docs/reference up to date: `python -m whereupon.docs [folder]`."""

from __future__ import annotations

import sys
from pathlib import Path

from whereupon.docs.pages import write_reference


def main(words: list[str]) -> None:
    """Write the pages below the folder given, or docs/reference, and say which ones changed."""
    changed = write_reference(Path(words[0] if words else "docs/reference"))
    sys.stdout.write("".join(f"{name}\n" for name in changed) or "Nothing has changed.\n")


if __name__ == "__main__":
    main(sys.argv[1:])
