"""Links that are secret: whoever has one may fill in a form or upload a document, once, without signing in.

Only their recipients are to know them. Whoever looks at a message here sees where it leads, and no secret.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

# As people/secrets.py writes them; the migration 0027 takes the same out of what is stored.
SECRET = re.compile(r"(/(?:forms|uploads)/)[A-Za-z0-9_-]{43}")


def without_secret_links(said: Any) -> Any:
    """The same JSON value, with "…" for what is secret in its texts.

    >>> without_secret_links({"text": ["https://x.example/forms/" + 43 * "a", 1]})
    {'text': ['https://x.example/forms/…', 1]}
    """
    match said:
        case str():
            return SECRET.sub(r"\1…", said)
        case Mapping():
            return {key: without_secret_links(value) for key, value in said.items()}  # pyright: ignore[reportUnknownVariableType]
        case list():
            return [without_secret_links(value) for value in said]  # pyright: ignore[reportUnknownVariableType]
        case _:
            return said
