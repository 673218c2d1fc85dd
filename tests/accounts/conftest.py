"""What many tests of accounts begin with; most modules define an account of their own."""

from pathlib import Path

import pytest

from accounts.models import Account, Unit
from tests.factories import account, at, unit


@pytest.fixture
def of() -> Unit:
    """A unit."""
    return unit()


@pytest.fixture
def one() -> Account:
    """An account that the rows name 示例发布, d1."""
    return account(unit("示例局"), name="示例发布", uid="d1", now=at("2026-11-01 09:00"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path
