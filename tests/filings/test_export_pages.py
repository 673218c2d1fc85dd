"""The pages of exports: asked for, followed, on record, downloaded; and of their layout."""

import io
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Role
from filings import export_requests, export_runs, export_shown, exporting
from filings.exporting import layouts
from filings.forms import export_layout
from filings.models import ExportBatch, ExportItem, ExportLayout
from tests.factories import NOW, Cast, account, opening, platform, unit, user
from tests.filings.exchanging import LATER
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.jobs import run_next
from zhonglou_media.core.models import Job, JobState, User

pytestmark = pytest.mark.django_db
KINDS = {export_runs.KIND: export_runs.EXPORT_FILINGS}
URL, EXPORTS, LAYOUT = "/filings/exchange/", "/filings/exchange/exports/", "/filings/exchange/layout/national/"


@pytest.fixture
def cast() -> Cast:
    return Cast()


def get(client: Client, who: User, url: str = URL, **headers: str) -> str:
    client.force_login(who)
    response = client.get(url, headers=headers or None)
    assert response.status_code == 200
    return response.content.decode()


def post(client: Client, who: User, url: str, data: dict[str, Any] | None = None) -> HttpResponse:
    client.force_login(who)
    return client.post(url, data or {})  # type: ignore[return-value]


def exported(cast: Cast) -> ExportBatch:
    export_runs.submit("national", by=cast.officer, now=LATER)
    assert run_next(KINDS)
    return ExportBatch.objects.latest("pk")


def test_the_button_begins_a_job_that_the_page_follows_to_its_file(client: Client, cast: Cast) -> None:
    filing = opening("accepted", cast)
    assert "导出全国 1 件</button>" in get(client, cast.officer)
    assert post(client, cast.officer, f"{URL}export/national/")["Location"] == URL
    job = Job.objects.get()
    page = get(client, cast.officer)
    assert "正在导出" in page
    assert f'hx-get="{EXPORTS}?was={job.pk}"' in page
    assert f'action="/jobs/{job.pk}/stop/"' in page
    Job.objects.update(state="running", started_at=NOW, claimed_until=db_now(), done=58, total=372, note="正在写合并表")
    live = get(client, cast.officer, f"{EXPORTS}?was={job.pk}", **{"HX-Request": "true"})
    assert "正在写合并表，58 / 186 件" in live
    assert '<progress id="export-' in live
    assert ' max="372" value="58"' in live
    Job.objects.update(state="queued", claimed_until=None)
    assert run_next(KINDS)
    ended = get(client, cast.officer, f"{EXPORTS}?was={job.pk}", **{"HX-Request": "true"})
    assert "有导出结束了" in ended
    assert "hx-get" not in ended
    assert "全国 1 件</a>" in ended
    batch = ExportBatch.objects.get()
    answer = post(client, cast.officer, f"{EXPORTS}{batch.pk}/file/")
    assert answer["Content-Disposition"].startswith("attachment;")
    assert answer["X-Content-Type-Options"] == "nosniff"
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:  # type: ignore[attr-defined]
        assert set(archive.namelist()) == {"合并.xlsx", f"{filing.unit.name}.xlsx"}
    assert "下载（已下载 1 次）" in get(client, cast.officer)
    assert batch.sm3 in get(client, cast.officer, f"{EXPORTS}job/{job.pk}/")  # where the notice leads


def test_a_file_is_no_link_that_a_browser_might_follow_by_itself(client: Client, cast: Cast) -> None:
    opening("accepted", cast)
    batch = exported(cast)
    client.force_login(cast.officer)
    assert client.get(f"{EXPORTS}{batch.pk}/file/")["Location"] == f"{EXPORTS}{batch.pk}/"
    batch.refresh_from_db()
    assert batch.downloads == 0


def test_a_failed_export_says_why_and_only_who_began_it_begins_it_again(client: Client, cast: Cast) -> None:
    opening("accepted", cast)
    post(client, cast.officer, f"{URL}export/national/")
    Job.objects.update(state=JobState.FAILED, error="连续中断 3 次", finished_at=db_now())
    for who, may in ((cast.officer, True), (cast.supervisor, False)):
        page = get(client, who)
        assert "没有完成" in page
        assert "连续中断 3 次" in page
        assert ("重新开始" in page) == may
        assert "下载" not in page
    assert "换一个文件" not in get(client, cast.officer, f"/jobs/{Job.objects.get().pk}/")
    exported(cast)
    assert "连续中断 3 次" not in get(client, cast.officer)  # settled by the one that went well


def test_a_failure_is_told_for_two_days_and_until_its_filings_have_gone(client: Client, cast: Cast) -> None:
    filing = opening("accepted", cast)
    export_runs.submit("national", ids=[filing.pk], by=cast.officer, now=LATER)
    now = db_now()
    Job.objects.update(state=JobState.FAILED, error="连续中断 3 次", finished_at=now)

    def told(later: timedelta = timedelta(0)) -> int:
        return len(export_shown.runs(cast.officer, now=now + later)[1])

    assert (told(), told(timedelta(hours=47)), told(timedelta(hours=49))) == (1, 1, 0)
    exported(cast)  # in another export
    assert told() == 0


def test_ticked_filings_that_are_there_already_are_asked_about(client: Client, cast: Cast) -> None:
    there = opening("accepted", cast)
    exported(cast)
    new = opening("accepted", cast, platform="weibo")
    lacking, reported = opening("accepted", cast, platform="kuaishou", uid=""), opening("office_review", Cast())
    chosen = {"chosen": "1", "filing": [there.pk, new.pk, lacking.pk, reported.pk]}
    asked = post(client, cast.officer, f"{URL}export/national/", chosen)
    assert asked.status_code == 409
    page = asked.content.decode()
    assert "勾选的备案里有 1 件，全国系统已有现在这一版" in page
    assert "只导出其余 1 件" in page
    assert "2 件都导出，已有的再导一次" in page
    assert "勾选的还有 2 件不能导出" in page
    assert f"{lacking.number}（缺账号ID）" in page
    assert "（现为“区府办审核”）" in page
    assert not Job.objects.filter(state="queued").exists()
    again = chosen | {"again": "1", "seen": ExportItem.objects.latest("pk").pk}
    assert post(client, cast.officer, f"{URL}export/national/", again).status_code == 302
    assert run_next(KINDS)
    went = ExportBatch.objects.latest("pk").items.values_list("filing", "again")
    assert dict(went) == {there.pk: True, new.pk: False}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"chosen": "1"}, "没有勾选备案"),
        ({"chosen": "1", "filing": "abc"}, "没有勾选备案"),
        ({"chosen": "1", "filing": "999999"}, "选的备案现在都不能导出到全国系统"),
        ({"chosen": "1", "filing": [str(n) for n in range(1, 502)]}, "一次最多勾选 500 件"),
        ({}, "全国系统现在没有可以导出的备案。有 1 件缺账号ID"),
    ],
)
def test_what_cannot_be_exported_is_told(data: dict[str, Any], said: str, client: Client, cast: Cast) -> None:
    opening("accepted", cast, uid="")
    response = post(client, cast.officer, f"{URL}export/national/", data)
    assert response.status_code == 422
    assert said in response.content.decode()
    assert not Job.objects.exists()


def test_the_record_of_an_export_lists_what_went_at_which_revision(client: Client, cast: Cast) -> None:
    filing = opening("accepted", cast)
    row = account(cast.unit, platform=platform("weibo"), name="示例补报账号")
    export_requests.request(row.pk, system="national", mark="open", why="全国没有它", by=cast.officer, now=NOW)
    page = get(client, cast.officer)
    assert "全国补报 1 个" in page
    assert "导出全国 1 件、1 个补报</button>" in page
    batch = exported(cast)
    page = get(client, cast.supervisor, f"{EXPORTS}{batch.pk}/")
    said = ("第 1 版", "示例补报账号", "全国没有它", batch.sm3, str(cast.officer), "按内置的导出格式")
    for words in (str(filing.number), *said):
        assert words in page


def test_a_request_is_taken_back_on_the_page(client: Client, cast: Cast) -> None:
    row = account(cast.unit, name="示例补报账号")
    asked = export_requests.request(row.pk, system="national", mark="open", why="没有", by=cast.officer, now=NOW)
    url = f"{URL}requests/{asked.pk}/drop/"
    assert post(client, cast.officer, url).status_code == 302
    assert "已取消补报“示例补报账号”" in get(client, cast.officer)
    assert post(client, cast.officer, url).status_code == 409


def test_queries_do_not_grow_with_exports_and_their_filings(client: Client, cast: Cast) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as made:
            get(client, cast.officer)
            get(client, cast.officer, f"{EXPORTS}{ExportBatch.objects.latest('pk').pk}/")
        return len(made)

    opening("accepted", Cast(unit()))
    exported(cast)
    queries()
    few = queries()
    for _ in range(3):
        opening("accepted", Cast(unit()))
        opening("accepted", Cast(unit()))
        exported(cast)
    assert queries() == few


# --- the layout -----------------------------------------------------------------------------------------------------


def arranged(*rows: tuple[str, str, str], base: int = 0, do: str = "save", note: str = "") -> dict[str, Any]:
    heads, values, codes = ([row[n] for row in rows] for n in range(3))
    places = [str(n) for n in range(1, len(rows) + 1)]
    return {"heading": heads, "value": values, "codes": codes, "place": places, "base": base, "do": do, "note": note}


def test_a_layout_is_previewed_with_what_waits_and_then_saved(client: Client, cast: Cast) -> None:
    filing = opening("accepted", cast)
    rows = (("编号列", "number", ""), ("动作", "mark", "新增=甲码"))
    page = post(client, cast.officer, LAYOUT, arranged(*rows, do="preview")).content.decode()
    for said in ("预览：前 1 行", f"<td>{filing.number}</td>", "<td>甲码</td>", '<th scope="col">动作</th>'):
        assert said in page
    assert not ExportLayout.objects.exists()
    assert post(client, cast.officer, LAYOUT, arranged(*rows, note="上级给的")).status_code == 302
    page = get(client, cast.officer, LAYOUT)
    for said in ("现用第 1 版", 'value="编号列"', "新增=甲码</textarea>", "上级给的", str(cast.officer)):
        assert said in page


def test_the_preview_falls_back_to_what_went_up_last(client: Client, cast: Cast) -> None:
    filing = opening("completed", cast)
    data = arranged(("编号列", "number", ""), do="preview") | {"above": "上级的标题"}
    page = post(client, cast.officer, LAYOUT, data).content.decode()
    assert f"<td>{filing.number}</td>" in page
    assert "表头上面的一行：上级的标题" in page
    assert post(client, cast.officer, LAYOUT, data | {"do": "save"}).status_code == 302
    assert ExportLayout.objects.get().title == "上级的标题"
    assert 'name="above" value="上级的标题"' in get(client, cast.officer, LAYOUT)


def test_wrong_input_keeps_what_was_typed(client: Client) -> None:
    officer = user(Role.OFFICER)
    for do in ("save", "preview"):
        response = post(
            client, officer, LAYOUT, arranged(("", "uid", "甲=1"), ("乙列", "name", ""), do=do, note="因为")
        )
        assert response.status_code == 422
        page = response.content.decode()
        for said in (
            "第1列没有填表头。",
            "甲=1</textarea>",
            'value="乙列"',
            'value="因为"',
            '<option value="uid" selected>',
        ):
            assert said in page
    assert not ExportLayout.objects.exists()


def test_somebody_who_saved_meanwhile_is_named_and_nothing_typed_is_lost(client: Client) -> None:
    first, second = user(Role.OFFICER), user(Role.SUPERVISOR)
    assert post(client, first, LAYOUT, arranged(("甲列", "name", ""))).status_code == 302
    response = post(client, second, LAYOUT, arranged(("乙列", "uid", "")))
    assert response.status_code == 409
    page = response.content.decode()
    assert "已另存了第1版" in page
    assert 'value="乙列"' in page
    assert 'name="base" value="1"' in page
    assert post(client, second, LAYOUT, arranged(("乙列", "uid", ""), base=1)).status_code == 302
    assert ExportLayout.objects.count() == 2


def test_buttons_move_add_and_remove_without_saving(client: Client) -> None:
    officer = user(Role.OFFICER)
    rows = (("甲列", "name", ""), ("乙列", "uid", ""))
    moved = post(client, officer, LAYOUT, arranged(*rows, do="up-2")).content.decode()
    assert moved.index('value="乙列"') < moved.index('value="甲列"')
    assert 'id="heading-3"' in post(client, officer, LAYOUT, arranged(*rows, do="add")).content.decode()
    assert 'value="甲列"' not in post(client, officer, LAYOUT, arranged(*rows, do="remove-1")).content.decode()
    assert not ExportLayout.objects.exists()


def test_the_built_in_comes_back_and_earlier_versions_can_be_looked_at(client: Client) -> None:
    officer = user(Role.OFFICER)
    post(client, officer, LAYOUT, arranged(("甲列", "name", "")))
    assert post(client, officer, LAYOUT, arranged(("甲列", "name", ""), base=1, do="restore")).status_code == 302
    restored = ExportLayout.objects.get(version=2)
    assert (restored.note, restored.title) == ("恢复内置的格式", layouts.built_in("national").title)
    page = get(client, officer, f"{LAYOUT}?version=1")
    assert 'value="甲列"' in page
    assert "保存后才起用" in page
    shown = get(client, officer, f"{LAYOUT}?version=0")
    assert all(one.heading in shown for one in export_layout.typed(exporting.COLUMNS["national"]))
    client.force_login(officer)
    assert client.get(f"{LAYOUT}?version=9").status_code == 404
