"""确认数据截至现在 asks first: what becomes overdue by it is named, and just what was shown is confirmed."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from accounts import activity, confirming
from accounts.flags import run_rule
from accounts.models import Account, Flag, Message, Role, Unit
from accounts.rules import RULES
from tests.accounts.activity import known, moment, post, question, watched
from tests.factories import account, platform, unit, user
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.countdown import due24
from zhonglou_media.core.models import User

pytestmark = pytest.mark.django_db

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOW = moment("2021-03-31 09:00")  # an account watched since 2021-03-22 was due on 2021-03-29 24:00
FIELDS = ("posts_known_until", "messages_known_until")


def mark(account: Account) -> str:
    """What the page says of it."""
    account.refresh_from_db()
    return confirming.overdue_by([account], db_now())[account.pk].mark


@pytest.fixture
def operator(of: Unit, client: Client) -> User:
    person = user(Role.OPERATOR, of)
    client.force_login(person)
    return person


def late(of: Unit, name: str, **fields: Any) -> Account:
    """Due for an update two days ago, and nothing is known of it."""
    return account(of, name=name, now=db_now() - 10 * DAY, **fields)


def main_of(client: Client, address: str) -> str:
    return client.get(address).content.decode().split("<main")[1]


def dialog(text: str, key: str) -> str:
    """What the dialog `key` says; '' where there is none."""
    return text.partition(f'id="{key}"')[2].partition("</dialog>")[0]


# --- what becomes overdue -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("posts_known", "published", "becomes"),
    [
        (None, None, True),
        ("2021-03-29 23:59", None, True),
        ("2021-03-30 00:00", None, False),  # flagged already: confirming adds nothing
        (None, "2021-03-24 10:00", False),  # due on 03-31 24:00
        (None, "2021-03-23 10:00", True),  # due on 03-30 24:00
    ],
)
def test_an_update_that_was_due_and_is_not_known(posts_known: str | None, published: str | None, becomes: bool) -> None:
    row = watched("2021-03-22")
    if published:
        post(row, published)
    known(row, posts=posts_known)
    found = confirming.overdue_by([row], NOW)
    assert [item.update_due for item in found.values()] == ([row.next_update_due_at] if becomes else [])


@pytest.mark.parametrize(
    ("asked", "fields", "reach", "becomes"),
    [
        ("2021-03-30 08:00", {}, None, True),
        ("2021-03-30 09:00", {}, None, True),  # due this very moment
        ("2021-03-30 09:01", {}, None, False),  # not due yet
        ("2021-03-30 08:00", {}, "2021-03-31 07:59", True),
        ("2021-03-30 08:00", {}, "2021-03-31 08:00", False),  # judged already
        ("2021-03-30 08:00", {"source": "typed"}, None, False),  # judged whatever is known
        ("2021-03-30 08:00", {"kind": "complaint"}, None, False),
        ("2021-03-30 08:00", {"first_reply_at": "2021-03-30 09:00"}, None, False),
        ("2021-03-30 08:00", {"withdrawn_at": "2021-03-30 09:00"}, None, False),
        ("2021-03-01 08:00", {}, None, False),  # silent for so long that it is judged anyway
    ],
)
def test_a_question_that_was_due_and_is_not_known(
    asked: str, fields: dict[str, Any], reach: str | None, becomes: bool
) -> None:
    row = watched("2021-03-30")
    asked_ = question(row, asked, **fields)
    known(row, messages=reach)
    found = confirming.overdue_by([row], NOW)
    assert [item.questions for item in found.values()] == ([[asked_]] if becomes else [])


def test_what_is_named_is_what_the_rules_then_raise(django_assert_num_queries: Any) -> None:
    """The same accounts and questions, by the sweep's own rules right after confirming."""
    rows = [watched("2021-03-22"), watched("2021-03-29"), watched("2021-03-10")]
    for row in rows:
        for asked in ("2021-03-28 10:00", "2021-03-30 08:00", "2021-03-30 20:00"):
            question(row, asked)
    rules = [rule for rule in RULES if rule.code in ("inactive", "slow_reply")]
    for rule in rules:
        run_rule(rule, NOW)
    before = set(Flag.objects.open().values_list("pk", flat=True))
    with django_assert_num_queries(3):  # the units, the setting of the day, and the questions
        found = confirming.overdue_by(rows, NOW)
    Account.objects.update(**dict.fromkeys(FIELDS, NOW))
    for rule in rules:
        run_rule(rule, NOW)
    new = Flag.objects.open().exclude(pk__in=before)
    assert set(new.filter(rule="inactive").values_list("account", flat=True)) == {
        pk for pk, item in found.items() if item.update_due
    }
    questions = {row.pk for item in found.values() for row in item.questions}
    assert set(new.filter(rule="slow_reply").values_list("fact_id", flat=True)) == questions != set()


# --- the page -------------------------------------------------------------------------------------------------------


def test_the_page_asks_first_and_names_what_becomes_overdue(client: Client, operator: User, of: Unit) -> None:
    quiet, fresh = late(of, "示例安静"), account(of, name="示例新号", platform=platform("weibo"), now=db_now())
    asked = question(fresh, db_now() - 30 * HOUR, body="不给人看的")
    text = main_of(client, "/activity/")
    assert 'href="#confirm-all"' in text
    said = dialog(text, "confirm-all")
    assert "2个账号都确认数据截至现在？" in said
    quiet.refresh_from_db()
    assert f"示例安静（抖音）：应于 {due24(quiet.next_update_due_at)} 前更新" in said  # type: ignore[arg-type]
    assert f"应于 {due24(asked.reply_due_at)} 前回复" in said  # type: ignore[arg-type]
    assert "不给人看的" not in said
    assert "确认后不能收回" in said
    for row in (quiet, fresh):
        assert f'name="account" value="{row.pk}"' in said
        assert f'name="overdue" value="{mark(row)}"' in said
    # The act of every day stands out; what cannot be taken back is no primary button outside of its dialog.
    outside = "".join(part.partition("</dialog>")[2] or part for part in text.split("<dialog"))
    assert "btn-primary" not in outside
    assert outside.count("btn-strong") == 2


def test_a_page_on_which_nothing_becomes_overdue_says_so(client: Client, operator: User, of: Unit) -> None:
    account(of, name="示例新号", now=db_now())
    said = dialog(main_of(client, "/activity/"), "confirm-all")
    assert "没有账号或咨询因此逾期" in said
    assert "确认后不能收回" in said


def test_just_the_accounts_shown_are_confirmed(client: Client, operator: User, of: Unit) -> None:
    shown, new = (account(of, platform=platform(code), now=db_now()) for code in ("douyin", "weibo"))
    answer = client.post("/activity/confirm/", {"account": [shown.pk]}, follow=True)
    assert "1个账号的数据已确认截至" in answer.content.decode()
    shown.refresh_from_db()
    new.refresh_from_db()
    assert shown.posts_known_until is not None
    assert new.posts_known_until is None


@pytest.mark.parametrize("given", [{}, {"account": ["x", ""]}], ids=["nothing", "nonsense"])
def test_without_accounts_nothing_is_confirmed(
    client: Client, operator: User, of: Unit, given: dict[str, list[str]]
) -> None:
    row = account(of)
    answer = client.post("/activity/confirm/", given)
    assert answer.status_code == 422
    assert "没有选中账号" in answer.content.decode()
    row.refresh_from_db()
    assert row.posts_known_until is None


def test_a_foreign_account_among_them_confirms_none(client: Client, operator: User, of: Unit) -> None:
    own, foreign, child = (account(unit_, now=db_now()) for unit_ in (of, None, unit(parent=of)))
    for other, status in ((foreign, 404), (child, 403)):
        answer = client.post("/activity/confirm/", {"account": [own.pk, other.pk]})
        assert answer.status_code == status
    assert not Account.objects.exclude(posts_known_until=None, messages_known_until=None).exists()


def test_one_account_is_asked_for_only_where_something_becomes_overdue(
    client: Client, operator: User, of: Unit
) -> None:
    quiet, fresh = late(of, "示例安静"), account(of, name="示例新号", platform=platform("weibo"), now=db_now())
    for address in ("/activity/", f"/accounts/{quiet.pk}/", f"/accounts/{quiet.pk}/activity/"):
        text = main_of(client, address)
        said = dialog(text, f"confirm-{quiet.pk}")
        assert "确认“示例安静（抖音）”的数据截至现在？" in said
        assert "前更新" in said
        assert f'name="next" value="{address}"' in said
        assert f'data-zl-dialog="confirm-{quiet.pk}"' in text
    for address in ("/activity/", f"/accounts/{fresh.pk}/"):
        text = main_of(client, address)
        assert dialog(text, f"confirm-{fresh.pk}") == ""
        assert f'action="/accounts/{fresh.pk}/confirm/"' in text
    activity.confirm_known(quiet.pk, by=operator, now=db_now())
    assert dialog(main_of(client, "/activity/"), f"confirm-{quiet.pk}") == ""


def test_what_came_due_since_the_page_was_opened_is_not_confirmed_unsaid(
    client: Client, operator: User, of: Unit
) -> None:
    quiet, fresh = late(of, "示例安静"), account(of, name="示例新号", platform=platform("weibo"), now=db_now())
    both = [quiet.pk, fresh.pk]
    for address, data in (
        ("/activity/confirm/", {"account": both}),
        ("/activity/confirm/", {"account": both, "overdue": [f"{fresh.pk}::"]}),
        (f"/accounts/{quiet.pk}/confirm/", {"next": "/activity/"}),
    ):
        text = client.post(address, data, follow=True).content.decode()
        assert "没有确认：您打开页面以后又有账号或咨询到期" in text
        assert f'id="confirm-{quiet.pk}"' in text
    assert not Account.objects.exclude(posts_known_until=None, messages_known_until=None).exists()
    data = {"account": both, "overdue": [mark(quiet)]}
    assert "2个账号的数据已确认截至" in client.post("/activity/confirm/", data, follow=True).content.decode()


def test_a_question_that_came_due_on_an_account_named_before_is_not_confirmed_unsaid(
    client: Client, operator: User, of: Unit
) -> None:
    quiet = late(of, "示例安静")
    shown = mark(quiet)
    question(quiet, db_now() - 30 * HOUR, source="import")
    data = {"account": [quiet.pk], "overdue": [shown]}
    assert "没有确认" in client.post("/activity/confirm/", data, follow=True).content.decode()
    assert (
        "1个账号的数据已确认"
        in client.post("/activity/confirm/", data | {"overdue": [mark(quiet)]}, follow=True).content.decode()
    )


def test_a_guided_unit_is_never_told_that_it_will_be_late() -> None:
    quiet = late(unit(scope="guided"), "示例指导单位账号")
    quiet.refresh_from_db()
    assert confirming.overdue_by([quiet], db_now()) == {}


def test_nobody_who_only_reads_is_asked(client: Client, of: Unit) -> None:
    quiet = late(of, "示例安静")
    client.force_login(user(Role.LEADER, of))
    assert "<dialog" not in main_of(client, f"/accounts/{quiet.pk}/")


def test_many_questions_are_counted(client: Client, operator: User, of: Unit) -> None:
    row = account(of, now=db_now())
    for hours in range(30, 35):
        question(row, db_now() - hours * HOUR)
    assert Message.objects.count() == 5
    said = dialog(main_of(client, "/activity/"), f"confirm-{row.pk}")
    assert said.count("的咨询，应于") == 3
    assert "还有 2 条留言" in said
