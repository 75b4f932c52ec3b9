"""The OpenAPI document: complete, unchanged unless meant to be, and true."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from whereupon.api.app import create_app
from whereupon.settings import Settings

SNAPSHOT = Path(__file__).parent / "openapi.json"


class NoDatabase:
    url = ""


@pytest.fixture(scope="module")
def document():
    return create_app(NoDatabase(), Settings()).openapi()


def test_the_document_is_the_one_that_was_reviewed(document):
    """SNAPSHOTS=write writes it anew; the difference is then read in the review."""
    written = json.dumps(document, indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    if os.environ.get("SNAPSHOTS") == "write":
        SNAPSHOT.write_text(written)
    assert json.loads(SNAPSHOT.read_text()) == json.loads(written)


def operations(document):
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_every_operation_has_a_name_a_tag_a_summary_and_says_how_it_can_fail(document):
    names = [o["operationId"] for _, _, o in operations(document)]
    assert len(set(names)) == len(names)
    for path, method, operation in operations(document):
        assert re.fullmatch(r"[a-z]+(_[a-z]+)*", operation["operationId"]), operation["operationId"]
        assert operation["tags"], (method, path)
        assert operation["summary"], (method, path)
        assert {"422", "503"} <= set(operation["responses"]), (method, path)
        for status, answer in operation["responses"].items():
            content = answer.get("content", {})
            if int(status) >= 400:
                assert list(content) == ["application/problem+json"], (method, path, status)
            elif status not in ("204", "303"):  # nothing, and a redirect
                assert len(content) == 1, (method, path, status)
                assert next(iter(content.values()))["schema"], (method, path, status)
        assert not any(key.startswith("x-") for key in operation), (method, path)


def test_only_signing_in_the_first_start_and_secret_addresses_need_no_key(document):
    public = {o["operationId"] for _, _, o in operations(document) if o.get("security") == []}
    by_secret = {"send_to_nothing", "send_to_workflow", "read_feed_json", "read_feed_csv", "read_calendar"}
    by_secret |= {"get_public_form", "fill_in_public_form", "get_upload_link", "upload_by_link"}
    signing_in = {"sign_in", "get_sign_in_ways", "start_sign_in", "finish_sign_in"}
    assert public - by_secret == {*signing_in, "get_setup", "create_first_administrator"}
