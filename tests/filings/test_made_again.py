"""重新填报: what was typed is there again, the old deadline is told, a draft in between hides nothing (row 12)."""

from datetime import timedelta

import pytest
from django.test import Client

from filings import drafting, reporting
from filings.models import Filing
from filings.wording import running, succession
from tests.factories import NOW, Cast, account, at, change, closing, opening
from tests.filings.clocks import approve, filed_again, fresh, local
from zhonglou_media.core.clock import db_now

pytestmark = pytest.mark.django_db


def withdrawn(filing: Filing, cast: Cast, when: str) -> Filing:
    return reporting.withdraw(filing.pk, by=cast.operator, reason="改日再办", on_platform=False, now=at(when))


def test_a_draft_that_was_never_submitted_hides_no_earlier_filing() -> None:
    cast = Cast()
    row = account(cast.unit)
    first = withdrawn(change("to_report", cast, on=row, now=at("2026-11-02 10:00")), cast, "2026-11-03 09:00")
    thrown = drafting.start("change", by=cast.operator, unit=cast.unit, account=row, now=at("2026-11-04 09:00"))
    withdrawn(thrown, cast, "2026-11-04 10:00")
    third = change("leader_review", cast, on=row, now=at("2026-11-05 09:00"))
    assert (third.replaces, local(third.report_due_at)) == (first, "2026-11-05 00:00")


def test_what_was_never_approved_leaves_no_deadline_and_both_sentences_say_so() -> None:
    cast = Cast()
    old = withdrawn(opening("leader_review", cast, now=at("2026-11-02 10:00")), cast, "2026-11-03 09:00")
    new = fresh(approve(filed_again(cast, old, "2026-11-04 09:00"), "2026-11-04 10:00", cast))
    clock, said = running(new), succession(new)
    assert clock is not None
    assert said is not None
    assert clock.why.startswith("按首次批准日 2026-11-04 计算")
    assert said.words == "该件没有经主要领导批准，期限从本件的批准起算"


def test_the_button_brings_what_was_typed_without_files_and_the_old_deadline() -> None:
    cast, client = Cast(), Client()
    row, now = account(cast.unit), db_now()
    old = change("to_report", cast, on=row, now=now - timedelta(days=1), intro="换了地址（示例）")
    reporting.withdraw(old.pk, by=cast.operator, reason="", on_platform=None, now=now)
    client.force_login(cast.operator)
    page = client.get(f"/filings/{old.pk}/").content.decode()
    assert f'name="again" value="{old.pk}"' in page
    answer = client.post("/filings/open/change/", {"account": row.pk, "again": old.pk})
    new = Filing.objects.latest("pk")
    assert answer.status_code == 302
    assert new.draft.data["intro"] == "换了地址（示例）"
    assert not new.attachments.exists()
    due = local(old.report_due_at - timedelta(minutes=1))[:10] if old.report_due_at else ""
    form = client.get(f"/filings/{new.pk}/edit/reasons/").content.decode()
    assert f"{due} 24:00" in form
    assert "按上一件的首次批准日" in form
    assert "未经领导批准，暂不计时" not in form
    assert fresh(new).replaces is None  # only told: it is taken over by the submission


@pytest.mark.parametrize("case", ["live", "of another account", "of another kind"])
def test_nothing_is_taken_from_what_is_another_matter(case: str) -> None:
    cast = Cast()
    row = account(cast.unit)
    old = change("draft", cast, on=account(cast.unit, platform=row.platform, same_platform_reason="分工（示例）"))
    if case == "of another kind":
        old = closing("draft", cast, on=row)
    if case != "live":
        reporting.withdraw(old.pk, by=cast.operator, reason="", on_platform=None, now=NOW)
    new = drafting.start("change", by=cast.operator, unit=cast.unit, account=row, now=NOW, again=old)
    assert "intro" not in new.draft.data
