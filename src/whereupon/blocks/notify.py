"""D4: tells users of the office something, in the application."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from whereupon.conditions.values import INTEGER, Scope
from whereupon.conditions.words import shortened
from whereupon.errors import Problem
from whereupon.sdk.block import Batch, Block, Config
from whereupon.sdk.fields import Line, Paragraph
from whereupon.sdk.outcomes import Done, Outcome
from whereupon.sdk.people import Person, check_person, people_words, reads_of, user_ids_sql
from whereupon.sdk.texts import check_text, reads_of_text, render_texts


class NotifyConfig(Config):
    """Who is told what. The texts may contain variables: {{ record.name }}."""

    to: list[Person] = Field(min_length=1, max_length=20, title="Tell")
    title: Line = Field(min_length=1, max_length=300, title="Headline")
    body: Paragraph = Field("", max_length=5_000, title="Text")


class Notify(Block[NotifyConfig]):
    """Nobody is told twice, however many of the groups they are in."""

    key = "notify"
    label = "Create notification"
    group = "People"
    icon = "bell"
    description = "Shows a notification to users or groups, in the application."
    Config = NotifyConfig
    outputs: ClassVar = {"notified": INTEGER}
    examples = ({"to": [{"owner": True}], "title": "{{ record.name }} is ready"},)

    def check(self, config: NotifyConfig, scope: Scope) -> list[Problem]:
        people = [
            problem
            for index, person in enumerate(config.to)
            for problem in check_person(person, scope, f"/to/{index}", needs_user=True)
        ]
        return people + check_text(config.title, scope, "/title") + check_text(config.body, scope, "/body")

    def describe(self, config: NotifyConfig, scope: Scope) -> str:
        return f"Tell {people_words(config.to, scope)}: {shortened(config.title, 80)}"

    def reads(self, config: NotifyConfig, scope: Scope) -> frozenset[str]:
        people = frozenset[str]().union(*(reads_of(person, scope) for person in config.to))
        return people | reads_of_text(config.title, scope) | reads_of_text(config.body, scope)

    async def run_batch(self, config: NotifyConfig, batch: Batch) -> list[Outcome]:
        scope, module = batch.place.scope, batch.place.module
        users = " || ".join(user_ids_sql(person, scope) for person in config.to)
        rows = await batch.rows({"users": f"ARRAY(SELECT DISTINCT unnest({users}) ORDER BY 1)"})
        texts = await render_texts(batch, {"title": config.title, "body": config.body})
        notes = [
            (user, texts[run.id]["title"][:300], texts[run.id]["body"], run.record_id, run.id)
            for run in batch.runs
            for user in rows[run.id]["users"]
        ]
        columns = [list(column) for column in zip(*notes, strict=True)] or [[], [], [], [], []]
        await batch.db.execute(INSERT, *columns, module.id if module else None, batch.place.node)
        return [_outcome(rows[run.id]["users"], texts[run.id]["title"]) for run in batch.runs]


# All notifications of the batch; the browser hears of them when the transaction commits.
INSERT = """
WITH noted AS (
  INSERT INTO whereupon.notifications (user_id, title, body, record_id, run_id, module_id, node)
  SELECT *, $6, $7 FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::bigint[]) RETURNING 1)
SELECT pg_notify('whereupon_notifications', '') WHERE EXISTS (SELECT 1 FROM noted)
"""


def _outcome(users: list[int], title: str) -> Outcome:
    return Done("next", {"notified": len(users), "users": users, "title": title}, records=len(users))
