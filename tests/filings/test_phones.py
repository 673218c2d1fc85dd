"""Telephones in a filing are read by its own unit and by the office; by nobody else who may read the filing."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import Role
from filings import drafting, reporting
from tests.factories import NOW, Cast, account, opening, unit, user
from zhonglou_media.core.models import User

pytestmark = pytest.mark.django_db

KEEPER, OPERATOR, LATER = "0519-11111111", "0519-22222222", "0519-33333333"


def page(person: User, url: str) -> str:
    client = Client()
    client.force_login(person)
    response: Any = client.get(url)
    assert response.status_code == 200
    return str(response.content.decode())


def test_form_and_comparison_of_an_opening_hide_them_from_other_readers() -> None:
    above = unit()
    cast = Cast(unit(parent=above))
    filing = opening("to_report", cast, custodian="示例管理人", custodian_phone=KEEPER, operator_phone=OPERATOR)
    reporting.supplement(filing.pk, by=cast.operator, data={"custodian_phone": LATER}, now=NOW)
    url = f"/filings/{filing.pk}/?from=1&to=2"
    for person in (cast.operator, cast.leader, cast.officer, cast.supervisor):
        shown = page(person, url)
        assert all(number in shown for number in (KEEPER, OPERATOR, LATER))
    for person in (user(Role.AUDITOR), user(Role.PARENT, above)):
        shown = page(person, url)
        assert "示例管理人" in shown
        assert "管理员电话" in shown
        assert "（不公开）" in shown
        assert not any(number in shown for number in (KEEPER, OPERATOR, LATER))


def test_the_giving_unit_does_not_read_the_receiving_units_telephone() -> None:
    giving, receiving = Cast(), Cast()
    row = account(giving.unit)
    filing = drafting.start("change", by=receiving.operator, unit=receiving.unit, account=row, now=NOW)
    typed = {"reason": "示例", "notice_text": "公告（示例）", "effective_on": "2026-11-24", "custodian_phone": KEEPER}
    drafting.save_draft(filing.pk, by=receiving.operator, data=typed | {"operator_phone": OPERATOR}, now=NOW)
    drafting.submit(filing.pk, by=receiving.operator, now=NOW)
    url = f"/filings/{filing.pk}/"
    assert KEEPER in page(receiving.leader, url)
    shown = page(giving.leader, url)
    assert "变更事项" in shown
    assert KEEPER not in shown
    assert OPERATOR not in shown
