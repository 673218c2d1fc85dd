"""导出 as a job: what the zip holds, what is recorded with it, and what happens when the filings move meanwhile."""

import io
import tempfile
import zipfile
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from accounts import lifecycle
from accounts.models import Role
from filings import export_batches, export_requests, export_runs
from filings.export_batches import RESTLESS, Choice
from filings.exporting import folders, writing
from filings.exporting.writing import Written
from filings.models import ExportBatch, ExportItem, Filing, System
from tests.factories import NOW, Cast, account, change, opening, platform, unit, user
from tests.filings.exchanging import LATER, supplement, take
from tests.filings.many import accepted
from zhonglou_media.core import files, jobs
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.errors import NotAllowed, Refused, WrongState
from zhonglou_media.core.jobs import run_next
from zhonglou_media.core.models import Event, Job, JobState, Notice, User
from zhonglou_media.core.sealed import is_sealed
from zhonglou_media.portal.tasks import run_jobs

pytestmark = pytest.mark.django_db
KINDS = {export_runs.KIND: export_runs.EXPORT_FILINGS}
Rows = dict[str, list[dict[str, Any]]]


@pytest.fixture
def cast() -> Cast:
    return Cast(unit("示例甲街道"))


def export(by: User, system: str = "national", **asked: Any) -> Job:
    """Submitted, run by a worker, and how it ended."""
    made = export_runs.submit(system, by=by, now=LATER, **asked)
    assert run_next(KINDS)
    return Job.objects.get(pk=made.pk)


def contents(batch: ExportBatch) -> Rows:
    """The rows of each workbook in the file of the batch, by heading."""
    assert batch.file is not None
    with files.open_file(batch.file) as stored, zipfile.ZipFile(io.BytesIO(stored.read())) as archive:
        return {name: _rows(archive.read(name)) for name in archive.namelist()}


def _rows(book: bytes) -> list[dict[str, Any]]:
    page = load_workbook(io.BytesIO(book)).active
    assert page is not None
    values = [list(row) for row in page.iter_rows(values_only=True)]
    return [dict(zip(values[1], row, strict=True)) for row in values[2:]]


def test_the_zip_holds_one_workbook_of_all_and_one_a_unit(cast: Cast) -> None:
    other = Cast(unit("示例乙局"))
    first, second = opening("accepted", cast), opening("accepted", other)
    third = opening("accepted", cast, platform="weibo")
    job = export(cast.officer)
    assert (job.state, job.error, job.done, job.total) == (JobState.DONE, "", 6, 6)  # each is written twice
    batch = ExportBatch.objects.get()
    held = contents(batch)
    assert set(held) == {"合并.xlsx", "示例甲街道.xlsx", "示例乙局.xlsx"}
    assert [row["区级备案编号"] for row in held["合并.xlsx"]] == [first.number, second.number, third.number]
    assert [(row["序号"], row["区级备案编号"]) for row in held["示例甲街道.xlsx"]] == [
        (1, first.number),
        (2, third.number),
    ]
    assert [(row["序号"], row["区级备案编号"]) for row in held["示例乙局.xlsx"]] == [(1, second.number)]
    for name in ("示例甲街道.xlsx", "示例乙局.xlsx"):
        for row in held[name]:
            assert row | {"序号": 0} in [one | {"序号": 0} for one in held["合并.xlsx"]]


def test_the_record_names_who_what_the_digest_and_the_layout_and_the_file_lies_sealed(cast: Cast) -> None:
    filing = opening("accepted", cast, custodian_phone="0519-00000000")
    job = export(cast.officer)
    batch = ExportBatch.objects.get()
    assert batch.file is not None
    assert (batch.system, batch.by, batch.layout, batch.downloads) == ("national", cast.officer, 0, 0)
    assert batch.sm3 == batch.file.sm3
    assert list(batch.items.values_list("filing", "revision", "again")) == [(filing.pk, 1, False)]
    assert Event.objects.get(verb="export").digest == batch.sm3
    assert is_sealed(files.path_of(batch.sm3).read_bytes()[:64])
    assert job.result == {"exported": 1, "requests": 0, "waiting": 0, "left": 0, "batch": batch.pk}
    assert job.file is None  # the file is had by its record alone, which counts
    notice = Notice.objects.get(user=cast.officer, key__startswith="job:")
    assert "导出上级系统“全国系统”：已完成，导出 1 件" in notice.text
    assert notice.link == f"/filings/exchange/exports/job/{job.pk}/"


def test_what_lacks_the_platforms_id_stays_and_is_told(cast: Cast) -> None:
    opening("accepted", cast)
    opening("accepted", cast, platform="weibo", uid="")
    assert export(cast.officer).result["waiting"] == 1
    assert "另有 1 件缺账号ID" in Notice.objects.get(user=cast.officer, key__startswith="job:").text


def test_only_those_chosen_go_and_the_others_still_wait(cast: Cast) -> None:
    chosen, other = opening("accepted", cast), opening("accepted", cast, platform="weibo")
    export(cast.officer, ids=[chosen.pk])
    assert set(ExportItem.objects.values_list("filing", flat=True)) == {chosen.pk}
    assert list(export_batches.waiting_for("national")) == [other]


def test_what_is_there_already_is_asked_about_before_and_sent_again_only_when_asked(cast: Cast) -> None:
    there, new = opening("accepted", cast), opening("accepted", cast, platform="weibo")
    export(cast.officer, ids=[there.pk])
    with pytest.raises(export_runs.AlreadyThere) as asked:
        export_runs.submit("national", ids=[there.pk, new.pk], by=cast.officer, now=LATER)
    assert [(item.filing_id, item.revision, item.batch.by) for item in asked.value.items] == [
        (there.pk, 1, cast.officer)
    ]
    seen = export_batches.last_item("national")
    export(cast.officer, ids=[there.pk, new.pk], again=True, seen=seen)
    assert list(ExportItem.objects.order_by("pk").values_list("filing", "again")) == [
        (there.pk, False),
        (there.pk, True),
        (new.pk, False),
    ]


def test_a_revision_that_system_has_not_had_needs_no_asking_and_goes_as_an_update(cast: Cast) -> None:
    filing = opening("accepted", cast)
    export(cast.officer)
    supplement(filing, custodian="示例管理员")
    export(cast.officer, ids=[filing.pk])
    assert contents(ExportBatch.objects.latest("pk"))["合并.xlsx"][0]["操作"] == "更新"


def test_again_leaves_out_what_somebody_exported_since_the_page_was_opened(cast: Cast) -> None:
    first, second = opening("accepted", cast), opening("accepted", cast, platform="weibo")
    export(cast.officer, ids=[first.pk])
    seen = export_batches.last_item("national")
    export(cast.supervisor, ids=[second.pk])  # nobody who asks with `seen` knows of it
    job = export(cast.officer, again=True, seen=seen)
    assert [item.filing_id for item in ExportBatch.objects.get(pk=job.result["batch"]).items.all()] == [first.pk]


def test_the_second_of_two_jobs_finds_nothing_and_says_who_was_first_and_when(cast: Cast) -> None:
    filing = opening("accepted", cast)
    first = export_runs.submit("national", ids=[filing.pk], by=cast.officer, now=LATER)
    second = export_runs.submit("national", ids=[filing.pk], by=cast.supervisor, now=LATER)
    assert run_next(KINDS)
    assert run_next(KINDS)
    assert Job.objects.get(pk=first.pk).state == JobState.DONE
    lost = Job.objects.get(pk=second.pk)
    assert lost.state == JobState.FAILED
    assert f"{cast.officer} " in lost.error
    assert "已导出 1 件" in lost.error
    assert ExportItem.objects.count() == 1


def test_while_all_that_waits_is_exported_nobody_begins_it_again(cast: Cast) -> None:
    opening("accepted", cast)
    export_runs.submit("national", by=cast.officer, now=LATER)
    with pytest.raises(WrongState) as first:
        export_runs.submit("national", by=cast.supervisor, now=LATER)
    assert first.value.by == cast.officer
    export_runs.submit("provincial", by=cast.supervisor, now=LATER)  # another system is another matter


def test_nothing_to_export_is_no_job(cast: Cast) -> None:
    opening("accepted", cast, uid="")
    with pytest.raises(Refused, match="有 1 件缺账号ID"):
        export_runs.submit("national", by=cast.officer, now=LATER)
    assert not Job.objects.exists()


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.LEADER, Role.AUDITOR, Role.ADMIN, Role.PARENT])
def test_only_the_office_exports_and_downloads(role: Role, cast: Cast) -> None:
    opening("accepted", cast)
    with pytest.raises(NotAllowed):
        export_runs.submit("national", by=user(role), now=LATER)
    export(cast.officer)
    with pytest.raises(NotAllowed):
        export_batches.download(ExportBatch.objects.get().pk, by=user(role), now=LATER)


# --- what moves while the file is written ---------------------------------------------------------------------------

Meanwhile = Callable[[Filing], object]


def not_applicable(filing: Filing) -> None:
    take(filing, "national", "n/a")


def exported_by_another(filing: Filing) -> None:
    written = Written({filing.pk: (1, writing.marks("national", [filing])[filing.pk])})
    from django.db import transaction

    with transaction.atomic():
        by = filing.cast.supervisor  # type: ignore[attr-defined]
        choice = Choice(System.NATIONAL, (filing.pk,))
        keep = partial(files.keep, b"x", export_runs.ZIP, sealed=True)
        export_batches.record(choice, written, layout=0, by=by, now=LATER, ending=".zip", keep=keep)


def supplemented(filing: Filing) -> None:
    supplement(filing, custodian="示例后补")


def once_while_writing(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object], times: int = 1) -> None:
    """`act` each time a zip has been written, `times` times."""
    real, left = writing.write_zip, [times]

    def write(*args: Any, **kwargs: Any) -> None:
        real(*args, **kwargs)
        if left[0]:
            left[0] -= 1
            act()

    monkeypatch.setattr(writing, "write_zip", write)


@pytest.mark.parametrize(
    ("meanwhile", "revisions"),
    [(not_applicable, []), (exported_by_another, []), (supplemented, [2])],
    ids=["no longer wanted", "exported by another", "supplemented"],
)
def test_what_moved_while_the_file_was_written_is_written_again_or_left_out(
    meanwhile: Meanwhile, revisions: list[int], cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    stays, moves = opening("accepted", cast), opening("accepted", cast, platform="weibo")
    once_while_writing(monkeypatch, lambda: meanwhile(moves))
    job = export(cast.officer)
    batch = ExportBatch.objects.get(pk=job.result["batch"])
    assert list(batch.items.filter(filing=moves).values_list("revision", flat=True)) == revisions
    rows = {row["区级备案编号"]: row for row in contents(batch)["合并.xlsx"]}
    assert set(rows) == {stays.number} | ({moves.number} if revisions else set())
    if revisions:
        assert rows[moves.number]["联系人"] == "示例后补"
    assert job.result["left"] == 1 - len(revisions)


def test_filings_that_never_hold_still_are_given_up_and_nothing_is_recorded(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    filing, numbers = opening("accepted", cast), iter(range(99))
    once_while_writing(monkeypatch, lambda: supplement(filing, remarks=f"补充{next(numbers)}"), times=99)
    job = export(cast.officer)
    assert (job.state, job.error) == (JobState.FAILED, RESTLESS)
    assert not ExportBatch.objects.exists()
    assert next(numbers) == export_batches.TRIES


def test_an_attempt_that_lost_its_job_records_nothing(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    opening("accepted", cast)

    def taken_over() -> None:
        Job.objects.update(attempts=2)

    once_while_writing(monkeypatch, taken_over)
    export(cast.officer)
    assert not ExportBatch.objects.exists()
    assert not ExportItem.objects.exists()


def test_stopped_while_it_writes_it_records_nothing_and_can_be_begun_again(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening("accepted", cast)
    monkeypatch.setattr(jobs, "EVERY", 0)
    made = export_runs.submit("national", by=cast.officer, now=LATER)
    real = writing.marks

    def stopping(*args: Any) -> Any:
        Job.objects.filter(pk=made.pk).update(stop_requested=True)
        return real(*args)

    monkeypatch.setattr(writing, "marks", stopping)
    assert run_next(KINDS)
    assert Job.objects.get(pk=made.pk).state == JobState.STOPPED
    assert not ExportBatch.objects.exists()
    monkeypatch.setattr(writing, "marks", real)
    jobs.again(made.pk, kinds=KINDS, by=cast.officer, now=LATER)
    assert run_next(KINDS)
    assert ExportBatch.objects.count() == 1


# --- 补报 -----------------------------------------------------------------------------------------------------------


def asked_for(cast: Cast, mark: str = "open") -> Any:
    known = {"name": "示例台账账号", "custodian_phone": "0519-11111111", "number": "ZLXMT-2020-0007"}
    row = account(cast.unit, platform=platform("kuaishou"), **known)
    return export_requests.request(row.pk, system="national", mark=mark, why="全国系统没有", by=cast.officer, now=NOW)


def test_accounts_asked_for_go_along_with_all_that_waits(cast: Cast) -> None:
    filing, asked = opening("accepted", cast), asked_for(cast, "close")
    job = export(cast.officer)
    batch = ExportBatch.objects.get()
    first, second = contents(batch)["合并.xlsx"]
    assert first["区级备案编号"] == filing.number
    assert (second["序号"], second["操作"], second["账号名称"]) == (2, "关停", "示例台账账号")
    assert (second["区级备案编号"], second["联系电话"], second["开通日期"]) == (
        "ZLXMT-2020-0007",
        "0519-11111111",
        None,
    )
    asked.refresh_from_db()
    assert asked.batch == batch
    assert (job.result["exported"], job.result["requests"]) == (1, 1)
    assert Event.objects.get(verb="export").detail["requests"] == [asked.pk]
    with pytest.raises(Refused):
        export_runs.submit("national", by=cast.officer, now=LATER)


def test_a_request_alone_is_an_export_too_and_a_choice_of_filings_leaves_it(cast: Cast) -> None:
    filing, asked = opening("accepted", cast), asked_for(cast)
    export(cast.officer, ids=[filing.pk])
    asked.refresh_from_db()
    assert asked.batch is None
    assert export(cast.officer).result["requests"] == 1


def test_a_request_taken_back_while_the_file_is_written_is_not_in_it(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    opening("accepted", cast)
    asked = asked_for(cast)
    once_while_writing(monkeypatch, lambda: export_requests.drop(asked.pk, by=cast.officer, now=LATER))
    export(cast.officer)
    batch = ExportBatch.objects.get()
    assert len(contents(batch)["合并.xlsx"]) == 1
    assert not batch.requests.exists()


def test_an_account_made_void_is_asked_for_no_more(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    opening("accepted", cast)
    row = account(cast.unit, found=True, platform=platform("kuaishou"))
    said: dict[str, Any] = {"mark": "open", "why": "没有", "by": cast.officer, "now": NOW}
    export_requests.request(row.pk, system="national", **said)
    once_while_writing(monkeypatch, lambda: lifecycle.void(row, reason="误录", by=cast.supervisor, now=LATER))
    job = export(cast.officer)
    assert (job.params["requests"], job.result["requests"]) == (1, 0)
    assert not export_requests.waiting("national").exists()
    with pytest.raises(WrongState, match="已作废"):
        export_requests.request(row.pk, system="provincial", **said)


# --- what killed ones leave, what was ticked ------------------------------------------------------------------------


def test_rows_lie_nowhere_but_in_the_folder_of_the_attempt(
    cast: Cast, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.VAR_DIR = tmp_path
    opening("accepted", cast)
    real, where = tempfile.mkstemp, list[Any]()

    def noted(*args: Any, **kwargs: Any) -> Any:
        where.append(kwargs.get("dir"))
        return real(*args, **kwargs)

    monkeypatch.setattr(tempfile, "mkstemp", noted)
    seen: list[int] = []
    once_while_writing(monkeypatch, lambda: seen.extend(path.stat().st_mode for path in folders.root().iterdir()))
    assert export(cast.officer).state == JobState.DONE
    assert [oct(mode)[-3:] for mode in seen] == ["700"]
    assert list(folders.root().iterdir()) == []
    for folder in where:  # those of the spreadsheet library, and the sealed copy
        assert any(Path(folder or "/").is_relative_to(known) for known in (tmp_path, settings.MEDIA_ROOT))
    assert len(where) > 2


def test_what_a_killed_attempt_left_goes_with_the_next_tick_and_what_runs_stays(
    cast: Cast, settings: Any, tmp_path: Path
) -> None:
    settings.VAR_DIR = tmp_path
    held = {"state": "running", "attempts": 2, "claimed_until": db_now() + timedelta(hours=1), "started_at": NOW}
    job = Job.objects.create(kind=export_runs.KIND, by=cast.officer, created_at=NOW, **held)
    for name in (f"{job.pk}-1", f"{job.pk}-2", "999-1"):
        (folders.root() / name).mkdir(parents=True)
        (folders.root() / name / "rows").write_text("0519-00000000")
    run_jobs()
    assert [path.name for path in folders.root().iterdir()] == [f"{job.pk}-2"]


NEVER: dict[str, Callable[[Cast, str], Filing]] = {
    "缺账号ID": lambda cast, on: opening("accepted", cast, platform=on, uid=""),
    "现为“区府办审核”": lambda cast, on: opening("office_review", cast, platform=on),
    "现为“已办结”": lambda cast, on: opening("completed", cast, platform=on),
    "已登记“已备案”": lambda cast, on: _answered(opening("accepted", cast, platform=on), "taken"),
    "已登记“不适用”": lambda cast, on: _answered(opening("accepted", cast, platform=on), "n/a"),
}


def _answered(filing: Filing, result: str) -> Filing:
    take(filing, "national", result)
    return filing


def test_each_ticked_filing_that_does_not_go_is_kept_with_the_reason(cast: Cast) -> None:
    goes = opening("accepted", cast)
    made = [(why, act(Cast(), "weibo")) for why, act in NEVER.items()]
    job = export(cast.officer, ids=[goes.pk, *(filing.pk for _, filing in made)])
    assert job.params["count"] == 1
    assert set(job.params["filings"]) == {goes.pk, *(filing.pk for _, filing in made)}
    said = {f"{filing.number or filing.account_label}（{why}）" for why, filing in made}
    assert set(job.params["left_out"]) == said
    assert "勾选的另有 5 件没有导出：" in Notice.objects.get(user=cast.officer, key__startswith="job:").text
    with pytest.raises(Refused, match="缺账号ID"):
        export_runs.submit("national", ids=[made[0][1].pk], by=cast.officer, now=LATER)


# --- download, names, cost ------------------------------------------------------------------------------------------


def test_each_download_is_counted_and_in_the_history(cast: Cast) -> None:
    opening("accepted", cast)
    export(cast.officer)
    batch = ExportBatch.objects.get()
    for by in (cast.officer, cast.supervisor):
        assert export_batches.download(batch.pk, by=by, now=LATER).file == batch.file
    batch.refresh_from_db()
    assert batch.downloads == 2
    said = Event.objects.filter(verb="download", subject_kind="exportbatch", subject_id=batch.pk)
    assert [event.actor for event in said.order_by("seq")] == [cast.officer, cast.supervisor]


def test_a_record_from_before_files_were_kept_offers_none(cast: Cast, tmp_path: Any) -> None:
    opening("accepted", cast)
    batch = export_batches.export("national", by=cast.officer, now=LATER, out=tmp_path / "o.xlsx").batch
    assert batch is not None
    ExportBatch.objects.update(file=None)
    with pytest.raises(Refused, match="没有留存"):
        export_batches.download(batch.pk, by=cast.officer, now=LATER)


@pytest.mark.parametrize(
    ("unit_name", "file"),
    [
        ("示例甲街道", "示例甲街道"),
        ("示例/局:办?", "示例_局_办_"),
        ("..", "单位"),
        ("合并", "合并（2）"),
        ("CON", "CON_"),
        ("长" * 80, "长" * 60),
    ],
)
def test_a_units_workbook_has_a_name_that_every_system_can_hold(unit_name: str, file: str) -> None:
    assert writing.file_name(unit_name, {writing.ALL}) == file


def test_units_of_one_name_have_files_of_their_own() -> None:
    taken = {writing.ALL}
    assert [writing.file_name(name, taken) for name in ("甲", "甲", "Ab", "aB")] == ["甲", "甲（2）", "Ab", "aB（2）"]


def test_rows_cost_queries_by_the_chunk_never_by_the_filing(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    accepted(31)

    def moves_platform(code: str) -> None:
        row = account(cast.unit, platform=platform(code), name=f"示例换平台{code}")
        change("accepted", cast, on=row, platform="douyin", same_platform_reason="示例")

    def queries(chunk: int) -> int:
        monkeypatch.setattr(writing, "CHUNK", chunk)
        ids, _ = export_batches.choose(Choice("provincial"))
        columns = export_runs.layouts.in_use("provincial").columns
        with CaptureQueriesContext(connection) as made:
            rows = list(writing.rows("provincial", ids, [], Written()))
            cells = [[column.cell(row) for column in columns] for row in rows]
        assert len(cells) == len(ids)
        return len(made)

    moves_platform("weibo")
    queries(40)
    whole = queries(40)
    few = queries(8)
    assert few - whole == 3 * (queries(16) - whole)  # 4, 2 and 1 chunks: so many queries each
    moves_platform("kuaishou")
    assert queries(40) == whole


@pytest.mark.full
def test_many_filings_take_no_more_memory_than_a_few_chunks() -> None:
    import tracemalloc

    first = accepted(2_000)
    by = first.cast.officer  # type: ignore[attr-defined]
    ids, _ = export_batches.choose(Choice("national"))

    def peak(count: int) -> int:
        tracemalloc.start()
        for row in writing.rows("national", ids[:count], [], Written()):
            assert row.unit
        used = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return used

    peak(500)
    assert peak(2_000) < 1.5 * peak(500)
    assert export(by).result["exported"] == 2_000


def test_an_export_is_of_the_time_at_which_its_job_was_claimed(cast: Cast) -> None:
    opening("accepted", cast)
    made = export_runs.submit("national", by=cast.officer, now=NOW - timedelta(days=1))
    assert run_next(KINDS)
    batch, job = ExportBatch.objects.get(), Job.objects.get(pk=made.pk)
    assert batch.at == job.started_at
