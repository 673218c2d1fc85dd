"""单位撤并: what was under way at the merger, or closed before it, is carried on by the receiving unit (第八条)."""

from datetime import date

import pytest
from django.test import Client

from accounts import activity
from accounts.models import Account, Message, Role
from filings import drafting, handing_questions, reporting, reviewing, unit_merging
from filings.models import Filing
from tests.factories import NOW, Cast, account, bring, change, closing, opening, platform, read, typed, unit, user
from tests.filings.exchanging import take
from zhonglou_media.core import events
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.models import Notice

pytestmark = pytest.mark.django_db


@pytest.fixture
def old() -> Cast:
    return Cast(unit("示例撤销街道"))


@pytest.fixture
def heir() -> Cast:
    return Cast(unit("示例接收街道"))


def merge(old: Cast, heir: Cast) -> list[Filing]:
    facts = {"document": "示例方案", "on": date(2026, 11, 24)}
    return unit_merging.merge(old.unit.pk, heir.unit.pk, by=user(Role.ADMIN), now=NOW, **facts)


def drafts(heir: Cast) -> list[tuple[Account | None, str]]:
    return [(row.account, row.kind) for row in Filing.objects.live().filter(unit=heir.unit).order_by("pk")]


@pytest.mark.parametrize("end", ["completed change", "withdrawn closing", "refused closing", "completed opening"])
def test_what_was_under_way_at_the_merger_leaves_a_draft_once_it_has_ended(end: str, old: Cast, heir: Cast) -> None:
    make = {"change": change, "closing": closing, "opening": opening}[end.split()[1]]
    filing = make("accepted" if end.startswith("completed") else "office_review", old)
    assert merge(old, heir) == []
    if end.startswith("completed"):
        take(filing, "national")
        take(filing, "provincial")
    elif end.startswith("withdrawn"):
        reporting.withdraw(filing.pk, by=heir.operator, reason="不再关停", on_platform=None, now=NOW)
    else:
        facts = {"comment": "依据第七条", "on_platform": None, "now": NOW}
        reviewing.refuse(filing.pk, by=old.officer, read=read(filing), **facts)
    assert drafts(heir) == [(filing.account, "change")]
    draft = Filing.objects.live().get(unit=heir.unit)
    assert draft.draft.data["reason"] == "示例撤销街道已并入示例接收街道"
    assert Notice.objects.filter(user=heir.operator, text__contains="主办单位变更已起草（示例撤销街道已并入").exists()
    reporting.withdraw(draft.pk, by=heir.operator, reason="", on_platform=None, now=NOW)
    assert drafts(heir) == []  # what the receiving unit gives up is not begun again


def test_a_closed_account_is_opened_again_by_the_receiving_unit(old: Cast, heir: Cast, client: Client) -> None:
    closed = closing("completed", old).registered
    merge(old, heir)
    with pytest.raises(Refused, match="已并入示例接收街道"):
        drafting.start("open", by=heir.operator, unit=old.unit, account=closed, now=NOW)
    client.force_login(heir.operator)
    assert closed.name in client.get("/filings/new/").content.decode()
    client.post("/filings/open/", {"account": closed.pk})
    filing = Filing.objects.live().get(account=closed)
    assert filing.unit == heir.unit
    done = bring(filing, "completed", heir, typed(name=closed.name, uid=closed.uid), now=NOW, paper=None)
    closed.refresh_from_db()
    assert (done.state, closed.state, closed.unit) == ("completed", "active", heir.unit)
    assert [event.verb for event in events.timeline(closed)][-2:] == ["merge_unit", "activate"]


def test_open_questions_go_to_an_account_of_the_receiving_unit(old: Cast, heir: Cast) -> None:
    filing = closing("office_review", old)
    taker = account(heir.unit, platform=platform("weibo"))
    assert list(handing_questions.takers(filing)) == []
    merge(old, heir)
    assert list(handing_questions.takers(Filing.objects.get(pk=filing.pk))) == [taker]


def test_a_draft_of_nobody_stays_with_whom_it_was_handed_to(old: Cast, heir: Cast) -> None:
    account(old.unit)
    (draft,) = merge(old, heir)
    colleague = user(Role.OPERATOR, heir.unit)
    Filing.objects.filter(pk=draft.pk).update(owner=colleague)
    drafting.save_draft(draft.pk, by=heir.operator, data={"remarks": "示例"}, now=NOW)
    draft.refresh_from_db()
    assert (draft.author, draft.owner) == (heir.operator, colleague)


def test_a_question_taken_back_goes_to_the_row_that_stands_for_its_account(old: Cast) -> None:
    codes = ("douyin", "weibo", "kuaishou", "toutiao")
    origin, first, kept, last = (account(old.unit, platform=platform(code)) for code in codes)
    filing = closing("office_review", old, on=first)
    question = activity.ask(origin.pk, asked_at=NOW, body="几点？", by=old.operator, now=NOW)
    Message.objects.filter(pk=question.pk).update(handed_to=first)
    handing_questions.hand_over(filing.pk, messages=[question.pk], to=last.pk, by=old.operator, now=NOW)
    Account.objects.filter(pk=first.pk).update(merged_into=kept, state="void", next_update_due_at=None)
    reporting.withdraw(filing.pk, by=old.operator, reason="不再关停", on_platform=None, now=NOW)
    question.refresh_from_db()
    assert question.handed_to == kept
