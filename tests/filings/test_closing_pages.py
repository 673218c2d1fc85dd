"""附件3 on its pages: who may, what it shows, what is said of it to each, the announcement drafted (第八条)."""

import re
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts import activity
from accounts.models import Account
from filings import reporting, reviewing
from filings.models import Filing
from tests.factories import NOW, PDF, Cast, account, closing, platform, read
from tests.filings.exchanging import take

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return Cast()


@pytest.fixture
def row(cast: Cast) -> Account:
    return account(cast.unit, name="示例甲街道", followers=318)


@pytest.fixture
def operator(client: Client, cast: Cast) -> Client:
    client.force_login(cast.operator)
    return client


def as_(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def started(operator: Client, row: Account, kind: str = "close") -> Filing:
    operator.post(f"/filings/open/{kind}/", {"account": row.pk})
    return Filing.objects.get(account=row)


def text(html: str) -> str:
    return re.sub(r"\s+", "", re.sub(r"<[^>]+>", "", html))


def test_three_steps_and_the_announcement_follows_the_form_until_somebody_writes(
    operator: Client, cast: Cast, row: Account
) -> None:
    taker = account(cast.unit, name="示例甲街道发布", platform=platform("weibo"))
    filing = started(operator, row)
    edit = f"/filings/{filing.pk}/edit"
    basics = operator.get(f"{edit}/").content.decode()
    assert "关停（停止更新，账号保留）" in basics
    assert "注销（在平台上注销）" not in basics
    assert 'name="applied_on"' not in basics
    operator.post(f"{edit}/basics/", {"mode": "stop", "reasons": ["similar", "unused"], "effective_on": "2026-12-1"})
    assert 'value="318"' in operator.get(f"{edit}/after/").content.decode()
    operator.post(f"{edit}/after/", {"successor": taker.pk, "disposal": "keep"})
    notice = operator.get(f"{edit}/notice/").content.decode()
    drafted = "因功能整合、用户关注度、利用率较低，抖音账号“示例甲街道”自2026年12月1日起停止更新，历史内容保留可查。"
    assert drafted in notice
    assert "今后政务信息请关注“示例甲街道发布”。" in notice
    # once written it is nobody's but the writer's: the rules say what it does not say any more
    operator.post(f"{edit}/notice/", {"notice_text": "示例甲街道停更公告"})
    operator.post(f"{edit}/basics/", {"mode": "stop", "reasons": ["unused"], "effective_on": "2026年12月5日"})
    panel = operator.get(f"/filings/{filing.pk}/rules/notice/?red=").content.decode()
    assert "公告与本表不一致" in panel
    assert "停止更新日期（2026年12月5日）、承接的“示例甲街道发布”" in panel
    answer = operator.post(f"{edit}/notice/", {"notice_text": "示例甲街道停更公告", "go": "draft"})
    assert answer["Location"] == f"{edit}/notice/#id_notice_text"
    again = operator.get(f"{edit}/notice/").content.decode()
    assert "公告已按填写的内容重新起草" in again
    assert "自2026年12月5日起停止更新" in again
    assert "公告已起草，与本表一致" in again
    assert operator.post(f"/filings/{filing.pk}/submit/").status_code == 302


def test_a_cancellation_has_one_way_and_its_own_words(operator: Client, row: Account) -> None:
    filing = started(operator, row, "cancel")
    edit = f"/filings/{filing.pk}/edit"
    basics = operator.get(f"{edit}/").content.decode()
    assert 'name="mode"' not in basics
    assert "平台注销日期" in basics
    operator.post(
        f"{edit}/basics/", {"reasons": ["platform"], "effective_on": "2026-11-24", "applied_on": "2026-11-20"}
    )
    operator.post(f"{edit}/after/", {"disposal": "archive", "archive_place": "单位档案室"})
    assert "自2026年11月24日起注销" in operator.get(f"{edit}/notice/").content.decode()
    assert operator.post(f"/filings/{filing.pk}/submit/").status_code == 302
    filing.refresh_from_db()
    assert filing.closing.mode == "cancel"


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"reasons": []}, "请至少选择一项关停原因"),
        ({"reasons": ["other"]}, "请写明情况"),
        ({"ordered": True}, "责令关停的，请填写通报或责令关停的文号"),
        ({"mode": "merge"}, "迁移的请选择承接账号，或写明承接渠道"),
        ({"disposal": "archive"}, "归档保存的请写明归档位置"),
        ({"disposal": ""}, "请选择历史内容处置"),
        ({"effective_on": "2026-13-40"}, "没有“2026-13-40”这一天"),
        ({"notice_text": ""}, "请填写停更公告"),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_kept(cast: Cast, typed: dict[str, Any], says: str) -> None:
    filing = closing("draft", cast, **typed)
    client = as_(cast.operator)
    answer = client.post(f"/filings/{filing.pk}/submit/")
    assert answer.status_code == 422
    assert says in answer.content.decode()
    if "effective_on" in typed:
        assert "2026-13-40" in client.get(f"/filings/{filing.pk}/edit/basics/?check=1").content.decode()


def test_open_questions_stand_above_the_form_and_do_not_stop_the_submission(
    operator: Client, cast: Cast, row: Account
) -> None:
    for minute in range(4):
        activity.ask(row.pk, asked_at=NOW.replace(minute=minute), body=f"第{minute}问", by=cast.operator, now=NOW)
    filing = closing("draft", cast, on=row)
    page = operator.get(f"/filings/{filing.pk}/edit/").content.decode()
    assert "还有4条咨询没有回复或转办" in text(page)
    assert "另有1条" in page
    assert f"/filings/{filing.pk}/questions/" in page
    assert operator.post(f"/filings/{filing.pk}/submit/").status_code == 302


def test_the_rules_beside_the_form(operator: Client, cast: Cast, row: Account) -> None:
    filing = closing("draft", cast, on=row, due_on="2026-11-20", notice_on="2026-11-30", reasons=["retention"])
    page = text(operator.get(f"/filings/{filing.pk}/edit/basics/").content.decode())
    assert "停止更新日期2026-11-24晚于决定要求办结的2026-11-20" in page
    assert "公告日期2026-11-30晚于停止更新日期2026-11-24" in page
    assert "2026-11-2024:00前办结（决定的期限）" in page
    assert "区府办审核通过、公告公布后拟关停" in page


def test_what_lacks_is_told_to_the_unit_and_to_the_office(operator: Client, cast: Cast, row: Account) -> None:
    filing = closing("accepted", cast, kind="cancel", on=row)
    filing.attachments.update(removed_at=NOW)
    for system in ("national", "provincial"):
        take(filing, system)
    lacks = "注销证明"
    assert "1 件备案待补充材料" in operator.get("/").content.decode()
    assert f"办结前还须补充：{lacks}" in operator.get(f"/filings/{filing.pk}/").content.decode()
    office = as_(cast.officer)
    for url in (f"/filings/{filing.pk}/", "/filings/exchange/"):
        page = office.get(url).content.decode()
        assert f"还缺：{lacks}" in page
        assert "再试办结" not in page
    assert "还缺注销证明" in text(office.post(f"/filings/{filing.pk}/complete/").content.decode())
    supplement = operator.get(f"/filings/{filing.pk}/supplement/").content.decode()
    assert 'value="proof"' in supplement
    proof = SimpleUploadedFile("注销证明.pdf", PDF)
    done = operator.post(f"/filings/{filing.pk}/supplement/", {"files": proof, "file_kind": "proof"}, follow=True)
    assert "本件办结，账号已注销" in done.content.decode()
    page = operator.get(f"/accounts/{row.pk}/").content.decode()
    assert f"/announcements/{filing.announcements.get().pk}/" in page


def test_the_closed_account_names_who_took_over(operator: Client, cast: Cast, row: Account) -> None:
    taker = account(cast.unit, name="示例承接账号", platform=platform("weibo"))
    closing("completed", cast, on=row, mode="merge", disposal="migrate", successor=str(taker.pk))
    page = operator.get(f"/accounts/{row.pk}/").content.decode()
    assert "承接账号" in page
    assert f'href="/accounts/{taker.pk}/"' in page
    assert "停更公告" in page


def test_neither_withdrawing_nor_refusing_asks_about_the_platform(operator: Client, cast: Cast, row: Account) -> None:
    filing = closing("office_review", cast, on=row)
    assert "平台上是否已开通" not in operator.get(f"/filings/{filing.pk}/withdraw/").content.decode()
    assert "平台上是否已开通" not in as_(cast.officer).get(f"/filings/{filing.pk}/").content.decode()


@pytest.mark.parametrize(
    ("then", "says"),
    [("accepted", ""), ("unaccepted", "该事项正在重新办理"), ("withdrawn", "该事项不再办理")],
)
def test_an_announcement_does_not_mislead_once_its_acceptance_was_undone(
    cast: Cast, client: Client, then: str, says: str
) -> None:
    filing = closing("accepted", cast)
    if then != "accepted":
        reviewing.unaccept(filing.pk, by=cast.supervisor, read=read(filing), now=NOW, comment="核对有误")
    if then == "withdrawn":
        reporting.withdraw(filing.pk, by=cast.operator, reason="继续运行", on_platform=None, now=NOW)
    page = client.get(f"/announcements/{filing.announcements.get().pk}/").content.decode()
    listed = client.get("/announcements/").content.decode()
    for html in (page, listed):
        assert (says in html) if says else ("该事项" not in html)
    assert "/announcements/" in client.get("/login/").content.decode()


def test_the_queues_cost_the_same_for_more_closings(
    cast: Cast, django_assert_max_num_queries: Any, client: Client
) -> None:
    rows = [account(cast.unit, platform=platform(code)) for code in ("weibo", "douyin", "kuaishou", "toutiao")]
    closing("office_review", cast, on=rows[0])
    closing("accepted", cast, kind="cancel", on=rows[1])
    client.force_login(cast.officer)
    before = [counted(client, url) for url in ("/", "/filings/exchange/")]
    closing("office_review", cast, kind="cancel", on=rows[2])
    closing("accepted", cast, kind="cancel", on=rows[3])
    assert [counted(client, url) for url in ("/", "/filings/exchange/")] == before


def counted(client: Client, url: str) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)
