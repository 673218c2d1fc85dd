"""Which account an opening means: against the register, against the unit's other openings, and as it becomes known."""

from datetime import date, timedelta

import pytest

from accounts.models import Account
from filings import approving, drafting, exchange, reporting, reviewing
from filings.models import Filing
from tests.factories import NOW, Cast, account, opening, platform, read, scan, typed
from zhonglou_media.core.errors import Incomplete, Refused, StaleReading, WrongState
from zhonglou_media.core.models import Event

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
REASON = {"same_platform_reason": "两个账号服务对象不同"}


def problems(cast: Cast, **fields: str) -> dict[str, list[str]]:
    """What stops another opening of the unit from being submitted."""
    filing = drafting.start("open", by=cast.operator, unit=cast.unit, now=LATER)
    drafting.save_draft(filing.pk, by=cast.operator, data=typed(**fields), now=LATER)
    try:
        drafting.submit(filing.pk, by=cast.operator, now=LATER)
    except Incomplete as incomplete:
        return incomplete.errors
    return {}


@pytest.mark.parametrize("state", ["leader_review", "to_report", "office_review", "returned", "accepted", "completed"])
@pytest.mark.parametrize(
    ("first", "second", "stopped"),
    [
        ({"name": "示例发布", "uid": ""}, {"name": "示例发布", "uid": ""}, {"uid", "same_platform_reason"}),
        ({"name": "示例发布", "uid": "a"}, {"name": "示例别名", "uid": "a"}, {"uid", "same_platform_reason"}),
        ({"name": "示例发布", "uid": ""}, {"name": "示例发布", "uid": "b"}, {"uid", "same_platform_reason"}),
        ({"name": "示例发布", "uid": "a"}, {"name": "示例发布", "uid": "b"}, {"same_platform_reason"}),
        ({"name": "示例发布", "uid": "a"}, {"name": "示例别名", "uid": "b"}, {"same_platform_reason"}),
        ({"name": "示例发布", "uid": "a"}, {"name": "示例发布", "uid": "b", **REASON}, set()),
        ({"name": "示例发布", "uid": "a"}, {"name": "示例别名", "uid": "b", "platform": "kuaishou"}, set()),
    ],
)
def test_against_an_opening_past_draft(
    state: str, first: dict[str, str], second: dict[str, str], stopped: set[str]
) -> None:
    cast = Cast()
    opening(state, cast, **first)
    assert set(problems(cast, **second)) == stopped


def test_a_draft_is_in_nobodys_way() -> None:
    cast = Cast()
    opening("draft", cast, name="示例发布", uid="a")
    assert problems(cast, name="示例发布", uid="a") == {}


def test_an_opening_for_an_unfiled_account_holds_its_place() -> None:
    cast = Cast()
    found = account(cast.unit, found=True)
    opening("office_review", cast, on=found, platform=found.platform.code, name=found.name, uid=found.uid)
    assert set(problems(cast, platform=found.platform.code)) == {"same_platform_reason"}


def test_another_units_account_of_that_id_is_named() -> None:
    taken = account(uid="taken", name="示例他处")
    errors = problems(Cast(), platform=taken.platform.code, uid="taken")
    assert "示例他处" in errors["uid"][0]


def test_approval_looks_again() -> None:
    """What was free at the submission may be taken when the leader approves."""
    cast = Cast()
    filing = opening("leader_review", cast, uid="late")
    account(uid="late", platform=platform("douyin"))
    with pytest.raises(Refused, match="现在不能批准"):
        approving.leader_approve(filing.pk, by=cast.leader, read=read(filing), now=LATER)
    assert Filing.objects.get(pk=filing.pk).state == "leader_review"


def test_a_pending_account_follows_a_corrected_id() -> None:
    cast = Cast()
    filing = opening("office_review", cast, uid="mistyped")
    reporting.supplement(filing.pk, by=cast.operator, data={"uid": "right"}, now=LATER)
    row = Account.objects.get(filings=filing)
    assert (row.uid, row.state) == ("right", "pending")
    event = Event.objects.filter(subject_kind="account", subject_id=row.pk).latest("seq")
    assert event.verb == "rewrite_pending"


def test_a_pending_account_follows_an_id_put_right_after_a_return() -> None:
    cast = Cast()
    filing = opening("returned", cast, uid="mistyped")
    drafting.save_draft(filing.pk, by=cast.operator, data={"uid": "right"}, now=LATER)
    reporting.report(filing.pk, by=cast.operator, now=LATER)
    assert Account.objects.get(filings=filing).uid == "right"


def test_completion_keeps_an_id_that_the_form_left_blank() -> None:
    cast = Cast()
    found = account(cast.unit, found=True, uid="known")
    opening("completed", cast, on=found, platform=found.platform.code, name=found.name, uid="")
    found.refresh_from_db()
    assert (found.state, found.uid) == ("active", "known")


def test_an_unfiled_account_changes_only_on_completion() -> None:
    cast = Cast()
    found = account(cast.unit, found=True, name="示例旧名", uid="known")
    filing = opening("accepted", cast, on=found, platform=found.platform.code, name="示例新名", uid="known")
    found.refresh_from_db()
    assert (found.state, found.name) == ("unfiled", "示例旧名")
    for system in ("national", "provincial"):
        exchange.take_receipt(filing.pk, system=system, result="taken", on=NOW.date(), by=cast.officer, now=LATER)
    found.refresh_from_db()
    assert (found.state, found.name, found.monitored_from) == ("active", "示例新名", date(2026, 11, 24))
    assert sorted(found.names.values_list("name", flat=True)) == ["示例新名", "示例旧名"]


def test_a_tick_for_the_paper_as_it_was_is_stale() -> None:
    cast = Cast()
    filing = opening("office_review", cast, paper=NOW.date())
    opened = read(filing)
    approving.correct_paper_approval(
        filing.pk, by=cast.operator, leader_name="示例领导", approved_on=NOW.date(), scan=scan(), now=LATER
    )
    with pytest.raises(StaleReading):
        reviewing.check_paper(filing.pk, by=cast.officer, read=opened, now=LATER)
    with pytest.raises(StaleReading):
        reviewing.accept(filing.pk, by=cast.officer, read=opened, now=LATER)


def test_unaccept_not_after_a_receipt_entered_by_hand() -> None:
    cast = Cast()
    filing = opening("accepted", cast)
    exchange.take_receipt(filing.pk, system="national", result="taken", on=NOW.date(), by=cast.officer, now=LATER)
    with pytest.raises(Refused, match="不能撤销通过"):
        reviewing.unaccept(filing.pk, by=cast.supervisor, read=read(filing), now=LATER, comment="有误")


def test_not_occurred_is_confirmed_once() -> None:
    cast = Cast()
    filing = opening("withdrawn", cast)
    reviewing.confirm_not_occurred(filing.pk, by=cast.officer, comment="未开设", now=LATER)
    with pytest.raises(WrongState, match="无需再办"):
        reviewing.confirm_not_occurred(filing.pk, by=cast.officer, comment="未开设", now=LATER)
