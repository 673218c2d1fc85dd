"""Which account is meant."""

from typing import Any

import pytest
from django.db import transaction

from accounts import fields, identity
from accounts.models import Account, AccountState
from tests import factories
from zhonglou_media.core.errors import Refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def known() -> Account:
    return factories.account(name="钟楼示例", uid="a")


@pytest.fixture
def unknown() -> Account:
    return factories.account(name="无号示例", uid="")


def names(found: list[Account]) -> list[str]:
    return [account.name for account in found]


@pytest.mark.parametrize(
    ("uid", "name", "found"),
    [
        ("a", "别的名称", ["钟楼示例"]),  # the id decides
        ("", "钟楼示例", ["钟楼示例"]),
        ("", "钟楼\u200b示例 ", ["钟楼示例"]),
        ("b", "钟楼示例", []),  # another id is another account
        ("b", "无号示例", ["无号示例"]),  # an id learnt
        ("", "没有的", []),
    ],
)
def test_find(uid: str, name: str, found: list[str], known: Account, unknown: Account) -> None:
    assert names(identity.find(known.platform, uid, name)) == found
    assert identity.find(factories.platform("weibo"), uid, name) == []


def test_find_gives_both_of_one_name(known: Account) -> None:
    factories.account(name="钟楼示例", uid="b")
    assert len(identity.find(known.platform, "", "钟楼示例")) == 2


@pytest.mark.parametrize(
    ("uid", "name", "with_whom"),
    [
        ("a", "新名称", "钟楼示例"),
        ("", "钟楼示例", "钟楼示例"),  # one id is not known: the answer is the id
        ("b", "钟楼示例", None),
        ("b", "无号示例", "无号示例"),
        ("", "无号示例", "无号示例"),
        ("", "新名称", None),
    ],
)
def test_clash(uid: str, name: str, with_whom: str | None, known: Account, unknown: Account) -> None:
    clash = identity.clash(known.platform, uid, name)
    assert (clash.name if clash else None) == with_whom
    assert identity.clash(known.platform, "a", "钟楼示例", exclude=known) is None


def test_a_cancelled_account_leaves_its_identity_free(known: Account) -> None:
    for state in (AccountState.CLOSING, AccountState.CANCELLED):
        Account.objects.filter(pk=known.pk).update(state=state, next_update_due_at=None)
    assert identity.find(known.platform, "a", "钟楼示例") == []
    assert identity.clash(known.platform, "a", "钟楼示例") is None


def test_an_id_learnt_later_is_filled_once(known: Account, unknown: Account) -> None:
    with transaction.atomic():
        assert identity.learn(unknown, "c").uid == "c"
        assert identity.learn(unknown, "c").uid == "c"
        assert identity.learn(unknown, "").uid == "c"
        with pytest.raises(Refused, match="变更报备"):
            identity.learn(unknown, "d")
    assert Account.objects.get(pk=unknown.pk).uid == "c"


def test_an_id_another_account_holds_is_for_a_person(known: Account, unknown: Account) -> None:
    with transaction.atomic(), pytest.raises(Refused, match="合并"):
        identity.learn(unknown, "a")
    assert Account.objects.get(pk=unknown.pk).uid == ""


def test_filed_fields_are_columns_with_labels(known: Account) -> None:
    assert len(fields.FILED) == len(set(fields.FILED)) == 17
    assert all(fields.label(name) for name in (*fields.FILED, *fields.UNFILED))
    known.kind = "service"
    shown: dict[str, Any] = {name: fields.shown(known, name) for name in ("kind", "platform", "avatar")}
    assert shown == {"kind": "服务号", "platform": "抖音", "avatar": ""}
