"""Tests that share something costly are one worker's, unless xdist forgets groups, as with pytest 9.2.0."""

import pytest


@pytest.mark.xdist_group("group of its own")
def test_groups_are_kept_together(request: pytest.FixtureRequest, worker_id: str) -> None:
    assert worker_id == "master" or request.node.nodeid.endswith("@group of its own")
