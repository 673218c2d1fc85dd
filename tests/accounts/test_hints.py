"""The nightly hints: differing names (第六条), second accounts (第七条), followers that jump (第十五条)."""

from datetime import date
from typing import Any

import pytest

from accounts import hints
from accounts.flags import run_rule
from accounts.models import Account, AccountState, Flag, Followers, Platform, Unit
from accounts.models.unit import Scope
from accounts.rules import RULES
from accounts.tasks import refresh_hints
from tests.accounts.activity import followers, watched
from tests.flag_rows import at, make_account, make_platform, make_unit, open_keys
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.models import Setting
from zhonglou_media.core.names import name_key

pytestmark = pytest.mark.django_db

A = AccountState
NIGHT, NEXT_NIGHT, THIRD_NIGHT = at("2021-04-01 03:00"), at("2021-04-02 03:00"), at("2021-04-03 03:00")
BY_CODE = {rule.code: rule for rule in RULES}


@pytest.fixture
def places() -> list[Platform]:
    return [make_platform() for _ in range(5)]


def named(name: str, unit: Unit, platform: Platform, state: A = A.ACTIVE, **fields: Any) -> Account:
    return make_account(state, unit=unit, platform=platform, name=name, name_key=name_key(name), **fields)


def flags(code: str) -> set[int]:
    run_rule(BY_CODE[code], NIGHT)  # type: ignore[index]
    return {pk for pk, _ in open_keys(code)}


# --- names --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "differing"),
    [
        ([], []),
        (["示例甲街道"], []),
        (["示例甲街道", "示例甲街道"], []),
        (["示例甲街道", "示例甲街道", "示例甲微讯"], [2]),
        (["示例甲微讯", "示例甲街道", "示例甲街道"], [0]),  # the most used one is the unit's own
        (["示例甲街道", "示例甲微讯"], [1]),  # of equals that registered first
        (["示例甲街道", "示例甲微讯", "示例乙之声"], [1, 2]),
        (["示例甲街道", "示例甲街道发布"], []),  # a word more
        (["示例甲街道发布", "示例甲街道"], []),  # a word less
        (["示例甲街道发布", "示例甲街道发布", "甲街道", "示例甲微讯"], [3]),
        (["示例ABC", "示例ＡＢＣ", "示例abc"], []),  # the same as it is compared
        (["示例甲街道", "示例甲街 道", "示例甲街道。"], [1]),
    ],
)
def test_differing_names(names: list[str], differing: list[int], places: list[Platform]) -> None:
    unit = make_unit()
    accounts = [named(name, unit, place) for name, place in zip(names, places, strict=False)]

    hints.refresh(NIGHT)
    since = {account.pk: account.name_differs_since for account in Account.objects.all()}
    assert since == {account.pk: NIGHT if n in differing else None for n, account in enumerate(accounts)}
    assert flags("name_mismatch") == {accounts[n].pk for n in differing}
    assert set(Flag.objects.values_list("level", "due_at")) <= {("hint", NIGHT)}


@pytest.mark.parametrize(
    ("state", "scope", "hinted"),
    [(state, Scope.BOUND, state in (A.ACTIVE, A.CLOSING)) for state in A] + [(A.ACTIVE, Scope.GUIDED, False)],
)
def test_names_of_watched_accounts_of_bound_units(state: A, scope: Scope, hinted: bool, places: list[Platform]) -> None:
    unit = make_unit(scope=scope)
    named("示例甲街道", unit, places[0])
    other = named("示例甲微讯", unit, places[1], state)

    hints.refresh(NIGHT)
    other.refresh_from_db()
    assert (other.name_differs_since is not None) is hinted


def test_a_closed_account_does_not_name_its_unit(places: list[Platform]) -> None:
    unit = make_unit()
    for place in places[:2]:
        named("示例旧名", unit, place, A.CLOSED)
    named("示例甲街道", unit, places[2])

    assert hints.differing_names() == set()


def test_two_names_on_one_platform_are_no_matter_of_this_article(places: list[Platform]) -> None:
    """第六条 speaks of 不同平台; 第七条 speaks of the second account on one."""
    unit = make_unit()
    named("示例甲街道", unit, places[0])
    second = named("示例甲交警", unit, places[0])
    assert hints.differing_names() == set()
    named("示例甲街道", unit, places[1])

    assert hints.differing_names() == {second.pk}


def test_each_unit_is_looked_at_alone(places: list[Platform]) -> None:
    named("示例甲街道", make_unit(), places[0])
    named("示例乙街道", make_unit(), places[1])

    assert hints.differing_names() == set()


def test_since_when_stays_and_ends_with_the_difference(places: list[Platform]) -> None:
    unit = make_unit()
    named("示例甲街道", unit, places[0])
    other = named("示例甲微讯", unit, places[1])
    hints.refresh(NIGHT)
    run_rule(BY_CODE["name_mismatch"], NIGHT)  # type: ignore[index]
    hints.refresh(NEXT_NIGHT)
    other.refresh_from_db()
    assert other.name_differs_since == NIGHT

    Account.objects.filter(pk=other.pk).update(name="示例甲街道", name_key="示例甲街道")
    hints.refresh(NEXT_NIGHT)
    other.refresh_from_db()
    assert other.name_differs_since is None
    assert run_rule(BY_CODE["name_mismatch"], NEXT_NIGHT) == (0, 1)  # type: ignore[index]


def test_an_account_no_longer_watched_loses_its_hint_at_once(places: list[Platform]) -> None:
    unit = make_unit()
    named("示例甲街道", unit, places[0])
    other = named("示例甲微讯", unit, places[1])
    hints.refresh(NIGHT)
    assert flags("name_mismatch") == {other.pk}
    Account.objects.filter(pk=other.pk).update(state=A.CLOSED)

    assert flags("name_mismatch") == set()


# --- second accounts ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("states", "doubled"),
    [
        ([A.ACTIVE], []),
        ([A.ACTIVE, A.ACTIVE], [1]),
        ([A.ACTIVE, A.PENDING], [1]),
        ([A.PENDING, A.ACTIVE], [1]),
        ([A.CLOSING, A.ACTIVE, A.ACTIVE], [1, 2]),
        ([A.CLOSED, A.ACTIVE], []),
        ([A.CANCELLED, A.ACTIVE], []),
        ([A.UNFILED, A.ACTIVE], []),
        ([A.VOID, A.ACTIVE], []),
        ([A.ACTIVE, A.UNFILED], []),
        ([A.ACTIVE, A.CLOSED, A.ACTIVE], [2]),
    ],
)
def test_second_accounts(states: list[A], doubled: list[int], places: list[Platform]) -> None:
    """With a reason written, as here: the reason allows it, the hint still tells the office."""
    unit = make_unit()
    accounts = [make_account(state, unit=unit, platform=places[0]) for state in states]

    hints.refresh(NIGHT)
    since = {account.pk: account.doubled_since for account in Account.objects.all()}
    assert since == {account.pk: NIGHT if n in doubled else None for n, account in enumerate(accounts)}
    assert flags("same_platform") == {accounts[n].pk for n in doubled}


def test_other_platforms_and_other_units_double_nothing(places: list[Platform]) -> None:
    unit = make_unit()
    for place in places:
        make_account(unit=unit, platform=place)
        make_account(platform=place)
    for _ in range(2):  # 其他 is not one platform
        make_account(unit=unit, platform=Platform.objects.get(code="other"))
        make_account(unit=guided(), platform=places[0])

    assert hints.second_accounts() == set()


def guided() -> Unit:
    return Unit.objects.get_or_create(name="示例指导单位", defaults={"scope": Scope.GUIDED})[0]


def test_the_hint_ends_when_the_first_is_closed(places: list[Platform]) -> None:
    unit = make_unit()
    first, second = (make_account(unit=unit, platform=places[0]) for _ in range(2))
    hints.refresh(NIGHT)
    assert flags("same_platform") == {second.pk}
    Account.objects.filter(pk=first.pk).update(state=A.CLOSED)
    hints.refresh(NEXT_NIGHT)

    assert run_rule(BY_CODE["same_platform"], NEXT_NIGHT) == (0, 1)  # type: ignore[index]
    second.refresh_from_db()
    assert second.doubled_since is None


# --- followers ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after", "jump"),
    [
        (10_000, 15_000, True),  # 50 % and 5,000
        (10_000, 14_999, False),
        (10_000, 5_000, True),  # down as well
        (10_000, 5_001, False),
        (2_000, 3_000, True),  # 50 % and 1,000
        (2_001, 3_001, False),
        (1_998, 2_997, False),  # 50 %, but only 999
        (100, 900, False),  # a small account may grow
        (100, 1_100, True),
        (0, 999, False),
        (0, 1_000, True),
        (1_000, 0, True),
        (5_000_000_000, 7_500_000_000, True),
        (10_000, 10_000, False),
    ],
)
def test_follower_jump(before: int, after: int, jump: bool) -> None:
    account = watched("2021-03-01")
    followers(account, "2021-03-01", before)
    count = followers(account, "2021-03-31", after)

    hints.refresh(NIGHT)
    count.refresh_from_db()
    assert count.jumped_at == (at("2021-03-31 00:00") if jump else None)
    assert flags("follower_jump") == ({count.pk} if jump else set())
    assert set(Flag.objects.values_list("fact_kind", "level", "account")) <= {("followers", "hint", account.pk)}


@pytest.mark.parametrize(
    ("before", "after", "jump"),
    [
        ("2021-02-25", "2021-04-01", True),  # 35 days
        ("2021-02-24", "2021-04-01", False),  # 36: what happened between is nobody's guess
        ("2020-04-01", "2021-04-01", False),
        ("2021-03-31", "2021-04-01", True),
    ],
)
def test_a_count_is_compared_with_one_of_the_last_35_days_only(before: str, after: str, jump: bool) -> None:
    account = watched("2020-03-01")
    followers(account, before, 10_000)
    count = followers(account, after, 100_000)

    assert hints.jumped_counts(date(2021, 4, 1), date(2021, 4, 1)) == ({count.pk: date(2021, 4, 1)} if jump else {})


def test_after_a_gap_counts_are_compared_again() -> None:
    account = watched("2020-03-01")
    for day, n in (("2020-12-01", 1_000), ("2021-03-30", 50_000)):
        followers(account, day, n)
    count = followers(account, "2021-03-31", 100_000)

    assert set(hints.jumped_counts(date(2021, 3, 1), date(2021, 4, 1))) == {count.pk}


def test_each_count_is_compared_with_the_one_before_of_the_same_account() -> None:
    account, other = watched("2021-03-01"), watched("2021-03-01")
    followers(other, "2021-03-29", 90_000)
    for day, n in (("2021-03-27", 10_000), ("2021-03-28", 14_000), ("2021-03-31", 20_000), ("2021-03-30", 19_000)):
        followers(account, day, n)

    assert hints.jumped_counts(date(2021, 3, 1), date(2021, 4, 1)) == {}


def test_the_first_count_is_no_jump() -> None:
    followers(watched("2021-03-01"), "2021-03-30", 90_000)
    assert hints.jumped_counts(date(2021, 3, 1), date(2021, 4, 1)) == {}


def test_a_corrected_count_loses_its_mark() -> None:
    account = watched("2021-03-01")
    followers(account, "2021-03-30", 10_000)
    count = followers(account, "2021-03-31", 100_000)
    hints.refresh(NIGHT)
    assert flags("follower_jump") == {count.pk}
    Followers.objects.filter(pk=count.pk).update(count=10_000)
    hints.refresh(NEXT_NIGHT)

    assert run_rule(BY_CODE["follower_jump"], NEXT_NIGHT) == (0, 1)  # type: ignore[index]


@pytest.mark.parametrize(("now", "shown"), [("2021-04-30 23:59", True), ("2021-05-01 00:00", False)])
def test_a_jump_is_shown_for_thirty_days_after_its_own(now: str, shown: bool) -> None:
    account = watched("2021-03-01")
    followers(account, "2021-03-30", 10_000)
    followers(account, "2021-03-31", 100_000)
    hints.refresh(at(now))

    run_rule(BY_CODE["follower_jump"], at(now))  # type: ignore[index]
    assert Flag.objects.open().exists() is shown


def test_a_count_is_judged_by_what_was_set_on_its_day() -> None:
    Setting.objects.create(key="follower_jump_percent", from_date=date(2021, 3, 31), value=20)
    account = watched("2021-03-01")
    followers(account, "2021-03-29", 10_000)
    followers(account, "2021-03-30", 13_000)  # 30 %: still under 50
    count = followers(account, "2021-03-31", 16_000)  # 23 %: over 20

    assert hints.jumped_counts(date(2021, 3, 1), date(2021, 4, 1)) == {count.pk: date(2021, 3, 31)}


@pytest.mark.parametrize("state", list(A))
def test_only_counts_of_watched_accounts_are_hinted(state: A) -> None:
    account = make_account(state)
    followers(account, "2021-03-30", 10_000)
    followers(account, "2021-03-31", 100_000)
    hints.refresh(NIGHT)

    assert bool(flags("follower_jump")) is (state in (A.ACTIVE, A.CLOSING))


def test_the_task_judges_by_the_databases_clock(places: list[Platform]) -> None:
    assert refresh_hints.name == "accounts.hints"
    unit = make_unit()
    for name, place in (("示例甲街道", places[0]), ("示例甲微讯", places[1])):
        named(name, unit, place)
    before = db_now()
    refresh_hints()

    assert before <= Account.objects.get(name="示例甲微讯").name_differs_since <= db_now()  # type: ignore[operator]
