"""What tests of several pages begin with."""

import pytest

from accounts import quarter
from accounts.models import Account, Unit
from inspections import selfchecks


@pytest.fixture
def nothing_to_confirm(monkeypatch: pytest.MonkeyPatch) -> None:
    """No unit is asked for its 季度确认 or its 季度自查, which have tests of their own."""
    monkeypatch.setattr(quarter, "waiting", lambda this: Unit.objects.none())
    monkeypatch.setattr(selfchecks, "waiting", lambda this: Account.objects.none())
