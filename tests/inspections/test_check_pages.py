"""The pages of a month's check: what the office does there, what a unit sees, what the public reads of a draw."""

import io
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Account, Role, Unit
from inspections import checks, sharing
from inspections.models import Finding, Indicator, Sheet, SpotCheck
from tests.factories import Cast, account, at, platform, unit, user
from tests.inspections.checked import FIRST, accounts, confirmed, drafted, judged, people, sampled
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.events import sm3
from zhonglou_media.core.models import User

pytestmark = pytest.mark.django_db


def signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def text(answer: Any) -> str:
    return str(answer.content.decode())


def heading(answer: Any) -> str:
    found = re.search(r"<h1>(.*?)</h1>", text(answer), re.DOTALL)
    assert found is not None
    return re.sub(r"<[^>]+>", "", found[1]).strip()


def streamed(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def test_from_the_draft_to_the_end_of_a_month() -> None:
    officer, supervisor = people(2)
    rows = accounts(1, 3, now=db_now())
    client = signed_in(officer)
    month = f"{day_of(db_now()):%Y-%m}"
    assert "还没有起草名单的月份" in text(client.get("/checks/"))
    answer = client.post("/checks/draft/", {"month": month})
    assert answer["Location"] == f"/checks/{month}/"
    page = client.get(f"/checks/{month}/")
    assert "3个账号的名单待确定" in heading(page)
    assert Client().get(f"/draws/{month}/").status_code == 404
    read = re.search(r'name="read" value="(\w+)"', text(page))
    assert read is not None
    done = client.post(f"/checks/{month}/confirm/", {"read": read[1]}, follow=True)
    assert "3 个账号已分给检查人" in text(done)
    page = client.get(f"/checks/{month}/")
    assert "已核0 / 3个" in heading(page)
    assert "接着核我的" in text(page) or "接着核我的" in text(signed_in(supervisor).get(f"/checks/{month}/"))
    refused = client.post(f"/checks/{month}/close/")
    assert refused.status_code == 422
    assert "还有 3 个账号没有结果" in text(refused)
    sheets = {sheet.account_id: sheet for sheet in Sheet.objects.all()}
    judged([sheets[rows[0].pk]], passed=False)
    judged([sheets[row.pk] for row in rows[1:]], passed=True)
    page = client.get(f"/checks/{month}/")
    assert heading(page).endswith("抽查：已核3 / 3个，1个不合格")
    assert "结束抽查…" in text(page)
    assert "起草通报" in text(page)
    done = client.post(f"/checks/{month}/close/", follow=True)
    assert "已结束" in text(done)
    assert "66.7%" in text(client.get("/checks/"))


def test_what_two_press_at_the_same_time_is_told() -> None:
    officer, supervisor = people(2)
    accounts(1, 1)
    check = drafted()
    old = check.digest
    signed_in(supervisor).post("/checks/2026-11/redraw/", {"method": "all", "read": old})
    answer = signed_in(officer).post("/checks/2026-11/confirm/", {"read": old})
    assert answer.status_code == 409
    assert "名单重新抽取过" in text(answer)


def test_drawn_again_as_a_sample() -> None:
    officer = user(Role.OFFICER)
    accounts(4, 3)
    check, client = drafted(), signed_in(officer)
    incomplete = client.post("/checks/2026-11/redraw/", {"method": "sample", "size": "", "read": check.digest})
    assert incomplete.status_code == 422
    assert "请填写抽查几个账号。" in text(incomplete)
    assert 'id="redraw"' in text(incomplete)
    data = {"method": "sample", "size": "1", "within": "3", "read": check.digest}
    done = client.post("/checks/2026-11/redraw/", data, follow=True)
    assert "每个账号 3 个月内至少查到一次，本月须抽 4 个" in text(done)
    assert "各层名额" in text(done)
    assert "抽样数已增加" in text(done)


def test_an_account_is_found_and_added() -> None:
    officer = user(Role.OFFICER)
    of = unit()
    account(of, name="示例在名单上", now=FIRST)
    confirmed(officer)
    late = account(of, platform=platform("weibo"), name="示例后来的", now=FIRST)
    client = signed_in(officer)
    page = text(client.get("/checks/2026-11/add/?q=示例"))
    assert "示例后来的" in page
    assert "示例在名单上" not in page
    data = {"q": "示例", "account": str(late.pk), "reason": ""}
    missing = client.post("/checks/2026-11/add/", data)
    assert missing.status_code == 422
    assert "请写明增加这个账号的理由。" in text(missing)
    done = client.post("/checks/2026-11/add/", data | {"reason": "群众反映"}, follow=True)
    assert "已列入2026年11月抽查" in text(done)
    assert "群众反映" in text(done)
    assert "没有找到可以增加的账号" in text(client.get("/checks/2026-11/add/?q=示例后来的"))
    public = text(Client().get("/draws/2026-11/"))
    assert "示例后来的" in public
    assert "群众反映" not in public


def test_another_checker_and_a_second_one() -> None:
    first, second = people(2)
    account(now=FIRST)
    confirmed(first)
    sheet = Sheet.objects.get()
    other = second if sheet.checker_id == first.pk else first
    client = signed_in(first)
    assert "谁来查" in heading(client.get(f"/checks/sheets/{sheet.pk}/checker/"))
    done = client.post(f"/checks/sheets/{sheet.pk}/checker/", {"to": other.pk, "act": "second"}, follow=True)
    assert f"增加{other}同查" in text(done)
    again = client.post(f"/checks/sheets/{sheet.pk}/checker/", {"to": "", "act": "reassign"})
    assert again.status_code == 422
    assert client.get("/checks/2026-11/share/").status_code == 200
    done = client.post("/checks/2026-11/share/", {"among": [first.pk, second.pk]}, follow=True)
    assert done.status_code == 200
    assert client.post("/checks/2026-11/share/", {}).status_code == 422


def test_a_unit_sees_its_own_accounts_only_and_nothing_of_a_draft() -> None:
    officer = user(Role.OFFICER)
    cast = Cast()
    mine, foreign = account(cast.unit, name="示例本单位的", now=FIRST), account(name="示例别家的", now=FIRST)
    check, client = drafted(), signed_in(cast.operator)
    assert client.get("/checks/2026-11/").status_code == 404
    assert "还没有抽查" in text(client.get("/checks/"))
    checks.confirm(check.pk, by=officer, now=FIRST)
    page = client.get("/checks/2026-11/")
    assert heading(page) == "11月抽查：已核0 / 1个"
    assert mine.name in text(page)
    for unseen in (foreign.name, "分工与进度", check.seed, "改分工"):
        assert unseen not in text(page)
    book = openpyxl.load_workbook(io.BytesIO(streamed(client.get("/checks/2026-11/results.xlsx"))))
    cells = [cell for row in book.active.values for cell in row]
    assert mine.name in cells
    assert foreign.name not in cells
    assert "检查人" not in cells


def test_a_unit_is_not_told_on_whom_two_people_differ() -> None:
    first, second = people(2)
    cast = Cast()
    account(cast.unit, now=FIRST)
    confirmed(first)
    sheet = Sheet.objects.get()
    to = first if sheet.checker_id != first.pk else second
    twice = sharing.second_checker(sheet.pk, to=to.pk, by=first, now=FIRST)
    judged([sheet], passed=True, counts=False)
    judged([twice], passed=False, counts=False)
    office = text(signed_in(second).get("/checks/2026-11/?show=differing"))
    assert "不一致 96 / 40" in office
    unit_page = text(signed_in(cast.operator).get("/checks/2026-11/"))
    assert "不一致" not in unit_page
    assert "未核" in unit_page
    book = openpyxl.load_workbook(io.BytesIO(streamed(signed_in(cast.operator).get("/checks/2026-11/results.xlsx"))))
    assert "两人不一致" not in [cell for row in book.active.values for cell in row]


TABS = [("", 4), ("failed", 1), ("passed", 1), ("open", 2), ("differing", 0), ("nonsense", 4)]


@pytest.mark.parametrize(("show", "n"), TABS)
def test_the_tabs_hold_what_they_say(show: str, n: int) -> None:
    officer = user(Role.OFFICER)
    rows = accounts(2, 2)
    confirmed(officer)
    failed, passed = (Sheet.objects.get(account=row) for row in rows[:2])
    judged([failed], passed=False)
    judged([passed], passed=True)
    line = Indicator.objects.get(code="Z03", indicator_set__state="published")
    facts = {"sheet": failed, "account": failed.account, "unit": failed.unit, "found_at": FIRST}
    Finding.objects.create(**facts, indicator=line, count=2)
    page = text(signed_in(officer).get(f"/checks/2026-11/?show={show}"))
    assert page.count('class="zl-sub zl-keep"') == n
    if show == "failed":
        assert "Z03 咨询留言超 24 小时未回复 2 条" in page


def test_the_queries_of_the_page_do_not_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    officer, _ = people(2)
    client = signed_in(officer)

    def queries(units: int, month: str) -> int:
        accounts(units, 3)
        confirmed(officer, month=at(f"{month}-01 00:00").date())
        judged(list(Sheet.objects.filter(spot_check__month=f"{month}-01")[: units * 2]), passed=False)
        client.get(f"/checks/{month}/")
        with CaptureQueriesContext(connection) as found:
            assert client.get(f"/checks/{month}/").status_code == 200
        return len(found)

    assert queries(2, "2026-11") == queries(12, "2026-12")


def test_months_that_are_none_are_not_found() -> None:
    client = signed_in(user(Role.OFFICER))
    for month in ("2026-13", "national", "2026-1", "2030-01", "0000-00"):
        assert client.get(f"/checks/{month}/").status_code == 404
        assert Client().get(f"/draws/{month}/").status_code == 404
        assert Client().get(f"/draws/{month}/draw.json").status_code == 404


# --- the public -----------------------------------------------------------------------------------------------------


def test_anybody_downloads_file_and_program_and_gets_the_same_sample(tmp_path: Path) -> None:
    officer = user(Role.OFFICER)
    accounts(4, 3)
    sampled(5)
    check = confirmed(officer, seed=None)
    public = Client()
    page = text(public.get("/draws/2026-11/"))
    assert check.seed in page
    assert check.digest in page
    file = public.get("/draws/2026-11/draw.json").content
    assert sm3(file) == check.digest
    (tmp_path / "draw.json").write_bytes(file)
    (tmp_path / "again.py").write_bytes(public.get("/draws/draw_again.py").content)
    command = [sys.executable, "-I", "again.py", "draw.json"]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    drawn = [int(line.split("\t")[0]) for line in run.stdout.splitlines()[2:]]
    assert drawn == sorted(Sheet.objects.values_list("account", flat=True)) == json.loads(file)["sample"]
    assert len(drawn) == 5


def test_the_public_page_says_names_and_platforms_only() -> None:
    officer = user(Role.OFFICER, name="示例经办甲")
    row = account(unit("示例某局"), custodian="示例管理人", now=FIRST)
    confirmed(officer)
    page = text(Client().get("/draws/2026-11/")) + text(Client().get("/draws/2026-11/draw.json"))
    assert row.name in page
    for unseen in ("示例某局", "示例管理人", officer.name, row.uid):
        assert unseen not in page


def test_the_rule_is_readable_without_signing_in() -> None:
    page = text(Client().get("/draws/rule/"))
    assert "最大余数法" in page
    assert "<code>python3 draw_again.py draw.json</code>" in page
    assert page.count("<h2>") == 10
    assert "`" not in page.split('id="main"')[1].split("</main>")[0]


def test_how_often_it_was_drawn_is_public() -> None:
    officer = user(Role.OFFICER)
    accounts(1, 1)
    check = drafted()
    for _ in range(2):
        checks.redraw(check.pk, checks.Terms(None, None), by=officer, now=FIRST)
    checks.confirm(check.pk, by=officer, now=FIRST)
    assert "3 次" in text(Client().get("/draws/2026-11/"))
    assert (SpotCheck.objects.count(), Account.objects.count(), Unit.objects.count() > 0) == (1, 1, True)
