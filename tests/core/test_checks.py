"""What a deployment must have: `manage.py check --deploy`."""

from types import SimpleNamespace
from typing import Any

import pytest
from django.core.checks import run_checks

from zhonglou_media.core import checks


@pytest.mark.parametrize(
    ("vendor", "redis", "keys", "missing"),
    [
        ("postgresql", "", None, True),
        ("postgresql", "", "", True),
        ("postgresql", "", " , ", True),
        ("postgresql", "redis://127.0.0.1:6379/0", None, True),
        ("sqlite", "redis://127.0.0.1:6379/0", None, True),
        ("postgresql", "redis://127.0.0.1:6379/0", "一串随机文字", False),
        ("sqlite", "", None, False),  # one machine: its own key in var/ will do
    ],
)
def test_several_nodes_need_the_same_data_keys(
    monkeypatch: pytest.MonkeyPatch, settings: Any, vendor: str, redis: str, keys: str | None, missing: bool
) -> None:
    monkeypatch.setattr(checks, "connection", SimpleNamespace(vendor=vendor))
    settings.REDIS_URL = redis
    monkeypatch.delenv("DATA_KEYS", raising=False)
    if keys is not None:
        monkeypatch.setenv("DATA_KEYS", keys)
    found = [
        message
        for message in run_checks(tags=["security"], include_deployment_checks=True)
        if message.id == "core.E002"
    ]
    assert len(found) == missing
    for message in found:
        assert "没有设置 DATA_KEYS" in message.msg
        assert "VAR_DIR/data_key" in str(message.hint)
        assert message.is_serious()


def test_only_a_deployment_is_asked_for_them(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    monkeypatch.delenv("DATA_KEYS", raising=False)
    settings.REDIS_URL = "redis://127.0.0.1:6379/0"
    assert "core.E002" not in [message.id for message in run_checks(tags=["security"])]
