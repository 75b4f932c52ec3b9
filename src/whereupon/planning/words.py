"""Words in a cell: what is not understood, what it is near to, and names as people write them."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from whereupon.modules.catalog import Catalog, Field, Module

N = TypeVar("N")
K = TypeVar("K", Module, Field)
# What a label must not hold to stand in a sentence without being taken for a part of it.
RESERVED = re.compile(
    r"[:,;\"“”.]|\bif\b|\bis\b|\band\b|\bbecomes\b|\bchanges\b|\bcontains\b|\bdoes\b|\bat\b|\bbegins\b|\bends\b|"
    r"\bhas\b|\bor\b|^\d", re.IGNORECASE,
)  # fmt: skip
GENERIC = frozenset({"email", "mail", "address", "the", "a", "an", "of", "to", "s", "who"})
NEAR_WORD, NEAR_ENOUGH = 0.75, 0.5


class Unclear(Exception):
    """A cell that is not understood: why, what could be meant in words, and the very text to put there."""

    def __init__(self, message: str, suggestion: str | None = None, instead: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.suggestion = suggestion
        self.instead = instead


def folded(text: str) -> str:
    """Capitals and runs of blanks do not count."""
    return re.sub(r"\s+", " ", text).strip().casefold()


def tokens(text: str) -> frozenset[str]:
    """The words of a phrase, in the singular.

    >>> sorted(tokens("Delegate’s Managers (e-mail)"))
    ['delegate', 'email', 'manager']
    """
    words = re.findall(
        r"\w+", re.sub(r"['’]s?\b", "", text.casefold().replace("_", " ").replace("e-mail", "email"))
    )
    return frozenset(word[:-1] if len(word) > 3 and word.endswith("s") else word for word in words)


def nearest(text: str, candidates: Mapping[str, str]) -> str | None:
    """The candidate whose words are nearest to the text's. `candidates`: what to write → words about it."""
    wanted = tokens(text) - GENERIC or tokens(text) & {"email"}
    if not wanted:
        return None
    scored = [
        (closeness(wanted, tokens(words)), -len(tokens(words)), key) for key, words in candidates.items()
    ]
    best = max(scored, default=(0.0, 0, ""), key=lambda one: one[:2])
    return best[2] if best[0] >= NEAR_ENOUGH else None


def closeness(wanted: frozenset[str], there: frozenset[str]) -> float:
    """How much of what is wanted is there; a little less for each word too many."""
    found = sum(
        bool(word in there or difflib.get_close_matches(word, there, 1, NEAR_WORD)) for word in wanted
    )
    return found / len(wanted) - 0.05 * len(there - wanted - GENERIC)


def choose(text: str, names: Mapping[str, N], what: str, *, others: str = "") -> N:
    """The one that is called so. `names`: folded name → thing. Raises Unclear."""
    found = names.get(folded(text))
    if found is not None:
        return found
    near = difflib.get_close_matches(folded(text), names, 1, 0.6)
    if not near:
        some = nearest(text, {name: name for name in names})
        near = [some] if some else []
    suggestion = f"“{near[0]}”?" if near else others or None
    raise Unclear(f"“{text.strip()}” is no {what}.", suggestion)


# Names ---------------------------------------------------------------------------------------------


def modules_by_name(catalog: Catalog) -> dict[str, Module]:
    """Every module that people work with, by its key and its labels; a label that two share names neither."""
    modules = [m for m in catalog.modules.values() if not m.system and m.parent_field is None]
    return by_name(modules, lambda m: (m.label, m.label_plural))


def fields_by_name(module: Module) -> dict[str, Field]:
    """A module's fields by what people call them."""
    return by_name(list(module.fields.values()), lambda f: (f.label,))


def by_name(things: Sequence[K], labels: Callable[[K], Iterable[str]]) -> dict[str, K]:
    """Keys go before labels."""
    found: dict[str, K] = {}
    shared: set[str] = set()
    for thing in things:
        for label in {folded(one) for one in labels(thing) if one}:
            if found.setdefault(label, thing) is not thing:
                shared.add(label)
    for label in shared:
        del found[label]
    return found | {folded(thing.key): thing for thing in things}


def called(thing: K, names: Mapping[str, K]) -> str:
    """How a sheet names it: by its label where that is clear, else by its key."""
    plain = not RESERVED.search(thing.label) and names.get(folded(thing.label)) is thing
    return thing.label if plain and thing.label == thing.label.strip() else thing.key


def listed(names: Iterable[str], most: int = 12) -> str:
    """Some names, for “Known: …”."""
    all_names = list(names)
    rest = f" and {len(all_names) - most} more" if len(all_names) > most else ""
    return ", ".join(all_names[:most]) + rest
