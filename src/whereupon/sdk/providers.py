"""Which provider a block sends through: one that is there, of its kind."""

from __future__ import annotations

from whereupon.conditions.values import Scope
from whereupon.errors import Problem, did_you_mean
from whereupon.outbox.services import Kind


def check_provider(key: str | None, kind: Kind, scope: Scope) -> list[Problem]:
    """What is wrong with the key of a provider; none is always right."""
    known = [name for name, its_kind in scope.catalog.providers.items() if its_kind == kind]
    if key is None or key in known:
        return []
    told = f'There is no provider "{key}" for {kind} messages.'
    advice = did_you_mean(key, known) or "Add it in the settings, or choose another one."
    return [Problem("unknown_provider", told, "/provider", advice)]
