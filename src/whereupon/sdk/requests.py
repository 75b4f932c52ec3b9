"""Pieces of a request that a block makes: address, signing in, what is shown of it, what its answer means."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import orjson

from whereupon.errors import Invalid, Problem
from whereupon.outbox.answers import (
    LATER,
    STRUCK_OUT,
    Hidden,
    NotThere,
    excerpt,
    read_values,
    retry_after,
    shown_headers,
    text_of,
)
from whereupon.outbox.egress import Answer, Place
from whereupon.sdk.outcomes import Fail
from whereupon.sdk.outside import Again, Got, Performed

SHOWN_TEXT = 2_000  # characters of an answer that the history keeps
SHOWN_BODY = 20_000  # of a request
OUTPUT = re.compile(r"\{\{-?(.*?)-?\}\}", re.DOTALL)


def in_address(url: str) -> str:
    """The address with its variables made safe: a value is one part of it, whatever it contains.

    A variable at the very beginning is an address itself.

    >>> in_address("https://a.example/{{ record.name }}")
    'https://a.example/{{ record.name | url_encode | replace: "+", "%20" }}'
    """

    def encoded(found: re.Match[str]) -> str:
        if not url[: found.start()].strip():
            return found[0]
        return f'{{{{ {found[1].strip()} | url_encode | replace: "+", "%20" }}}}'

    return OUTPUT.sub(encoded, url)


def literal_host(url: str) -> str | None:
    """The address up to its path, if no variable is in it.

    >>> literal_host("https://a.example/{{ x }}"), literal_host("https://{{ x }}/")
    ('https://a.example', None)
    """
    found = re.match(r"\s*[a-zA-Z]+://[^/?#]*", url)
    return found[0].strip() if found and "{" not in found[0] else None


def with_query(url: str, pairs: Sequence[tuple[str, str]]) -> str:
    """The address with parameters behind it.

    >>> with_query("https://a.example/?x=1#top", [("q", "a&b c")])
    'https://a.example/?x=1&q=a%26b%20c'
    """
    if not pairs:
        return url
    url = url.partition("#")[0]
    said = "&".join(f"{quote(name, safe='')}={quote(value, safe='')}" for name, value in pairs)
    return f"{url}{'&' if '?' in url else '?'}{said}"


def signed_in(request: Mapping[str, Any], secret: str) -> dict[str, str]:
    """The header with the secret in it."""
    match request["auth"]:
        case "basic":
            return {"authorization": f"Basic {_packed(request['username'], secret)}"}
        case "bearer":
            return {"authorization": f"Bearer {secret}"}
        case "header":
            return {request["header"].lower(): secret}
        case _:
            return {}


def _packed(user: str, secret: str) -> str:
    if ":" in user:
        raise Invalid.of(Problem("bad_username", "A user name must not contain a colon.", "/username"))
    return base64.b64encode(f"{user}:{secret}".encode()).decode()


def hidden_of(request: Mapping[str, Any], secrets: Mapping[str, str]) -> Hidden:
    """What must not be kept of an answer to this request."""
    found = list(secrets.values())
    if request["auth"] == "basic" and "secret" in secrets:
        found += [
            _packed(request["username"], secrets["secret"]),
            f"{request['username']}:{secrets['secret']}",
        ]
    return Hidden.of(found)


def shown_request(request: Mapping[str, Any]) -> dict[str, Any]:
    """The request as the history and a test show it, secrets as dots."""
    headers = dict(request["headers"])
    match request["auth"]:
        case "basic":
            headers["authorization"] = f"Basic {STRUCK_OUT}"
        case "bearer":
            headers["authorization"] = f"Bearer {STRUCK_OUT}"
        case "header":
            headers[request["header"].lower()] = STRUCK_OUT
        case _:
            pass
    if request["signing_secret"]:
        headers["webhook-signature"] = f"v1,{STRUCK_OUT}"
    found: dict[str, Any] = {"method": request["method"], "url": request["url"], "headers": headers}
    if request["body"] is not None:
        found["body"] = _shown_body(request["body"], headers.get("content-type", ""))
    return found


def _shown_body(body: str, content_type: str) -> Any:
    if len(body) > SHOWN_BODY:
        return body[:SHOWN_BODY] + "…"
    if content_type.startswith("application/json"):
        try:
            return orjson.loads(body)
        except orjson.JSONDecodeError:
            return body
    return body


def judge(answer: Answer, place: Place, wanted: Sequence[Mapping[str, Any]], hidden: Hidden) -> Performed:
    """Only 2xx succeeds; what may pass is to be tried again, everything else has failed (rule 24)."""
    if 200 <= answer.status < 300:
        return _got(answer, place, wanted, hidden)
    said = f"{place.host} answered {_named(answer.status)}{_beginning(answer, hidden)}"
    if answer.status in LATER or answer.status >= 500:
        return Again(said, f"http_{answer.status}", retry_after(answer))
    return Fail(said, f"http_{answer.status}", _advice(answer, hidden))


def _got(answer: Answer, place: Place, wanted: Sequence[Mapping[str, Any]], hidden: Hidden) -> Performed:
    try:
        values = read_values(answer, wanted, hidden)
    except NotThere as error:
        told = f"{place.host} answered {_named(answer.status)}, but {error}{_beginning(answer, hidden)}"
        return Fail(told, "unexpected_answer", "Compare the values of the answer with what it really says.")
    text = text_of(answer, hidden)[:SHOWN_TEXT]
    known = {"status": answer.status, "body": text, "headers": shown_headers(answer, hidden)}
    return Got(known | values)


def _named(status: int) -> str:
    try:
        return f"{status} ({HTTPStatus(status).phrase})"
    except ValueError:
        return str(status)


def _beginning(answer: Answer, hidden: Hidden) -> str:
    text = excerpt(text_of(answer, hidden))
    return f": {text}" if text else "."


def _advice(answer: Answer, hidden: Hidden) -> str | None:
    if 300 <= answer.status < 400:
        where = hidden.strike(answer.headers.get("location", "")).partition("?")[0][:300]
        told = "Redirects are not followed."
        return f"{told} Put the address that it leads to into the block: {where}" if where else told
    return {
        401: "Check the secret, and how the block signs in.",
        403: "Check whether this secret may do that over there.",
        404: "Check the address.",
        410: "The receiver wants no more of these. Take the block out, or change its address.",
    }.get(answer.status)
