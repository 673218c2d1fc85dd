"""What a notice says: what was done, what the filing is now, by when it must go on; nothing twice."""

import pytest
from django.test import Client

from filings.models import FilingState
from tests.factories import Cast, opening
from zhonglou_media.core.countdown import due24
from zhonglou_media.core.models import Notice, User

pytestmark = pytest.mark.django_db
S = FilingState


def last(who: User) -> str:
    return Notice.objects.filter(user=who).order_by("-pk")[0].text


def test_each_says_it_once_and_by_when() -> None:
    cast = Cast()
    back = opening(S.RETURNED, cast)
    assert last(cast.operator).endswith(f"：退回修改，请在 {due24(back.correction_due_at)} 前改好再报。")  # type: ignore[arg-type]
    approved = opening(S.TO_REPORT, cast, platform="weibo")
    assert last(cast.operator).endswith(
        f"：主要领导批准，现为“待报送”，请在 {due24(approved.report_due_at)} 前报送。"  # type: ignore[arg-type]
    )
    opening(S.REFUSED, cast, platform="kuaishou")
    assert last(cast.operator).endswith("：不予备案。")


def test_to_mark_all_as_read_is_answered(client: Client) -> None:
    cast = Cast()
    opening(S.RETURNED, cast)
    client.force_login(cast.operator)
    page = client.post("/notices/read/", follow=True).content.decode()
    assert "条通知标为已读。" in page
    assert not Notice.objects.filter(user=cast.operator, read_at=None).exists()
