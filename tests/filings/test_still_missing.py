"""还差什么: what the exchange page says of a filing after each of the things that can come about, by `machines.md`."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db.models import F

from filings import drafting, going_up, going_up_counts
from filings.models import ExportBatch, ExportItem, Filing
from filings.reviewing import unaccept
from tests.factories import NOW, Cast, closing, opening, read
from tests.filings.exchanging import LATER, correct, supplement, take

pytestmark = pytest.mark.django_db
Step = Callable[[Filing], object]


def sent(filing: Filing, *systems: str) -> None:
    """Its present revision went up to `systems` (both), past the job that writes the file."""
    filing.refresh_from_db()
    for system in systems or ("national", "provincial"):
        batch = ExportBatch.objects.create(system=system, at=LATER, by=None, sm3="0" * 64)
        ExportItem.objects.create(batch=batch, filing=filing, system=system, revision=filing.revision, again=False)


def remark(filing: Filing) -> None:
    supplement(filing, remarks="示例备注")


def back(filing: Filing) -> None:
    take(filing, "national", "refused", reason="科室未填")


CASES: dict[str, tuple[dict[str, str], list[Step], str]] = {
    "accepted": ({}, [], "全国还没有导出；全省还没有导出"),
    "without an id": ({"uid": ""}, [], "全国还没有导出；全省还没有导出；缺账号ID，补录后才能导出"),
    "exported": ({}, [sent], "全国已导出，等回执；全省已导出，等回执"),
    "one taken": ({}, [sent, take], "全国已备案，等省平台；全省已导出，等回执"),
    "one not applicable": ({}, [lambda f: take(f, "national", "n/a")], "全国不适用，等省平台；全省还没有导出"),
    "supplemented after the export": (
        {},
        [sent, remark],
        "全国已导出，等回执；全省已导出，等回执；补充内容待导出全国（更新）；补充内容待导出全省（更新）",
    ),
    "supplemented after one receipt": (
        {},
        [sent, take, remark, lambda f: sent(f, "provincial")],
        "全国已备案，等省平台；全省已导出，等回执；补充内容待导出全国（更新）",
    ),
    "returned above": ({}, [sent, back], "全国退回：科室未填；现为“退回修改”"),
    "returned, the unit changes it": (
        {},
        [sent, back, lambda f: drafting.submit(f.pk, by=f.cast.operator, now=LATER)],  # type: ignore[attr-defined]
        "全国退回：科室未填；现为“待单位领导审批”",
    ),
    "returned and accepted again": (
        {},
        [sent, back, lambda f: correct(f, purpose="示例新用途")],
        "全国退回过（科室未填），改好后还没有重新导出；全省还没有导出",
    ),
    "one taken, its update returned": (
        {},
        [sent, take, remark, lambda f: sent(f, "national"), back],
        "全国退回：科室未填；现为“退回修改”",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_is_still_missing(case: str) -> None:
    fields, steps, words = CASES[case]
    filing = opening("accepted", **fields)
    for step in steps:
        step(filing)
    assert going_up.waited_for(Filing.objects.get(pk=filing.pk), now=LATER) == words


def test_both_answered_and_a_proof_lacks_names_the_update_that_is_to_be_exported_too() -> None:
    filing = closing("accepted", kind="cancel")
    filing.attachments.update(removed_at=NOW)
    sent(filing)
    take(filing)
    take(filing, "provincial")
    remark(filing)
    words = going_up.waited_for(Filing.objects.get(pk=filing.pk), now=LATER)
    assert words == "两个系统都已答复；还缺：注销证明；补充内容待导出全国（更新）；补充内容待导出全省（更新）"


def row(filing: Filing) -> going_up.Passing:
    return going_up.passing([Filing.objects.get(pk=filing.pk)], now=LATER)[0]


def shown(*names: str) -> list[bool]:
    """Whether the page shows the one filing there is under `names`."""
    return [going_up_counts.shown(name, now=LATER).exists() for name in names]


def test_the_offices_clock_stands_while_the_unit_corrects_and_runs_again_from_its_report() -> None:
    filing = opening("accepted", Cast())
    sent(filing)
    Filing.objects.update(office_due_at=NOW)
    assert shown("late") == [True]
    back(filing)
    assert row(filing).with_unit
    assert shown("late", "national", "provincial") == [False, False, False]
    correct(filing, purpose="示例新用途")
    assert not row(filing).with_unit
    Filing.objects.update(office_due_at=F("office_due_at") - timedelta(days=30))
    assert shown("late") == [True]


def test_which_system_the_office_waits_for() -> None:
    filing = opening("accepted", Cast())
    assert shown("national", "provincial") == [True, True]
    sent(filing)
    take(filing)
    assert shown("national", "provincial") == [False, True]
    remark(filing)
    assert shown("national", "provincial") == [True, True]


@pytest.mark.parametrize(("fields", "owes"), [({"uid": ""}, "账号ID"), ({}, "")], ids=["without an id", "with its id"])
def test_what_the_unit_may_be_urged_for(fields: dict[str, str], owes: str) -> None:
    assert row(opening("accepted", **fields)).owes == owes


def test_an_acceptance_undone_is_no_longer_in_hand() -> None:
    filing = opening("accepted", Cast())
    unaccept(filing.pk, by=filing.cast.supervisor, read=read(filing), now=LATER, comment="示例")  # type: ignore[attr-defined]
    assert not going_up.in_hand().exists()
