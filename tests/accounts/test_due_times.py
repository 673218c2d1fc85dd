"""When an account must publish next and a question be answered (第十四条、第十五条): tables with literal dates."""

from datetime import date
from typing import Any

import pytest

from accounts import activity_days, due_times, lifecycle
from accounts.models import Account, AccountState, ActivityDay, MessageKind, Origin, Platform
from accounts.rules import next_update_due, quota, reply_due
from tests.accounts.activity import known, post, question, recompute, remove, reply, restore, service, watched
from tests.flag_rows import at, build_account, make_account, make_platform, make_unit
from zhonglou_media.core.clock import SHANGHAI

pytestmark = pytest.mark.django_db

A, M = AccountState, MessageKind


def due(account: Account) -> str | None:
    """「2021-03-30 00:00」: shown as 2021-03-29 24:00."""
    at_ = account.next_update_due_at
    return None if at_ is None else f"{at_.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


# --- ordinary accounts --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("since", "posts", "expected"),
    [
        ("2021-03-22", [], "2021-03-30 00:00"),  # day 7 after the first watched day, until 24:00
        ("2021-03-22", ["2021-03-22 00:00"], "2021-03-30 00:00"),
        ("2021-03-22", ["2021-03-22 23:59:59"], "2021-03-30 00:00"),
        ("2021-03-22", ["2021-03-23 00:00"], "2021-03-31 00:00"),
        ("2021-03-22", ["2021-03-29 09:00"], "2021-04-06 00:00"),  # Monday to Monday
        (
            "2021-03-22",
            ["2021-03-25 10:00", "2021-03-24 10:00"],
            "2021-04-02 00:00",
        ),  # the latest of them
        ("2021-03-22", ["2021-01-01 10:00"], "2021-03-30 00:00"),  # before it was watched
        ("2021-03-22", ["2021-03-21 23:59"], "2021-03-30 00:00"),
        ("2021-02-22", ["2021-02-22 10:00"], "2021-03-02 00:00"),
        ("2024-02-22", ["2024-02-22 10:00"], "2024-03-01 00:00"),  # a leap year
        ("2021-12-20", ["2021-12-28 10:00"], "2022-01-05 00:00"),
        ("2021-09-29", ["2021-10-01 10:00"], "2021-10-09 00:00"),  # holidays count: days, not working days
    ],
)
def test_the_due_time_of_an_ordinary_account(since: str, posts: list[str], expected: str) -> None:
    account = watched(since)
    for when in posts:
        post(account, when)

    assert due(account) == expected


@pytest.mark.parametrize(
    ("posts", "expected"),
    [
        ([], "2021-03-30 00:00"),
        (["2021-03-25 10:00"], "2021-04-02 00:00"),
        (["2021-03-22 10:00", "2021-03-23 10:00", "2021-03-24 10:00", "2021-03-25 10:00"], "2021-04-02 00:00"),
    ],
)
def test_a_wechat_account_of_unknown_kind_is_judged_as_a_subscription(posts: list[str], expected: str) -> None:
    for kind in ("", "subscription"):
        account = watched("2021-03-22", platform=Platform.objects.get(code="wechat"), kind=kind)
        for when in posts:
            post(account, when)
        assert due(account) == expected


@pytest.mark.parametrize("code", ["app", "mini_program", "quick_app"])
def test_apps_have_none(code: str) -> None:
    account = watched("2021-03-22", platform=Platform.objects.get(code=code))
    post(account, "2021-03-25 10:00")

    assert (account.last_published_at, due(account)) == (at("2021-03-25 10:00"), None)


@pytest.mark.parametrize("state", list(A))
def test_only_watched_accounts_have_one(state: A) -> None:
    account = watched("2021-03-22", state=state)
    post(account, "2021-03-25 10:00")

    assert due(account) == ("2021-04-02 00:00" if state in (A.ACTIVE, A.CLOSING) else None)
    assert account.last_published_at == at("2021-03-25 10:00")  # `revived` asks for it


def test_without_a_first_watched_day_there_is_none() -> None:
    account = make_account(A.ACTIVE)
    recompute(account)
    assert due(account) is None


# --- 服务号 -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("month", "since", "expected"),
    [
        ("2021-03-01", "2021-01-15", 4),  # 31 days: 4.4 weeks
        ("2021-02-01", "2021-01-15", 4),  # 28 days: exactly 4
        ("2021-02-01", "2021-02-01", 4),
        ("2021-02-01", "2021-02-02", 3),  # 27 days
        ("2021-03-01", "2021-03-04", 4),  # 28 days
        ("2021-03-01", "2021-03-05", 3),
        ("2021-03-01", "2021-03-25", 1),  # 7 days
        ("2021-03-01", "2021-03-26", 0),  # 6 days
        ("2021-03-01", "2021-03-31", 0),
        ("2024-02-01", "2024-02-01", 4),  # 29 days
        ("2021-12-01", "2021-12-25", 1),
        ("2021-12-01", "2021-12-26", 0),
    ],
)
def test_the_quota_of_a_month(month: str, since: str, expected: int) -> None:
    """Never five: a service account may push four times a month."""
    assert quota(date.fromisoformat(month), date.fromisoformat(since)) == expected


FOUR = ["2021-03-01 09:00", "2021-03-02 09:00", "2021-03-03 09:00", "2021-03-04 09:00"]


@pytest.mark.parametrize(
    ("since", "posts", "expected"),
    [
        ("2021-01-01", [], "2021-02-01 00:00"),  # none met yet: the first watched month
        ("2021-01-28", [], "2021-03-01 00:00"),  # … that has a quota
        ("2021-01-25", [], "2021-02-01 00:00"),
        ("2021-01-25", ["2021-01-31 23:59"], "2021-03-01 00:00"),  # partial first month: one is enough
        ("2021-01-25", ["2021-01-24 23:59"], "2021-02-01 00:00"),  # before it was watched
        ("2021-01-28", ["2021-01-29 10:00"], "2021-03-01 00:00"),  # a month without a quota meets nothing
        ("2021-03-01", FOUR, "2021-05-01 00:00"),  # four on the 1st to the 4th: quiet until the end of April
        ("2021-03-01", FOUR[:3], "2021-04-01 00:00"),
        ("2021-03-05", ["2021-03-05 10:00", "2021-03-06 10:00", "2021-03-07 10:00"], "2021-05-01 00:00"),
        ("2021-02-01", [f"2021-02-{day} 10:00" for day in ("01", "02", "03", "28")], "2021-04-01 00:00"),
        ("2021-02-01", ["2021-02-01 10:00"] * 4, "2021-04-01 00:00"),  # one push of four articles is four rows
        ("2021-11-01", [f"2021-12-0{day} 10:00" for day in range(1, 5)], "2022-02-01 00:00"),
        (  # an unmet month between met ones: only the next end counts
            "2021-01-01",
            [f"2021-01-0{n} 10:00" for n in range(1, 5)] + ["2021-02-10 10:00"] + FOUR,
            "2021-05-01 00:00",
        ),
        ("2021-01-01", [f"2021-01-0{n} 10:00" for n in range(1, 5)] + FOUR[:3], "2021-03-01 00:00"),
        ("2021-03-01", ["2021-03-31 23:59:59", *FOUR[:3]], "2021-05-01 00:00"),  # the last second of the month
        ("2021-03-01", ["2021-04-01 00:00", *FOUR[:3]], "2021-04-01 00:00"),  # the first of the next
    ],
)
def test_the_due_time_of_a_service_account(since: str, posts: list[str], expected: str) -> None:
    account = service(since)
    for when in posts:
        post(account, when)

    assert due(account) == expected


def test_a_kind_learnt_later_is_judged_from_then() -> None:
    account = watched("2021-03-01", platform=Platform.objects.get(code="wechat"))
    for when in FOUR:
        post(account, when)
    assert due(account) == "2021-03-12 00:00"
    account.kind = "service"
    assert due_times.next_due(account) == at("2021-05-01 00:00")


# --- what was removed ---------------------------------------------------------------------------------------------


def test_a_removal_moves_the_due_time_back_and_says_so() -> None:
    account = watched("2021-03-22")
    post(account, "2021-03-23 10:00")
    latest = post(account, "2021-03-29 10:00")
    assert (due(account), account.due_after_removal) == ("2021-04-06 00:00", False)

    remove(latest, "2021-03-30 08:00")
    account.refresh_from_db()
    assert (due(account), account.due_after_removal) == ("2021-03-31 00:00", True)
    assert account.last_published_at == at("2021-03-23 10:00")

    restore(latest)
    account.refresh_from_db()
    assert (due(account), account.due_after_removal) == ("2021-04-06 00:00", False)


def test_removing_one_that_is_not_the_latest_moves_nothing() -> None:
    account = watched("2021-03-22")
    earlier = post(account, "2021-03-23 10:00")
    post(account, "2021-03-29 10:00")
    remove(earlier, "2021-03-30 08:00")
    account.refresh_from_db()

    assert (due(account), account.due_after_removal) == ("2021-04-06 00:00", False)


def test_publishing_again_after_a_removal_ends_the_mark() -> None:
    account = watched("2021-03-22")
    remove(post(account, "2021-03-29 10:00"), "2021-03-30 08:00")
    post(account, "2021-03-30 09:00")

    assert (due(account), account.due_after_removal) == ("2021-04-07 00:00", False)


def test_removing_the_only_one_goes_back_to_the_first_watched_day() -> None:
    account = watched("2021-03-22")
    remove(post(account, "2021-03-29 10:00"), "2021-03-30 08:00")
    account.refresh_from_db()

    assert (due(account), account.last_published_at, account.due_after_removal) == ("2021-03-30 00:00", None, True)


def test_a_removal_may_take_a_month_of_a_service_account_under_its_quota() -> None:
    account = service("2021-03-01")
    *_, last = [post(account, when) for when in FOUR]
    remove(last, "2021-03-10 08:00")
    account.refresh_from_db()

    assert (due(account), account.due_after_removal) == ("2021-04-01 00:00", True)


def test_the_statements_do_not_grow_with_the_accounts(django_assert_max_num_queries: Any) -> None:
    accounts = [watched("2021-03-22") for _ in range(3)] + [service("2021-03-01") for _ in range(3)]
    for account in accounts:
        post(account, "2021-03-25 10:00")
    written = {account.pk: account.next_update_due_at for account in accounts}
    Account.objects.update(next_update_due_at=None, last_published_at=None)
    with django_assert_max_num_queries(5):
        due_times.recompute([account.pk for account in accounts])

    assert dict(Account.objects.values_list("pk", "next_update_due_at")) == written


def test_many_accounts_are_computed_some_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    accounts = [watched("2021-03-22") for _ in range(5)]
    Account.objects.update(next_update_due_at=None)
    monkeypatch.setattr(due_times, "_MANY", 2)
    due_times.recompute({account.pk for account in accounts})
    assert {row.next_update_due_at for row in Account.objects.all()} == {at("2021-03-30 00:00")}


# --- the state moves ----------------------------------------------------------------------------------------------


def test_an_account_of_the_baseline_is_watched_from_its_entry() -> None:
    account = build_account(unit=make_unit(), platform=make_platform())
    lifecycle.register([account], origin=Origin.BASELINE, now=at("2021-03-22 23:59"))
    account.refresh_from_db()

    assert (account.monitored_from, due(account)) == (date(2021, 3, 22), "2021-03-30 00:00")


def test_posts_made_while_it_was_unfiled_count_once_it_is_watched() -> None:
    account = make_account(A.UNFILED)
    post(account, "2021-03-25 10:00")
    account.monitored_from, account.state = date(2021, 3, 22), A.ACTIVE
    account.save()
    recompute(account)

    assert due(account) == "2021-04-02 00:00"


# --- questions ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "asked", "expected"),
    [
        (M.INQUIRY, "2021-03-22 10:00", "2021-03-23 10:00"),
        (M.INQUIRY, "2021-03-26 17:30", "2021-03-27 17:30"),  # Friday evening: nights and weekends run on
        (M.INQUIRY, "2021-09-30 23:59:59", "2021-10-01 23:59:59"),  # and holidays
        (M.INQUIRY, "2021-12-31 12:00", "2022-01-01 12:00"),
        (M.SUGGESTION, "2021-03-22 10:00", None),
        (M.COMPLAINT, "2021-03-22 10:00", None),
        (M.HELP, "2021-03-22 10:00", None),
        (M.OTHER, "2021-03-22 10:00", None),
    ],
)
def test_a_question_is_due_24_hours_after_it_was_asked(kind: M, asked: str, expected: str | None) -> None:
    assert reply_due(kind, at(asked)) == (None if expected is None else at(expected))


@pytest.mark.parametrize(
    ("replied", "now", "late"),
    [
        (None, "2021-03-23 10:00", False),
        (None, "2021-03-23 10:00:01", True),
        ("2021-03-22 10:00", "2021-04-01 10:00", False),
        ("2021-03-23 10:00", "2021-04-01 10:00", False),  # 24 hours to the second
        ("2021-03-23 10:00:01", "2021-04-01 10:00", True),  # late replies stay late
    ],
)
def test_late_replies_count_as_late(replied: str | None, now: str, late: bool) -> None:
    message = question(watched("2021-03-22"), "2021-03-22 10:00")
    if replied:
        reply(message, replied)

    assert message.is_late(at(now)) is late


# --- days ---------------------------------------------------------------------------------------------------------


def days() -> list[tuple[date, int, int, int, int]]:
    columns = ("day", "posts", "originals", "asked", "answered_in_time")
    return list(ActivityDay.objects.order_by("day").values_list(*columns))


def test_the_days_of_an_account() -> None:
    account = watched("2021-03-22")
    post(account, "2021-03-22 23:59:59")
    post(account, "2021-03-22 00:00", original=True)
    gone = post(account, "2021-03-23 00:00")
    reply(question(account, "2021-03-22 10:00"), "2021-03-23 10:00")
    reply(question(account, "2021-03-22 11:00"), "2021-03-23 11:01")
    question(account, "2021-03-22 12:00")
    question(account, "2021-03-22 13:00", kind=M.COMPLAINT)
    question(account, "2021-03-22 14:00", withdrawn_at="2021-03-22 15:00")
    question(account, "2021-03-22 15:00", handed_to=watched("2021-03-22"))
    assert days() == [(date(2021, 3, 22), 2, 1, 3, 1), (date(2021, 3, 23), 1, 0, 0, 0)]

    remove(gone, "2021-03-24 10:00")
    assert days()[1] == (date(2021, 3, 23), 0, 0, 0, 0)


def test_a_question_made_another_kind_when_it_was_late_is_still_counted() -> None:
    account = watched("2021-03-22")
    question(account, "2021-03-22 10:00", kind=M.OTHER, reply_due_at="2021-03-23 10:00")

    assert days() == [(date(2021, 3, 22), 0, 0, 1, 0)]


def test_a_publication_whose_time_is_corrected_leaves_its_old_day() -> None:
    account = watched("2021-03-22")
    moved = post(account, "2021-03-22 10:00", original=True)
    question(account, "2021-03-22 10:00")
    moved.published_at = at("2021-03-24 10:00")
    moved.save()
    activity_days.recount_posts([account.pk], date(2021, 3, 22), date(2021, 3, 24))

    assert days() == [(date(2021, 3, 22), 0, 0, 1, 0), (date(2021, 3, 24), 1, 1, 0, 0)]


def test_an_unsaved_account_has_its_due_time_too() -> None:
    """`lifecycle.register` asks before it saves."""
    account = build_account(platform=make_platform(), monitored_from=date(2021, 3, 22))
    assert next_update_due(account) == at("2021-03-30 00:00")


def test_what_is_known_moves_no_due_time() -> None:
    account = watched("2021-03-22")
    known(account, posts="2021-05-01 00:00")
    recompute(account)
    assert due(account) == "2021-03-30 00:00"
