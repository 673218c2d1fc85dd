"""The admin's pages of users: what they show, what they do, and what they say when it does not do."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Custodian, Membership, Role
from tests.factories import Cast, account, opening, unit, user
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client: Client) -> User:
    person = user(Role.ADMIN, name="示例管理员")
    client.force_login(person)
    return person


def new(**typed: str) -> dict[str, str]:
    given = {"username": "zhangsan", "name": "示例张三", "phone": "", "role": "operator", "unit": str(unit().pk)}
    return given | {"from_date": day_of(db_now()).isoformat()} | typed


def text_of(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status
    return str(answer.content.decode())


# --- the list -----------------------------------------------------------------------------------------------------


def test_the_list_shows_who_holds_what_and_narrows(
    client: Client, admin: User, django_assert_max_num_queries: Any
) -> None:
    cast = Cast(unit("示例甲街道办事处"))
    idle, off = user(name="示例无职"), user(Role.OFFICER, name="示例停用")
    User.objects.filter(pk=off.pk).update(is_active=False)
    for person in User.objects.exclude(pk=idle.pk):
        person.set_password("x")
        person.save()
    client.force_login(User.objects.get(pk=admin.pk))
    with django_assert_max_num_queries(22):
        text = text_of(client.get(reverse("users")))
    assert "1名没有任职" in text
    assert f"{cast.unit}·填报员" in text
    for show, shown in (("none", {idle}), ("off", {off}), ("link", {idle})):
        page = client.get(reverse("users"), {"show": show}).context["page"]
        assert set(page.object_list) == shown
    for words, shown in (
        ("示例无", {idle}),
        (cast.leader.username, {cast.leader}),
        ("甲街道", {cast.operator, cast.leader}),
    ):
        page = client.get(reverse("users"), {"q": words}).context["page"]
        assert set(page.object_list) == shown
    assert "没有符合条件的用户" in text_of(client.get(reverse("users"), {"q": "没有这个人"}))


# --- a new one ----------------------------------------------------------------------------------------------------


def test_a_new_user_s_link_is_shown_this_once(client: Client, admin: User) -> None:
    text = text_of(client.post(reverse("user_new"), new()))
    found = re.search(r"http://testserver(/invite/[\w-]+/)", text)
    assert found
    assert "只在这里显示这一次" in text
    person = User.objects.get(username="zhangsan")
    page = text_of(client.get(reverse("user", args=[person.pk])))
    assert found[1] not in page
    assert "还没有设密码" in page
    assert text_of(Client().get(found[1])).count("示例张三")


def test_a_refused_form_keeps_what_was_typed(client: Client, admin: User) -> None:
    User.objects.create_user("taken", None, name="示例")
    for typed, sentence in (
        ({"username": "taken"}, "用户名“taken”已有人使用"),
        ({"username": "张三"}, "小写字母"),
        ({"name": ""}, "请填写姓名"),
        ({"role": ""}, "请选择身份"),
        ({"role": "king"}, "请重新选择身份"),
        ({"unit": ""}, "请选择单位"),
        ({"from_date": "2026-13-40"}, "没有“2026-13-40”这一天"),
    ):
        sent = new(phone="0519-8888", **typed)
        text = text_of(client.post(reverse("user_new"), sent), 422)
        assert sentence in text
        for value in filter(None, (sent["username"], sent["name"], sent["phone"], sent["from_date"])):
            assert f'value="{value}"' in text
    assert not User.objects.filter(username="zhangsan").exists()


# --- one user -----------------------------------------------------------------------------------------------------


def test_the_page_of_a_user_in_one_go(client: Client, admin: User, django_assert_max_num_queries: Any) -> None:
    cast = Cast()
    opening("draft", cast)
    url = reverse("user", args=[cast.operator.pk])
    with django_assert_max_num_queries(16):
        text = text_of(client.get(url))
    for words in ("经办 1 件在办的备案", cast.unit.name, "登记任职", "生成一次性链接", "停用…"):
        assert words in text

    typed = {"name": "示例改名", "phone": "0519-1234"}
    assert "已保存姓名和联系电话" in text_of(client.post(url, typed, follow=True))
    assert "请填写姓名" in text_of(client.post(url, {"name": "", "phone": "0519-5678"}), 422)

    today = day_of(db_now())
    second = {"unit": str(unit("示例乙局").pk), "role": "leader", "from_date": today.isoformat(), "to_date": ""}
    text = text_of(client.post(reverse("membership_add", args=[cast.operator.pk]), second, follow=True))
    assert f"任示例乙局“单位主要领导”，自 {today} 起" in text
    text = text_of(client.post(reverse("membership_add", args=[cast.operator.pk]), second), 422)
    assert "已有“单位主要领导”的任职" in text
    assert f'value="{today}"' in text
    assert "请选择单位" in text_of(client.post(reverse("membership_add", args=[cast.operator.pk]), {}), 422)


def test_a_role_beyond_its_unit_is_given_on_a_second_press(client: Client, admin: User) -> None:
    person, where = user(), unit("示例丙局")
    url, other = reverse("membership_add", args=[person.pk]), unit()
    typed = {"unit": str(where.pk), "role": "officer", "from_date": day_of(db_now()).isoformat()}
    text = text_of(client.post(url, typed), 422)
    assert "“区政府办公室经办”不限于示例丙局，在全区有效：审核备案" in text
    sure = {"sure": f"officer-{where.pk}"}
    assert f'value="officer-{where.pk}"' in text
    assert text_of(client.post(url, typed | sure | {"unit": str(other.pk)}), 422)  # confirmed for another unit
    assert "不限于" in text_of(client.post(reverse("user_new"), new(role="auditor")), 422)
    assert not person.memberships.exists()
    assert "已登记" in text_of(client.post(url, typed | sure, follow=True))


def test_disable_and_enable(client: Client, admin: User) -> None:
    person = user(Role.OFFICER, name="示例李四")
    theirs = Client()
    theirs.force_login(person)
    assert theirs.get("/").status_code == 200
    disable, enable = (reverse(f"user_{act}", args=[person.pk]) for act in ("disable", "enable"))
    assert "请写明停用的原因" in text_of(client.post(disable, {"reason": ""}), 422)
    assert "已停用示例李四" in text_of(client.post(disable, {"reason": "已调离"}, follow=True))
    assert theirs.get("/").status_code == 302
    assert "已经停用" in text_of(client.post(disable, {"reason": "已调离"}), 409)
    assert "请先启用" in text_of(client.post(reverse("user_invite", args=[person.pk])), 409)
    assert "已启用示例李四" in text_of(client.post(enable, follow=True))
    assert "已经启用" in text_of(client.post(enable), 409)
    assert theirs.get("/").status_code == 302


def test_of_oneself_the_page_offers_no_membership_and_refuses_one(client: Client, admin: User) -> None:
    text = text_of(client.get(reverse("user", args=[admin.pk])))
    assert "由另一位系统管理员办理" in text
    assert reverse("membership_add", args=[admin.pk]) not in text
    typed = {"unit": str(unit().pk), "role": "operator", "from_date": "2026-11-24"}
    for url, data in (
        (reverse("membership_add", args=[admin.pk]), typed),
        (reverse("user_disable", args=[admin.pk]), {"reason": "示例"}),
        (reverse("membership_end", args=[admin.pk, admin.memberships.get().pk]), {"when": "now"}),
    ):
        assert "不能" in text_of(client.post(url, data), 403)
    assert admin.memberships.count() == 1


def test_a_new_link_is_shown_and_the_old_one_ends(client: Client, admin: User) -> None:
    person = user(Role.OFFICER)
    links = [
        re.search(r"/invite/[\w-]+/", text_of(client.post(reverse("user_invite", args=[person.pk]))))[0]  # type: ignore[index]
        for _ in range(2)
    ]
    assert "链接已作废" in text_of(Client().get(links[0]), 409)
    assert text_of(Client().get(links[1]))


# --- the end of a membership --------------------------------------------------------------------------------------


def ending(row: Membership) -> str:
    return reverse("membership_end", args=[row.user_id, row.pk])


def test_the_end_lists_what_is_in_hand_and_hands_it_over(client: Client, admin: User) -> None:
    cast = Cast()
    colleague, held = user(Role.OPERATOR, cast.unit, name="示例同事"), account(cast.unit)
    named = {"name": cast.operator.name, "from_date": "2026-01-01"}
    Custodian.objects.update_or_create(account=held, to_date=None, defaults=named)
    filing, row = opening("to_report", cast, name="示例待移交", platform="weibo"), cast.operator.memberships.get()
    text = text_of(client.get(ending(row)))
    for words in (
        "先交接在办的 1 件备案",
        "示例待移交",
        f'value="{colleague.pk}" selected',
        "可能还管着账号",
        held.name,
        "暂不移交",
    ):
        assert words in text
    typed = {"when": "later", "to_date": "", "to": str(colleague.pk)}
    text = text_of(client.post(ending(row), typed), 422)
    assert "请填写最后一天" in text
    assert f'<option value="{colleague.pk}" selected>' in text
    assert "不能早于昨天" in text_of(client.post(ending(row), typed | {"to_date": "2026-01-01"}), 422)
    assert "现任的填报员" in text_of(client.post(ending(row), {"when": "now", "to": "999999"}), 422)
    text = text_of(client.post(ending(row), {"when": "now", "to": str(colleague.pk)}, follow=True))
    assert "任职，今天起无效。1件在办的备案已移交示例同事，并已通知" in text
    assert f"{day_of(db_now())} 起停止" in text
    filing.refresh_from_db()
    row.refresh_from_db()
    assert (filing.owner, row.to_date) == (colleague, day_of(db_now()) - timedelta(days=1))
    assert "无需再办" in text_of(client.post(ending(row), {"when": "now"}), 409)


def test_without_a_colleague_the_page_says_what_follows(client: Client, admin: User) -> None:
    cast = Cast()
    opening("draft", cast)
    row = cast.operator.memberships.get()
    assert "本单位没有别的填报员可以接手" in text_of(client.get(ending(row)))
    text = text_of(client.post(ending(row), {"when": "now"}, follow=True))
    assert "会在本单位填报员的待办里提示接手" in text


def test_a_membership_of_another_person_is_not_found_under_this_one(client: Client, admin: User) -> None:
    row, other = user(Role.OFFICER).memberships.get(), user()
    assert client.get(reverse("membership_end", args=[other.pk, row.pk])).status_code == 404


def test_the_last_admin_stays(client: Client, admin: User) -> None:
    other = user(Role.ADMIN)
    Membership.objects.filter(user=admin).update(to_date=day_of(db_now()))
    text = text_of(client.post(reverse("user_disable", args=[other.pk]), {"reason": "示例"}), 422)
    assert "至少要保留一名长期任职的系统管理员" in text
    assert "至少要保留一名" in text_of(client.post(ending(other.memberships.get()), {"when": "now"}), 422)


def test_the_admins_home_tells_who_cannot_work(client: Client, admin: User) -> None:
    Cast()
    user(name="示例无职")
    unit("示例空局")
    text = text_of(client.get("/"))
    for words in ("名用户没有任职", "个单位缺填报员或领导", "名用户还没有设密码", "其中"):
        assert words in text
    for link in ("?show=none", "?show=lacking", "?show=link"):
        assert link in text
