"""The rules of the register as tables of facts and verdicts: which rows are in breach, by state, moment and scope.

The hints have theirs in `test_hints.py`.
"""

from datetime import date
from typing import Any

import pytest

from accounts.flags import run_rule
from accounts.models import Account, Flag, MessageKind, Platform
from accounts.models import AccountState as A
from accounts.models import Source as By
from accounts.models.unit import Scope
from accounts.rules import RULES, inactive, no_data, revived, slow_reply, unfiled_account
from filings.models import FilingState
from tests.accounts.activity import known, post, question, recompute, remove, reply, restore, watched
from tests.flag_rows import at, make_account, make_filing, make_unit
from zhonglou_media.core.models import Setting

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


# --- 超期未更新, 数据待确认（第十四条） -----------------------------------------------------------------------------

DUE = "2021-03-30 00:00"  # watched since 2021-03-22, shown as 2021-03-29 24:00


@pytest.mark.parametrize(
    ("now", "known_until", "verdict"),
    [
        # The watermark decides between them; before the due time nothing is said.
        ("2021-03-29 23:59:59.999999", None, ""),
        ("2021-03-29 23:59:59.999999", "2021-03-29 23:59:59", ""),
        (DUE, None, "no_data"),
        (DUE, "2021-03-22 10:00", "no_data"),
        (DUE, "2021-03-29 23:59:59.999999", "no_data"),  # the last moment is still unknown
        (DUE, DUE, "inactive"),  # a bare date in an import: 24:00 of it
        ("2021-03-31 09:00", "2021-03-31 09:00", "inactive"),
        ("2021-06-01 00:00", "2021-03-30 00:00", "inactive"),  # what is not known later does not matter
        # 35 days later nobody knows anything yet.
        ("2021-04-26 23:59:59", None, "no_data"),  # the first watched day lies 35 days back
        ("2021-04-27 00:00", None, "no_data breach"),  # 36
        ("2021-05-01 23:59:59", "2021-03-27 10:00", "no_data"),  # known until a day 35 days back
        ("2021-05-02 00:00", "2021-03-27 10:00", "no_data breach"),
        ("2021-05-02 00:00", "2021-03-28 00:00", "no_data"),  # 24:00 of the 27th is 00:00 of the 28th
        ("2021-05-03 00:00", "2021-03-28 00:00", "no_data breach"),
    ],
)
def test_inactive_or_no_data(now: str, known_until: str | None, verdict: str) -> None:
    account = watched("2021-03-22")
    known(account, posts=known_until)

    said = ["inactive"] * (account in inactive(at(now)))
    said += ["no_data" + " breach" * (row.weight == "breach") for row in no_data(at(now))]
    assert said == ([verdict] if verdict else [])


@pytest.mark.parametrize("state", list(A))
def test_only_watched_accounts_are_judged_by_their_updates(state: A) -> None:
    account = watched("2021-03-22", state=state)
    assert (account in no_data(at(DUE))) is (state in (A.ACTIVE, A.CLOSING))
    known(account, posts=DUE)
    assert (account in inactive(at(DUE))) is (state in (A.ACTIVE, A.CLOSING))


def test_guided_units_are_listed_never_flagged() -> None:
    """第三条."""
    account = watched("2021-03-22", unit=make_unit(scope=Scope.GUIDED))
    question(account, "2021-03-22 10:00", source=By.TYPED)
    now = at("2021-06-01 00:00")
    assert not no_data(now).exists()
    assert not slow_reply(now).exists()
    known(account, posts=DUE)
    assert not inactive(now).exists()
    closed = make_account(A.CLOSED, unit=account.unit, state_since=at("2021-03-22 00:00"))
    post(closed, "2021-03-23 10:00")
    assert not revived(now).exists()
    Account.objects.update(name_differs_since=at("2021-03-23 00:00"), doubled_since=at("2021-03-23 00:00"))
    for rule in RULES:
        assert run_rule(rule, now) == (0, 0)


def test_an_app_is_never_quiet() -> None:
    """Whether it works is checked by hand."""
    account = watched("2021-03-22", platform=Platform.objects.get(code="app"))
    known(account, posts="2021-06-01 00:00")
    assert not inactive(at("2021-06-01 00:00")).exists()
    assert not no_data(at("2021-06-01 00:00")).exists()


def test_a_new_threshold_holds_from_its_day_on() -> None:
    Setting.objects.create(key="no_data_breach_days", from_date=date(2021, 4, 10), value=10)
    watched("2021-03-22")

    def level(now: str) -> str:
        return no_data(at(now)).get().weight  # type: ignore[attr-defined, no-any-return]

    assert level("2021-04-09 23:59:59") == "hint"  # by 35 days
    assert level("2021-04-10 00:00") == "breach"  # by 10


def test_the_level_of_the_flag_follows() -> None:
    rule = next(rule for rule in RULES if rule.code == "no_data")
    account = watched("2021-03-22")
    run_rule(rule, at(DUE))
    assert Flag.objects.get().level == "hint"
    run_rule(rule, at("2021-04-27 00:00"))
    assert (Flag.objects.get().level, Flag.objects.get().due_at) == ("breach", at(DUE))
    known(account, posts="2021-03-28 00:00")
    run_rule(rule, at("2021-04-27 00:00"))
    assert Flag.objects.get().level == "hint"


# --- 超 24 小时未回复（第十五条） -----------------------------------------------------------------------------------

ASKED, REPLY_DUE = "2021-03-22 10:00", "2021-03-23 10:00"


@pytest.mark.parametrize(
    ("now", "facts", "known_until", "breach"),
    [
        # Typed here: the portal itself knows.
        ("2021-03-23 09:59:59", {"source": By.TYPED}, None, False),
        (REPLY_DUE, {"source": By.TYPED}, None, True),
        (REPLY_DUE, {"source": By.TYPED}, "2021-03-22 12:00", True),
        ("2021-12-31 00:00", {"source": By.TYPED}, None, True),  # until it is answered
        # Imported: the reply may stand in the next file.
        (REPLY_DUE, {}, None, False),
        ("2021-03-25 00:00", {}, "2021-03-23 09:59:59", False),
        (REPLY_DUE, {}, REPLY_DUE, True),
        ("2021-03-25 00:00", {}, "2021-03-24 00:00", True),
        ("2021-03-23 09:00", {}, "2021-03-23 09:00", False),  # not yet due
        # … but not for longer than 14 days.
        ("2021-04-06 09:59:59", {}, None, False),
        ("2021-04-06 10:00", {}, None, True),
        ("2021-04-06 10:00", {}, "2021-03-22 12:00", True),
        ("2021-04-06 10:00", {"source": By.COLLECTED}, None, True),
        # What ends it.
        ("2021-05-01 00:00", {"source": By.TYPED, "first_reply_at": "2021-03-22 11:00"}, None, False),
        ("2021-05-01 00:00", {"source": By.TYPED, "first_reply_at": "2021-03-30 11:00"}, None, False),  # late: cleared
        ("2021-05-01 00:00", {"source": By.TYPED, "withdrawn_at": "2021-03-30 11:00"}, None, False),
        # Only 咨询 has a due time, and what was made another kind too late keeps it.
        ("2021-05-01 00:00", {"source": By.TYPED, "kind": MessageKind.COMPLAINT}, None, False),
        ("2021-05-01 00:00", {"source": By.TYPED, "kind": MessageKind.SUGGESTION}, None, False),
        ("2021-05-01 00:00", {"source": By.TYPED, "kind": MessageKind.HELP}, None, False),
        ("2021-05-01 00:00", {"source": By.TYPED, "kind": MessageKind.OTHER}, None, False),
        (
            "2021-05-01 00:00",
            {"source": By.TYPED, "kind": MessageKind.OTHER, "reply_due_at": REPLY_DUE},
            None,
            True,
        ),
    ],
)
def test_slow_reply(now: str, facts: dict[str, Any], known_until: str | None, breach: bool) -> None:
    account = watched("2021-03-01")
    message = question(account, ASKED, **facts)
    known(account, messages=known_until)

    assert list(slow_reply(at(now))) == ([message] if breach else [])


def test_handed_to_another_account_it_is_no_longer_this_ones() -> None:
    account = watched("2021-03-01")
    question(account, ASKED, source=By.TYPED, handed_to=watched("2021-03-01"))
    assert not slow_reply(at("2021-05-01 00:00")).exists()


@pytest.mark.parametrize("state", list(A))
def test_closing_does_not_end_a_question(state: A) -> None:
    """Whose account is not yet, or no longer, the unit's by any filing is not judged."""
    message = question(make_account(state), ASKED, source=By.TYPED)
    judged = state in (A.ACTIVE, A.CLOSING, A.CLOSED, A.CANCELLED)
    assert list(slow_reply(at(REPLY_DUE))) == ([message] if judged else [])


def test_the_watermark_of_posts_says_nothing_of_messages() -> None:
    account = watched("2021-03-01")
    question(account, ASKED)
    known(account, posts="2021-04-01 00:00")
    assert not slow_reply(at("2021-04-01 00:00")).exists()


def test_the_days_of_silence_are_a_setting() -> None:
    Setting.objects.create(key="message_silence_days", from_date=date(2021, 3, 27), value=3)
    question(watched("2021-03-01"), ASKED)
    assert not slow_reply(at("2021-03-26 23:59")).exists()
    assert slow_reply(at("2021-03-27 00:00")).exists()


def test_the_flag_of_a_question_names_its_account_and_unit() -> None:
    account = watched("2021-03-01")
    message = question(account, ASKED, source=By.TYPED)
    rule = next(rule for rule in RULES if rule.code == "slow_reply")
    assert run_rule(rule, at(REPLY_DUE)) == (1, 0)
    flag = Flag.objects.get()
    assert (flag.fact_kind, flag.fact_id, flag.account, flag.unit) == ("message", message.pk, account, account.unit)
    reply(message, "2021-03-24 10:00")

    assert run_rule(rule, at("2021-03-24 10:00")) == (0, 1)
    assert message.is_late(at("2021-03-24 10:00"))


# --- 私自重新上线（第八条） -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "published", "breach"),
    [
        (A.CLOSED, "2021-04-01 09:59:59", False),
        (A.CLOSED, "2021-04-01 10:00", False),
        (A.CLOSED, "2021-04-01 10:00:01", True),
        (A.CANCELLED, "2021-05-01 10:00", True),
        (A.CANCELLED, "2021-03-31 10:00", False),
        (A.ACTIVE, "2021-05-01 10:00", False),
        (A.CLOSING, "2021-05-01 10:00", False),  # it must still be kept
        (A.PENDING, "2021-05-01 10:00", False),
        (A.UNFILED, "2021-05-01 10:00", False),
        (A.VOID, "2021-05-01 10:00", False),
    ],
)
def test_revived(state: A, published: str, breach: bool) -> None:
    account = make_account(state, state_since=at("2021-04-01 10:00"))
    post(account, published)

    assert list(revived(at("2021-06-01 00:00"))) == ([account] if breach else [])


def test_a_removal_ends_it_and_the_same_again_reopens_it() -> None:
    account = make_account(A.CLOSED, state_since=at("2021-04-01 10:00"))
    rule = next(rule for rule in RULES if rule.code == "revived")
    publication = post(account, "2021-04-05 10:00")
    assert run_rule(rule, at("2021-04-05 11:00")) == (1, 0)
    assert Flag.objects.get().due_at == at("2021-04-01 10:00")
    remove(publication, "2021-04-05 12:00")
    assert run_rule(rule, at("2021-04-05 12:00")) == (0, 1)
    restore(publication)
    assert run_rule(rule, at("2021-04-05 13:00")) == (1, 0)
    assert Flag.objects.get().reopened == 1


def test_an_opening_ends_it() -> None:
    account = make_account(A.CLOSED, state_since=at("2021-04-01 10:00"))
    post(account, "2021-04-05 10:00")
    Account.objects.filter(pk=account.pk).update(
        state=A.ACTIVE, state_since=at("2021-04-10 10:00"), monitored_from=date(2021, 4, 10)
    )
    recompute(account)
    assert not revived(at("2021-06-01 00:00")).exists()
