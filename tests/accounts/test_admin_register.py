"""Who keeps the portal running reads the register, but neither flags nor what citizens ask (第五条)."""

import pytest
from django.test import Client

from accounts import activity, flags
from accounts.flags import run_rule
from accounts.models import Account, Flag, Membership, Role, Unit
from accounts.rules import RULES
from tests.factories import account, unit, user
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin(client: Client) -> User:
    person = user(Role.ADMIN)
    client.force_login(person)
    return person


@pytest.fixture
def unfiled() -> Account:
    """With one flag that stands, one that was waived, and a question."""
    found, now = account(name="示例野号", found=True, now=db_now()), db_now()
    for rule in RULES:
        run_rule(rule, now)
    flags.waive([Flag.objects.get().pk], by=user(Role.SUPERVISOR), reason="示例理由", now=now)
    Flag.objects.create(
        rule="revived", level="breach", unit=found.unit, account=found, fact_kind="account", fact_id=found.pk,
        due_at=now, raised_at=now,
    )  # fmt: skip
    activity.ask(found.pk, asked_at=now, body="几点开门", by=user(Role.OPERATOR, found.unit), now=now)
    return found


def main_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode().split("<main")[1]


def test_the_register_has_no_flags_for_the_admin(client: Client, admin: User, unfiled: Account) -> None:
    text = main_of(client, "/accounts/")
    assert "示例野号" in text
    assert "预警" not in text
    assert "未备案账号" not in text
    assert 'name="flag"' not in text
    client.force_login(user(Role.AUDITOR))
    text = main_of(client, "/accounts/")
    for words in ("其中有预警", 'name="flag"', "私自重新上线"):
        assert words in text


@pytest.mark.parametrize("choice", ["any", "none", "unfiled_account"])
def test_the_address_does_not_tell_the_admin_which_accounts_have_flags(
    client: Client, admin: User, unfiled: Account, choice: str
) -> None:
    account(name="示例无事")
    for address in (f"/accounts/?flag={choice}", f"/accounts/filters/?flag={choice}"):
        assert "预警" not in main_of(client, address)
    text = main_of(client, f"/accounts/?flag={choice}")
    assert "示例野号" in text
    assert "示例无事" in text


def test_the_page_of_an_account_has_neither_flags_nor_activity_for_the_admin(
    client: Client, admin: User, unfiled: Account
) -> None:
    text = main_of(client, f"/accounts/{unfiled.pk}/")
    assert "示例野号" in text
    for words in ("预警", "免于追究", "示例理由", "咨询", "几点开门", "回复率", "近 30 天", "近 52 周"):
        assert words not in text
    client.force_login(user(Role.AUDITOR))
    text = main_of(client, f"/accounts/{unfiled.pk}/")
    for words in ("未解除的预警（1条）", "示例理由", "几点开门", "回复率"):
        assert words in text


def test_an_admin_who_also_works_in_a_unit_sees_the_flags_of_that_unit(
    client: Client, admin: User, unfiled: Account
) -> None:
    own: Unit = unit()
    Membership.objects.create(user=admin, unit=own, role=Role.OPERATOR)
    account(own, name="示例本号", found=True, now=db_now())
    run_rule(next(rule for rule in RULES if rule.code == "unfiled_account"), db_now())
    assert Flag.objects.open().count() == 2
    text = main_of(client, "/accounts/?flag=any")
    assert "示例本号" in text
    assert "示例野号" not in text
    text = main_of(client, "/accounts/")
    assert "示例野号" in text
    assert "私自重新上线" not in text.split("<tbody")[1]
