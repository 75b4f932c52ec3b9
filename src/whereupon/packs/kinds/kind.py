"""The base of every kind: how what is kept in the database and what stands in a file meet."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from pydantic import BaseModel

from whereupon.db.pool import Connection
from whereupon.people.rights import Rights

Content = dict[str, Any]  # attributes by name, as a file has them, without the key


class Kind(ABC):
    """One kind of thing. `folder`: where its files lie; `in_files`: export and apply take it along.

    `nested`: attributes whose entries are changed one by one, not as a whole.
    """

    key: ClassVar[str]
    label: ClassVar[str]
    folder: ClassVar[str]
    in_files: ClassVar[bool] = True
    nested: ClassVar[frozenset[str]] = frozenset()
    model: ClassVar[type[BaseModel] | None] = None

    @abstractmethod
    async def now(self, db: Connection) -> dict[str, Content]:
        """All that there are, by key."""

    @abstractmethod
    async def write(
        self, db: Connection, rights: Rights, key: str, content: Content, now: Content | None
    ) -> None:
        """Make it (`now` is None), or change what differs. Raises as its own functions do."""

    @abstractmethod
    async def remove(self, db: Connection, rights: Rights, key: str) -> None:
        """Take it away. Raises Conflict naming what needs it."""

    async def loss(self, db: Connection, key: str, now: Content, new: Content | None) -> list[str]:
        """What would be lost by writing `new`, or by removing it (None); in sentences."""
        return []

    def normal(self, content: Content) -> Content:
        """The same content in one way of writing: defaults left out."""
        return content

    def meant(self, content: Content, now: Content | None) -> Content:
        """What a file means beside what is there: what it leaves out may stay as it is."""
        return content
