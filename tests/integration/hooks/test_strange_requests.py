"""schemathesis on addresses that are really there: whatever comes, the answer is one that is declared."""

from __future__ import annotations

import pytest
import schemathesis
from schemathesis import GenerationMode
from tests.integration.api import test_fuzzing as fuzzing
from tests.integration.api.test_fuzzing import Running

server = fuzzing.server

DOCUMENT = {
    "format": 1,
    "nodes": [
        {"key": "start", "block": "start", "config": {
            "trigger": "webhook", "variables": [{"name": "subject"}, {"name": "any", "type": "json"}],
            "set": {"subject": {"field": "trigger.subject"}},
        }},
        {"key": "end", "block": "stop"},
    ],
    "edges": [{"from": "start", "port": "next", "to": "end"}], "settings": {},
}  # fmt: skip


def post(server: Running, path: str, body: object = None):
    answer = server.session.post(f"{server.url}/api/v1/{path}", json=body)
    assert answer.status_code in (200, 201), answer.text
    return answer.json()


@pytest.mark.timeout(300)
def test_whatever_is_sent_to_a_secret_address_the_answer_is_a_declared_one(
    server: Running, monkeypatch: pytest.MonkeyPatch
):
    fuzzing.prepare(server)
    new = {"name": "[Cases] — Form", "key": "form", "module": "cases", "document": DOCUMENT}
    post(server, "workflows", new)
    post(server, "workflows/form/publish", {})
    hook = post(server, "workflows/form/hook")["path"].rpartition("/")[2]
    feed = post(server, "feeds", {
        "name": "Ω", "module": "cases", "definition": {"columns": ["subject"]}, "per_minute": 600,
    })["csv_path"].split("/")[4]  # fmt: skip
    server.session.patch(f"{server.url}/api/v1/workflows/form/hook", json={"per_minute": 6000})
    monkeypatch.setattr(fuzzing, "EXAMPLES", 3)
    document = server.session.get(f"{server.url}/api/v1/openapi.json").json()
    failures: list[str] = []
    tried = 0
    for result in schemathesis.openapi.from_dict(document).get_all_operations():
        operation = result.ok()
        if not ("/hook" in operation.path or "/feeds" in operation.path):
            continue
        token = hook if "/hooks" in operation.path else feed
        monkeypatch.setattr(fuzzing, "REAL", {"token": token, "key": "form", "feed_id": 1})
        if operation.method == "delete" or operation.definition.raw["operationId"] in (
            "make_hook",
            "sign_hook",
        ):
            monkeypatch.setattr(fuzzing, "REAL", {})  # the addresses are still needed
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            try:
                tried += fuzzing.try_operation(server, operation, mode)
            except Exception as error:
                failures.append(f"{operation.label} ({mode.value}): {error}"[:3000])
    assert not failures, f"{len(failures)} failures\n\n" + "\n\n".join(failures)
    assert tried > 40
