"""The pages of incidents: what to do at once, recording, passing on, receipt, end, paper, procedures."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Role
from inspections import incidents
from inspections.incidents import Report
from inspections.models import Incident, IncidentRoute
from tests.factories import Cast, account, unit, user
from zhonglou_media.core.clock import SHANGHAI, day_of, db_now
from zhonglou_media.core.models import User

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


@pytest.fixture
def cast() -> Cast:
    return Cast()


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def text(answer: Any) -> str:
    return str(answer.content.decode())


def typed(moment: Any) -> str:
    """As the browser sends it."""
    return moment.astimezone(SHANGHAI).strftime("%Y-%m-%dT%H:%M")


def made(cast: Cast, what: str = "评论区大量投诉（示例）", kind: str = "outcry", ago: int = 10) -> Incident:
    now = db_now()
    return incidents.record(cast.unit, Report(kind, what, now - ago * MINUTE), by=cast.operator, now=now)


def test_from_the_kind_to_the_end(cast: Cast) -> None:
    of, now = account(cast.unit, name="示例发布"), db_now()
    ours, theirs = signed_in(cast.operator), signed_in(cast.officer)
    assert "30 分钟内转送区委网信办" in text(ours.get("/incidents/new/"))
    form = text(ours.get("/incidents/new/?kind=harmful"))
    # before anything is typed
    assert form.index("先删除或下线，保留截图和链接") < form.index('<form class="zl-panel"')
    data = {"unit": cast.unit.pk, "account": of.pk, "found_at": typed(now - 5 * MINUTE), "text": "链接被换（示例）"}
    answer = ours.post("/incidents/new/?kind=harmful", data)
    row = Incident.objects.get()
    assert answer["Location"] == f"/incidents/{row.pk}/"
    home = text(theirs.get("/"))
    assert "1起突发情况待转送" in home
    assert f"/incidents/{row.pk}/" in home
    page = text(ours.get(f"/incidents/{row.pk}/"))
    assert "登记转送…" not in page
    assert "先删除或下线" in page
    passing = {"office": "区委网信办", "how": "电话", "passed_at": typed(now)}
    assert theirs.post(f"/incidents/{row.pk}/pass/", passing).status_code == 302
    assert "起突发情况待转送" not in text(theirs.get("/"))
    one = row.passes.get()
    receipt = {"received_by": "示例值班员", "received_at": typed(now + 60 * MINUTE)}
    assert "签收时间不能晚于现在" in text(theirs.post(f"/incidents/{row.pk}/passes/{one.pk}/receive/", receipt))
    receipt["received_at"] = typed(now)
    assert theirs.post(f"/incidents/{row.pk}/passes/{one.pk}/receive/", receipt).status_code == 302
    page = text(theirs.get(f"/incidents/{row.pk}/"))
    assert "示例值班员" in page
    read = re.search(r'name="read" value="([^"]+)"', page)
    assert read is not None
    done = theirs.post(f"/incidents/{row.pk}/close/", {"result": "已删除", "read": read[1]})
    assert done.status_code == 302
    paper = text(ours.get(f"/incidents/{row.pk}/paper/"))
    for said in ("突发情况转送单", row.number, "区委网信办", "示例值班员", "已删除"):
        assert said in paper


def test_what_was_typed_stays_when_something_is_missing(cast: Cast) -> None:
    ours = signed_in(cast.operator)
    answer = ours.post("/incidents/new/?kind=outcry", {"unit": cast.unit.pk, "text": "很多投诉", "found_at": ""})
    assert answer.status_code == 422
    assert "请填写发现时间" in text(answer)
    assert "很多投诉" in text(answer)


def test_nobody_records_for_a_unit_that_is_not_his(cast: Cast) -> None:
    data = {"unit": unit().pk, "text": "示例", "found_at": typed(db_now())}
    assert signed_in(cast.operator).post("/incidents/new/?kind=other", data).status_code == 422
    assert signed_in(cast.officer).post("/incidents/new/?kind=other", data).status_code == 302


def test_another_office_than_the_procedure_names(cast: Cast) -> None:
    row, theirs = made(cast), signed_in(cast.officer)
    data = {"office": "其他部门", "how": "电话", "passed_at": typed(db_now()), "other": ""}
    assert theirs.post(f"/incidents/{row.pk}/pass/", data).status_code == 422
    assert theirs.post(f"/incidents/{row.pk}/pass/", data | {"other": "区信访局"}).status_code == 302
    assert row.passes.get().office == "区信访局"


def test_a_stale_page_does_not_close(cast: Cast) -> None:
    row, theirs = made(cast), signed_in(cast.officer)
    read = incidents.reading(row)
    incidents.pass_on(row.pk, office="区委网信办", how="电话", passed_at=db_now(), by=cast.supervisor, now=db_now())
    answer = theirs.post(f"/incidents/{row.pk}/close/", {"result": "已澄清", "read": read})
    assert answer.status_code == 409
    assert "已澄清" in text(answer)  # what was typed is not lost


def test_the_list_shows_who_is_late_and_only_own_ones(cast: Cast) -> None:
    late = made(cast, ago=90)
    slow = made(cast, "又一起", ago=200)
    incidents.pass_on(slow.pk, office="区委网信办", how="电话", passed_at=db_now(), by=cast.officer, now=db_now())
    foreign = made(Cast())
    page = text(signed_in(cast.operator).get("/incidents/"))
    assert "1起超时没有转送" in page
    assert "迟转 2 小时" in page
    assert f"/incidents/{late.pk}/" in page
    assert f"/incidents/{foreign.pk}/" not in page
    assert f"/incidents/{foreign.pk}/" in text(signed_in(user(Role.AUDITOR)).get("/incidents/"))
    assert signed_in(cast.operator).get(f"/incidents/{foreign.pk}/").status_code == 404
    assert "没有待转送" in text(signed_in(user(Role.OPERATOR, unit())).get("/incidents/?show=recorded"))


def test_the_list_asks_the_same_number_of_times_for_any_number_of_rows(cast: Cast) -> None:
    theirs = signed_in(cast.officer)

    def cost() -> int:
        with CaptureQueriesContext(connection) as found:
            theirs.get("/incidents/")
        return len(found)

    made(cast)
    cost()
    one = cost()
    for n in range(8):
        made(cast, f"第 {n} 起")
    assert cost() == one


def test_a_secret_is_not_written_here(cast: Cast) -> None:
    page = text(signed_in(cast.operator).get("/incidents/new/?kind=leak"))
    assert "不要在这里写涉密内容" in page
    assert 'name="link"' not in page


def test_a_procedure_is_revised_from_a_day_on(cast: Cast) -> None:
    boss = signed_in(cast.supervisor)
    form = text(boss.get("/incidents/routes/fake/"))
    read = re.search(r'name="read" value="([^"]+)"', form)
    assert read is not None
    tomorrow = day_of(db_now()) + timedelta(days=1)
    data = {
        "read": read[1],
        "from_date": str(tomorrow),
        "office_0": "区委网信办",
        "minutes_0": "60",
        "procedure_0": "示例",
    }
    wrong = boss.post("/incidents/routes/fake/", data | {"minutes_0": "0"})
    assert (wrong.status_code, "时限应在 1 到" in text(wrong)) == (422, True)
    assert boss.post("/incidents/routes/fake/", data).status_code == 302
    assert IncidentRoute.objects.filter(kind="fake", from_date=tomorrow).count() == 1
    assert f"自 {tomorrow} 起 60 分钟内转区委网信办" in text(boss.get("/incidents/routes/"))
    assert boss.post("/incidents/routes/fake/", data).status_code == 409  # the page is stale now
    assert boss.get("/incidents/routes/flood/").status_code == 404
    assert "/incidents/routes/fake/" not in text(signed_in(cast.operator).get("/incidents/routes/"))
