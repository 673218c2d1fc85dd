"""A day far behind or ahead reaches a use case past every form: it answers in a sentence, and nothing is written."""

from datetime import date

import pytest

from filings import approving, drafting, preapproving, reporting
from tests.factories import NOW, Cast, opening, scan
from tests.filings.asking import asked_to_keep, department
from tests.filings.clocks import fresh
from zhonglou_media.core.errors import Incomplete, Refused

pytestmark = pytest.mark.django_db
FAR = [date.min, date.max]


@pytest.mark.parametrize("day", FAR)
def test_on_paper_in_a_supplement_and_at_the_submission(day: date) -> None:
    cast = Cast()
    waiting = opening("leader_review", cast)
    paper = {"leader_name": "示例领导", "approved_on": day, "scan": scan()}
    with pytest.raises(Refused, match="主要领导批准日期"):
        approving.record_paper_approval(waiting.pk, by=cast.operator, now=NOW, **paper)
    drafting.recall(waiting.pk, by=cast.operator, now=NOW)
    drafting.save_draft(waiting.pk, by=cast.operator, data={"effective_on": f"{day}"}, now=NOW)
    with pytest.raises(Incomplete) as caught:
        drafting.submit(waiting.pk, by=cast.operator, now=NOW)
    assert "请核对年份" in caught.value.errors["effective_on"][0]
    reported = opening("office_review", cast, platform="kuaishou")
    with pytest.raises(Incomplete) as caught:
        reporting.supplement(reported.pk, by=cast.operator, data={"effective_on": f"{day}"}, now=NOW)
    assert "请核对年份" in caught.value.errors["effective_on"][0]
    assert fresh(reported).effective_on == reported.effective_on


@pytest.mark.parametrize("day", FAR)
def test_the_day_by_which_an_account_is_to_be_closed(day: date) -> None:
    cast = department()
    with pytest.raises(Incomplete, match="关停期限"):
        preapproving.refuse(asked_to_keep(cast).pk, by=cast.supervisor, decision="不保留", act_by=day, now=NOW)


def test_the_last_day_that_can_be_typed_has_its_working_days() -> None:
    cast = Cast()
    drafted = opening("draft", cast)
    drafting.save_draft(drafted.pk, by=cast.operator, data={"effective_on": "2199-12-31"}, now=NOW)
    assert drafting.submit(drafted.pk, by=cast.operator, now=NOW).event_due_at is not None
