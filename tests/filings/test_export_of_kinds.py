"""What goes up of a change, a closure and a cancellation, by page and by command, in a fixed number of queries."""

from pathlib import Path

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Account
from filings.models import Filing, FilingState
from tests.factories import Cast, account, change, closing, platform
from tests.filings.exchanging import rows_of, send, supplement

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return Cast()


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "up.xlsx"


def three(cast: Cast) -> list[Filing]:
    """A change, a closure and a cancellation, each accepted."""
    codes = ("wechat", "weibo", "kuaishou")
    rows = [account(cast.unit, platform=platform(code), name=f"示例{code}", intro="旧") for code in codes]
    Account.objects.filter(pk=rows[0].pk).update(kind="subscription", verified_entity=cast.unit.name)
    return [
        change("accepted", cast, on=rows[0], name="示例改后", kind="service", intro="新"),
        closing("accepted", cast, on=rows[1]),
        closing("accepted", cast, on=rows[2], kind="cancel"),
    ]


def test_each_kind_goes_up_as_the_account_will_be(cast: Cast, out: Path) -> None:
    changed, closed, _ = three(cast)
    assert send(changed, out).exported == 3
    national = {row["操作"]: row for row in rows_of(out)}
    assert set(national) == {"变更", "关停", "注销"}
    assert national["变更"]["账号名称"] == "示例改后"
    assert national["变更"]["注册平台"] == "微信公众号（服务号）"
    assert national["变更"]["单位名称"] == cast.unit.name
    assert "账号名称：示例wechat → 示例改后" in national["变更"]["变更事项、关停原因"]
    assert national["变更"]["开通日期"] is None
    assert national["变更"]["变更、关停、注销日期"] is not None
    assert national["关停"]["账号名称"] == "示例weibo"
    assert national["关停"]["变更事项、关停原因"] == "用户关注度低、利用率低"
    supplement(closed, remarks="补充说明")
    call_command("export_filings", "--target", "provincial", "--out", str(out))
    assert {row["业务代码"] for row in rows_of(out)} == {"M", "C", "D"}
    send(closed, out)
    assert [row["操作"] for row in rows_of(out)] == ["更新"]


def test_a_change_or_closing_of_an_account_without_an_id_goes_up_without_it(cast: Cast, out: Path) -> None:
    codes = ("weibo", "kuaishou", "toutiao")
    rows = [account(cast.unit, platform=platform(code), name=f"示例{code}", uid="") for code in codes]
    given = change("accepted", cast, on=rows[0], uid="新知道的ID")
    change("accepted", cast, on=rows[1])
    closing("accepted", cast, on=rows[2])
    client = Client()
    client.force_login(cast.officer)
    assert "缺账号ID" not in client.get("/filings/exchange/").content.decode()
    done = send(given, out)
    assert (done.exported, done.waiting) == (3, 0)
    assert sorted(row["账号ID"] or "" for row in rows_of(out)) == ["", "", "新知道的ID"]


def test_the_pages_of_exchange_do_not_grow_with_the_filings(cast: Cast, out: Path) -> None:
    client = Client()
    client.force_login(cast.officer)
    filings = three(cast)

    def counted() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/filings/exchange/").status_code == 200
            send(filings[0], out, again=True)
        # A copy of the file is kept, and costs three queries more where no earlier one was the same byte by byte.
        return sum("SAVEPOINT" not in query["sql"] and '"core_file"' not in query["sql"] for query in queries)

    counted()
    before = counted()
    three(Cast())
    change("accepted", cast, on=account(cast.unit, platform=platform("bilibili")))
    assert counted() <= before + 1


def test_receipts_of_every_kind_are_recorded_from_a_table(cast: Cast, tmp_path: Path) -> None:
    filings = three(cast)
    table = tmp_path / "回执.csv"
    lines = [f"{f.number},{system},已备案,2026-11-24" for f in filings for system in ("全国", "全省")]
    table.write_text("\n".join(["备案编号,系统,结果,日期", *lines]), encoding="utf-8")
    call_command("record_receipts", str(table))
    assert {Filing.objects.get(pk=f.pk).state for f in filings} == {FilingState.COMPLETED}
