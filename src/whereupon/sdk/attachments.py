"""What a message takes along: the file that a field of the record leads to, or the record's own documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, model_validator

from whereupon.conditions.paths import compile_path
from whereupon.conditions.values import Kind, Scope, literal
from whereupon.errors import Invalid, Problem
from whereupon.people.rights import Rights
from whereupon.sdk.block import Config
from whereupon.sdk.fields import Shown, one_of
from whereupon.sdk.outcomes import Fail

MOST = 20
MOST_BYTES = 20_000_000  # before they are encoded for mail, which adds a third


WHAT = {
    "The record's documents": ["documents", "name"],
    "A file field": ["field"],
    "What an earlier block made": ["made_by"],
}


class Attachment(Config):
    """Exactly one of `field`, `documents`, `made_by`. An empty field, or no document: nothing is attached."""

    model_config = ConfigDict(json_schema_extra=one_of(WHAT, **{"x-widget": "attachment"}))

    field: Annotated[str | None, Shown("path", types=["file"])] = Field(
        None, title="File field", description="A file field, or a path to one: account.contract."
    )
    documents: Literal[True] | None = Field(
        None, title="Documents", description="The documents attached to the record."
    )
    name: Annotated[str | None, Shown(when={"documents": True})] = Field(
        None, min_length=1, max_length=200, title="Only with the name",
        description="Only documents with such a name, capitals or not: * is any text, ? any character.",
    )  # fmt: skip

    made_by: Annotated[str | None, Shown("document-block")] = Field(
        None, pattern=r"^nodes\.[^.]+\.[^.]+$", max_length=200, title="Made by",
        description="What an earlier block gives as its document: nodes.invoice.document_id.",
    )  # fmt: skip

    @model_validator(mode="after")
    def exactly_one(self) -> Attachment:
        if [self.field, self.documents, self.made_by].count(None) != 2:
            raise ValueError("choose exactly one of field, documents, made_by")
        if self.name is not None and self.documents is None:
            raise ValueError("name chooses among documents; a field leads to one file")
        return self


def check_attachments(attachments: Sequence[Attachment], scope: Scope, path: str) -> list[Problem]:
    """What is wrong with them: an unknown field, one that holds no file, documents without a record."""
    return [
        problem.under(f"{path}/{index}")
        for index, attachment in enumerate(attachments)
        for problem in _check(attachment, scope)
    ]


def _check(attachment: Attachment, scope: Scope) -> list[Problem]:
    if attachment.made_by is not None:
        return _check_made_by(attachment.made_by, scope)
    if attachment.field is None:
        told = "There is no record here, so it has no documents."
        return [] if scope.module else [Problem("no_record", told, "/documents")]
    try:
        found = compile_path(attachment.field, scope).type
    except Invalid as error:
        return [problem.under("/field") for problem in error.problems]
    if found.kind is Kind.REFERENCE and found.module == "documents":
        return []
    return [Problem("wrong_type", f'"{attachment.field}" is {found.noun}, not a file.', "/field")]


def _check_made_by(path: str, scope: Scope) -> list[Problem]:
    try:
        found = compile_path(path, scope).type
    except Invalid as error:
        return [problem.under("/made_by") for problem in error.problems]
    if found.kind is Kind.INTEGER:
        return []
    return [Problem("wrong_type", f'"{path}" is {found.noun}, not the number of a document.', "/made_by")]


def reads_of_attachments(attachments: Sequence[Attachment], scope: Scope) -> frozenset[str]:
    """The "module.field" names that finding them reads; the bare module for documents of the record."""
    paths = [attachment.field for attachment in attachments if attachment.field is not None]
    of_record = {scope.module.key} if scope.module and len(paths) < len(attachments) else set[str]()
    return frozenset(of_record).union(*(compile_path(path, scope).reads for path in paths))


def require_attachments(attachments: Sequence[Attachment], scope: Scope, rights: Rights) -> None:
    """Raises Refused unless all of them may be read (rule 28)."""
    if attachments and scope.module:
        rights.require("read", scope.module.key)
    for name in sorted(reads_of_attachments(attachments, scope)):
        module, _, field = name.partition(".")
        if module != "users":  # who one is may be told to anybody
            rights.require("read", module, [field] if field else [])


def attachments_sql(attachments: Sequence[Attachment], scope: Scope) -> str:
    """To stand after FROM: a row "attached" for each run `r`: list (for the deliverer), number, size."""
    ids = " UNION ALL ".join(_ids_sql(attachment, scope) for attachment in attachments)
    return f"""
CROSS JOIN LATERAL (
  SELECT coalesce(jsonb_agg(jsonb_build_object('id', _d.id, 'name', _d.name, 'media_type', _d.media_type,
           'size', _d.size, 'sha256', encode(_d.sha256, 'hex')) ORDER BY _d.id), '[]') AS list,
         count(*) AS number, coalesce(sum(_d.size), 0)::bigint AS size
  FROM whereupon.documents _d WHERE _d.id IN ({ids})) AS attached
"""


def _ids_sql(attachment: Attachment, scope: Scope) -> str:
    if attachment.field is not None:
        return f"SELECT {compile_path(attachment.field, scope).sql}"
    if attachment.made_by is not None:
        # Only what belongs to the record: a number that a block gives must not open any document there is.
        number = compile_path(attachment.made_by, scope).sql
        own = "_m.module_id = r.module_id AND _m.record_id = r.record_id"
        return f"SELECT _m.id FROM whereupon.documents _m WHERE _m.id = {number} AND {own}"
    own = "_o.module_id = r.module_id AND _o.record_id = r.record_id"
    named = f" AND lower(_o.name) LIKE lower({literal(like(attachment.name))})" if attachment.name else ""
    return f"SELECT _o.id FROM whereupon.documents _o WHERE {own}{named}"


def like(pattern: str) -> str:
    r"""The LIKE pattern that means the same.

    >>> print(like("Offer_*.p?f"), like("100%"))
    Offer\_%.p_f 100\%
    """
    escaped = pattern.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
    return escaped.replace("*", "%").replace("?", "_")


WITHIN_LIMITS = f"attached.number <= {MOST} AND attached.size <= {MOST_BYTES}"


def too_many(found: Mapping[str, Any]) -> Fail | None:
    """How a run fails whose attachments are over a limit: `found` has number and size. None: they are not."""
    if found["number"] > MOST:
        told = f"{found['number']} files are too many for one message; {MOST} are allowed."
    elif found["size"] > MOST_BYTES:
        most = MOST_BYTES // 1_000_000
        told = f"The files have {found['size'] / 1e6:.1f} MB together; {most} MB are allowed in one message."
    else:
        return None
    return Fail(told, "attachments_too_large", "Choose fewer documents, by their names for example.")
