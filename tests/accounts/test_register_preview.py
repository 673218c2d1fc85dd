"""What a preview shows is what confirming it writes, or nothing is written."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections
from django.test import Client

from accounts import register_preview
from accounts.models import Account, AccountState, Role, Unit
from accounts.register_judge import Outcome
from tests.factories import NOW, account, at, unit, user
from tests.factories import platform as platform_of
from zhonglou_media.core import files
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.errors import NotAllowed, Refused, WrongState
from zhonglou_media.core.models import Event, Job, JobState, User

HEADS = "单位,平台,账号名称,账号ID,粉丝数\n"
database = pytest.mark.django_db


def prepared(rows: str, by: User, *, found: bool = False, document: str = "示例台账") -> Job:
    return register_preview.prepare(
        (HEADS + rows).encode(), name="清单.csv", found=found, document=document, by=by, now=NOW
    )


def confirmed(job: Job, by: User | None) -> Job:
    return register_preview.confirm(job.pk, read=job.params["digest"], by=by, now=at("2026-11-24 15:00"))


@pytest.fixture
def officer(db: None) -> User:
    return user(Role.OFFICER, name="示例经办")


def register() -> list[tuple[object, ...]]:
    """All that an import can write, to compare before and after."""
    return [*Account.objects.order_by("pk").values_list(), *Unit.objects.order_by("pk").values_list()]


# --- exactly what was shown ---------------------------------------------------------------------------------------


def test_a_preview_writes_nothing_and_keeps_the_list(officer: User) -> None:
    before = register()
    job = prepared("示例新局,抖音,示例发布,d1,\n", officer)
    assert register() == before
    assert (job.state, job.kind, job.source_name) == (JobState.PREPARED, "import_registry", "清单.csv")
    assert job.source is not None
    assert files.path_of(job.source.sm3).read_bytes() == (HEADS + "示例新局,抖音,示例发布,d1,\n").encode()
    assert job.finished_at is None
    assert not Event.objects.exists()


def test_each_value_shown_is_the_value_written(officer: User) -> None:
    of = unit("示例局")
    blank = account(of, name="示例微信", platform=platform_of("wechat"), uid="", followers=5)
    job = prepared("示例局,微信,示例微信,gh_1,8\n示例局,抖音,示例抖音,d1,9\n", officer)
    rows = register_preview.shown(job)["rows"]
    assert [(row["outcome"], row["changes"]) for row in rows] == [
        (Outcome.CHANGED, [["账号ID", "", "gh_1"], ["粉丝数", "5", "8"]]),
        (Outcome.CREATED, [["账号ID", "", "d1"], ["粉丝数", "", "9"]]),
    ]
    before = db_now()
    done = confirmed(job, officer)
    blank.refresh_from_db()
    new = Account.objects.get(name="示例抖音")
    assert (blank.uid, blank.followers) == ("gh_1", 8)
    assert (new.unit, new.uid, new.followers, new.source_document) == (of, "d1", 9, "示例台账")
    assert (done.state, done.started_at) == (JobState.DONE, at("2026-11-24 15:00"))
    assert before < done.finished_at <= db_now()  # when it was done, not when it began
    event = Event.objects.get()
    assert (event.subject_kind, event.subject_id, event.actor) == ("job", job.pk, officer)
    assert event.detail["accounts"] == sorted([blank.pk, new.pk])
    assert event.detail["changed_accounts"] == [blank.pk]


def _filled(of: Unit, known: Account) -> None:
    Account.objects.filter(pk=known.pk).update(followers=6)


def _renamed(of: Unit, known: Account) -> None:
    Account.objects.filter(pk=known.pk).update(uid="another")


def _came_in(of: Unit, known: Account) -> None:
    account(of, name="示例抖音", uid="d1")


def _closed(of: Unit, known: Account) -> None:
    Account.objects.filter(pk=known.pk).update(state=AccountState.CLOSED, next_update_due_at=None)


def _unit_made(of: Unit, known: Account) -> None:
    unit("示例新局")


def _second_on_the_platform(of: Unit, known: Account) -> None:
    account(of, name="示例另一个", uid="d9")


@database
@pytest.mark.parametrize(
    ("meanwhile", "row", "old", "new"),
    [
        (_filled, 2, "补充：粉丝数 5→8", "补充：粉丝数 6→8"),
        (
            _renamed,
            2,
            "补充：粉丝数 5→8",
            "新增：账号ID （空）→gh_1；粉丝数 （空）→8；同平台多账号说明 （空）→存量待说明",
        ),
        (_came_in, 3, "新增：账号ID （空）→d1", "不变"),
        (_closed, 2, "补充：粉丝数 5→8", "不予导入：该账号已经关停；如重新开通，请办理新开办备案"),
        (_unit_made, 4, "新增：主办单位 （空）→示例新局（新单位，待核）；账号ID （空）→w1", "新增：账号ID （空）→w1"),
        (
            _second_on_the_platform,
            3,
            "新增：账号ID （空）→d1",
            "新增：账号ID （空）→d1；同平台多账号说明 （空）→存量待说明",
        ),
    ],
)
def test_where_the_register_moved_on_nothing_is_written_and_the_row_is_named(
    meanwhile: Callable[[Unit, Account], None], row: int, old: str, new: str
) -> None:
    officer = user(Role.OFFICER)
    of = unit("示例局")
    known = account(of, name="示例微信", platform=platform_of("wechat"), uid="gh_1", followers=5)
    job = prepared("示例局,微信,示例微信,gh_1,8\n示例局,抖音,示例抖音,d1,\n示例新局,微博,示例微博,w1,\n", officer)
    meanwhile(of, known)
    before = register()
    with pytest.raises(register_preview.PreviewChanged) as refused:
        confirmed(job, officer)
    assert register() == before
    assert f"第 {row} 行的结果与您看到的不同" in str(refused.value)
    (difference,) = refused.value.difference
    assert difference.label.startswith(f"第 {row} 行")
    assert (difference.old, difference.new) == (old, new)
    # The old reading stays refused; the new one, once read, is written.
    with pytest.raises(register_preview.PreviewChanged, match="预览已经更新"):
        confirmed(job, officer)
    assert register() == before
    job.refresh_from_db()
    assert confirmed(job, officer).state == JobState.DONE


def test_what_happens_beside_the_list_stands_in_nobodys_way(officer: User) -> None:
    job = prepared("示例局,抖音,示例抖音,d1,\n", officer)
    account(unit("别的局"), name="别的号")
    assert confirmed(job, officer).result["created"] == 1


def test_ground_and_document_are_part_of_what_was_read(officer: User) -> None:
    rows = "示例局,抖音,示例抖音,d1,\n"
    jobs = [
        prepared(rows, officer),
        prepared(rows, officer, found=True),
        prepared(rows, officer, document="另一份"),
    ]
    assert len({job.params["digest"] for job in jobs}) == 3


def test_a_list_already_written_tells_by_whom(officer: User) -> None:
    job = prepared("示例局,抖音,示例抖音,d1,\n", officer)
    confirmed(job, officer)
    with pytest.raises(WrongState, match="已由示例经办于 2026-11-24 15:00 导入，不用再导入") as refused:
        confirmed(job, user(Role.SUPERVISOR))
    assert refused.value.by == officer
    assert (Account.objects.count(), Event.objects.count()) == (1, 1)


def test_any_officer_may_confirm_and_nobody_else(officer: User) -> None:
    job = prepared("示例局,抖音,示例抖音,d1,\n", officer)
    for role in (Role.OPERATOR, Role.LEADER, Role.PARENT, Role.AUDITOR, Role.ADMIN):
        with pytest.raises(NotAllowed):
            confirmed(job, user(role, unit()))
        with pytest.raises(NotAllowed):
            prepared("示例局,抖音,示例抖音,d1,\n", user(role, unit()))
    assert not Account.objects.exists()
    colleague = user(Role.OFFICER)
    confirmed(job, colleague)
    assert Event.objects.get().actor == colleague


def test_a_list_that_is_no_longer_stored_is_refused(officer: User) -> None:
    job = prepared("示例局,抖音,示例抖音,d1,\n", officer)
    assert job.source is not None
    files.path_of(job.source.sm3).unlink()
    with pytest.raises(Refused, match="文件已不在存储中"):
        confirmed(job, officer)


# --- as a page ----------------------------------------------------------------------------------------------------


def test_the_page_shows_the_new_preview_with_what_changed(officer: User, client: Client) -> None:
    known = account(unit("示例局"), name="示例抖音", uid="d1", followers=5)
    job = prepared("示例局,抖音,示例抖音,d1,8\n", officer)
    Account.objects.filter(pk=known.pk).update(followers=6)
    client.force_login(officer)
    address = f"/accounts/import/{job.pk}/"
    answer = client.post(address, {"digest": job.params["digest"]})
    text = answer.content.decode()
    assert answer.status_code == 409
    assert "没有导入：您看预览以后台账有变动，第 2 行的结果与您看到的不同" in text
    assert "粉丝数 6 → 8" in text
    job.refresh_from_db()
    assert f'value="{job.params["digest"]}"' in text
    assert client.post(address, {"digest": job.params["digest"]}, follow=True).status_code == 200
    known.refresh_from_db()
    assert known.followers == 8
    again = client.post(address, {"digest": job.params["digest"]}, follow=True).content.decode()
    assert "不用再导入" in again


# --- two at once (PostgreSQL) -------------------------------------------------------------------------------------


def at_once(*acts: Callable[[], object]) -> list[BaseException]:
    """Run `acts` in threads that start together; returns what they raised."""
    raised: list[BaseException] = []
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> None:
        try:
            connections["default"].ensure_connection()
            start.wait(30)
            act()
        except BaseException as error:  # judged by the test, whatever it is
            raised.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads), "a thread hangs"
    return raised


def both_confirm() -> list[BaseException]:
    """Two officers confirm one preview that fills in an account; what they raised."""
    known = account(unit(), followers=5)
    officers = [user(Role.OFFICER), user(Role.OFFICER)]
    rows = f"{known.unit.name},抖音,{known.name},{known.uid},8\n"
    job = prepared(rows, officers[0])
    return at_once(*(lambda by=by: confirmed(job, by) for by in officers))  # type: ignore[misc]


@pytest.mark.needs_postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_officers_at_once_one_applies_and_the_other_is_told() -> None:
    for number in range(1, 11):
        (refused,) = both_confirm()
        assert isinstance(refused, WrongState), refused
        assert "不用再导入" in str(refused)
        assert Event.objects.filter(verb="import_registry").count() == number


@pytest.mark.needs_postgres
@pytest.mark.django_db(transaction=True)
def test_without_the_lock_on_the_job_the_race_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: both find the preview waiting, and the one who comes second is told something else."""
    monkeypatch.setattr(register_preview, "_locked", lambda job_id: Job.objects.get(pk=job_id))
    told: list[Any] = [error for _ in range(10) for error in both_confirm()]
    assert not all(isinstance(error, WrongState) for error in told) or len(told) < 10
