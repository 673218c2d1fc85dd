"""免于追究 of a late update stands beside its countdown, for who reads flags; the next due time is judged anew."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import flags
from accounts.models import Account, Flag, Role, Unit
from accounts.rules import RULES
from tests.accounts.activity import known, post
from tests.factories import account, platform, user
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.models import User

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
WAIVED = "已免于追究</span>"


@pytest.fixture
def late(of: Unit) -> Account:
    """Overdue by some days, and flagged."""
    now = db_now()
    late = account(of, now=now - 40 * DAY)
    post(late, now - 20 * DAY)
    known(late, posts=now)
    flags.run_rule(next(rule for rule in RULES if rule.code == "inactive"), now)
    return late


def waive(by: User, now: datetime) -> None:
    flags.waive([Flag.objects.open().get().pk], by=by, reason="平台故障", now=now)


def pages(of: Unit, on: Account) -> dict[str, str]:
    return {"list": "/accounts/", "page": f"/accounts/{on.pk}/", "unit": f"/units/{of.pk}/"}


def text(client: Client, who: User, url: str) -> str:
    client.force_login(who)
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def test_it_stands_beside_the_countdown_once_waived(client: Client, of: Unit, late: Account) -> None:
    supervisor, operator = user(Role.SUPERVISOR), user(Role.OPERATOR, of)
    every = [(supervisor, url) for url in pages(of, late).values()] + [(operator, "/"), (operator, "/activity/")]
    for who, url in every:
        assert WAIVED not in text(client, who, url), url
    waive(supervisor, db_now())
    for who, url in every:
        shown = text(client, who, url)
        assert WAIVED in shown, url
        assert "已逾期" in shown, url
    post(late, db_now() - 12 * DAY)  # overdue again, on another due time
    for who, url in every:
        assert WAIVED not in text(client, who, url), url


@pytest.mark.parametrize("role", [Role.ADMIN, Role.AUDITOR])
def test_who_reads_no_flags_reads_nothing_of_a_waiver(client: Client, of: Unit, late: Account, role: Role) -> None:
    waive(user(Role.SUPERVISOR), db_now())
    for name, url in pages(of, late).items():
        assert (WAIVED in text(client, user(role), url)) is (role == Role.AUDITOR), name


def test_no_account_costs_a_query_of_its_own(client: Client, of: Unit, late: Account) -> None:
    waive(user(Role.SUPERVISOR), db_now())
    client.force_login(user(Role.OFFICER))
    client.get("/accounts/")
    counts = []
    for place in ("weibo", "wechat"):
        with CaptureQueriesContext(connection) as seen:
            assert WAIVED in client.get("/accounts/").content.decode()
        counts.append(len(seen))
        account(of, now=db_now() - 40 * DAY, platform=platform(place))
    assert counts[0] == counts[1]
