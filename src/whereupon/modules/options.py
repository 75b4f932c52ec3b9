"""What can be set on a field of each type: how long, how precise, which choices, leading where.

One pydantic model per kind of option set; a key that does not exist is refused, never ignored.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

OnDelete = Literal["restrict", "set_null", "cascade"]
LARGEST_NUMBER = 10**28


class NoOptions(BaseModel):
    """For types that make their own values."""

    model_config = ConfigDict(extra="forbid")


class Options(NoOptions):
    """What every type has: a value for records that come without one.

    `default` is a JSON value of the field's type, or {"dynamic": "today" | "now" | "user"}.
    """

    default: Any = Field(None, description="The value of a new record that names none.")


class TextOptions(Options):
    """Of a line of text."""

    max_length: int = Field(10_000, ge=1, le=10_000, description="Characters, at most.")


class LongTextOptions(Options):
    """Of text of several lines, and of rich text."""

    max_length: int = Field(1_000_000, ge=1, le=1_000_000, description="Characters, at most.")


class AddressOptions(Options):
    """Of email addresses, phone numbers and web addresses."""

    max_length: int = Field(254, ge=1, le=2048, description="Characters, at most.")


class IntegerOptions(Options):
    """Of whole numbers."""

    minimum: int | None = Field(None, ge=-(2**63), lt=2**63, description="The smallest value allowed.")
    maximum: int | None = Field(None, ge=-(2**63), lt=2**63, description="The largest value allowed.")


class DecimalOptions(Options):
    """Of exact decimal numbers."""

    precision: int = Field(28, ge=1, le=38, description="Digits in all, at most.")
    scale: int | None = Field(
        None, ge=0, le=20, description="Digits after the point; none: as they come, at most 10."
    )
    minimum: float | None = Field(None, ge=-LARGEST_NUMBER, le=LARGEST_NUMBER, description="At least this.")
    maximum: float | None = Field(None, ge=-LARGEST_NUMBER, le=LARGEST_NUMBER, description="At most this.")

    @model_validator(mode="after")
    def scale_fits(self) -> DecimalOptions:
        if self.scale is not None and self.scale > self.precision:
            raise ValueError("scale cannot be larger than precision")
        return self


class MoneyOptions(DecimalOptions):
    """Of amounts; the currency belongs to the field."""

    precision: int = Field(18, ge=1, le=38, description="Digits in all, at most.")
    scale: int | None = Field(2, ge=0, le=6, description="Digits after the point.")
    currency: str = Field("EUR", pattern="^[A-Z]{3}$", description="ISO 4217 code.")


class Choice(BaseModel):
    """One choice: `key` is stored, `label` is shown."""

    model_config = ConfigDict(extra="forbid")

    key: str = Field(min_length=1, max_length=100)
    label: str = Field("", max_length=200)
    color: str | None = Field(None, max_length=30)

    @model_validator(mode="after")
    def label_from_key(self) -> Choice:
        self.label = self.label or self.key.replace("_", " ").capitalize()
        return self

    @field_validator("key")
    @classmethod
    def storable(cls, key: str) -> str:
        if "\x00" in key or any("\ud800" <= c <= "\udfff" for c in key):
            raise ValueError("contains a character that cannot be stored")
        return key


def choice_from_text(choice: Any) -> Any:
    """ "new" is short for {"key": "new"}."""
    return {"key": choice} if isinstance(choice, str) else choice


class ChoiceOptions(Options):
    """Of selects and stages: what may be chosen, in the order in which it is shown."""

    choices: list[Annotated[Choice, BeforeValidator(choice_from_text)]] = Field(min_length=1, max_length=1000)

    @field_validator("choices")
    @classmethod
    def each_once(cls, choices: list[Choice]) -> list[Choice]:
        keys = [c.key for c in choices]
        twice = sorted({k for k in keys if keys.count(k) > 1})
        if twice:
            raise ValueError(f"named twice: {', '.join(twice)}")
        return choices


class ReferenceOptions(Options):
    """Of links to records of another module, or of the same."""

    target: str = Field(description="Key of the module that this field leads to.")
    on_delete: OnDelete = Field("restrict", description="What the other record's deletion does to this one.")


class AutoNumberOptions(NoOptions):
    """Of numbers that the database gives: a prefix, then digits."""

    prefix: str = Field("", max_length=40, pattern="^[^\\x00]*$")
    digits: int = Field(4, ge=1, le=18, description="Digits, at least; more as the numbers grow.")


class FormulaOptions(NoOptions):
    """Of computed fields."""

    expression: str = Field(min_length=1, max_length=10_000)
    result: str | None = Field(None, description="Filled in by Whereupon: the type of the result.")
    reads: list[str] = Field(default_factory=list, description="Filled in by Whereupon: the fields it reads.")


class LineItemsOptions(NoOptions):
    """Of child records that belong to their parent."""

    target: str | None = Field(None, description="Key of the module made for the lines: <module>_<field>.")
    parent: str = Field("parent", description="Key of the lines' reference to their parent.")
    fields: list[dict[str, Any]] = Field(
        default_factory=list, max_length=500, description="The fields of one line."
    )
