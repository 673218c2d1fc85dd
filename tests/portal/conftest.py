"""What tests of several pages begin with."""

import pytest

from accounts import quarter
from accounts.models import Unit


@pytest.fixture
def nothing_to_confirm(monkeypatch: pytest.MonkeyPatch) -> None:
    """No unit is asked for its 季度确认, which has tests of its own."""
    monkeypatch.setattr(quarter, "waiting", lambda this: Unit.objects.none())
