"""A setting that is misspelt is not ignored."""

from __future__ import annotations

import pytest

from whereupon.cli.running import misspelt_settings
from whereupon.settings import Settings


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("WHEREUPON_DATBASE_URL", "DATABASE_URL"),
        ("WHEREUPON_WORKER", "WORKERS"),
        ("WHEREUPON_DÄTA", "DATA"),
        ("WHEREUPON_DATA", None),
        ("WHEREUPON_", None),
        ("WHEREUPON", None),
        ("HOME", None),
        ("WHEREUPON_SOCKET", None),  # our own processes
        ("WHEREUPON_TEST_FOLDER", None),
        ("WHEREUPON_TEST_DATABASE_URL", None),
        ("WHEREUPON_SERVICE_HOST", None),  # Kubernetes
        ("WHEREUPON_SERVICE_PORT", None),
        ("WHEREUPON_PORT_8080_TCP_ADDR", None),
    ],
)
def test_a_misspelt_setting_is_named_with_what_was_meant(name: str, meant: str | None) -> None:
    found = misspelt_settings([name], Settings.model_fields)
    assert [p.path for p in found] == ([f"/{name}"] if meant else [])
    assert all(f'"{meant}"' in (p.suggestion or "") for p in found)
