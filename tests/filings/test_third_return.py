"""A filing that comes back again and again: each return is counted, the third reaches the supervisor."""

import pytest
from django.test import Client

from filings import reporting, reviewing
from filings.models import Filing
from tests.factories import NOW, Cast, opening, read
from zhonglou_media.core.models import Notice

pytestmark = pytest.mark.django_db


def returned(times: int, cast: Cast) -> Filing:
    filing = opening("office_review", cast)
    for number in range(times):
        if number:
            reporting.report(filing.pk, by=cast.operator, now=NOW)
        reviewing.return_(filing.pk, by=cast.officer, read=read(filing), now=NOW, comment="请补充说明")
    filing.refresh_from_db()
    return filing


@pytest.mark.parametrize(
    ("times", "told", "words"), [(1, 0, ""), (2, 0, "（第2次退回）"), (3, 1, "（第3次退回）"), (4, 2, "（第4次退回）")]
)
def test_the_third_return_reaches_the_supervisor(times: int, told: int, words: str) -> None:
    cast = Cast()
    filing = returned(times, cast)
    assert filing.returns == times
    assert Notice.objects.filter(user=cast.supervisor, link=f"/filings/{filing.pk}/").count() == told
    last = Notice.objects.filter(user=cast.operator, link=f"/filings/{filing.pk}/").order_by("pk").last()
    assert last is not None
    assert words in last.text


def test_the_supervisors_home_lists_it_and_the_officers_does_not(client: Client) -> None:
    cast = Cast()
    filing = returned(3, cast)
    for user, seen in ((cast.supervisor, True), (cast.officer, False)):
        client.force_login(user)
        page = client.get("/").content.decode()
        assert ("退回三次以上（1件）" in page) is seen
        assert (filing.account_label in page) is seen
