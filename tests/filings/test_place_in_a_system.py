"""Where a filing stands in a system above: one table of cases, which the filing's own page and the exchange page keep.

A receipt or an export counts while the approved part it is of is the present one (第八条, machines.md).
"""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from django.test import Client
from django.utils.html import strip_tags

from filings import going_up, reporting
from filings.models import ExportBatch, ExportItem, Filing, Receipt
from tests.factories import NOW, Cast, opening
from tests.filings.exchanging import LATER, supplement, take
from zhonglou_media.core.clock import day_of

PARTS = {1: "as first approved", 2: "as first approved", 3: "approved anew", 4: "approved anew"}
EXPORT, TAKEN, REFUSED, NA = "export", "taken", "refused", "n/a"


@dataclass(frozen=True)
class Case:
    """What went to and came from one system, oldest first, as (what, revision); and what is said of it."""

    state: str
    present: int
    history: tuple[tuple[str, int], ...]
    said: str


CASES = {
    "nothing yet": Case("accepted", 1, (), "wait"),
    "exported": Case("accepted", 1, ((EXPORT, 1),), "sent"),
    "exported, supplemented since": Case("accepted", 2, ((EXPORT, 1),), "sent, update"),
    "exported, approved anew since": Case("accepted", 3, ((EXPORT, 1),), "wait"),
    "taken": Case("accepted", 1, ((EXPORT, 1), (TAKEN, 1)), "done"),
    "taken by hand": Case("accepted", 1, ((TAKEN, 1),), "done"),
    "taken, supplemented since": Case("accepted", 2, ((EXPORT, 1), (TAKEN, 1)), "done, update"),
    "taken, the supplement exported": Case("accepted", 2, ((EXPORT, 1), (TAKEN, 1), (EXPORT, 2)), "done"),
    "taken, approved anew since": Case("accepted", 3, ((EXPORT, 1), (TAKEN, 1)), "wait"),
    "not applicable": Case("accepted", 1, ((NA, 1),), "none"),
    "not applicable to what was approved before": Case("accepted", 3, ((NA, 1),), "wait"),
    "returned": Case("returned", 1, ((EXPORT, 1), (REFUSED, 1)), "back"),
    "returned, reported again": Case("office_review", 3, ((EXPORT, 1), (REFUSED, 1)), "back"),
    "returned, accepted again": Case("accepted", 3, ((EXPORT, 1), (REFUSED, 1)), "back"),
    "returned, exported again": Case("accepted", 3, ((EXPORT, 1), (REFUSED, 1), (EXPORT, 3)), "sent"),
    "returned twice": Case("returned", 3, ((EXPORT, 1), (REFUSED, 1), (EXPORT, 3), (REFUSED, 3)), "back"),
    "returned, then taken": Case("accepted", 3, ((EXPORT, 1), (REFUSED, 1), (EXPORT, 3), (TAKEN, 3)), "done"),
    "an update returned": Case("returned", 2, ((TAKEN, 1), (EXPORT, 2), (REFUSED, 2)), "back"),
    "an update returned, put right": Case("office_review", 2, ((TAKEN, 1), (EXPORT, 2), (REFUSED, 2)), "back"),
    "an update returned, accepted again": Case("accepted", 2, ((TAKEN, 1), (EXPORT, 2), (REFUSED, 2)), "done"),
    "an update returned, the filing done": Case("completed", 2, ((TAKEN, 1), (EXPORT, 2), (REFUSED, 2)), "done"),
    "an update returned, the filing ended": Case("withdrawn", 2, ((TAKEN, 1), (EXPORT, 2), (REFUSED, 2)), "back"),
    "done": Case("completed", 1, ((EXPORT, 1), (TAKEN, 1)), "done"),
    "the other system returned it": Case("returned", 1, ((EXPORT, 1),), "sent"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_where_a_filing_stands(case: Case) -> None:
    receipts, exports, day = [], [], day_of(NOW)
    for n, (what, revision) in enumerate(case.history):
        if what == EXPORT:
            batch = ExportBatch(system="national", at=NOW + timedelta(days=n))
            exports.append(ExportItem(batch=batch, system="national", revision=revision))
        else:
            on, reason = day + timedelta(days=n), "" if what == TAKEN else f"理由{n}"
            receipts.append(Receipt(system="national", revision=revision, result=what, on=on, reason=reason))
    filing = Filing(state=case.state, revision=case.present)
    found = going_up.place_in("national", filing, receipts, exports, PARTS)
    assert f"{found.status}{', update' if found.update else ''}" == case.said
    assert going_up.place_in("provincial", filing, receipts, exports, PARTS).status == "wait"
    if found.status == "back":
        assert found.reason == f"理由{len(case.history) - 1}"


def shown(client: Client, filing: Filing) -> str:
    """What the filing's own page says of the systems above."""
    page = client.get(f"/filings/{filing.pk}/").content.decode()
    return " ".join(strip_tags(page.partition('id="uppers-h"')[2].partition("</ul>")[0]).split())


@pytest.mark.django_db
def test_both_pages_say_that_an_update_came_back(client: Client) -> None:
    filing = opening("accepted", Cast())
    cast: Cast = filing.cast  # type: ignore[attr-defined]
    take(filing)
    supplement(filing, remarks="示例备注")
    batch = ExportBatch.objects.create(system="national", at=LATER, by=None, sm3="0" * 64)
    filing.refresh_from_db()
    ExportItem.objects.create(batch=batch, filing=filing, system="national", revision=filing.revision)
    take(filing, "national", "refused", reason="备注看不清")
    client.force_login(cast.officer)
    assert "上级退回" in shown(client, filing)
    assert "备注看不清" in shown(client, filing)
    assert "已备案" not in shown(client, filing)
    assert "全国退回：备注看不清" in client.get("/filings/exchange/").content.decode()
    reporting.withdraw(filing.pk, by=cast.operator, reason="示例", on_platform=False, now=LATER)
    assert "备注看不清" in shown(client, filing)
    assert "全省" not in shown(client, filing)  # it waits for nobody any more
