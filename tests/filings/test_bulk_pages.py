"""批量 on the pages: the queue's and the list's boxes, the page that asks, what came of each; queries stay constant."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Role
from filings import bulk, export_runs, reviewing
from filings.models import Filing
from tests.factories import NOW, Cast, closing, opening, unit, user
from zhonglou_media.core.jobs import run_next
from zhonglou_media.core.models import Job, Notice
from zhonglou_media.portal.jobs import KINDS, label_of, page_of

pytestmark = pytest.mark.django_db
BULK = "/filings/bulk/"


@pytest.fixture
def cast(client: Client) -> Cast:
    made = Cast()
    client.force_login(made.officer)
    return made


def boxes(*filings: Filing) -> list[str]:
    return [str(row) for row in bulk.choices(filings).values()]


def looked_at(cast: Cast, *platforms: str) -> list[Filing]:
    rows = [opening("office_review", cast, platform=code) for code in platforms]
    for filing in rows:
        reviewing.open_for_review(filing.pk, by=cast.officer, now=NOW)
    return rows


def press(client: Client, act: str, *filings: Filing, **more: Any) -> Any:
    return client.post(BULK, {"act": act, "row": boxes(*filings), **more}, follow=True)


def test_the_queue_has_a_box_for_each_row_and_the_acts(client: Client, cast: Cast) -> None:
    filing = opening("office_review", cast)
    page = client.get("/").content.decode()
    assert f'value="{boxes(filing)[0]}"' in page
    assert f'aria-label="选择 {filing.number} {filing.account_label}" data-unread' in page
    assert "批量通过…" in page
    assert "批量催办" not in page  # what waits for the office waits for no unit
    listed = client.get("/filings/").content.decode()
    assert f'value="{boxes(filing)[0]}"' in listed
    assert "批量催办…" in listed


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.AUDITOR])
def test_nobody_else_has_boxes(client: Client, cast: Cast, role: Role) -> None:
    opening("to_report", cast)
    client.force_login(user(role, cast.unit))
    assert 'name="row"' not in client.get("/filings/").content.decode()
    assert client.post(BULK, {"act": "accept", "row": "1:1:"}).status_code == 403


def test_what_is_ticked_is_named_before_it_is_done_and_then_told_row_by_row(client: Client, cast: Cast) -> None:
    rows = [*looked_at(cast, "douyin", "weibo"), opening("office_review", cast, platform="kuaishou", name="示例未看")]
    asked = press(client, "accept", *rows).content.decode()
    assert "通过所选3件中的2件？" in asked
    assert "这些不会通过（1件）" in asked
    assert "未阅，打开看过才能办理。" in asked
    assert set(Filing.objects.values_list("state", flat=True)) == {"office_review"}
    answer = press(client, "accept", *rows, go="1")
    job = Job.objects.get(kind="bulk")
    assert answer.redirect_chain == [(f"{BULK}{job.pk}/", 302)]
    text = answer.content.decode()
    assert "批量通过 3 件：成功 2 件，跳过 1 件，未成功 0 件。" in text
    assert "成功的已转入“待上级平台备案”，单位会收到通知。" in text
    assert "示例未看" in text
    assert [Filing.objects.get(pk=row.pk).state for row in rows] == ["accepted", "accepted", "office_review"]
    again = client.get(f"{BULK}{job.pk}/").content.decode()  # refreshed
    assert "成功 2 件" in again
    assert Job.objects.filter(kind="bulk").count() == 1
    assert (label_of(job), page_of(job)) == ("批量办理", "filings:bulk_result")
    assert "bulk" not in KINDS


def test_a_return_asks_for_its_reason_and_keeps_what_was_ticked(client: Client, cast: Cast) -> None:
    rows = looked_at(cast, "douyin", "weibo")
    asked = press(client, "return", *rows)
    assert "data-zl-phrase" in asked.content.decode()
    missing = press(client, "return", *rows, go="1", comment=" ")
    assert missing.status_code == 422
    text = missing.content.decode()
    assert "退回修改的，请写明要改什么，便于单位改正。" in text
    assert all(box in text for box in boxes(*rows))
    press(client, "return", *rows, go="1", comment="请补充领导签批件")
    assert set(Filing.objects.values_list("state", flat=True)) == {"returned"}
    assert Notice.objects.filter(user=cast.operator, text__contains="退回").count() == 2


@pytest.mark.parametrize("act", ["accept", "return", "urge", "export_national", "refuse", ""])
def test_nothing_ticked_or_no_such_act_is_said(client: Client, cast: Cast, act: str) -> None:
    answer = client.post(BULK, {"act": act, "row": ["x", "1:2:3"], "next": "/filings/"}, follow=True)
    assert answer.redirect_chain == [("/filings/", 302)]
    assert "请" in answer.content.decode().split("zl-head")[0]
    assert not Job.objects.exists()


def test_more_than_a_hundred_are_refused_with_a_sentence(client: Client, cast: Cast) -> None:
    rows = [f"{pk}:1:{'0' * 64}" for pk in range(1, 102)]
    answer = client.post(BULK, {"act": "accept", "row": rows})
    assert answer.status_code == 422
    assert "一次最多办理 100 件，选了 101 件，请分几次办理。" in answer.content.decode()
    rows = [f"{pk}:1:{'0' * 64}" for pk in range(1, 502)]
    exported = client.post(BULK, {"act": "export_national", "row": rows}, follow=True)
    assert "一次最多勾选 500 件导出，现有 501 件" in exported.content.decode()


def test_it_leads_nowhere_else(client: Client, cast: Cast) -> None:
    answer = client.post(BULK, {"act": "accept", "next": "https://example.org/"})
    assert answer["Location"] == "/"
    assert client.get(BULK)["Location"] == "/"


def test_the_chosen_ones_go_up_by_a_job(client: Client, cast: Cast) -> None:
    rows = [opening("accepted", cast, platform=code) for code in ("douyin", "weibo")]
    answer = press(client, "export_national", rows[0])
    assert answer.redirect_chain == [("/filings/exchange/", 302)]
    assert "已提交导出到全国系统" in answer.content.decode()
    assert Job.objects.get(kind="export_filings").params["filings"] == [rows[0].pk]
    refused = press(client, "export_national", opening("to_report", Cast()), next="/filings/")
    assert refused.redirect_chain == [("/filings/", 302)]
    assert "没有导出：" in refused.content.decode()


def test_what_is_there_already_is_asked_about_and_the_others_are_not_lost(client: Client, cast: Cast) -> None:
    there, new = (opening("accepted", cast, platform=code) for code in ("douyin", "weibo"))
    export_runs.submit("national", ids=[there.pk], by=cast.officer, now=NOW)
    run_next({export_runs.KIND: export_runs.EXPORT_FILINGS})
    rows = [f"{filing.pk}:1:{'0' * 64}" for filing in (there, new)]
    asked = client.post(BULK, {"act": "export_national", "row": rows, "next": "/filings/"})
    assert asked.status_code == 409
    page = asked.content.decode()
    assert "只导出其余 1 件" in page
    assert "2 件都导出，已有的再导一次" in page


def test_one_filing_is_urged_from_its_page_and_from_the_exchange(client: Client, cast: Cast) -> None:
    filing = opening("accepted", cast, uid="")
    page = f"/filings/{filing.pk}/"
    assert f'action="{page}urge/"' in client.get(page).content.decode()
    exchange = client.get("/filings/exchange/").content.decode()
    assert f'action="{page}urge/"' in exchange
    assert "催补录" in exchange
    assert "登记回执<span" not in exchange  # neither system can have it yet
    done = client.post(f"{page}urge/", {"next": "/filings/exchange/"}, follow=True)
    assert done.redirect_chain == [("/filings/exchange/", 302)]
    assert f"已催办{cast.operator}，他们会收到通知。" in done.content.decode()
    assert "已催单位" in done.content.decode()
    again = client.post(f"{page}urge/", follow=True).content.decode()
    assert "没有催办：今天已经催办过" in again
    assert Notice.objects.filter(key__startswith="remind-").count() == 1


def test_the_exchange_page_narrows_to_what_waits_in_one_system(client: Client, cast: Cast) -> None:
    from tests.filings.exchanging import take

    both, one = opening("accepted", cast, name="示例两边"), opening("accepted", cast, platform="weibo", name="示例一边")
    take(one, "national")
    page = client.get("/filings/exchange/").content.decode()
    assert "全国待办 1</a>" in page
    assert "全省待办 2</a>" in page
    shown = client.get("/filings/exchange/?show=national").content.decode().split('id="receipt"')[0]
    assert both.opening.name in shown
    assert one.opening.name not in shown


def test_queries_do_not_grow_with_the_rows(client: Client, cast: Cast) -> None:
    asked = ("/", "/filings/", "/filings/exchange/", "accept", "urge")

    def count(url: str) -> int:
        sent = {"act": url, "row": boxes(*Filing.objects.all())}
        with CaptureQueriesContext(connection) as found:
            answer = client.get(url) if url.startswith("/") else client.post(BULK, sent)
            assert answer.status_code == 200
        return len(found)

    for number in range(20):
        if number % 4 == 3:
            closing("accepted", Cast(unit()), kind="cancel")
        else:
            uid = "" if number in (0, 1) else f"y-{number}"
            opening(("office_review", "accepted", "to_report")[number % 4], Cast(unit()), uid=uid)
        if number == 7:  # two of each
            _, few = [count(url) for url in asked], [count(url) for url in asked]
    assert [count(url) for url in asked] == few
