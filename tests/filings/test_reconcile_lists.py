"""Their list: how large it may be, read once and not in a transaction, never after a newer one, blank states told."""

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from accounts.models import Account
from filings.models import Reconciliation
from filings.reconciling import listing, matching, running, values
from tests.factories import NOW, Cast, account
from tests.filings.reconciled import HEADS, LISTED, confirm, csv_of, found, officer, prepare, reconcile
from zhonglou_media.core import files, jobs
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.errors import Incomplete, Refused
from zhonglou_media.core.models import Job, JobState
from zhonglou_media.core.tables_out import SheetOut, write_xlsx

pytestmark = pytest.mark.django_db
ALIEN = ["示例外来", "抖音", "x", "", "", "正常"]
START = "/filings/reconcile/"


def workbook(path: Path, rows: list[list[str]], heads: tuple[str, ...] = HEADS) -> Path:
    write_xlsx(path, [SheetOut("清单", heads, rows)])
    return path


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


# --- how large ------------------------------------------------------------------------------------------------------


def test_a_provinces_list_has_more_rows_than_other_tables_may(tmp_path: Path) -> None:
    rows = (["示例", "抖音", str(n), "", "", "正常" if n % 2 else ""] for n in range(20_500))
    read = listing.read(written(tmp_path / "list.csv", csv_of(rows)))
    assert (read.rows, read.words("运行状态")) == (20_500, {"正常": 10_250, "": 10_250})
    with pytest.raises(Refused, match="超过 30 种"):
        read.words("新媒体ID")


@pytest.mark.parametrize(
    "make",
    [
        lambda path: written(path, csv_of([ALIEN] * 7)),
        lambda path: workbook(path, [ALIEN] * 7),
        lambda path: workbook(path, [ALIEN], tuple(f"列{n}" for n in range(70))),
        lambda path: written(path, csv_of([ALIEN], [*HEADS, *"x" * 70])),
        lambda path: written(path, csv_of([[*ALIEN[:-1], "长" * 700]])),  # in bytes
    ],
)
def test_nobody_is_told_to_divide_a_list(make: Callable[[Path], Path], tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(listing, "MAX_ROWS", 6)
    monkeypatch.setattr(listing, "LIMITS", dataclasses.replace(listing.LIMITS, rows=12, csv=2000))
    path = make(tmp_path / "list.xlsx")
    with pytest.raises(Refused, match="清单超过") as large:
        listing.read(path)
    assert "分" not in str(large.value)
    monkeypatch.setattr(listing, "LIMITS", dataclasses.replace(listing.LIMITS, rows=6))
    with pytest.raises(Refused, match="清单超过"):
        listing.read(path)


# --- read once ------------------------------------------------------------------------------------------------------


def test_columns_are_confirmed_without_reading_the_file_again(client: Client, monkeypatch: Any) -> None:
    by = officer()
    job = prepare(csv_of([ALIEN, ["示例二", "抖音", "y", "", "某单位", "在册"]]), by)
    monkeypatch.setattr(files, "open_file", lambda file: pytest.fail("the file was read"))
    client.force_login(by)
    page = client.get(f"{START}jobs/{job.pk}/").content.decode()
    assert all(text in page for text in ("已识别6列，请核对", "2 行", "某单位", "在册"))
    with pytest.raises(Incomplete) as lacking:
        confirm(job)
    assert lacking.value.errors == {"states": ["请说明状态“在册”是正常还是已关停。"]}
    columns = {"name": "新媒体名称", "platform": "平台", "state": "运行状态"}
    states = {"正常": "alive", "在册": "alive"}
    assert running.confirm(job.pk, columns=columns, states=states, by=by, now=NOW).state == JobState.QUEUED


def test_a_list_kept_before_its_words_were_is_read_for_them() -> None:
    job = prepare(csv_of([ALIEN]))
    del job.params["list"]
    job.save()
    assert confirm(job).state == JobState.QUEUED


def test_rows_that_no_platform_is_known_of_do_not_go_through_the_register_each() -> None:
    class Unread(dict[int, Account]):
        def values(self) -> Any:
            pytest.fail("all accounts were looked at for a row")

    one = account(name="示例看不清")
    index, words = matching.Index.read(), values.Words("national")
    index.accounts = Unread(index.accounts)
    row = listing.Theirs(2, {"name": one.name}, name=one.name, problem="不认识平台")
    assert matching.match([row], index).aside == {one.pk}
    assert words.platform("看不懂")[0] is None


# --- in their order -------------------------------------------------------------------------------------------------

EARLIER = LISTED - timedelta(days=1)


def test_an_older_list_is_not_compared_after_a_newer_one() -> None:
    by, late = officer(), prepare(csv_of([ALIEN]), listed_on=EARLIER)  # before anything was compared
    queued = confirm(prepare(csv_of([ALIEN]), listed_on=EARLIER))
    Job.objects.filter(pk=queued.pk).update(state=JobState.PREPARED)  # a slow worker
    last = reconcile(csv_of([ALIEN]), by)
    said = f"{by}已于 {day_of(last.at)} 核对过全国系统 2026-11-24 导出的清单，这份是 2026-11-23 导出的，比它早"
    with pytest.raises(Refused, match=said):
        prepare(csv_of([ALIEN]), listed_on=EARLIER)
    with pytest.raises(Refused, match=said):
        confirm(late)
    Job.objects.filter(pk=queued.pk).update(state=JobState.QUEUED)
    jobs.run_next({running.KIND: running.RECONCILE})
    queued.refresh_from_db()
    assert queued.state == JobState.FAILED
    assert queued.error.startswith(said)
    assert Reconciliation.objects.count() == 1
    reconcile(csv_of([ALIEN]), by)  # of the same day
    reconcile(csv_of([ALIEN]), by, system="provincial", listed_on=EARLIER)


def test_an_older_list_is_refused_beside_its_day_and_an_older_run_is_not_begun_anew(client: Client) -> None:
    by = officer()
    old = reconcile(csv_of([ALIEN]), by, listed_on=EARLIER)
    reconcile(csv_of([ALIEN]), by)
    client.force_login(by)
    refused: Any = client.post(START, {"system": "national", "listed_on": str(EARLIER), "file": ""})
    assert refused.status_code == 422
    assert "比它早" in str(refused.context["form"].errors["listed_on"])
    again = client.post(f"{START}{old.pk}/again/")
    assert again.status_code == 422
    assert "比它早" in again.content.decode()


# --- without a state ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("state", "here"), [("closed", "已关停"), ("cancelled", "已注销"), ("unfiled", "未备案")])
def test_what_is_closed_here_and_there_without_a_state_is_told(state: str, here: str, client: Client) -> None:
    one, by = account(found=state == "unfiled"), officer()
    if state != "unfiled":
        Account.objects.filter(pk=one.pk).update(state=state, next_update_due_at=None)
    row = [one.name, one.platform.name, one.uid, "", ""]
    before = reconcile(csv_of([[*row, "正常"]]), by)
    assert before.counts["lines"] == 1
    run = reconcile(csv_of([[*row, ""], ALIEN]), by)
    assert found(run) == {"only_there": {"示例外来"}}
    counts = run.counts
    assert [counts[key] for key in ("compared", "uncompared", "unstated", "gone", "unsure")] == [1, 1, 1, 0, 1]
    ((_, _, _, why),) = run.job.result["uncompared"]
    assert why.startswith(f"本区为“{here}”，对方没有写状态")
    client.force_login(by)
    page = client.get(f"{START}{run.pk}/").content.decode()
    assert why in page
    assert "对方没有写明状态的 1 个没有比对" in page


def test_a_closure_is_drafted_only_after_a_question(client: Client) -> None:
    cast = Cast()
    one = account(cast.unit, name="示例照常")
    run = reconcile(csv_of([[one.name, one.platform.name, one.uid, "", "", "已关停"]]), cast.officer)
    client.force_login(cast.officer)
    page = client.get(f"{START}{run.pk}/").content.decode()
    opener, _, rest = page.partition("<dialog")
    asked = f"close-{run.lines.get().pk}"
    assert f'data-zl-dialog="{asked}"' in opener
    assert f'action="{START}lines/{run.lines.get().pk}/ask/"' in rest.partition("</dialog>")[0]
    assert f"代{one.unit}起草“示例照常（{one.platform}）”的关停报备？" in rest
    assert "/ask/" not in opener
