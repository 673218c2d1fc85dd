"""合并重复账号: what stays, what moves, what is refused; as tables."""

from datetime import date
from typing import Any

import pytest

from accounts import lifecycle
from accounts.models import (
    Account,
    ActivityDay,
    Custodian,
    Flag,
    Followers,
    Message,
    Publication,
    Sighting,
)
from filings import export_requests, merging, reporting
from filings.models import FilingState
from inspections import sweep
from tests.factories import NOW, PATHS, Cast, account, at, change, closing, opening, platform, unit
from tests.inspections.ordered import order
from zhonglou_media.core.errors import NotAllowed, Refused, WrongState
from zhonglou_media.core.models import Event

pytestmark = pytest.mark.django_db
EARLY = at("2026-11-20 08:00")


@pytest.fixture
def cast() -> Cast:
    return Cast()


def merged(keep: Account, drop: Account, cast: Cast, reason: str = "同一个账号登记了两次") -> merging.Moving:
    moving = merging.merge_accounts(keep.pk, drop.pk, reason=reason, by=cast.supervisor, now=NOW)
    keep.refresh_from_db()
    drop.refresh_from_db()
    return moving


def post(of: Account, external: str, when: str, **fields: Any) -> Publication:
    return Publication.objects.create(
        account=of, external_id=external, published_at=at(when), source="import", **fields
    )


def question(of: Account, external: str, **fields: Any) -> Message:
    facts = {"kind": "inquiry", "asked_at": EARLY, "received_at": EARLY, "reply_due_at": at("2026-11-21 08:00")}
    return Message.objects.create(account=of, external_id=external, source="import", **facts | fields)


def test_everything_of_the_younger_row_moves_and_it_becomes_void(cast: Cast) -> None:
    keep = account(cast.unit, name="示例发布", uid="", posts_known_until=EARLY, custodian="")
    drop = account(cast.unit, found=True, name="示例发布官方", uid="dy-7", posts_known_until=NOW, followers=9)
    Custodian.objects.create(account=drop, name="示例管理员", from_date=date(2026, 11, 1))
    assert keep.no_custodian_since is not None
    post(drop, "a", "2026-11-22 10:00")
    question(drop, "q")
    Followers.objects.create(account=drop, day=date(2026, 11, 22), count=9, source="import")
    sighting = Sighting.objects.create(
        platform=drop.platform, name="x", name_key="x", look_key="x", account=drop, verdict="unfiled", source="巡查",
        found_at=NOW, at=NOW,
    )  # fmt: skip
    draft = opening("draft", cast, on=drop)
    reporting.withdraw(draft.pk, by=cast.operator, reason="登记重复", on_platform=None, now=NOW)
    moving = merged(keep, drop, cast)

    assert moving == merging.Moving(filings=1, publications=1, messages=1, followers=1, names=1, twice=0)
    assert (drop.state, drop.merged_into, keep.state) == ("void", keep, "active")
    assert (keep.uid, keep.posts_known_until, keep.followers) == ("dy-7", NOW, 9)
    assert keep.last_published_at == at("2026-11-22 10:00")
    assert keep.next_update_due_at == at("2026-12-02 00:00")  # watched since 2026-11-24
    assert {row.name for row in keep.names.all()} == {"示例发布", "示例发布官方"}
    assert [row.name for row in keep.custodians.filter(to_date=None)] == ["示例管理员"]
    assert keep.no_custodian_since is None
    sighting.refresh_from_db()
    draft.refresh_from_db()
    assert (sighting.account, draft.account) == (keep, keep)
    days = ActivityDay.objects.filter(day=date(2026, 11, 22)).values_list("account", "posts")
    assert set(days) - {(drop.pk, 0)} == {(keep.pk, 1)}
    void, took = Event.objects.get(verb="merge_into"), Event.objects.get(verb="take_over")
    assert (void.subject_id, void.to_state, took.subject_id) == (drop.pk, "void", keep.pk)
    assert "1 件备案、1 条发布、1 条留言、1 天粉丝数、1 个名称，账号ID由“（未填）”改为“dy-7”" in took.comment
    assert took.detail["uid"] == ["", "dy-7"]


def test_what_waits_to_go_up_follows_or_is_dropped_where_it_waits_already(cast: Cast) -> None:
    keep, drop = account(cast.unit, uid=""), account(cast.unit, found=True)
    said: dict[str, Any] = {"mark": "open", "why": "上级没有", "by": cast.officer, "now": NOW}
    moves, doubled, waits = (
        export_requests.request(of.pk, system=system, **said)
        for of, system in ((drop, "national"), (drop, "provincial"), (keep, "provincial"))
    )
    merged(keep, drop, cast)
    assert list(export_requests.waiting("national")) == [moves]
    assert list(export_requests.waiting("provincial")) == [waits]
    for row in (moves, doubled):
        row.refresh_from_db()
    assert (moves.account, doubled.dropped_at) == (keep, NOW)
    assert Event.objects.get(verb="drop_request").detail["request"] == doubled.pk


def test_what_both_rows_hold_counts_once(cast: Cast) -> None:
    keep, drop = account(cast.unit, uid=""), account(cast.unit, found=True)
    for of in (keep, drop):
        post(of, "same", "2026-11-22 10:00")
        Followers.objects.create(account=of, day=date(2026, 11, 22), count=of.pk, source="import")
    asked = question(keep, "q")
    answered = at("2026-11-20 12:00")
    question(drop, "q", first_reply_at=answered)
    moving = merged(keep, drop, cast)

    assert (moving.publications, moving.messages, moving.followers, moving.twice) == (0, 0, 0, 3)
    assert moving.in_words() == "1 个名称"
    assert ActivityDay.objects.get(account=keep, day=date(2026, 11, 22)).posts == 1
    assert keep.follower_counts.get().count == keep.pk
    asked.refresh_from_db()
    assert asked.first_reply_at == answered  # one of the two rows knew it
    assert Publication.objects.count() == 2  # nothing is deleted


def test_the_flags_of_the_void_row_clear_in_the_next_sweep(cast: Cast) -> None:
    keep, drop = account(cast.unit, found=True, uid=""), account(cast.unit, found=True)
    drop.monitored_from = None
    question(drop, "q")
    sweep.sweep(NOW)
    assert Flag.objects.open().filter(rule="unfiled_account").count() == 2
    merged(keep, drop, cast)
    sweep.sweep(NOW)
    assert list(Flag.objects.open().filter(rule="unfiled_account").values_list("account", flat=True)) == [keep.pk]


def test_a_question_handed_from_one_row_to_the_other_waits_again(cast: Cast) -> None:
    keep, drop, third = account(cast.unit, uid=""), account(cast.unit, found=True), account()
    there = question(drop, "1", handed_to=keep)
    here = question(keep, "2", handed_to=drop)
    elsewhere = question(third, "3", handed_to=drop)
    merged(keep, drop, cast)
    for row in (there, here, elsewhere):
        row.refresh_from_db()
    assert (there.account, there.handed_to, here.handed_to, elsewhere.handed_to) == (keep, None, None, keep)


def test_the_successor_of_other_accounts_is_the_row_that_stays(cast: Cast) -> None:
    """第八条: in what is typed, in what is frozen once it completes; and none is its own successor."""
    more = {"same_platform_reason": "示例"}
    keep, drop = account(cast.unit, uid="", **more), account(cast.unit, **more)
    typed = closing("draft", cast, on=account(cast.unit, **more), mode="merge", successor=drop.pk)
    own = closing("draft", cast, on=keep, successor=str(drop.pk))
    frozen = closing("accepted", cast, on=account(cast.unit, **more), mode="merge", successor=drop.pk)
    Account.objects.filter(pk=keep.pk).update(successor=drop)
    merged(keep, drop, cast)
    for row in (typed, own):
        row.draft.refresh_from_db()
    assert [row.draft.data["successor"] for row in (typed, own)] == [str(keep.pk), ""]
    assert keep.successor is None
    PATHS[FilingState.COMPLETED][-1](frozen.pk, cast, NOW, None)
    assert Account.objects.get(filings=frozen).successor == keep


def test_two_custodians_do_not_stand_together(cast: Cast) -> None:
    keep, drop = account(cast.unit, uid="", custodian="示例甲"), account(cast.unit, found=True)
    Custodian.objects.create(account=drop, name="示例乙", from_date=date(2026, 11, 1))
    merged(keep, drop, cast)
    assert set(keep.custodians.values_list("name", "to_date")) == {("示例甲", None), ("示例乙", date(2026, 11, 24))}


def test_a_live_opening_goes_on_with_the_unfiled_row_that_stays(cast: Cast) -> None:
    keep = account(cast.unit, found=True, uid="")
    filing = opening("office_review", cast, uid="dy-9")
    drop = filing.account
    assert drop is not None
    assert drop.state == "pending"
    merged(keep, drop, cast)
    filing.refresh_from_db()
    assert (filing.account, filing.state, drop.state, keep.uid) == (keep, FilingState.OFFICE_REVIEW, "void", "dy-9")


# What the two rows are (older first) → which stays: 0 the older, 1 the younger.
CHOICE = [
    ("found", "found", 0),
    ("baseline", "found", 0),
    ("found", "baseline", 1),
    ("found", "completed", 1),
    ("baseline", "completed", 1),
    ("completed", "found", 0),
    ("pending", "found", 0),
]


def made(what: str, cast: Cast, on: str = "douyin", **fields: Any) -> Account:
    if what in ("completed", "pending"):
        state = "completed" if what == "completed" else "to_report"
        row = opening(state, Cast(cast.unit), platform=on, same_platform_reason="示例", **fields).account
        assert row is not None
        return row
    facts = {"platform": platform(on), "same_platform_reason": "示例"}
    return account(cast.unit, found=what == "found", **facts | fields)


@pytest.mark.parametrize(("older", "younger", "stays"), CHOICE)
def test_which_row_stays(older: str, younger: str, stays: int, cast: Cast) -> None:
    rows = [made(older, cast, uid=""), made(younger, cast)]
    keep, drop = merging.choose(rows[1], rows[0])
    assert keep == rows[stays]
    assert merging.obstacle(keep, drop) == ""
    assert merging.obstacle(drop, keep) != ""


def other_platform(cast: Cast) -> tuple[Account, Account]:
    return made("found", cast), made("found", cast, on="weibo")


def other_id(cast: Cast) -> tuple[Account, Account]:
    return made("found", cast, uid="a"), made("found", cast, uid="b")


def other_unit(cast: Cast) -> tuple[Account, Account]:
    return made("baseline", cast, uid=""), made("baseline", Cast())


def both_filed(cast: Cast) -> tuple[Account, Account]:
    return made("completed", cast, uid="z"), made("completed", cast, uid="")


def gone(cast: Cast) -> tuple[Account, Account]:
    drop = made("found", cast)
    lifecycle.void(drop, reason="x", by=cast.supervisor, now=NOW)
    return made("found", cast, uid=""), drop


def both_live(cast: Cast) -> tuple[Account, Account]:
    keep, drop = made("found", cast, uid=""), made("found", cast)
    for of in (keep, drop):
        opening("draft", cast, on=of)
    return keep, drop


def opening_for_a_filed_one(cast: Cast) -> tuple[Account, Account]:
    keep, drop = made("baseline", cast, uid=""), made("found", cast)
    opening("draft", cast, on=drop)
    return keep, drop


def opening_of_another_unit(cast: Cast) -> tuple[Account, Account]:
    return made("found", cast, uid=""), made("pending", Cast())


def changed_but_without_number(cast: Cast) -> tuple[Account, Account]:
    drop = made("baseline", cast)
    change("completed", cast, on=drop)
    return made("completed", cast, uid=""), drop


def ordered(cast: Cast) -> tuple[Account, Account]:
    keep, drop = made("found", cast, uid=""), made("found", cast)
    order(drop, by=cast.supervisor)
    return keep, drop


def on_its_way_out(cast: Cast) -> tuple[Account, Account]:
    keep, drop = made("completed", cast, uid=""), made("baseline", cast)
    lifecycle._move(drop, lifecycle.A.CLOSING, verb="begin_closing", ground="x", by=None, role="system", now=NOW)
    return keep, drop


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        (other_platform, "不是同一个账号"),
        (other_id, "两个账号的账号ID不同（a、b），不是同一个账号"),
        (other_unit, "又都不是未备案账号，请先办理主办单位变更"),
        (both_filed, "已办结备案（ZLXMT-2026-"),
        (gone, "现为“作废”，不能合并"),
        (both_live, "一个账号同时只能有一件，请先由单位撤回其中一件"),
        (opening_for_a_filed_one, "（正常运行）接着办，请先办完或由单位撤回"),
        (opening_of_another_unit, "主办，不能接着办，请先由"),
        (changed_but_without_number, "已办结备案（见备案台账）"),
        (ordered, "有一件未办结的责令关停，请先办结或撤销，再合并"),
        (on_its_way_out, "现为“拟关停”，不能并入别的账号"),
    ],
)
def test_what_is_refused(rows: Any, sentence: str, cast: Cast) -> None:
    keep, drop = rows(cast)
    before = (keep.state, drop.state)
    with pytest.raises(WrongState) as refused:
        merged(keep, drop, cast)
    assert sentence in str(refused.value)
    assert (Account.objects.get(pk=keep.pk).state, Account.objects.get(pk=drop.pk).state) == before


def test_an_unfiled_row_of_another_unit_may_be_merged(cast: Cast) -> None:
    keep, drop = account(cast.unit, uid=""), account(unit(), found=True)
    merged(keep, drop, cast)
    assert (keep.unit, drop.state) == (cast.unit, "void")


def test_who_may_and_with_which_words(cast: Cast) -> None:
    keep, drop = account(cast.unit, uid=""), account(cast.unit, found=True)
    for person in (cast.operator, cast.leader, cast.officer):
        with pytest.raises(NotAllowed, match="您不能合并重复账号"):
            merging.merge_accounts(keep.pk, drop.pk, reason="x", by=person, now=NOW)
    with pytest.raises(Refused, match="请写明合并的理由"):
        merged(keep, drop, cast, reason=" ")
    merged(keep, drop, cast)
    with pytest.raises(WrongState, match="现为“作废”，不能合并"):
        merged(keep, drop, cast)


def test_the_other_rows_that_may_be_the_same(cast: Cast) -> None:
    here = account(cast.unit, name="示例街道发布", link="https://v.example.invalid/1", uid="")
    same_unit = account(cast.unit, found=True, name="毫不相干")
    look = account(unit(), found=True, name="示例街道發布官方")
    link = account(unit(), found=True, name="另一个名字", link="https://v.example.invalid/1")
    account(unit(), found=True, name="无关")
    account(cast.unit, platform=platform("weibo"))
    assert merging.candidates(here) == [look, link, same_unit]  # the likeliest first
    Account.objects.filter(pk=link.pk).update(uid="")
    here.uid = "其他"
    assert merging.candidates(here) == [link]  # two ids are two accounts
