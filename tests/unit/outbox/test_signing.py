"""Chains can be read by this installation alone; signatures are those of Standard Webhooks."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from standardwebhooks.webhooks import Webhook

from whereupon.errors import Invalid
from whereupon.outbox.secrets import Key
from whereupon.outbox.signing import read_chain, sign_chain, sign_webhook, signing_key

OURS, THEIRS = Key(bytes(32)), Key(bytes(31) + b"\1")
CHAIN = [[1, 2, "3", "0cc175b9c0f1b6a831c399e269772661"], [4, None, None, None], [5, 6, "Ω", "x"]]


def test_a_chain_comes_back_as_it_went() -> None:
    assert read_chain(OURS, sign_chain(OURS, CHAIN)) == CHAIN


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "x",
        "=",
        "ääää",
        "A" * 9_000,
        "AAAA",
        sign_chain(THEIRS, CHAIN),
        sign_chain(OURS, CHAIN)[:-4],
    ],
    ids=["missing", "empty", "short", "no chain", "not ASCII", "long", "no signature", "theirs", "cut off"],
)
def test_what_is_not_ours_is_no_chain(header: str | None) -> None:
    assert read_chain(OURS, header) is None


def test_each_character_of_a_chain_counts() -> None:
    header = sign_chain(OURS, CHAIN)
    for index in range(0, len(header), 7):
        other = "A" if header[index] != "A" else "B"
        assert read_chain(OURS, header[:index] + other + header[index + 1 :]) is None


def test_a_chain_tells_a_reader_nothing() -> None:
    assert "0cc175" not in sign_chain(OURS, CHAIN)
    assert sign_chain(OURS, CHAIN) != sign_chain(OURS, CHAIN)


@pytest.mark.parametrize(
    "secret", ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]
)
@pytest.mark.parametrize("body", [b"", b"{}", '{"name": "Ελένη"}'.encode()])
def test_a_receiver_with_the_standards_library_accepts_the_signature(secret: str, body: bytes) -> None:
    now = int(datetime.now(UTC).timestamp())
    headers = dict(sign_webhook(secret, "7-call-0", now, body))
    Webhook(secret).verify(body, headers, json_parse=False)
    assert headers["webhook-id"] == "7-call-0"


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_!!!", "my secret"])
def test_a_secret_that_is_none_is_refused(secret: str) -> None:
    with pytest.raises(Invalid):
        signing_key(secret)
