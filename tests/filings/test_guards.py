"""What the database itself refuses, on both engines, after all migrations: no code path around the use cases."""

import pytest
from django.core.checks import CheckMessage, run_checks
from django.db import DatabaseError, IntegrityError, connection, transaction

from accounts import lifecycle
from accounts.models import Account, AccountState
from filings.models import Filing, FilingState, Receipt, Revision
from tests.factories import NOW, Cast, account, opening
from zhonglou_media.core import events
from zhonglou_media.core.models import Event

pytestmark = pytest.mark.django_db

S = FilingState
LEGAL = {
    (S.DRAFT, S.LEADER_REVIEW),
    (S.RETURNED, S.LEADER_REVIEW),
    (S.LEADER_REVIEW, S.TO_REPORT),
    (S.LEADER_REVIEW, S.DRAFT),
    (S.TO_REPORT, S.OFFICE_REVIEW),
    (S.RETURNED, S.OFFICE_REVIEW),
    (S.TO_REPORT, S.DRAFT),
    (S.OFFICE_REVIEW, S.ACCEPTED),
    (S.OFFICE_REVIEW, S.RETURNED),
    (S.OFFICE_REVIEW, S.REFUSED),
    (S.ACCEPTED, S.COMPLETED),
    (S.ACCEPTED, S.OFFICE_REVIEW),
    (S.ACCEPTED, S.RETURNED),
    *((state, S.WITHDRAWN) for state in (S.DRAFT, S.LEADER_REVIEW, S.TO_REPORT, S.OFFICE_REVIEW, S.RETURNED)),
}


def database_checks() -> list[CheckMessage]:
    return run_checks(tags=["database"], include_deployment_checks=True, databases=["default"])


def refused(action: object) -> bool:
    """Whether the database refuses it."""
    try:
        with transaction.atomic():
            action()  # type: ignore[operator]
    except DatabaseError:
        return True
    return False


@pytest.mark.parametrize("state", S.values)
def test_a_bare_update_makes_no_illegal_move(state: str) -> None:
    """`.update()` passes by the state machine; the trigger does not let it (a legal pair may still miss its fields)."""
    filing = opening(state)
    for target in S.values:
        if target != state and (state, target) not in LEGAL:
            assert refused(lambda target=target: Filing.objects.filter(pk=filing.pk).update(state=target)), target
    assert Filing.objects.get(pk=filing.pk).state == state


def test_raw_sql_makes_no_illegal_move() -> None:
    filing = opening("draft")
    with (
        pytest.raises(IntegrityError, match="备案状态不能这样变化"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE filings_filing SET state = 'completed' WHERE id = %s", [filing.pk])


def test_an_unknown_state_is_refused() -> None:
    cast = Cast()
    with pytest.raises(IntegrityError, match="filing_state_known"), transaction.atomic():
        Filing.objects.create(kind="open", unit=cast.unit, state="filed", created_at=NOW, ended_at=NOW)


@pytest.mark.parametrize("target", AccountState.values)
def test_accounts_move_along_legal_pairs_only(target: str) -> None:
    row = account()
    legal = ("active", target) in lifecycle.LEGAL or target == "active"
    fields = {"state": target, "next_update_due_at": None}
    assert refused(lambda: Account.objects.filter(pk=row.pk).update(**fields)) is not legal


def test_an_event_is_never_edited_nor_deleted() -> None:
    opening("to_report")
    event = Event.objects.order_by("seq").last()
    assert event is not None
    assert refused(lambda: Event.objects.filter(pk=event.pk).update(comment="改过"))
    assert refused(lambda: Event.objects.filter(pk=event.pk).delete())
    assert events.digest_of(Event.objects.get(pk=event.pk)) == event.hash


def test_a_frozen_revision_and_a_receipt_are_never_edited_nor_deleted() -> None:
    filing = opening("completed")
    for model, change in ((Revision, {"sm3": "0" * 64}), (Receipt, {"number": "改过"})):
        rows = model.objects.filter(filing=filing)
        assert rows.exists()
        assert refused(lambda rows=rows, change=change: rows.update(**change))
        assert refused(lambda rows=rows: rows._raw_delete(rows.db))


def test_filings_and_accounts_are_never_deleted() -> None:
    filing = opening("draft")
    row = account()
    for rows in (Filing.objects.filter(pk=filing.pk), Account.objects.filter(pk=row.pk)):
        assert refused(lambda rows=rows: rows._raw_delete(rows.db))


@pytest.mark.parametrize(
    ("field", "taken_by"),
    [
        ("officer", "operator"),
        ("officer", "leader"),
        ("leader", "operator"),
        ("last_editor", "leader"),
        ("author", "officer"),
    ],
)
def test_one_person_never_takes_a_second_part(field: str, taken_by: str) -> None:
    filing = opening("accepted")
    person = getattr(filing.cast, taken_by)
    with pytest.raises(IntegrityError, match="filing_three_people"), transaction.atomic():
        Filing.objects.filter(pk=filing.pk).update(**{field: person})


def test_the_three_people_check_speaks_chinese() -> None:
    filing = opening("accepted")
    (check,) = [c for c in Filing._meta.constraints if c.name == "filing_three_people"]
    filing.officer = filing.author
    assert "三个人" in str(check.get_violation_error_message())


def test_every_guard_is_in_place() -> None:
    assert database_checks() == []


def test_a_lost_guard_is_named_by_the_check() -> None:
    with connection.cursor() as cursor:
        on = " ON filings_filing" if connection.vendor == "postgresql" else ""
        cursor.execute(f"DROP TRIGGER filings_filing_state_pairs{on}")
    assert [m.id for m in database_checks()] == ["core.E001"]


def test_the_chain_is_whole() -> None:
    opening("completed")
    previous = "0" * 64
    for event in Event.objects.order_by("seq"):
        assert (event.prev, event.hash) == (previous, events.digest_of(event))
        previous = event.hash
