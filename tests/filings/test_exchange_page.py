"""上级平台备案: what waits where, the download, one receipt by hand."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import lifecycle
from accounts.models import Role
from filings import exchange, export_batches, queues
from filings.models import Filing, OpeningDetails, Receipt
from tests.factories import NOW, Cast, account, opening, user
from tests.filings.many import accepted
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.countdown import due24
from zhonglou_media.core.models import User

pytestmark = pytest.mark.django_db
URL = "/filings/exchange/"


@pytest.fixture
def cast() -> Cast:
    return Cast()


def get(client: Client, who: User, url: str = URL) -> str:
    client.force_login(who)
    response = client.get(url)
    assert response.status_code == 200
    return response.content.decode()


def post(client: Client, who: User, url: str, data: dict[str, Any] | None = None) -> HttpResponse:
    client.force_login(who)
    return client.post(url, data or {})  # type: ignore[return-value]


def receipt(of: Filing, **more: Any) -> dict[str, Any]:
    fields = {
        "filing": of.number,
        "system": "national",
        "result": "taken",
        "number": "国-1",
        "on": day_of(db_now()).isoformat(),
        "reason": "",
    }
    return {f"receipt-{name}": value for name, value in {**fields, **more}.items()}


@pytest.mark.parametrize(
    ("role", "status"),
    [("officer", 200), ("supervisor", 200), ("operator", 403), ("leader", 403), ("auditor", 403), ("admin", 403)],
)
def test_only_the_office_opens_it(role: str, status: int, client: Client) -> None:
    client.force_login(user(role))
    assert client.get(URL).status_code == status
    posted = client.post(f"{URL}export/national/")
    assert posted.status_code == (422 if status == 200 else 403)  # there is nothing to export
    assert client.post(f"{URL}receipt/").status_code == (422 if status == 200 else 403)


def test_an_empty_page_says_what_will_appear(client: Client) -> None:
    page = get(client, user(Role.OFFICER))
    assert "没有待上级平台备案的" in page
    assert "还没有导出过" in page
    assert "导出全国" not in page


def test_each_system_tells_what_waits_was_sent_came_back_and_is_done(
    client: Client, cast: Cast, tmp_path: Path
) -> None:
    taken = opening("accepted", cast)
    sent = opening("accepted", cast, platform="weibo")
    back = opening("accepted", cast, platform="kuaishou", name="示例被退")
    export_batches.export("national", by=cast.officer, now=NOW, out=tmp_path / "o.xlsx")
    on = day_of(NOW)
    exchange.take_receipt(taken.pk, system="national", result="taken", on=on, by=cast.officer, now=NOW)
    exchange.take_receipt(
        back.pk, system="national", result="refused", reason="责任科室未填", on=on, by=cast.officer, now=NOW
    )
    opening("accepted", cast, platform="xiaohongshu", uid="", name="示例缺号")
    page = get(client, cast.officer)
    assert "全国：没有待导出的" in page
    assert "全省：可导出2件" in page
    assert "其中 1 件缺账号ID" in page
    assert "示例缺号" in page
    assert "每件还差什么（4件）" in page
    assert "全国退回：责任科室未填；现为“退回修改”" in page
    assert "全国已备案，等省平台" in page
    counts = [page.split("<dt>")[i].split("<dd>")[1].split("<")[0] for i in range(1, 9)]
    assert counts == ["1", "1", "1", "1", "4", "0", "0", "0"]
    assert f'href="/filings/{sent.pk}/"' in page
    only_back = get(client, cast.officer, URL + "?show=back")
    assert "示例被退" in only_back
    assert taken.opening.name not in only_back.split('id="receipt"')[0]


def test_without_a_receipt_for_days_somebody_should_call(client: Client, cast: Cast, tmp_path: Path) -> None:
    opening("accepted", cast)
    export_batches.export("national", by=cast.officer, now=db_now() - timedelta(days=4), out=tmp_path / "o.xlsx")
    assert "全国 4 天没有回执，请电话催问" in get(client, cast.officer)


def test_the_counts_on_the_page_agree(client: Client, cast: Cast) -> None:
    today = opening("accepted", cast, name="示例今天到期")
    late = opening("accepted", cast, platform="weibo", name="示例已超时")
    opening("accepted", cast, platform="kuaishou", name="示例以后")
    now, tonight = db_now(), queues.end_of_today(db_now())
    Filing.objects.update(office_due_at=tonight + timedelta(days=9), provisional=False)
    Filing.objects.filter(pk=today.pk).update(office_due_at=tonight)
    Filing.objects.filter(pk=late.pk).update(office_due_at=now - timedelta(days=1))
    page = get(client, cast.officer)
    assert "3件未办结：" in page
    assert "每件还差什么（3件）" in page
    assert "1件已超办理时限" in page
    assert "今天到期 1</a>" in page
    assert "已超时限 1</a>" in page
    for show, name in (("today", "示例今天到期"), ("late", "示例已超时")):
        rows = get(client, cast.officer, f"{URL}?show={show}").split('id="receipt"')[0]
        assert [n for n in ("示例今天到期", "示例已超时", "示例以后") if n in rows] == [name]


def test_what_the_supervisor_may_say_is_no_hint_for_the_officer(client: Client, cast: Cast) -> None:
    assert "不适用" not in get(client, cast.officer)
    assert "退回、不适用时必填" in get(client, cast.supervisor)
    assert "这 0 件中" not in get(client, cast.officer)


def test_no_such_system_is_not_found(client: Client) -> None:
    assert post(client, user(Role.OFFICER), f"{URL}export/county/").status_code == 404


def test_a_receipt_says_what_it_did(client: Client, cast: Cast) -> None:
    filing = opening("accepted", cast, now=db_now())
    assert post(client, cast.officer, f"{URL}receipt/", receipt(filing)).status_code == 302
    page = get(client, cast.officer)
    assert "全国已备案，等省平台" in page
    filing.refresh_from_db()
    assert f"应在 {due24(filing.office_due_at, provisional=filing.provisional)} 前办完" in page  # type: ignore[arg-type]
    post(client, cast.officer, f"{URL}receipt/", receipt(filing, system="provincial", number="省-1"))
    page = get(client, cast.officer)
    assert "已办结，账号转为“正常运行”" in page
    filing.refresh_from_db()
    assert filing.state == "completed"


def test_a_return_from_above_is_told(client: Client, cast: Cast, tmp_path: Path) -> None:
    filing = opening("accepted", cast)
    export_batches.export("national", by=cast.officer, now=NOW, out=tmp_path / "o.xlsx")
    post(
        client,
        cast.officer,
        f"{URL}receipt/",
        receipt(filing, result="refused", reason="责任科室未填", exported=exchange.last_export()),
    )
    assert "已登记上级退回，转“退回修改”" in get(client, cast.officer)


WRONG = [
    ({"filing": ""}, "请填写备案编号、编号末几位，或账号名称。"),
    ({"filing": "999999"}, "没有待上级平台备案的“999999”，请核对备案编号或账号名称。"),
    ({"filing": "ZLXMT-1999-00001"}, "没有备案编号为“ZLXMT-1999-00001”的备案，请核对。"),
    ({"system": ""}, "请选择系统。"),
    ({"on": ""}, "请填写日期。"),
    ({"on": "2026-13-40"}, "没有“2026-13-40”这一天，请核对日期。"),
    ({"on": "昨天"}, "日期请按 2026-11-24 的样子填写。"),
    ({"on": "2199-01-01"}, "回执日期不能晚于今天"),
    ({"result": "refused"}, "上级退回的，请写明退回的原因"),
    ({"result": "refused", "reason": "有误"}, "尚未导出到全国系统"),
    ({"result": "n/a", "reason": "不在范围"}, "请选择结果。"),
    ({"number": "1" * 65}, "上级编号不能超过64个字。"),
]


@pytest.mark.parametrize(("fields", "words"), WRONG)
def test_a_receipt_that_cannot_be_comes_back_with_what_was_typed(
    fields: dict[str, Any], words: str, client: Client, cast: Cast
) -> None:
    filing = opening("accepted", cast)
    response = post(client, cast.officer, f"{URL}receipt/", receipt(filing, **{"number": "国-77", **fields}))
    assert response.status_code == 422
    page = response.content.decode()
    assert words in page
    assert fields.get("number", "国-77") in page
    assert not Receipt.objects.exists()


def test_not_applicable_is_the_supervisors(client: Client, cast: Cast) -> None:
    filing = opening("accepted", cast)
    assert "不适用</span>" not in get(client, cast.officer)
    assert "不适用</span>" in get(client, cast.supervisor)
    data = receipt(filing, system="provincial", result="n/a", reason="不在省平台范围", number="")
    assert post(client, cast.supervisor, f"{URL}receipt/", data).status_code == 302
    assert "全省不适用，等全国系统" in get(client, cast.supervisor)


def test_a_filing_done_meanwhile_is_a_conflict_that_names_who_was_first(client: Client, cast: Cast) -> None:
    filing = opening("completed", cast)
    response = post(client, cast.officer, f"{URL}receipt/", receipt(filing))
    assert response.status_code == 409
    page = response.content.decode()
    assert str(cast.officer) in page
    assert "办结" in page


def test_a_blocked_completion_is_named_and_can_be_tried_again(client: Client, cast: Cast) -> None:
    filing = opening("accepted", cast)
    rival = account(cast.unit, name="示例占位", same_platform_reason="存量待说明")
    for system in ("national", "provincial"):
        post(client, cast.officer, f"{URL}receipt/", receipt(filing, system=system))
    page = get(client, cast.officer)
    assert "回执已登记，但还不能办结" in page
    assert "示例占位" in page
    refused = post(client, cast.officer, f"/filings/{filing.pk}/complete/")
    assert refused.status_code == 422
    assert "仍不能办结" in refused.content.decode()
    lifecycle.void(rival, reason="登记有误", by=cast.supervisor, now=NOW)
    assert post(client, cast.officer, f"/filings/{filing.pk}/complete/").status_code == 302
    filing.refresh_from_db()
    assert filing.state == "completed"


def test_trying_again_before_both_systems_answered_is_refused(client: Client, cast: Cast) -> None:
    filing = opening("accepted", cast)
    response = post(client, cast.officer, f"/filings/{filing.pk}/complete/")
    assert response.status_code == 422
    assert "回执还没有到齐" in response.content.decode()


def test_the_row_leads_to_its_receipt(client: Client, cast: Cast) -> None:
    filing = opening("accepted", cast)
    exchange.take_receipt(filing.pk, system="national", result="taken", on=day_of(NOW), by=cast.officer, now=NOW)
    assert f"?filing={filing.pk}&amp;system=provincial#receipt" in get(client, cast.officer)
    page = get(client, cast.officer, f"{URL}?filing={filing.pk}&system=provincial")
    assert f'value="{filing.number} {filing.account_label}"' in page.split("<datalist")[0]
    assert get(client, cast.officer, f"{URL}?filing=abc&system=x&show=nonsense&page=zz")


def test_the_table_is_paged_and_queries_do_not_grow(client: Client, cast: Cast) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            get(client, cast.officer)
        return len(caught)

    accepted(60, per_unit=10)
    OpeningDetails.objects.filter(pk__in=OpeningDetails.objects.order_by("pk")[:30]).update(uid="")
    queries()
    many = queries()
    page = get(client, cast.officer)
    assert "第 1–20 条，共 60 条" in page
    assert "其中 30 件缺账号ID" in page
    assert page.count(" 等 30 件") == 2
    assert len(page.split("<datalist")[1].split("</datalist>")[0].split("<option")) == 21
    assert "第 41–60 条，共 60 条" in get(client, cast.officer, URL + "?page=3")
    Filing.objects.filter(pk__in=Filing.objects.order_by("-pk")[:55]).update(state="completed", ended_at=NOW)
    assert "5件未办结" in get(client, cast.officer)
    assert queries() == many
