"""未备案账号（第八条）: which accounts are in breach, by state, moment and scope."""

import pytest

from accounts.models import AccountState as A
from accounts.models.unit import Scope
from accounts.rules import unfiled_account
from filings.models import FilingState
from tests.flag_rows import at, make_account, make_filing, make_unit

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("state", "found", "now", "scope", "breach"),
    [
        (A.UNFILED, "2021-03-22 10:00", "2021-03-22 09:59", Scope.BOUND, False),  # not yet found
        (A.UNFILED, "2021-03-22 10:00", "2021-03-22 10:00", Scope.BOUND, True),  # 一经发现
        (A.UNFILED, "2021-03-22 10:00", "2022-01-01 00:00", Scope.BOUND, True),  # until something is done
        (A.UNFILED, "2021-03-22 10:00", "2022-01-01 00:00", Scope.GUIDED, False),  # 第三条: only guided
        (A.PENDING, "2021-03-22 10:00", "2022-01-01 00:00", Scope.BOUND, False),
        (A.ACTIVE, "2021-03-22 10:00", "2022-01-01 00:00", Scope.BOUND, False),
        (A.CLOSING, "2021-03-22 10:00", "2022-01-01 00:00", Scope.BOUND, False),
        (A.CLOSED, "2021-03-22 10:00", "2022-01-01 00:00", Scope.BOUND, False),
        (A.CANCELLED, "2021-03-22 10:00", "2022-01-01 00:00", Scope.BOUND, False),
        (A.VOID, "2021-03-22 10:00", "2022-01-01 00:00", Scope.BOUND, False),
    ],
)
def test_unfiled_account(state: A, found: str, now: str, scope: Scope, breach: bool) -> None:
    account = make_account(state, unit=make_unit(scope=scope), found_at=at(found))

    assert list(unfiled_account(at(now))) == ([account] if breach else [])


def test_an_opening_under_way_does_not_end_the_breach() -> None:
    account = make_account(A.UNFILED, found_at=at("2021-03-22 10:00"))
    make_filing(FilingState.OFFICE_REVIEW, account=account, unit=account.unit)

    assert list(unfiled_account(at("2021-03-23 00:00"))) == [account]
