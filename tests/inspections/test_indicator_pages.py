"""The pages of 检查指标: from the list to a published version, what comes back when something does not do."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Role
from inspections import indicators
from inspections.indicators import Line
from inspections.models import Indicator
from tests.factories import unit, user
from tests.inspections.test_indicators import first, one, published, started
from zhonglou_media.core.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss() -> User:
    return user(Role.SUPERVISOR)


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def text(answer: Any) -> str:
    return str(answer.content.decode())


def form_of(row: Indicator, **changed: Any) -> dict[str, Any]:
    sent = {name: getattr(row, name) for name in Line.__dataclass_fields__} | changed
    return {name: value for name, value in sent.items() if value not in (None, False)}


def test_from_the_list_to_the_published_version(boss: User) -> None:
    client = signed_in(boss)
    page = text(client.get("/indicators/"))
    assert "检查指标：施行“参考指标（第 1 版）”" in page
    answer = client.post("/indicators/start/", {"source": first().pk}, follow=True)
    assert "已起草“2026 年第 1 版”" in text(answer)
    of = indicators.draft()
    assert of is not None
    assert "与现行的“参考指标（第 1 版）”内容相同" in text(client.get(f"/indicators/{of.pk}/"))
    row = one(of, "Z07")
    at_ = f"/indicators/{of.pk}/lines/{row.pk}/"
    assert 'name="read" value="1"' in text(client.get(at_))
    wrong = client.post(at_, form_of(row, points="x", articles="十二", name="错字", read=1))
    assert wrong.status_code == 422
    assert all(
        said in text(wrong)
        for said in ("每次分值请填写数字。", "填条款的序号", 'value="错字"', 'value="十二"', 'value="x"')
    )
    saved = client.post(at_, form_of(row, points="1.5", articles="12，13", read=1), follow=True)
    assert "Z07 错别字、一般表述错误 已保存。" in text(saved)
    assert "改了1处" in text(saved)
    stale = client.post(at_, form_of(row, points="2.5", read=1))
    assert stale.status_code == 409
    assert all(said in text(stale) for said in ("又改过这一版", "这一条现在的内容与您填的不同", "2.5", "1.5"))
    again = client.post(at_, form_of(row, points="2.5", articles="12", read=2))
    assert again.status_code == 302
    gone = client.post(f"/indicators/{of.pk}/lines/{one(of, 'B03').pk}/remove/", {"read": 3}, follow=True)
    assert "B03 上级表扬 已从这一版删去。" in text(gone)
    early = client.post(f"/indicators/{of.pk}/publish/", {"read": 4, "from_date": "2020-01-01"})
    assert early.status_code == 422
    assert "最早从明天" in text(early)
    tomorrow = re.search(r'name="from_date" value="([\d-]+)"', text(client.get(f"/indicators/{of.pk}/")))
    assert tomorrow is not None
    done = client.post(f"/indicators/{of.pk}/publish/", {"read": 4, "from_date": tomorrow[1]}, follow=True)
    assert "待施行" in text(done)
    assert client.get(at_).status_code in (200, 404)
    assert client.post(at_, form_of(row, read=4)).status_code == 409
    assert "起改为“2026 年第 1 版”" in text(client.get("/indicators/"))


def test_numbers_keep_what_was_typed(boss: User) -> None:
    of, client = started(boss), signed_in(boss)
    where = f"/indicators/{of.pk}/edit/"
    answer = client.post(
        where, {"name": "参考指标（第 1 版）", "pass_mark": "70", "bonus_above": "", "bonus_cap": "5", "read": 1}
    )
    assert answer.status_code == 422
    assert 'value="70"' in text(answer)
    done = client.post(
        where, {"name": "新版", "pass_mark": 70, "bonus_above": 80, "bonus_cap": 5, "read": 1}, follow=True
    )
    assert "新版" in text(done)
    assert "70 分，低于它为不合格" in text(done)


def test_a_draft_is_not_a_units_to_read(boss: User) -> None:
    of = started(boss)
    operator, officer = signed_in(user(Role.OPERATOR, unit())), signed_in(user(Role.OFFICER))
    assert operator.get(f"/indicators/{of.pk}/").status_code == 404
    assert "2026 年第 1 版" not in text(operator.get("/indicators/"))
    assert operator.get(f"/indicators/{first().pk}/").status_code == 200
    page = text(officer.get(f"/indicators/{of.pk}/"))
    assert "发布…" not in page
    assert "加一条" not in page


def test_the_pages_ask_as_much_of_many_versions_as_of_one(boss: User) -> None:
    client = signed_in(boss)
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as asked:
            client.get("/indicators/")
            client.get(f"/indicators/{first().pk}/")
        counts.append(len(asked))
        for day in ("2026-12-01", "2027-01-01"):
            if len(counts) == 1:
                published(boss, day)
    assert counts[0] == counts[1]
