"""Packs as their folders say, before any database is asked."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from whereupon.errors import Invalid, NotFound
from whereupon.packs.contents import About, Records, WorkflowIn, pack_keys, read_file, read_pack
from whereupon.packs.loading import Names
from whereupon.packs.scenarios import all_scenarios, scenarios_of


@pytest.mark.parametrize("key", pack_keys())
def test_each_workflow_of_a_pack_is_played_by_its_scenario(key: str) -> None:
    played = {(workflow, s.number) for s in scenarios_of(key) for workflow in s.workflows}
    pack = read_pack(key)
    steps = {
        f"{strategy['key']}_{step['key']}"
        for strategy in pack.more.get("strategy", [])
        for step in strategy["definition"]["steps"]
    }
    made = steps | {playbook["key"] for playbook in pack.more.get("playbook", [])}
    assert made <= {workflow for workflow, _ in played}
    assert {(workflow.key, workflow.scenario) for workflow in pack.workflows} == {
        (workflow, number) for workflow, number in played if workflow not in made
    }


def test_the_packs_tell_these_scenarios() -> None:
    assert [scenario.number for _, scenario in all_scenarios()] == list(range(1, 35))


@pytest.mark.parametrize("key", pack_keys())
def test_each_workflow_says_what_it_is_for(key: str) -> None:
    for workflow in read_pack(key).workflows:
        assert len(workflow.description) > 40, workflow.key


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("no", "no"),
        ("2026-01-31", "2026-01-31"),
        ("true", True),
        ("", None),
        ("'05'", "05"),
        ("1.5", 1.5),
        ("Ελένη", "Ελένη"),
    ],
)
def test_a_value_in_a_file_is_what_it_looks_like(tmp_path: Path, written: str, means: object) -> None:
    (tmp_path / "records.yaml").write_text(f"records: [{{module: cases, values: {{a: {written}}}}}]", "utf-8")
    assert read_file(tmp_path / "records.yaml", Records).records[0].values == {"a": means}


def test_a_file_that_is_not_there_is_empty(tmp_path: Path) -> None:
    assert read_file(tmp_path / "records.yaml", Records) == Records()


def test_a_wrong_file_names_every_wrong_place(tmp_path: Path) -> None:
    (tmp_path / "pack.yaml").write_text("name: A\nolder_databse: {}\n", "utf-8")
    with pytest.raises(Invalid) as refused:
        read_file(tmp_path / "pack.yaml", About)
    assert {problem.path for problem in refused.value.problems} == {"/description", "/older_databse"}


def test_a_workflow_is_named_as_an_office_would(tmp_path: Path) -> None:
    raw = read_pack("cases").workflows[0].model_dump()
    with pytest.raises(ValueError, match="name"):
        WorkflowIn.model_validate(raw | {"name": "Welcome mail"})


def test_an_unknown_pack_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(NotFound) as refused:
        read_pack("case")
    assert refused.value.suggestion == 'Did you mean "cases"?'


@pytest.mark.parametrize(
    ("value", "means"),
    [
        ({"ref": "maria"}, "7"),
        ({"user": "ada@example.org"}, 3),
        ({"today": -2}, "2026-11-20"),
        ([{"case": {"ref": "maria"}, "name": "Ω"}], [{"case": "7", "name": "Ω"}]),
        (None, None),
        ("", ""),
    ],
)
def test_names_in_sample_records_are_looked_up(value: Any, means: Any) -> None:
    names = Names(date(2026, 11, 22), {"ada@example.org": 3}, {"maria": "7"})
    assert names.meaning(value) == means


def test_an_unknown_name_in_a_sample_record_is_refused_with_its_place() -> None:
    names = Names(date(2026, 11, 22), {}, {"maria": "7"})
    with pytest.raises(Invalid) as refused:
        names.meaning({"lines": [{"case": {"ref": "mario"}}]})
    (problem,) = refused.value.problems
    assert (problem.path, problem.suggestion) == ("/lines/0/case/ref", 'Did you mean "maria"?')
