"""The admin's pages of units: the list with who is missing, a new one, names over time, 待核 → 在用."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Role, Unit
from accounts.models.unit import UnitStatus
from tests.factories import Cast, account, unit, user

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(user(Role.ADMIN))
    return client


TYPED = {"name": "示例新局", "short_name": "新局", "kind": "department", "scope": "bound", "parent": "", "since": ""}


def text_of(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status
    return str(answer.content.decode())


def test_the_list_shows_people_and_who_is_missing_and_narrows(
    admin: Client, django_assert_max_num_queries: Any
) -> None:
    cast = Cast(unit("示例甲街道办事处", short_name="甲街道"))
    account(cast.unit)
    lone, new = unit("示例司法局"), unit("示例数据局", status=UnitStatus.UNCONFIRMED)
    user(Role.OPERATOR, lone, name="示例许某")
    lone.names.create(name="示例旧司法局")
    with django_assert_max_num_queries(24):
        text = text_of(admin.get(reverse("units")))
    for words in (
        "2个缺填报员或领导",
        f"{cast.operator.name} / {cast.leader.name}",
        "示例许某 / 缺领导",
        "缺填报员 / 缺领导",
        "曾用名：示例旧司法局",
    ):
        assert words in text
    for query, shown in (
        ({"q": "旧司法"}, {lone}),
        ({"q": "甲街道"}, {cast.unit}),
        ({"show": "lacking"}, {lone, new}),
        ({"show": "unconfirmed"}, {new}),
        ({"show": "merged"}, set()),
    ):
        assert set(admin.get(reverse("units"), query).context["page"].object_list) == shown


def test_a_new_unit_then_its_page(admin: Client) -> None:
    parent = unit("示例主管局")
    text = text_of(admin.post(reverse("unit_new"), TYPED | {"parent": str(parent.pk)}, follow=True))
    assert "已新增单位“示例新局”。请接着登记它的填报员和主要领导" in text
    assert "没有可在线审批的主要领导，备案须书面签批后登记" in text
    assert "没有填报员，不能填报备案" in text
    made = Unit.objects.get(name="示例新局")
    assert (made.parent, made.status) == (parent, "active")
    assert "示例新局" in text_of(admin.get(reverse("unit_edit", args=[parent.pk])))


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"name": ""}, "请填写单位全称"),
        ({"name": "示例已有局"}, "已有名为“示例已有局”的单位"),
        ({"kind": ""}, "请选择类别"),
        ({"kind": "x"}, "请重新选择类别"),
        ({"parent": "999999"}, "请重新选择单位"),
    ],
)
def test_a_refused_form_keeps_what_was_typed(admin: Client, typed: dict[str, str], sentence: str) -> None:
    unit("示例已有局")
    mine = unit("示例本局")
    sent = TYPED | typed | {"short_name": "简称不能丢"}
    for url in (reverse("unit_new"), reverse("unit_edit", args=[mine.pk])):
        text = text_of(admin.post(url, sent), 422)
        assert sentence in text
        assert "简称不能丢" in text
    mine.refresh_from_db()
    assert mine.name == "示例本局"


def test_a_renamed_unit_shows_its_names_and_the_readers_page_knows_the_old_one(admin: Client) -> None:
    made = unit("示例旧名局")
    url = reverse("unit_edit", args=[made.pk])
    text = text_of(admin.post(url, TYPED | {"name": "示例新名局", "since": "2026-11-01"}, follow=True))
    for words in ("已保存“示例新名局”", "2026-11-01 起", "示例旧名局", "最初"):
        assert words in text
    text = text_of(admin.get(reverse("unit", args=[made.pk])))
    assert "曾用名：示例旧名局" in text
    assert url in text
    text = text_of(admin.post(url, TYPED | {"name": "示例新名局", "since": "去年"}), 422)
    assert "新名称自何日起请按 2026-11-24 的样子填写" in text


def test_a_name_like_another_one_s_is_looked_at_first(admin: Client) -> None:
    known = unit("示例新局政务服务中心")
    known.names.create(name="示例旧名局")
    for name in ("示例新局", "示例舊名局"):
        typed = TYPED | {"name": name}
        text = text_of(admin.post(reverse("unit_new"), typed), 422)
        assert "名称与“示例新局政务服务中心”相近" in text
        assert f'name="looked" value="{name}"' in text
        assert not Unit.objects.filter(name=name).exists()
    assert "已新增单位" in text_of(admin.post(reverse("unit_new"), typed | {"looked": name}, follow=True))


def test_a_unit_with_accounts_is_not_made_internal(admin: Client) -> None:
    held = account()
    typed = TYPED | {"name": held.unit.name, "internal": "on"}
    text = text_of(admin.post(reverse("unit_edit", args=[held.unit_id]), typed), 422)
    assert "不能改为内设机构（第七条）" in text


def test_an_imported_unit_is_confirmed(admin: Client) -> None:
    made = unit("示例数据局", kind="", status=UnitStatus.UNCONFIRMED)
    confirm = reverse("unit_confirm", args=[made.pk])
    assert "确认在用" in text_of(admin.get(reverse("unit_edit", args=[made.pk])))
    assert "请先选择类别并保存" in text_of(admin.post(confirm), 422)
    Unit.objects.filter(pk=made.pk).update(kind="department")
    assert "“示例数据局”已确认在用" in text_of(admin.post(confirm, follow=True))
    assert "不用核对" in text_of(admin.post(confirm), 409)


def test_a_merged_unit_is_only_shown(admin: Client) -> None:
    made = unit(status=UnitStatus.MERGED)
    url = reverse("unit_edit", args=[made.pk])
    text = text_of(admin.get(url))
    assert "已经撤并，不能再修改" in text
    assert "保存" not in text
    assert "已经撤并" in text_of(admin.post(url, TYPED), 409)


def test_the_readers_page_offers_no_editing_to_others(client: Client) -> None:
    cast = Cast()
    for person in (cast.operator, cast.officer):
        client.force_login(person)
        assert reverse("unit_edit", args=[cast.unit.pk]) not in text_of(
            client.get(reverse("unit", args=[cast.unit.pk]))
        )
