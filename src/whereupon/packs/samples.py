"""Sample records by the hundred: drawn from what a pack's samples.yaml says, and the same ones every time.

Dates are counted from today. Nothing is left to chance but by a seed, so two offices get the same people.
"""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, cast

import yaml
from pydantic import BaseModel, ConfigDict, Field

from whereupon.errors import Invalid, Problem, did_you_mean

MOST = 2_000  # of one kind; whoever wants a million imports them


class SampleIn(BaseModel):
    """So many records of a module. A value that is an object with one key is drawn; see `DRAWN`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    module: str
    count: int = Field(ge=1, le=MOST)
    values: dict[str, Any]


@dataclass(slots=True)
class Draw:
    """Draws the values of one record after the other. `ids`: the sample records of each module so far."""

    chance: random.Random
    today: date
    users: Mapping[str, int]
    groups: Mapping[str, Sequence[int]]
    ids: Mapping[str, Sequence[str]]
    number: int = 0
    drawn: dict[str, Any] = field(default_factory=dict[str, Any])

    def record(self, sample: SampleIn) -> dict[str, Any]:
        """The values of one record; later fields may look at earlier ones."""
        self.number += 1
        self.drawn = {}
        for key, wanted in sample.values.items():
            self.drawn[key] = self.value(wanted, f"/{key}")
        return {key: value for key, value in self.drawn.items() if value is not None and key[0] != "_"}

    def value(self, wanted: Any, path: str) -> Any:
        """One value: as it stands, or drawn. Raises Invalid for a way of drawing that there is not."""
        if not isinstance(wanted, dict) or len(cast("dict[str, Any]", wanted)) != 1:
            return cast("Any", wanted)
        (way, what), *_ = cast("dict[str, Any]", wanted).items()
        if way not in DRAWN:
            told = f'"{way}" is no way to draw a value.'
            raise Invalid.of(Problem("unknown", told, path, did_you_mean(way, DRAWN)))
        return DRAWN[way](self, what, f"{path}/{way}")

    # The ways ------------------------------------------------------------------------------------

    def one_of(self, what: Any, path: str) -> Any:
        """{one_of: [a, b]} or, with how often each, {one_of: {a: 8, b: 2}}."""
        if isinstance(what, dict):
            weights = cast("dict[Any, int]", what)
            return self.value(self.chance.choices(list(weights), list(weights.values()))[0], path)
        return self.value(self.chance.choice(cast("list[Any]", what)), path)

    def person(self, what: Any, path: str) -> str:
        """{person: true}: a given and a family name that go together."""
        given, family, _ = self.chance.choice(names()["people"])
        return f"{self.chance.choice(given)} {self.chance.choice(family)}"

    def firm(self, what: Any, path: str) -> str:
        """{firm: true}: what a firm is called."""
        firms = names()["firms"]
        return f"{self.chance.choice(firms['before'])} {self.chance.choice(firms['after'])}"

    def email(self, what: str, path: str) -> str:
        """{email: name}: an address that nobody has, made of that field."""
        return f"{ascii_of(str(self.drawn.get(what) or 'office'))}.{self.number}@sample.example"

    def phone(self, what: Any, path: str) -> str:
        """{phone: true}: a number kept for stories."""
        return f"+44 20 7946 {self.chance.randint(0, 999):04}"

    def day(self, what: Sequence[int], path: str) -> str:
        """{day: [-30, 10]}: between thirty days ago and in ten days."""
        return (self.today + timedelta(days=self.chance.randint(what[0], what[1]))).isoformat()

    def days_after(self, what: Sequence[Any], path: str) -> str | None:
        """{days_after: [opened_on, 10, 90]}: so long after an earlier field of the same record."""
        start, least, most = what
        if self.drawn.get(start) is None:
            return None
        return (
            date.fromisoformat(self.drawn[start]) + timedelta(self.chance.randint(least, most))
        ).isoformat()

    def amount(self, what: Sequence[float], path: str) -> str:
        """{amount: [50, 900]}: a sum of money, to the cent."""
        return f"{self.chance.uniform(what[0], what[1]):.2f}"

    def number_in(self, what: Sequence[int], path: str) -> int:
        """{number: [1, 5]}."""
        return self.chance.randint(what[0], what[1])

    def record_of(self, what: str, path: str) -> str:
        """{record_of: accounts}: one of the pack's sample records of that module."""
        if not self.ids.get(what):
            told = f'There are no sample records of "{what}" before this one.'
            raise Invalid.of(Problem("unknown", told, path, did_you_mean(what, self.ids)))
        return self.chance.choice(self.ids[what])

    def user_in(self, what: str, path: str) -> int | None:
        """{user_in: support}: somebody of that group."""
        return self.chance.choice(self.groups[what]) if self.groups.get(what) else None

    def some(self, what: Sequence[Any], path: str) -> Any:
        """{some: [0.3, value]}: in three of ten cases; else nothing."""
        return self.value(what[1], path) if self.chance.random() < what[0] else None

    def by(self, what: Mapping[str, Any], path: str) -> Any:
        """{by: {status: {paid: …, sent: …}}}: what an earlier field says decides; nothing for the rest."""
        ((other, ways),) = what.items()
        return self.value(ways.get(self.drawn.get(other)), path)

    def place(self, what: str, path: str) -> str:
        """{place: city}, and for the same record {place: country}."""
        cities = names()["firms"]["cities"]
        return cities[self.number % len(cities)][0 if what == "city" else 1]


DRAWN = {
    "one_of": Draw.one_of, "person": Draw.person, "firm": Draw.firm, "email": Draw.email,
    "phone": Draw.phone, "day": Draw.day, "days_after": Draw.days_after, "amount": Draw.amount,
    "number": Draw.number_in, "record_of": Draw.record_of, "user_in": Draw.user_in, "some": Draw.some,
    "by": Draw.by, "place": Draw.place,
}  # fmt: skip


@cache
def names() -> Any:
    """What names are made of."""
    return yaml.safe_load((files("whereupon.packs") / "sample_names.yaml").read_text("utf-8"))


def ascii_of(text: str) -> str:
    """A name as the first part of an address.

    >>> ascii_of("Łucja Żak"), ascii_of("Νίκος")
    ('lucja.zak', 'office')
    """
    plain = unicodedata.normalize("NFKD", text.lower().translate(str.maketrans("łøßæıđ", "losaid")))
    return re.sub(r"[^a-z0-9]+", ".", plain.encode("ascii", "ignore").decode()).strip(".") or "office"
