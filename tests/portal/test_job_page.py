"""The page of a job: what it shows, who may see, stop and begin again, and who gets its file."""

from urllib.parse import unquote

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse

from accounts.models import Membership, Role
from tests.factories import NOW, PDF, unit, user
from tests.portal.job_pages import HTMX, a_job, only_kind, page, signed_in
from zhonglou_media.core import files
from zhonglou_media.core.jobs import FAULT, JobKind
from zhonglou_media.core.models import Job, JobState, Notice
from zhonglou_media.portal import jobs, nav

ALL_KINDS = jobs.KINDS  # the tests below have one of their own

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def kinds(monkeypatch: pytest.MonkeyPatch) -> dict[str, JobKind]:
    """A kind of job in the place of those of the portal."""
    return only_kind(monkeypatch)


def test_a_waiting_job_says_how_many_are_before_it() -> None:
    person = user(Role.OPERATOR)
    a_job()
    job = a_job(person)
    text = page(person, f"/jobs/{job.pk}/")
    for words in ("示例任务：排队中", "示例.csv", "前面还有 1 个任务", "可以离开本页，完成后在通知里告诉您", "停止"):
        assert words in text
    assert "<progress" in text
    assert "max=" not in text.partition("<progress")[2].partition(">")[0]  # nobody knows how long


def test_a_running_job_shows_how_far_it_is_and_asks_again() -> None:
    person = user(Role.OPERATOR)
    job = a_job(person, JobState.RUNNING, done=1240, total=2000, note="正在核对", attempts=2)
    text = page(person, f"/jobs/{job.pk}/")
    assert "正在核对" in text
    assert "已处理 1,240 / 2,000 行" in text
    assert 'max="2000" value="1240"' in text
    assert "第 2 次" in text
    assert f'hx-get="/jobs/{job.pk}/" hx-trigger="every 2s"' in text
    part = page(person, f"/jobs/{job.pk}/", **HTMX)
    assert 'id="job-head" hx-swap-oob="true"' in part
    assert "<h1>示例任务：正在核对</h1>" in part
    assert "<title>示例任务：正在核对 - 钟楼区政务新媒体备案与监管平台</title>" in part
    assert 'id="job-act"' not in part  # nobody's finger is on a button that is swapped
    assert "已处理 1,240 / 2,000 行" in part
    assert "hx-trigger" in part


def test_without_scripts_there_is_a_link_to_look_again() -> None:
    person = user(Role.OPERATOR)
    job = a_job(person, JobState.RUNNING)
    noscript = page(person, f"/jobs/{job.pk}/").partition("<noscript>")[2].partition("</noscript>")[0]
    assert f'href="/jobs/{job.pk}/">刷新</a>' in noscript
    job.state, job.finished_at = JobState.STOPPED, NOW
    job.save()
    assert "<noscript>" not in page(person, f"/jobs/{job.pk}/")


@pytest.mark.parametrize("state", [JobState.DONE, JobState.FAILED, JobState.STOPPED])
def test_an_ended_job_is_asked_for_no_more(state: JobState) -> None:
    person = user(Role.OPERATOR)
    job = a_job(person, state)
    answer = signed_in(person).get(f"/jobs/{job.pk}/", headers=HTMX)
    assert (answer.content, answer["HX-Redirect"]) == (b"", f"/jobs/{job.pk}/")
    text = page(person, f"/jobs/{job.pk}/")
    assert "hx-trigger" not in text.partition("<main")[2]
    assert "停止</button>" not in text


def test_a_done_job_shows_what_it_counted() -> None:
    person = user(Role.OPERATOR)
    job = a_job(person, JobState.DONE, result={"read": 1200, "created": 1180, "refused": 20, "unknown": 7})
    text = page(person, f"/jobs/{job.pk}/")
    assert "示例任务：已完成" in text
    assert "用时 3 分 20 秒" in text
    for words in ("读取", "1,200", "新增", "1,180", "没有写入"):
        assert words in text
    assert "unknown" not in text
    assert "重新开始" not in text


def test_a_kind_with_a_page_of_its_own_is_shown_there(kinds: dict[str, JobKind]) -> None:
    kinds["test"] = JobKind("test", "示例任务", lambda claim: None, page="accounts:import_result")
    person = user(Role.OFFICER)
    job = a_job(person, JobState.DONE, result={"created": 1})
    client = signed_in(person)
    own = f"/accounts/import/{job.pk}/"
    assert client.get(f"/jobs/{job.pk}/", headers=HTMX)["HX-Redirect"] == own
    assert client.get(f"/jobs/{job.pk}/")["Location"] == own
    assert "示例任务：已完成" in page(user(Role.ADMIN), f"/jobs/{job.pk}/")  # who may not open it stays here


def test_a_failed_job_says_why_and_can_begin_again() -> None:
    person = user(Role.OPERATOR)
    job = a_job(person, JobState.FAILED, error="文件里没有数据，请重新选择。")
    text = page(person, f"/jobs/{job.pk}/")
    assert "文件里没有数据，请重新选择。" in text
    answer = signed_in(person).post(f"/jobs/{job.pk}/again/", follow=True)
    new = Job.objects.latest("pk")
    assert answer.redirect_chain == [(f"/jobs/{new.pk}/", 302)]
    assert (new.state, new.by, new.source_name) == (JobState.QUEUED, person, "示例.csv")
    assert "已重新提交，正在排队" in answer.content.decode()


@pytest.mark.parametrize(
    ("kind", "role", "crumb", "address"),
    [
        ("import_activity", Role.OPERATOR, "导入数据", "/activity/import/"),
        ("record_receipts", Role.OFFICER, "上级平台备案", "/filings/exchange/"),
        ("import_registry", Role.OFFICER, "导入台账", "/accounts/import/"),
    ],
)
@pytest.mark.parametrize("state", [JobState.RUNNING, JobState.FAILED, JobState.STOPPED])
def test_the_page_lies_under_that_where_its_kind_begins(
    kinds: dict[str, JobKind], state: JobState, kind: str, role: Role, crumb: str, address: str
) -> None:
    kinds |= ALL_KINDS
    person = user(role)
    text = page(person, f"/jobs/{a_job(person, state, kind=kind).pk}/")
    assert f'aria-label="当前位置"><ol><li><a href="{address}">{crumb}</a>' in text
    lit = text.partition('aria-current="page"')[0].rpartition("<a ")[2]
    assert (lit.partition('href="')[2].partition('"')[0], "is-active" in lit) == (address, True)
    assert ("换一个文件</a>" in text) == (state != JobState.RUNNING)


def test_who_looks_after_the_portal_comes_from_all_runs(kinds: dict[str, JobKind]) -> None:
    kinds |= ALL_KINDS
    job = a_job(user(Role.OPERATOR), JobState.FAILED, kind="import_activity", error="示例")
    text = page(user(Role.ADMIN), f"/jobs/{job.pk}/")
    assert 'aria-label="当前位置"><ol><li><a href="/runs/">运行状况</a>' in text
    assert "换一个文件" not in text  # may not import


@pytest.mark.parametrize(
    ("kind", "state", "error", "primary"),
    [
        ("import_activity", JobState.FAILED, "表头下面没有数据。", "换一个文件"),
        ("import_activity", JobState.FAILED, FAULT, "重新开始"),
        ("import_activity", JobState.STOPPED, "", "重新开始"),
        ("import_registry", JobState.FAILED, FAULT, "换一个文件"),  # its page runs it: it does not begin again here
        ("test", JobState.FAILED, "表头下面没有数据。", "重新开始"),  # has no page where it begins
    ],
)
def test_what_helps_is_the_one_primary_button(
    kinds: dict[str, JobKind], kind: str, state: JobState, error: str, primary: str
) -> None:
    kinds |= ALL_KINDS
    person = user(Role.OFFICER)
    text = page(person, f"/jobs/{a_job(person, state, kind=kind, error=error).pk}/").partition("<main")[2]
    assert text.count("btn-primary") == 1
    button = text.partition("btn-primary")[2].partition("</a>" if primary == "换一个文件" else "</button>")[0]
    assert button.endswith(primary)


def test_whoever_reads_the_end_of_a_job_has_read_its_notice(kinds: dict[str, JobKind]) -> None:
    kinds["test"] = JobKind("test", "示例任务", lambda claim: None, page="accounts:import_result")
    person = user(Role.OFFICER)
    running = a_job(person, JobState.RUNNING)
    done = [a_job(person, JobState.DONE, result=result) for result in ({"created": 1}, {})]
    for job in (running, *done):
        Notice.objects.create(user=person, key=f"job:{job.pk}", text="示例", at=NOW)
    for job in (running, *done):
        signed_in(user(Role.ADMIN)).get(f"/jobs/{job.pk}/")
    assert Notice.objects.filter(read_at=None).count() == 3
    for job in (running, *done):  # the second goes on to the page of its kind
        signed_in(person).get(f"/jobs/{job.pk}/")
    assert Notice.objects.get(read_at=None).key == f"job:{running.pk}"


@pytest.mark.parametrize(
    ("kind", "result", "words"),
    [
        ("import_activity", {"created": 4, "changed": 0, "refused": 6}, "新增 4，没有导入 6 行"),
        ("import_activity", {"created": 0, "changed": 2, "refused": 0}, "更新 2"),
        ("import_activity", {"created": 0, "changed": 0, "refused": 0}, "与登记的相同，没有变动"),
        ("record_receipts", {"taken": 3, "refused": 1, "rejected": 2}, "已备案 3，退回 1，不予登记 2 行"),
    ],
)
def test_what_the_notice_says_of_a_result(kind: str, result: dict[str, int], words: str) -> None:
    assert ALL_KINDS[kind].told(result) == words


def test_a_done_job_does_not_begin_again() -> None:
    person = user(Role.OPERATOR)
    job = a_job(person, JobState.DONE)
    assert signed_in(person).post(f"/jobs/{job.pk}/again/").status_code == 409
    assert Job.objects.count() == 1


@pytest.mark.parametrize(
    ("who", "sees", "stops", "again"),
    [
        ("starter", 200, 302, 302),
        (Role.OFFICER, 200, 302, 403),
        (Role.SUPERVISOR, 200, 302, 403),
        (Role.ADMIN, 200, 403, 403),
        (Role.AUDITOR, 404, 404, 404),
        (Role.OPERATOR, 404, 404, 404),
        (Role.LEADER, 404, 404, 404),
    ],
)
def test_who_sees_stops_and_begins_again(who: str, sees: int, stops: int, again: int) -> None:
    starter = user(Role.OPERATOR)
    client = signed_in(starter if who == "starter" else user(who))
    waiting, failed = a_job(starter), a_job(starter, JobState.FAILED, error="示例")
    assert client.get(f"/jobs/{waiting.pk}/").status_code == sees
    assert client.post(f"/jobs/{failed.pk}/again/").status_code == again
    assert client.post(f"/jobs/{waiting.pk}/stop/").status_code == stops
    waiting.refresh_from_db()
    assert waiting.state == (JobState.STOPPED if stops == 302 else JobState.QUEUED)


@pytest.mark.parametrize(
    ("who", "button"),
    [("starter", True), (Role.OFFICER, True), (Role.ADMIN, False)],
    ids=["starter", "office", "admin"],
)
def test_the_button_to_stop_is_there_for_who_may(who: str, button: bool) -> None:
    starter = user(Role.OPERATOR)
    job = a_job(starter, JobState.RUNNING)
    text = page(starter if who == "starter" else user(who), f"/jobs/{job.pk}/")
    assert (f'action="/jobs/{job.pk}/stop/"' in text) == button


def test_a_running_job_that_is_to_stop_says_so() -> None:
    person = user(Role.OPERATOR)
    job = a_job(person, JobState.RUNNING)
    text = signed_in(person).post(f"/jobs/{job.pk}/stop/", follow=True).content.decode()
    part = page(person, f"/jobs/{job.pk}/", **HTMX)
    for shown in (text, part):
        assert "<h1>示例任务：正在停止</h1>" in shown
        assert "<title>示例任务：正在停止 - 钟楼区" in shown
        assert "<strong>正在停止</strong>" in shown
    assert 'id="job-act" hx-swap-oob="true"></div>' in part  # where it was asked for in another window
    assert f'action="/jobs/{job.pk}/stop/"' not in text


def test_an_ended_job_cannot_be_stopped() -> None:
    person = user(Role.OPERATOR)
    job = a_job(person, JobState.DONE)
    answer = signed_in(person).post(f"/jobs/{job.pk}/stop/")
    assert answer.status_code == 409
    assert "任务已经结束（已完成），不能再停止" in answer.content.decode()


@pytest.mark.parametrize(
    ("result", "kind", "name"),
    [({"refused": 2}, files.XLSX, "没有写入的行-20261124"), ({}, files.PDF, "示例任务-20261124")],
)
def test_the_file_a_job_made_is_handed_out_under_its_name(result: dict[str, int], kind: str, name: str) -> None:
    person = user(Role.OPERATOR)
    job = a_job(person, JobState.DONE, file=files.keep(PDF, kind), result=result)
    assert f'href="/jobs/{job.pk}/file/"' in page(person, f"/jobs/{job.pk}/")
    answer = signed_in(person).get(f"/jobs/{job.pk}/file/")
    assert b"".join(answer.streaming_content) == PDF
    assert answer["Content-Type"] == kind
    assert f"{name}-{job.pk}." in unquote(answer["Content-Disposition"])
    assert signed_in(user(Role.OPERATOR)).get(f"/jobs/{job.pk}/file/").status_code == 404


@pytest.mark.parametrize(
    ("kind", "who", "status"),
    [
        ("import_activity", "starter", 200),
        ("import_activity", Role.OFFICER, 200),
        ("import_activity", Role.SUPERVISOR, 200),
        ("import_activity", Role.ADMIN, 403),
        ("import_activity", Role.OPERATOR, 404),
        ("import_activity", Role.AUDITOR, 404),
        ("test", "starter", 200),
        ("test", Role.OFFICER, 403),  # a kind without a page of its own is nobody else's work
    ],
)
def test_who_gets_the_file_and_the_link_to_it(kinds: dict[str, JobKind], kind: str, who: str, status: int) -> None:
    kinds["import_activity"] = ALL_KINDS["import_activity"]
    starter = user(Role.OPERATOR)
    rows = files.keep(b"PK\x03\x04 what a citizen wrote", files.XLSX)
    job = a_job(starter, JobState.DONE, kind=kind, file=rows, result={})
    client = signed_in(starter if who == "starter" else user(who))
    answer = client.get(f"/jobs/{job.pk}/file/")
    assert answer.status_code == status
    if status == 200:
        assert b"citizen" in b"".join(answer.streaming_content)
    shown = client.get(f"/jobs/{job.pk}/")
    assert (f'href="/jobs/{job.pk}/file/"' in shown.content.decode()) == (status == 200)


def test_an_admin_who_is_an_operator_elsewhere_gets_no_file_of_others(kinds: dict[str, JobKind]) -> None:
    kinds["import_activity"] = ALL_KINDS["import_activity"]
    both = user(Role.ADMIN)
    Membership.objects.create(user=both, unit=unit(), role=Role.OPERATOR)
    rows = files.keep(b"PK\x03\x04 what a citizen wrote", files.XLSX)
    job = a_job(user(Role.OPERATOR), JobState.DONE, kind="import_activity", file=rows, result={"refused": 1})
    client = signed_in(both)
    assert client.get(f"/jobs/{job.pk}/file/").status_code == 403
    assert client.get(f"/jobs/{job.pk}/").status_code == 200  # and is not sent to a page that is not found


def test_a_job_without_a_file_and_one_whose_file_is_gone_give_none() -> None:
    person = user(Role.OPERATOR)
    without = a_job(person, JobState.DONE)
    gone = a_job(person, JobState.DONE, file=files.store(ContentFile(PDF)))
    assert gone.file is not None
    files.path_of(gone.file.sm3).unlink()
    client = signed_in(person)
    assert client.get(f"/jobs/{without.pk}/file/").status_code == 404
    assert client.get(f"/jobs/{gone.pk}/file/").status_code == 404


def test_every_kind_has_its_words_and_a_page_that_shows_its_result() -> None:
    for code, kind in ALL_KINDS.items():
        assert (kind.code, bool(kind.label)) == (code, True)
        assert reverse(kind.page, args=[1])
        assert nav.label_of(kind.start_page)
    for words, name, start in jobs.AT_ONCE.values():
        assert words
        assert reverse(name, args=[1])
        assert nav.label_of(start)
    assert set(ALL_KINDS).isdisjoint(jobs.AT_ONCE)


def test_a_job_that_its_own_page_runs_is_not_begun_again_here() -> None:
    starter = user(Role.OFFICER)
    failed = a_job(starter, JobState.FAILED, error="示例", kind="import_registry")
    client = signed_in(starter)
    assert "重新开始" not in client.get(f"/jobs/{failed.pk}/").content.decode()
    assert client.post(f"/jobs/{failed.pk}/again/").status_code == 409
    assert Job.objects.count() == 1


def test_what_a_preview_keeps_is_not_handed_out() -> None:
    starter = user(Role.OFFICER)
    book = files.keep(b"{}", "application/json")
    prepared = a_job(starter, JobState.PREPARED, file=book, finished_at=None, started_at=None)
    client = signed_in(starter)
    assert client.get(f"/jobs/{prepared.pk}/file/").status_code == 404
    assert "/file/" not in client.get(f"/jobs/{prepared.pk}/").content.decode()
