"""发现的账号: what a person finds it to be, the row it becomes, and who is told (第八条)."""

from datetime import date
from typing import Any

import pytest

from accounts.lifecycle import void
from accounts.models import Account, AccountState, Flag, Role, Sighting, Unit
from accounts.register_in import import_file
from accounts.sighting_match import Finding, Units, match, suggest
from inspections.sweep import sweep
from tests.accounts.sightings import cancelled, decide, seen
from tests.factories import NOW, Cast, account, at, platform, unit, user
from zhonglou_media.core.errors import Incomplete, NotAllowed
from zhonglou_media.core.models import Event, Notice, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def officer() -> User:
    return user(Role.OFFICER)


def test_an_unfiled_account_enters_the_register_and_its_unit_is_told_at_once(officer: User) -> None:
    cast = Cast(unit("示例局"))
    done = decide(officer, "unfiled", seen(uid="d1", found_on=date(2026, 11, 20)), unit=cast.unit.pk)
    new = Account.objects.get()
    assert (new.state, new.origin, new.unit, new.uid, new.source_document) == (
        "unfiled", "found", cast.unit, "d1", "平台检索",
    )  # fmt: skip
    assert (new.found_at, new.state_since, new.reborn_of) == (at("2026-11-20 00:00"), NOW, None)
    assert (done.sighting.account, done.sighting.found_at, done.told) == (new, new.found_at, 2)
    assert set(Notice.objects.values_list("user", "link")) == {
        (person.pk, f"/accounts/{new.pk}/") for person in (cast.operator, cast.leader)
    }
    assert "请补报开办备案，或关停" in Notice.objects.first().text  # type: ignore[union-attr]
    event = Event.objects.get()
    assert (event.subject_kind, event.subject_id, event.verb, event.to_state, event.comment) == (
        "account", new.pk, "found", "unfiled", "来源：平台检索",
    )  # fmt: skip
    sweep(at("2026-11-24 14:06"))
    assert Flag.objects.open().get(rule="unfiled_account").due_at == new.found_at


def test_one_that_is_unfiled_already_stays_one_row_and_its_unit_is_told_again(officer: User) -> None:
    of = unit()
    decide(officer, "unfiled", unit=of.pk)
    row = Account.objects.get()
    done = decide(officer, "unfiled", seen("示例新名"), account=row.pk)
    assert (Account.objects.get(), done.sighting.account, done.sighting.unit) == (row, row, of)
    assert [event.verb for event in Event.objects.order_by("seq")] == ["found", "seen_again"]


@pytest.mark.parametrize("verdict", ["not_government", "fake"])
def test_what_is_no_account_of_the_district_leaves_the_register_as_it_is(verdict: str, officer: User) -> None:
    done = decide(officer, verdict, unit=unit().pk)
    assert (Account.objects.count(), Notice.objects.count(), done.told) == (0, 0, None)
    event = Event.objects.get()
    assert (event.subject_kind, event.subject_id, event.to_state) == ("sighting", done.sighting.pk, verdict)


def test_a_known_account_is_named(officer: User) -> None:
    one = account(name="示例发布")
    done = decide(officer, "known", account=one.pk)
    assert (done.sighting.account, done.sighting.unit, Account.objects.count()) == (one, one.unit, 1)


def test_one_that_is_unfiled_already_and_is_seen_again_is_known_and_nobody_is_told_twice(officer: User) -> None:
    of = Cast()
    decide(officer, "unfiled", seen(uid="d1"), unit=of.unit.pk)
    (candidate,) = match(platform(), "d1", "示例发布", "")
    finding = Finding(platform(), "示例发布", "d1")
    assert suggest(finding, [candidate], Units()).verdict == "known"
    told = Notice.objects.count()
    decide(officer, "known", seen(uid="d1"), account=Account.objects.get().pk)
    assert (Account.objects.count(), Notice.objects.count()) == (1, told)


# --- cancelled, closed --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("uid", "named", "reborn"),
    [("d1", False, True), ("", False, True), ("d2", False, False), ("d2", True, True)],
    ids=["same id", "same name, id unknown", "freed name, another id", "named by the person"],
)
def test_a_cancelled_account_seen_again_is_a_new_row_that_names_the_old_one(
    uid: str, named: bool, reborn: bool, officer: User
) -> None:
    old = cancelled(account(unit("示例局"), name="示例发布", uid="d1"))
    decide(officer, "unfiled", seen(uid=uid), unit=old.unit_id, account=old.pk if named else None)
    new = Account.objects.get(state="unfiled")
    assert (new.reborn_of, new.unit) == (old if reborn else None, old.unit)
    old.refresh_from_db()
    assert old.state == AccountState.CANCELLED
    sweep(at("2026-11-24 14:06"))
    assert Flag.objects.open().get(rule="unfiled_account").account == new


def test_the_import_of_what_was_found_names_the_cancelled_row_as_well(officer: User, tmp_path: Any) -> None:
    old = cancelled(account(unit("示例局"), name="示例发布", uid="d1"))
    path = tmp_path / "found.csv"
    path.write_text("单位,平台,名称,ID\n示例局,抖音,示例发布,d1\n", encoding="utf-8")
    operator = user(Role.OPERATOR, old.unit)
    result = import_file(path, by=officer, now=NOW, found=True)
    assert str(result) == "read=1 created=1 changed=0 unchanged=0 refused=0"
    new = Account.objects.get(state="unfiled")
    assert (new.reborn_of, Notice.objects.get().user) == (old, operator)
    sweep(at("2026-11-24 14:06"))
    assert Flag.objects.open().get(rule="unfiled_account").account == new


def test_a_closed_account_that_is_seen_stays_the_one_row_and_only_a_publication_is_a_breach(officer: User) -> None:
    one = account(name="示例发布", uid="d1")
    Account.objects.filter(pk=one.pk).update(
        state="closed", next_update_due_at=None, state_since=at("2026-11-01 09:00")
    )
    decide(officer, "known", seen(uid="d1"), account=one.pk)
    sweep(NOW)
    assert (Account.objects.count(), Flag.objects.count()) == (1, 0)
    Account.objects.filter(pk=one.pk).update(last_published_at=at("2026-11-23 09:00"))
    sweep(NOW)
    assert Flag.objects.open().get().rule == "revived"


# --- what is refused ----------------------------------------------------------------------------------------------


@pytest.fixture
def rows(officer: User) -> dict[str, Any]:
    """An account in each state that matters, and units that own nothing."""
    of = unit("示例局")
    made = {state: account(name=f"示例{state}", uid=state) for state in ("active", "closed", "cancelled", "void")}
    made["unfiled"] = account(of, name="示例unfiled", uid="unfiled", found=True)
    made["weibo"] = account(of, name="示例微博", uid="w1", platform=platform("weibo"))
    for state in ("closed", "void"):
        Account.objects.filter(pk=made[state].pk).update(state=state, next_update_due_at=None)
    cancelled(made["cancelled"])
    return made | {
        "of": of,
        "internal": unit("示例科", internal=True),
        "merged": unit("示例旧局", status="merged"),
    }


@pytest.mark.parametrize(
    ("verdict", "what", "chosen", "field", "sentence"),
    [
        ("", {}, {}, "verdict", "请认定它是什么。"),
        ("known", {}, {}, "account", "请选出它是台账里的哪一个账号。"),
        ("known", {}, {"account": "cancelled"}, "verdict", "已经注销，又在平台上出现的"),
        ("known", {}, {"account": "void"}, "account", "已经作废"),
        ("known", {}, {"account": "weibo"}, "account", "新浪微博的账号，不是抖音的"),
        ("unfiled", {}, {}, "unit", "请写明疑似主办单位"),
        ("unfiled", {}, {"unit": "internal"}, "unit", "内设机构"),
        ("unfiled", {}, {"unit": "merged"}, "unit", "已经撤并"),
        ("unfiled", {}, {"account": "active"}, "verdict", "在台账里是“正常运行”"),
        ("unfiled", {"uid": "active"}, {"unit": "of"}, "account", "台账里已有示例active（抖音）"),
        ("unfiled", {"uid": "closed"}, {"unit": "of"}, "account", "已关停"),
        ("unfiled", {"name": "示例active"}, {"unit": "of"}, "account", "填写账号ID"),
        ("fake", {}, {}, "account", "请写明假冒的是谁"),
        ("fake", {"link": "javascript:alert(1)"}, {}, "link", "http://"),
        ("fake", {"source": " "}, {}, "source", "请写明发现途径"),
        ("fake", {"found_on": date(2026, 11, 25)}, {}, "found_on", "不能晚于今天"),
        ("fake", {"name": "钟楼\u202e发布"}, {}, "name", "控制字符"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field_and_nothing_is_written(
    verdict: str, what: dict[str, Any], chosen: dict[str, str], field: str, sentence: str,
    officer: User, rows: dict[str, Any],
) -> None:  # fmt: skip
    before = Account.objects.count()
    with pytest.raises(Incomplete) as refused:
        decide(officer, verdict, seen(**what), **{key: rows[name].pk for key, name in chosen.items()})
    assert sentence in refused.value.errors[field][0]
    assert (Account.objects.count(), Sighting.objects.count(), Event.objects.count()) == (before, 0, 0)


def test_only_the_office_sorts() -> None:
    with pytest.raises(NotAllowed):
        decide(user(Role.OPERATOR), "fake")


def test_a_unit_without_people_is_told_of_to_who_sorts(officer: User) -> None:
    of: Unit = unit()
    assert decide(officer, "unfiled", unit=of.pk).told == 0


def test_a_row_made_in_error_is_void_and_its_identity_free_again(officer: User) -> None:
    decide(officer, "unfiled", unit=unit().pk)
    void(Account.objects.get(), reason="登记有误", by=user(Role.SUPERVISOR), now=NOW)
    decide(officer, "unfiled", unit=unit().pk)
    assert Account.objects.get(state="unfiled").reborn_of is None
