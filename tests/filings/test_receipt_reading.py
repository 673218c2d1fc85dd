"""上级退回 names the exported revision that the page showed: one exported since is not returned unread."""

import re
from pathlib import Path

import pytest
from django.test import Client

from filings import exchange, export_batches, reporting
from filings.models import Filing, FilingState, Receipt
from tests.factories import NOW, Cast, opening
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.errors import Refused, StaleReading

pytestmark = pytest.mark.django_db
ON = day_of(NOW)


@pytest.fixture
def cast() -> Cast:
    return Cast()


@pytest.fixture
def sent(cast: Cast, tmp_path: Path) -> Filing:
    """Accepted, exported to the national system at revision 1."""
    filing = opening("accepted", cast)
    export_batches.export("national", by=cast.officer, now=NOW, out=tmp_path / "1.xlsx")
    return filing


def send_again(filing: Filing, cast: Cast, folder: Path) -> None:
    """Supplemented, and exported as revision 2."""
    reporting.supplement(filing.pk, by=cast.operator, data={"remarks": "补充"}, now=NOW)
    export_batches.export("national", by=cast.officer, now=NOW, out=folder / "2.xlsx")


def refuse(filing: Filing, cast: Cast, read: int | None) -> Receipt:
    return exchange.take_receipt(
        filing.pk, system="national", result="refused", reason="缺科室", on=ON, by=cast.officer, now=NOW, read=read
    )


def test_a_refusal_of_what_was_read_is_taken(sent: Filing, cast: Cast) -> None:
    assert refuse(sent, cast, read=1).revision == 1


def test_a_refusal_of_an_earlier_export_is_not_taken_for_the_later_one(
    sent: Filing, cast: Cast, tmp_path: Path
) -> None:
    send_again(sent, cast, tmp_path)
    with pytest.raises(StaleReading, match="导出的是第1版，现在最近导出的是第2版") as stale:
        refuse(sent, cast, read=1)
    assert [(row.label, row.new) for row in stale.value.difference] == [("备注", "补充")]
    assert Filing.objects.get(pk=sent.pk).state == FilingState.ACCEPTED
    assert not Receipt.objects.exists()


def test_a_workbook_names_no_revision_and_means_the_last_one(sent: Filing, cast: Cast, tmp_path: Path) -> None:
    send_again(sent, cast, tmp_path)
    assert refuse(sent, cast, read=None).revision == 2


def test_a_page_from_before_the_first_export_is_stale_too(sent: Filing, cast: Cast) -> None:
    with pytest.raises(StaleReading, match="还没有导出，现在最近导出的是第1版"):
        refuse(sent, cast, read=0)


def test_what_never_went_up_cannot_come_back(cast: Cast) -> None:
    with pytest.raises(Refused, match="尚未导出"):
        refuse(opening("accepted", cast), cast, read=0)


def test_a_receipt_that_is_taken_counts_for_the_last_export_whatever_was_read(
    sent: Filing, cast: Cast, tmp_path: Path
) -> None:
    send_again(sent, cast, tmp_path)
    taken = exchange.take_receipt(sent.pk, system="national", result="taken", on=ON, by=cast.officer, now=NOW, read=1)
    assert taken.revision == 2


def test_the_page_carries_what_was_exported_and_shows_the_difference_once_it_is_stale(
    sent: Filing, cast: Cast, client: Client, tmp_path: Path
) -> None:
    client.force_login(cast.officer)
    form = {
        "receipt-filing": sent.number,
        "receipt-system": "national",
        "receipt-result": "refused",
        "receipt-on": day_of(db_now()).isoformat(),
        "receipt-reason": "缺科室",
        "receipt-exported": carried(client.get("/filings/exchange/").content.decode()),
    }
    assert form["receipt-exported"] == str(exchange.last_export())
    send_again(sent, cast, tmp_path)
    stale = client.post("/filings/exchange/receipt/", form)
    page = stale.content.decode()
    assert stale.status_code == 409
    assert "<ins>补充</ins>" in page
    assert 'value="缺科室"' in page
    form["receipt-exported"] = carried(page)
    assert client.post("/filings/exchange/receipt/", form).status_code == 302
    assert Receipt.objects.get().revision == 2


def carried(page: str) -> str:
    found = re.search(r'name="receipt-exported" value="([^"]*)"', page)
    assert found is not None
    return found[1]
