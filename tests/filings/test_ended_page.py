"""What the page of an ended filing says, and no longer says."""

import pytest
from django.test import Client

from tests.factories import Cast, opening

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("state", "promised"), [("accepted", True), ("refused", False), ("withdrawn", False)])
def test_only_a_live_filing_is_said_to_wait_for_the_systems_above(state: str, promised: bool) -> None:
    cast, client = Cast(), Client()
    filing = opening(state, cast)
    client.force_login(cast.operator)
    shown = client.get(f"/filings/{filing.pk}/").content.decode()
    assert ("两个系统都备案后自动办结" in shown) is promised
    assert ("待备案" in shown.partition("上级平台备案</h2>")[2]) is promised


def test_a_withdrawal_without_its_reason_is_told_at_the_field() -> None:
    cast, client = Cast(), Client()
    filing = opening("office_review", cast)
    client.force_login(cast.operator)
    answer = client.post(f"/filings/{filing.pk}/withdraw/", {"reason": "", "on_platform": "no"})
    assert answer.status_code == 422
    assert answer.context["form"].errors == {"reason": ["请写明撤回的理由。"]}
