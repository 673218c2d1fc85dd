"""A page opened before the filing was withdrawn, edited and submitted again decides nothing."""

from datetime import timedelta

import pytest

from filings import approving, drafting, reporting, reviewing
from filings.models import Filing
from filings.reading import Reading
from tests.factories import NOW, Cast, opening, read
from zhonglou_media.core.errors import StaleReading

pytestmark = pytest.mark.django_db
ROUNDS = 100


def resubmit(filing: Filing, cast: Cast, number: int, **changed: str) -> None:
    """Recalled, edited, submitted again while somebody has the page open."""
    now = NOW + timedelta(minutes=number)
    drafting.recall(filing.pk, by=cast.operator, now=now)
    drafting.save_draft(filing.pk, by=cast.operator, data=changed, now=now)
    drafting.submit(filing.pk, by=cast.operator, now=now)


def test_edited_under_an_open_page_is_refused_every_time() -> None:
    cast = Cast()
    filing = opening("leader_review", cast)
    refused = 0
    for number in range(ROUNDS):
        opened = read(filing)
        resubmit(filing, cast, number, purpose=f"改过的理由{number}")
        with pytest.raises(StaleReading) as stale:
            approving.leader_approve(filing.pk, by=cast.leader, read=opened, now=NOW)
        assert [d.label for d in stale.value.difference] == ["功能定位、开设理由"]
        refused += 1
    assert refused == ROUNDS
    assert Filing.objects.get(pk=filing.pk).state == "leader_review"


def test_without_the_reading_it_would_have_been_approved_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: lock and state alone let the unread content through."""
    cast = Cast()
    filing = opening("leader_review", cast)
    opened = read(filing)
    resubmit(filing, cast, 1, purpose="没人看过的理由")
    monkeypatch.setattr(Reading, "must_match", lambda self, filing: None)
    approving.leader_approve(filing.pk, by=cast.leader, read=opened, now=NOW)
    assert Filing.objects.get(pk=filing.pk).state == "to_report"


def test_equal_content_submitted_again_is_another_revision() -> None:
    cast = Cast()
    filing = opening("leader_review", cast)
    opened = read(filing)
    resubmit(filing, cast, 1)
    with pytest.raises(StaleReading) as stale:
        approving.leader_approve(filing.pk, by=cast.leader, read=opened, now=NOW)
    assert stale.value.difference == []


def test_an_officer_does_not_accept_what_was_supplemented_meanwhile() -> None:
    cast = Cast()
    filing = opening("office_review", cast)
    opened = read(filing)
    reporting.supplement(filing.pk, by=cast.operator, data={"custodian": "示例新管理员"}, now=NOW)
    with pytest.raises(StaleReading) as stale:
        reviewing.accept(filing.pk, by=cast.officer, read=opened, now=NOW)
    assert [(d.label, d.old, d.new) for d in stale.value.difference] == [("管理员", "（未填）", "示例新管理员")]
