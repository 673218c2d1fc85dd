"""Which account something seen may be, and what the portal suggests: by id, link, all names ever, look-alikes."""

import json
from pathlib import Path
from typing import Any

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts import lifecycle
from accounts.models import Account, AccountName, Role
from accounts.sighting_match import Finding, How, Units, link_key, match, match_all, suggest
from tests.accounts.sightings import cancelled, decide, seen
from tests.factories import NOW, account, platform, unit, user
from zhonglou_media.core.names import clean_name, look_key, name_key

pytestmark = pytest.mark.django_db
LOOKALIKES = json.loads((Path(__file__).parents[1] / "data" / "lookalikes.json").read_text(encoding="utf-8"))
LINK = "https://www.example.cn/u/1/?id=7"


def suggested(name: str, *, uid: str = "", link: str = "", of: str = "", code: str = "douyin") -> Any:
    finding = Finding(platform(code), name, uid, link, of)
    return suggest(finding, match_all([finding])[0], Units())


@pytest.mark.parametrize(
    ("state", "name", "uid", "link", "how", "verdict"),
    [
        ("active", "别的名称", "d1", "", How.ID, "known"),
        ("active", "别的名称", "", "http://example.cn/u/1?id=7#top", How.LINK, "known"),
        ("active", "示例发布", "", "", How.NAME, "known"),
        ("closing", "示例发布 二", "d1", "", How.ID, "known"),
        ("active", "示例旧名", "", "", How.FORMER, "known"),
        ("closed", "示例发布", "d1", "", How.ID, "known"),
        ("cancelled", "示例发布", "d1", "", How.ID, "unfiled"),
        ("cancelled", "示例旧名", "", "", How.FORMER, "unfiled"),
        ("active", "示例发布", "d2", "", How.NAMESAKE, "fake"),
        ("active", "示例發布", "d2", "", How.LOOK, "fake"),
        ("active", "示例友布", "", "", How.SHAPE, "fake"),
        ("closed", "示例发布官方", "d2", "", How.LOOK, "unfiled"),
    ],
)
def test_by_what_it_matches_and_what_that_suggests(
    state: str, name: str, uid: str, link: str, how: How, verdict: str
) -> None:
    one = account(unit("示例局"), name="示例发布", uid="d1", link=LINK)
    former = "示例旧名"
    AccountName.objects.create(
        account=one, name=former, name_key=name_key(former), look_key=look_key(former), since=NOW
    )
    type(one).objects.filter(pk=one.pk).update(state=state, next_update_due_at=None)
    (candidate,) = match(platform(), uid, name, link)
    said = suggested(name, uid=uid, link=link)
    assert (candidate.how, candidate.account, said.verdict) == (how, one, verdict)
    assert said.why


def test_each_way_to_dodge_a_registered_name_as_the_table_says() -> None:
    account(unit("示例局"), name=LOOKALIKES["registered"], uid="")
    ways = {"same": {How.NAME}, "near": {How.LOOK}, "shape": {How.SHAPE}, "none": set()}
    wrong = {}
    for case in LOOKALIKES["cases"]:
        if case["caught"] == "refused":
            continue
        found = {one.how for one in match(platform(), "", clean_name(case["name"]), "")}
        if found != ways[case["caught"]]:
            wrong[case["name"]] = found
    assert wrong == {}


def test_a_row_that_stands_comes_before_the_cancelled_one_of_the_same_id_and_void_ones_are_out() -> None:
    old = cancelled(account(unit("示例局"), name="示例发布", uid="d1"))
    new = account(old.unit, name="示例发布", uid="d1", found=True)
    void = account(name="示例发布", uid="d9")
    type(void).objects.filter(pk=void.pk).update(state="void", next_update_due_at=None)
    assert [one.account for one in match(platform(), "d1", "示例发布", "")] == [new, old]
    assert (suggested("示例发布", uid="d1").verdict, suggested("示例发布", uid="d1").account) == ("known", new)


@pytest.mark.parametrize(
    ("name", "of", "verdict", "unit_name"),
    [
        ("示例甲街道发布", "", "unfiled", "示例甲街道办事处"),  # the short name stands in it
        ("某某探店", "示例甲街道办事处", "unfiled", "示例甲街道办事处"),
        ("某某探店", "", "not_government", None),
        ("某某探店", "没有这个单位", "not_government", None),
        ("示例微博", "", "unfiled", "示例乙局"),  # its account on another platform
        ("示例微搏官方", "示例乙局", "unfiled", "示例乙局"),
    ],
)
def test_without_a_match_the_unit_is_looked_for(name: str, of: str, verdict: str, unit_name: str | None) -> None:
    unit("示例甲街道办事处", short_name="示例甲街道")
    account(unit("示例乙局"), name="示例微博", platform=platform("weibo"))
    said = suggested(name, of=of)
    assert (said.verdict, said.unit and said.unit.name) == (verdict, unit_name)


def test_an_account_like_one_of_the_unit_the_list_names_is_its_own_second_one() -> None:
    account(unit("示例乙局"), name="示例发布", uid="d1")
    assert suggested("示例发布官方", uid="d2").verdict == "fake"
    assert suggested("示例发布官方", uid="d2", of="示例乙局").verdict == "unfiled"


def test_what_was_sorted_before_is_found_sorted() -> None:
    officer = user(Role.OFFICER, name="示例经办")
    decide(officer, "not_government", seen("示例探店", uid="x1"))
    decide(officer, "not_government", seen("示例美食"))
    again = suggested("示例探店改名", uid="x1")
    assert (again.verdict, again.why) == ("not_government", "2026-11-24 由示例经办认定为非政务账号")
    assert suggested("示例美食").verdict == "not_government"
    assert "以前" not in suggested("示例探店", uid="x2").why  # another id is another account
    assert match(platform("weibo"), "x1", "示例探店", "") == []


def test_what_was_entered_in_error_and_made_void_is_not_entered_again() -> None:
    boss = user(Role.SUPERVISOR, name="示例负责人")
    decide(boss, "unfiled", seen("示例探店", uid="x1"), unit=unit("示例局").pk)
    lifecycle.void(Account.objects.get(), reason="个人账号", by=boss, now=NOW)
    said = suggested("示例探店", uid="x1", of="示例局")
    why = "2026-11-24 由示例负责人认定为未备案，台账里的那一行已于 2026-11-24 作废"
    assert (said.verdict, said.why) == ("not_government", why)


def test_a_name_that_only_holds_the_units_is_too_little_to_accuse_by() -> None:
    unit("示例甲街道办事处", short_name="示例甲街道")
    assert suggested("示例甲街道之窗").weak
    assert not suggested("示例甲街道之窗", of="示例甲街道").weak


def test_what_was_said_to_imitate_an_account_is_no_match_for_it() -> None:
    one = account(unit("示例局"), name="示例发布", uid="d1")
    decide(user(Role.OFFICER), "fake", seen("示例發布", uid="d2"), account=one.pk)
    said = suggested("示例發布", uid="d2")
    assert (said.verdict, said.account) == ("fake", one)


def test_an_account_sorted_as_known_under_another_name_is_known() -> None:
    one = account(unit("示例局"), name="示例发布", uid="")
    decide(user(Role.OFFICER), "known", seen("示例之声", uid="d7"), account=one.pk)
    assert [(c.how, c.account) for c in match(platform(), "d7", "示例之音", "")] == [(How.EARLIER, one)]
    cancelled(one)
    assert suggested("示例之音", uid="d7").verdict == "unfiled"


@pytest.mark.parametrize(
    ("link", "key"),
    [
        ("HTTPS://WWW.Example.cn/a/", "example.cn/a"),
        ("https://example.cn/a?b=1#c", "example.cn/a?b=1"),
        ("不是链接", ""),
        ("http://[坏的", ""),
        ("", ""),
    ],
)
def test_a_link_is_compared_without_what_does_not_matter(link: str, key: str) -> None:
    assert link_key(link) == key


def test_many_findings_cost_as_many_queries_as_one(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    account(name="示例发布", uid="d1")
    findings = [Finding(platform(), f"示例发布{n}", "d1") for n in range(30)]
    with django_assert_num_queries(6):
        match_all(findings)
