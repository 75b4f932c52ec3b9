"""Every error that a person or a program can cause: what happened, to what, and what to try next.

One family, so that the API turns each into one problem document (RFC 9457), the CLI into one
readable line and an exit code, and nothing ever ends in a traceback for a user's mistake.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, and where.

    `path` is a JSON pointer (RFC 6901) into what was sent, "" for the whole;
    `suggestion` is what to try next, as a full sentence, or None.
    """

    code: str
    message: str
    path: str = ""
    suggestion: str | None = None

    def under(self, prefix: str) -> Problem:
        """The same problem, seen from a document that holds this one at `prefix`."""
        return Problem(self.code, self.message, prefix + self.path, self.suggestion)

    def as_json(self) -> dict[str, str]:
        found = {"code": self.code, "message": self.message, "path": self.path}
        return found | ({"suggestion": self.suggestion} if self.suggestion else {})


class WhereuponError(Exception):
    """The root of the family; `status` is the HTTP status, `exit_code` the CLI's."""

    status = 500
    exit_code = 1
    code = "error"
    title = "Something went wrong"

    def __init__(
        self, message: str, *, suggestion: str | None = None, problems: Iterable[Problem] = ()
    ) -> None:
        super().__init__(message)
        self.message = message
        self.suggestion = suggestion
        self.problems = tuple(problems)

    def __str__(self) -> str:
        lines = [self.message]
        lines += [
            f"  {p.path or '/'}: {p.message}" + (f" {p.suggestion}" if p.suggestion else "")
            for p in self.problems
        ]
        return "\n".join(lines + ([self.suggestion] if self.suggestion else []))


class Invalid(WhereuponError):
    """What was sent cannot be accepted; `problems` names every wrong place at once."""

    status, exit_code, code, title = 422, 2, "invalid", "Not valid"

    @classmethod
    def of(cls, *problems: Problem, what: str = "What was sent is not valid.") -> Invalid:
        return cls(what, problems=problems)


class NotFound(WhereuponError):
    """The thing named does not exist, or this user may not know that it does."""

    status, exit_code, code, title = 404, 3, "not_found", "Not found"


class Gone(WhereuponError):
    """It was there, and will not be again."""

    status, exit_code, code, title = 410, 3, "gone", "Gone"


class Conflict(WhereuponError):
    """Somebody else changed or holds the thing meanwhile."""

    status, exit_code, code, title = 409, 4, "conflict", "Conflict"


class PreconditionFailed(WhereuponError):
    """The If-Match sent is not what is stored now."""

    status, exit_code, code, title = 412, 4, "changed_meanwhile", "Changed meanwhile"


class Refused(WhereuponError):
    """This user may not do that."""

    status, exit_code, code, title = 403, 5, "refused", "Not allowed"


class NotSignedIn(WhereuponError):
    """No session or token, or one that has ended."""

    status, exit_code, code, title = 401, 5, "not_signed_in", "Not signed in"


class SessionEnded(NotSignedIn):
    """Somebody was signed in here, and is no more: by the clock, or signed out elsewhere."""

    code, title = "session_ended", "Signed out"


class TooMany(WhereuponError):
    """A limit was reached; `retry_after` says in how many seconds to try again."""

    status, exit_code, code, title = 429, 6, "too_many", "Too many requests"
    retry_after = 60


class Unavailable(WhereuponError):
    """The database cannot be reached just now; nothing was lost."""

    status, exit_code, code, title = 503, 7, "unavailable", "Not available"


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """A sentence naming the nearest known words, or None when nothing is near.

    >>> did_you_mean("emial", ["email", "phone"])
    'Did you mean "email"?'
    """
    near = difflib.get_close_matches(word, list(known), n=2, cutoff=0.6)
    return "Did you mean " + " or ".join(f'"{w}"' for w in near) + "?" if near else None
