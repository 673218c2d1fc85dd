"""The search: who finds what, by which words; what is typed is text, and nobody finds what he may not read."""

from typing import Any

import pytest
from django.test import Client
from django.utils.http import urlencode

from accounts.models import Account, AccountName, Membership, Role, Unit, UnitName
from filings import drafting
from filings.models import Filing
from tests.factories import NOW, Cast, account, change, opening, platform, typed, unit, user
from zhonglou_media.core.models import User
from zhonglou_media.core.searching import words
from zhonglou_media.portal import search

pytestmark = pytest.mark.django_db

OWN, CHILD, MERGED, FOREIGN = "本单位", "所属单位", "并入单位", "外单位"
FAMILY, ALL = {OWN, CHILD, MERGED}, {OWN, CHILD, MERGED, FOREIGN}
# role: units, accounts, filings that the word of all of them finds; an admin has no filings at all
WHO: dict[Role, tuple[set[str], set[str], set[str] | None]] = {
    Role.OPERATOR: (FAMILY, FAMILY, FAMILY),
    Role.LEADER: (FAMILY, FAMILY, FAMILY),
    Role.PARENT: (FAMILY, FAMILY, FAMILY),
    Role.OFFICER: (ALL, ALL, ALL),
    Role.SUPERVISOR: (ALL, ALL, ALL),
    Role.AUDITOR: (ALL, ALL, ALL),
    Role.ADMIN: (ALL, ALL, None),
}


def groups(person: User, text: str) -> dict[str, search.Group]:
    person = User.objects.get(pk=person.pk)  # its grants are read once
    return {group.key: group for group in search._groups(person, text, words(text), whole=False)}


def found(person: User, text: str) -> dict[str, list[Any]]:
    return {key: [hit.found for hit in group.hits] for key, group in groups(person, text).items()}


def keys(person: User, text: str) -> set[tuple[str, int]]:
    return {(key, thing.pk) for key, things in found(person, text).items() for thing in things}


@pytest.fixture
def officer() -> User:
    return user(Role.OFFICER)


def test_each_role_finds_what_it_may_read_and_no_more() -> None:
    own = unit(f"共词{OWN}局")
    units = {OWN: own, CHILD: unit(f"共词{CHILD}局", parent=own), MERGED: unit(f"共词{MERGED}局")}
    units[FOREIGN] = unit(f"共词{FOREIGN}局")
    for key, of in units.items():
        opening("leader_review", Cast(of), name=f"{key}申报号", purpose="共词宣传")
        account(of, name=f"共词{key}号", platform=platform("weibo"))
    Unit.objects.filter(pk=units[MERGED].pk).update(status="merged", merged_into=own)
    of_unit = {of.pk: key for key, of in units.items()}

    def seen_by(role: Role) -> tuple[set[str], set[str], set[str] | None]:
        things = found(user(role, own), "共词")
        named = {row.name for row in things["accounts"]}
        filed = things.get("filings")
        return (
            {of_unit[row.pk] for row in things["units"]},
            {key for key in units if f"共词{key}号" in named},
            None if filed is None else {of_unit[row.unit_id] for row in filed},
        )

    assert {role: seen_by(role) for role in WHO} == WHO


def test_the_unit_that_gives_an_account_away_finds_the_filing_of_it() -> None:
    giving, taking = Cast(), Cast()
    row = account(giving.unit, name="移交示例号")
    filing = change("leader_review", taking, on=row, reason="职能划转所需")
    assert ("filings", filing.pk) in keys(giving.operator, "职能划转")
    assert keys(Cast().operator, "职能划转") == set()


def test_the_number_of_a_filing_one_may_not_read_finds_not_its_account_either() -> None:
    own, other = Cast(), Cast()
    row = account(own.unit, name="示例被接收号")
    Filing.objects.create(kind="change", unit=other.unit, account=row, number="ZLXMT-2026-9931", created_at=NOW)
    assert keys(user(Role.ADMIN), "2026-9931") == set()
    assert keys(own.operator, "2026-9931") == set()
    assert ("accounts", row.pk) in keys(own.officer, "2026-9931")


@pytest.fixture
def things() -> dict[str, Any]:
    of = unit("示例文体局", short_name="文体局")
    for name in ("示例文体局", "示例旅游局"):
        UnitName.objects.create(unit=of, name=name)
    row = account(of, name="Zhonglou 文旅_01", uid="gh_A7%b", link="https://example.cn/u/77", national_no="QG-0042")
    AccountName.objects.create(account=row, name="景区快讯", name_key="景区快讯", look_key="景区快讯", since=NOW)
    gone = account(of, name="旧时号", same_platform_reason="示例")
    Account.objects.filter(pk=gone.pk).update(state="cancelled", next_update_due_at=None)
    void = account(of, name="登错号", same_platform_reason="示例")
    Account.objects.filter(pk=void.pk).update(state="void", next_update_due_at=None)
    cast = Cast(unit("示例另街道"))
    filed = opening(
        "leader_review", cast, name="另街发布", purpose="宣传桂花节，100%原创", remarks="联系 0519-8688 1234"
    )
    draft = drafting.start("open", by=cast.operator, unit=cast.unit, now=NOW)
    drafting.save_draft(draft.pk, by=cast.operator, data=typed(name="草拟中号"), now=NOW)
    return {"unit": of, "row": row, "gone": gone, "void": void, "filed": filed, "draft": draft}


FINDS = [
    ("文体局", {"unit", "row", "gone"}, "unit"),
    ("旅游", {"unit", "row", "gone"}, "the unit's former name"),
    ("文旅", {"row"}, "two characters"),
    ("景区快", {"row"}, "a former name"),
    ("ｚｈｏｎｇｌｏｕ", {"row"}, "full width, other case"),
    ("文\u200b旅", {"row"}, "an invisible character"),
    ("GH_a7%", {"row"}, "an id, its wildcards as they are"),
    ("gh%7", set(), "a wildcard stands for itself"),
    ("A_%b", set(), "and so does the other one"),
    ("u/77", {"row"}, "a link"),
    ("qg-0042", {"row"}, "the number in the national system"),
    ("文旅 体局", {"row"}, "two words, of the account and of its unit"),
    ("文旅 桂花", set(), "each word must be found"),
    ("旧时", {"gone"}, "a cancelled account"),
    ("登错", set(), "a void one is for who asks for it"),
    ("桂花节", {"filed"}, "what a filing says"),
    ("100%原", {"filed"}, "with a percent sign"),
    ("草拟", {"draft"}, "a draft by its name"),
    ("86881234", set(), "a telephone"),
    ("0519-8688", set(), "nor part of one"),
    ("\x00文旅\x00", {"row"}, "NUL"),
    ("文旅' OR '1'='1", set(), "quotes"),
    ("文旅" + "长" * 5000, set(), "very long"),
]


def test_words_find(things: dict[str, Any], officer: User) -> None:
    named = {(kind, thing.pk): key for key, thing in things.items() for kind in [_kind(thing)]}
    got = {why: {named.get(key, str(key)) for key in keys(officer, text)} for text, _, why in FINDS}
    assert got == {why: expected for _, expected, why in FINDS}


def _kind(thing: Any) -> str:
    return {Unit: "units", Account: "accounts", Filing: "filings"}[type(thing)]


@pytest.mark.parametrize(("text", "near"), [("钟楼景区", False), ("鐘樓景區", True)])
def test_what_looks_like_the_word_is_found_as_a_second_chance_and_says_so(officer: User, text: str, near: bool) -> None:
    row = account(unit("示例局"), name="钟楼景区发布")
    filing = change("leader_review", Cast(row.unit), on=row)
    assert [(hit.found.pk, hit.near) for hit in groups(officer, text)["accounts"].hits] == [(row.pk, near)]
    assert [(hit.found.pk, hit.near) for hit in groups(officer, text)["filings"].hits] == [(filing.pk, near)]


def test_the_exact_one_comes_first_and_the_rest_is_counted_where_the_list_shows_it(officer: User) -> None:
    exact = account(unit("示例甲局"), name="桂花")
    for n in range(6):
        account(name=f"桂花{n}")
    group = groups(officer, "桂花")["accounts"]
    assert (group.hits[0].found.pk, group.count, group.rest, group.many) == (exact.pk, 7, 2, False)
    assert group.url == "/accounts/?q=%E6%A1%82%E8%8A%B1"


def test_more_than_are_counted_are_many(officer: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MOST", 6)
    for n in range(8):
        account(name=f"桂花{n}")
    group = groups(officer, "桂花")["accounts"]
    assert (group.many, group.rest) == (True, 1)


def test_the_number_of_queries_does_not_grow(officer: User, django_assert_num_queries: Any) -> None:
    def build(n: int) -> None:
        for _ in range(n):
            row = account(unit(), name=f"丹桂示例{Account.objects.count()}")
            change("leader_review", Cast(row.unit), on=row, reason="丹桂所需", intro="示例")
            UnitName.objects.create(unit=row.unit, name=f"丹桂旧局{row.pk}")

    build(1)
    person = User.objects.get(pk=officer.pk)
    search._groups(person, "丹桂", ["丹桂"], whole=False)
    with django_assert_num_queries(17):
        search._groups(person, "丹桂", ["丹桂"], whole=False)
    build(4)
    with django_assert_num_queries(17):
        search._groups(person, "丹桂", ["丹桂"], whole=False)


# --- the page -------------------------------------------------------------------------------------------------------


def page(client: Client, person: User, query: str, status: int = 200) -> str:
    client.force_login(person)
    answer = client.get(f"/search/?{query}")
    assert answer.status_code == status
    return answer.content.decode()


@pytest.mark.parametrize("text", ["文", "%_", "，。", "%", "_", " \u3000 。", "a b"])
def test_too_little_is_told_in_a_sentence(client: Client, officer: User, text: str) -> None:
    account(name="文a b%_，。")
    shown = page(client, officer, urlencode({"q": text}), 422)
    assert "请至少输入两个字" in shown
    assert "zl-rowlink" not in shown


def test_the_page_escapes_what_was_typed_and_asks_the_last_of_two(client: Client) -> None:
    cast, other = Cast(), Cast()
    account(cast.unit, name="本局桂花")
    account(other.unit, name="他局桂花")
    assert "<script>" not in page(client, cast.operator, "q=%3Cscript%3Ealert").split("<main")[1]
    shown = page(client, cast.operator, "q=他局&q=桂花&in=accounts&unit=1&q=桂花")
    assert "本局桂花" in shown
    assert "他局桂花" not in shown
    assert "只按前 60 个字搜索" in page(client, cast.operator, "q=" + "a" * 3000)
    assert "没有找到" in page(client, cast.operator, "q=他局")


def test_the_box_is_on_every_page_of_those_who_may_search_and_of_nobody_else(client: Client, officer: User) -> None:
    client.force_login(officer)
    assert 'action="/search/"' in client.get("/notices/").content.decode()
    client.force_login(User.objects.create_user("nobody", None, name="无任职"))
    assert 'action="/search/"' not in client.get("/notices/").content.decode()
    assert client.get("/search/?q=桂花").status_code == 403
    client.logout()
    assert client.get("/search/?q=桂花")["Location"].startswith("/login/")


def test_the_lists_find_what_the_search_finds(client: Client, officer: User) -> None:
    row = account(unit("示例甲局"), name="甲局发布")
    change("leader_review", Cast(row.unit), on=row, reason="迎接桂花节", intro="示例")
    opening("draft", name="无关")
    client.force_login(officer)
    assert "甲局发布" in client.get("/filings/?q=桂花节").content.decode()
    for none in ("没有的词", "长" * 500):
        shown = client.get("/filings/", {"q": none}).content.decode()
        assert "甲局发布" not in shown
    admin = user(Role.ADMIN)
    client.force_login(admin)
    assert "甲局发布" not in client.get("/events/?q=桂花节").content.decode()  # knows of filings, reads none


def test_a_person_without_a_unit_any_more_finds_nothing(officer: User) -> None:
    cast = Cast()
    account(cast.unit, name="桂花号")
    Membership.objects.filter(user=cast.operator).update(to_date="2026-01-01")
    assert keys(cast.operator, "桂花") == set()
