"""发现账号 as pages: what is listed, one compared and sorted, a list decided row by row."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import Account, Role, Sighting
from tests.accounts.sightings import cancelled, decide, seen
from tests.factories import Cast, account, opening, unit, user
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.models import Event, Job, Notice, User

pytestmark = pytest.mark.django_db
NEW, LIST, COMPARE = "/sightings/new/", "/sightings/list/", "/sightings/compare/"
SHEET = """2026年11月平台检索结果,,,,
平台,账号名称,账号ID,单位,备注
抖音,示例发布,d1,,
抖音,示例發布,d2,,粉丝 312
抖音,示例甲街道之窗,d3,,
抖音,某某探店,d4,,
腾讯未来,看不懂的平台,d5,,
抖音,示例旧号,d6,,
"""


@pytest.fixture
def officer(client: Client) -> User:
    person = user(Role.OFFICER, name="示例经办")
    client.force_login(person)
    return person


@pytest.fixture
def register(officer: User) -> dict[str, Account]:
    """An account that stands, one that was cancelled, and a unit without an account."""
    unit("示例甲街道办事处", short_name="示例甲街道")
    standing = account(unit("示例局"), name="示例发布", uid="d1")
    return {"standing": standing, "cancelled": cancelled(account(name="示例旧号", uid="d6"))}


def typed(client: Client, **fields: str) -> dict[str, str]:
    """What is posted from the form after its panel was shown."""
    data = {"platform": "douyin", "name": "示例發布", "uid": "", "link": "", "source": "平台检索", **fields}
    data = {"found_on": "2026-11-24", "note": "", **data}
    panel = client.post(COMPARE, data)
    return {"read": panel.context["compared"].read, **panel.context["compared"].chosen, **data}


# --- the list -----------------------------------------------------------------------------------------------------


def test_the_list_says_the_finding_and_is_narrowed_by_verdict(
    client: Client, officer: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    of = unit("示例局")
    decide(officer, "unfiled", seen("示例未备案号", uid="u1"), unit=of.pk)
    for n in range(12):
        decide(officer, "fake", seen(f"示例假冒{n}"), unit=of.pk)
    with django_assert_max_num_queries(20):
        text = client.get("/sightings/").content.decode()
    assert "发现13个" in text
    assert "1个仍未备案" in text
    assert "12个假冒" in text
    narrowed = client.get("/sightings/?verdict=unfiled").content.decode()
    assert "示例未备案号" in narrowed
    assert "示例假冒1" not in narrowed


# --- one ----------------------------------------------------------------------------------------------------------


def test_while_typing_the_register_is_compared_and_what_differs_is_marked(
    client: Client, register: dict[str, Account]
) -> None:
    text = client.post(COMPARE, {"platform": "douyin", "name": "示例發布"}).content.decode()
    assert "示例<mark>发</mark>布" in text
    assert "建议认定为“假冒”" in text
    assert f'value="{register["standing"].pk}" checked' in text
    assert (Sighting.objects.count(), Event.objects.count()) == (0, 0)


def test_a_suggestion_follows_what_is_typed_but_never_takes_the_place_of_a_choice(
    client: Client, register: dict[str, Account]
) -> None:
    first = {"platform": "douyin", "name": "示例發布", "verdict": "fake", "was_verdict": "fake"}
    known = client.post(COMPARE, first | {"name": "示例发布"})
    assert known.context["compared"].chosen["verdict"] == "known"
    kept = client.post(COMPARE, first | {"name": "示例发布", "verdict": "not_government"})
    assert kept.context["compared"].chosen["verdict"] == "not_government"


@pytest.mark.parametrize("name", ["", "钟楼\u202e发布"])
def test_what_cannot_be_compared_yet_suggests_nothing(name: str, client: Client, officer: User) -> None:
    answer = client.post(COMPARE, {"platform": "douyin", "name": name})
    assert answer.status_code == 200
    assert answer.context["compared"].suggestion is None


def test_one_is_sorted_and_what_happens_next_is_said(client: Client, register: dict[str, Account]) -> None:
    told = user(Role.OPERATOR, register["standing"].unit)
    data = typed(client, name="示例便民", verdict="unfiled", unit="示例局")
    text = client.post(NEW, data, follow=True).content.decode()
    assert "“示例便民”已登记为未备案，已通知示例局的 1 人：须补报开办备案或关停（第八条）" in text
    assert Account.objects.get(name="示例便民").state == "unfiled"
    assert Notice.objects.get().user == told


def test_who_says_unfiled_of_what_only_looks_like_an_account_need_not_take_that_one_away(
    client: Client, register: dict[str, Account]
) -> None:
    data = typed(client, name="示例發布", uid="d2", verdict="unfiled", unit="示例局")
    assert data["account"] == str(register["standing"].pk)  # the one it was suggested to imitate
    assert client.post(NEW, data).status_code == 302
    assert Sighting.objects.get().account == Account.objects.get(name="示例發布")


@pytest.mark.parametrize(
    ("fields", "status", "sentence"),
    [
        ({"name": "钟楼\u202e发布"}, 422, "控制字符"),
        ({"name": ""}, 422, "请填写账号名称"),
        ({"source": ""}, 422, "请写明发现途径"),
        ({"found_on": "2199-01-01"}, 422, "发现日期不能晚于今天"),
        ({"found_on": "昨天"}, 422, "2026-11-24 的样子"),
        ({"link": "javascript:x"}, 422, "链接要以 https://"),
        ({"verdict": ""}, 422, "请认定它是什么"),
        ({"verdict": "unfiled", "unit": "没有的局"}, 422, "台账里没有单位“没有的局”"),
        ({"verdict": "known", "account": "none"}, 422, "请选出它是台账里的哪一个账号"),
        ({"account": "abc"}, 422, "请重新选择台账里的账号"),
        ({"read": "another"}, 409, "比对结果与您看到的不同"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_nothing_typed_is_lost(
    fields: dict[str, str], status: int, sentence: str, client: Client, register: dict[str, Account]
) -> None:
    data = typed(client, note="自己写的说明") | {"verdict": "fake", "unit": "示例局"} | fields
    answer = client.post(NEW, data)
    text = answer.content.decode()
    assert answer.status_code == status
    assert sentence in text
    assert "自己写的说明" in text
    assert f'value="{fields.get("unit", "示例局")}"' in text
    assert Sighting.objects.count() == 0


def test_what_only_holds_the_units_name_is_not_chosen_beforehand(client: Client, register: dict[str, Account]) -> None:
    panel = client.post(COMPARE, {"platform": "douyin", "name": "示例甲街道之窗"})
    chosen = panel.context["compared"].chosen
    assert (chosen["verdict"], chosen["unit"]) == ("", "示例甲街道办事处")
    assert "请您选择" in panel.content.decode()


def test_an_account_found_twice_is_counted_once(client: Client, officer: User) -> None:
    decide(officer, "unfiled", seen("示例未备案号", uid="u1"), unit=unit("示例局").pk)
    decide(officer, "unfiled", seen("示例未备案号", uid="u1"), account=Account.objects.get().pk)
    page = client.get("/sightings/")
    assert (page.context["numbers"]["all"], page.context["numbers"]["unfiled"]) == (1, 1)


# --- many ---------------------------------------------------------------------------------------------------------


def upload(client: Client, content: str | bytes = SHEET, **fields: str) -> Any:
    content = content.encode() if isinstance(content, str) else content
    data = {"source": "平台检索", "found_on": "2026-11-24", "file": SimpleUploadedFile("结果.csv", content), **fields}
    return client.post(LIST, data, follow=True)


def decided(page: Any, **changed: str) -> dict[str, str]:
    """What the page's form sends: what stands chosen, and what a person changed (`verdict_3=…`)."""
    data = {"read": page.context["read"]}
    for _, _, rows in page.context["groups"]:
        for one in rows:
            data |= {f"{name}-{one.number}": value for name, value in one.chosen.items()}
    return data | {key.replace("_", "-"): value for key, value in changed.items()}


def send(client: Client, page: Any, **changed: str) -> Any:
    """Press twice, where units are to be told: what is sent is looked at once more."""
    data, address = decided(page, **changed), page.request["PATH_INFO"]
    answer = client.post(address, data, follow=True)
    sure = answer.context.get("sure")
    return client.post(address, data | {"sure": sure}, follow=True) if sure else answer


def test_a_list_is_sorted_into_four_with_a_suggestion_each(
    client: Client, register: dict[str, Account], django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    page = upload(client)
    with django_assert_max_num_queries(25):
        client.get(page.request["PATH_INFO"])
    said = {
        one.number: (one.chosen["verdict"], one.chosen["unit"]) for _, _, rows in page.context["groups"] for one in rows
    }
    assert said == {
        3: ("known", ""),
        4: ("fake", ""),
        5: ("", "示例甲街道办事处"),  # only its name: nobody is accused by one press
        6: ("not_government", ""),
        8: ("unfiled", register["cancelled"].unit.name),
    }
    text = page.content.decode()
    assert "本批5个，建议：" in text
    assert "不认识平台“腾讯未来”" in text
    assert (Sighting.objects.count(), Event.objects.count()) == (0, 0)


def test_what_a_person_decides_is_written_in_one_go_and_said(client: Client, register: dict[str, Account]) -> None:
    page = upload(client)
    choice = {"verdict_6": "fake", "unit_6": "示例甲街道办事处", "verdict_5": "unfiled"}
    asked = client.post(page.request["PATH_INFO"], decided(page, **choice))
    assert "还没有登记：认定后，这 2 个单位马上收到通知" in asked.content.decode()
    assert 'name="verdict-6" value="fake" checked' in asked.content.decode()
    assert (Sighting.objects.count(), Event.objects.count(), Notice.objects.count()) == (0, 0, 0)
    sure = {"sure": asked.context["sure"]}
    other = client.post(page.request["PATH_INFO"], decided(page, **choice, verdict_3="fake") | sure)
    assert Sighting.objects.count() == 0  # what was changed after the second look is looked at again
    assert other.context["sure"] != sure["sure"]
    done = send(client, page, **choice)
    text = done.content.decode()
    assert "认定5个：" in text
    assert "已认定：已在台账 1 个、未备案 2 个、假冒 2 个。" in text
    assert "没有填报员和主要领导的用户，请另行通知" in text
    assert sorted(Sighting.objects.values_list("name", "verdict")) == [
        ("某某探店", "fake"), ("示例发布", "known"), ("示例旧号", "unfiled"), ("示例甲街道之窗", "unfiled"),
        ("示例發布", "fake"),
    ]  # fmt: skip
    assert Account.objects.get(name="示例旧号", state="unfiled").reborn_of == register["cancelled"]
    assert [event.verb for event in Event.objects.order_by("seq")] == ["found", "found", "sightings"]
    again = client.post(page.request["PATH_INFO"], decided(page), follow=True)
    assert "已由示例经办于" in again.content.decode()
    assert Sighting.objects.count() == 5


def test_the_next_list_finds_it_sorted(client: Client, register: dict[str, Account]) -> None:
    page = upload(client)
    send(client, page, verdict_6="fake", unit_6="示例甲街道办事处", verdict_5="unfiled")
    again = {one.number: one for _, _, rows in upload(client).context["groups"] for one in rows}
    assert again[6].chosen["verdict"] == "fake"
    assert "由示例经办认定为假冒" in again[6].row.suggestion.why
    assert again[5].row.suggestion.account == Account.objects.get(name="示例甲街道之窗")


def test_an_error_in_one_row_writes_nothing_and_forgets_no_choice(client: Client, register: dict[str, Account]) -> None:
    page = upload(client)
    typed = {"verdict_6": "unfiled", "verdict_5": "unfiled", "verdict_4": ""}
    answer = client.post(page.request["PATH_INFO"], decided(page, **typed, unit_5="没有的局"))
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "第 5 行 示例甲街道之窗：台账里没有单位“没有的局”" in text
    assert 'value="没有的局"' in text
    answer = client.post(page.request["PATH_INFO"], decided(page, **typed))
    text = answer.content.decode()
    assert "第 6 行 某某探店：请写明疑似主办单位" in text
    assert "第 4 行 示例發布：请认定它是什么" in text
    assert 'name="verdict-6" value="unfiled" checked' in text
    assert (Sighting.objects.count(), Account.objects.count(), Event.objects.count()) == (0, 2, 0)


def test_where_the_register_moved_on_nothing_is_written_and_the_row_is_named(
    client: Client, register: dict[str, Account]
) -> None:
    page = upload(client)
    account(unit("示例新局"), name="某某探店", uid="d4")
    answer = client.post(page.request["PATH_INFO"], decided(page, verdict_3="fake", verdict_5="fake"))
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "您看这份清单以后台账有变动" in text
    assert "第 6 行 某某探店" in text
    assert 'name="verdict-3" value="fake" checked' in text
    assert Sighting.objects.count() == 0


def test_twice_the_same_account_in_a_list_is_told_at_the_second_row(
    client: Client, register: dict[str, Account]
) -> None:
    page = upload(client, "平台,名称,ID,单位\n抖音,示例甲,x1,示例局\n抖音,示例甲新名,x1,示例局\n")
    answer = client.post(page.request["PATH_INFO"], decided(page))
    assert answer.status_code == 422
    assert "第 3 行 示例甲新名：与前面的一行是同一账号" in answer.content.decode()
    assert Account.objects.filter(state="unfiled").count() == 0


def test_how_and_when_each_was_found_is_taken_from_its_row(client: Client, officer: User) -> None:
    table = "平台,名称,发现途径,发现日期,地区\n抖音,示例甲号,群众举报,2026-11-02,全区\n抖音,示例乙号,,,\n"
    table += "抖音,示例丙号,,前天,\n抖音,示例丁号,,2199-01-01,\n"
    page = upload(client, table)
    text = page.content.decode()
    for said in ("没有用到的列：地区", "发现日期“前天”读不懂", "发现日期 2199-01-01 晚于上传的日期"):
        assert said in text
    send(client, page)
    found = [(s.name, s.source, f"{day_of(s.found_at)}") for s in Sighting.objects.order_by("name")]
    assert found == [("示例乙号", "平台检索", "2026-11-24"), ("示例甲号", "群众举报", "2026-11-02")]


@pytest.mark.parametrize(
    ("content", "fields", "sentence"),
    [
        ("单位,电话\n示例局,1\n", {}, "找不到表头：缺少平台、账号名称列"),
        ("平台,名称\n", {}, "表头下面没有账号"),
        ("平台,名称\n" + "抖音,示例\n" * 301, {}, "一次最多比对 300 行"),
        (b"\x00\x01\x02", {}, "认不出文件的编码或格式"),
        ("平台,名称\n抖音,示例\n", {"found_on": "2199-01-01"}, "发现日期不能晚于今天"),
        ("平台,名称\n抖音,示例\n", {"source": ""}, "请写明发现途径"),
    ],
)
def test_a_bad_list_is_told_why(
    content: str | bytes, fields: dict[str, str], sentence: str, client: Client, officer: User
) -> None:
    answer = upload(client, content, **fields)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Job.objects.exists()


def test_a_list_that_nobody_wants_ends_without_a_word_in_the_register(
    client: Client, register: dict[str, Account]
) -> None:
    page = upload(client)
    address = page.request["PATH_INFO"]
    assert "已决定不认定这份清单" in client.post(f"{address}discard/", follow=True).content.decode()
    assert (
        "决定不认定这份清单；要认定的，请重新上传" in client.post(address, decided(page), follow=True).content.decode()
    )
    assert (Sighting.objects.count(), Event.objects.get().verb) == (0, "discard_sightings")


# --- the account's own page, and its unit's 待办 ---------------------------------------------------------------------


def test_the_pages_of_a_cancelled_account_and_of_its_new_row_lead_to_each_other_and_say_what_was_found(
    client: Client, register: dict[str, Account]
) -> None:
    old = register["cancelled"]
    decide(user(Role.OFFICER), "unfiled", seen("示例旧号", uid="d6", note="粉丝 88"), unit=old.unit_id)
    new = Account.objects.get(reborn_of=old)
    client.force_login(user(Role.OPERATOR, old.unit))
    text = client.get(f"/accounts/{new.pk}/").content.decode()
    assert f'<a href="/accounts/{old.pk}/">示例旧号</a>，注销后又在平台上出现' in text
    assert "在平台上发现（1次）" in text
    assert "粉丝 88" in text
    assert "补报开办备案" in text
    assert text.count("在平台上发现，登记入册") == 1
    assert f'<a href="/accounts/{new.pk}/">示例旧号</a>' in client.get(f"/accounts/{old.pk}/").content.decode()


def test_an_unfiled_account_is_a_to_do_of_its_unit_until_a_filing_runs(client: Client, officer: User) -> None:
    cast = Cast()
    decide(officer, "unfiled", unit=cast.unit.pk)
    new = Account.objects.get()
    client.force_login(cast.operator)
    text = client.get("/").content.decode()
    assert "1 个账号没有备案" in text
    assert "立即处理" in text
    opening("draft", cast, on=new)
    assert "1 个账号没有备案" not in client.get("/").content.decode()
