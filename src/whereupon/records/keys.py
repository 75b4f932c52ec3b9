"""What can be the id of a record, judged before the database is asked."""

from __future__ import annotations

from uuid import UUID

INTEGERS = {"smallint": 2**15, "integer": 2**31, "bigint": 2**63}


def fits_key(key_type: str, record_id: str) -> bool:
    """Whether a key column of this SQL type could hold the id.

    >>> fits_key("bigint", "12"), fits_key("smallint", "40000"), fits_key("text", "ALFKI")
    (True, False, True)
    """
    limit = INTEGERS.get(key_type)
    if limit is not None:
        digits = record_id.removeprefix("-")
        whole = digits.isascii() and digits.isdigit() and len(digits) < 20
        return whole and -limit <= int(record_id) < limit
    if key_type == "uuid":
        return is_uuid(record_id)
    return record_id.isprintable()


def is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
