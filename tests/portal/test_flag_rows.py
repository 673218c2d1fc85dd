"""What a list says of a flag of a filing: the days it is judged by, and what became of it."""

import pytest

from accounts.flags import run_rule
from accounts.models import Flag
from filings.models import Filing
from filings.rules import RULES as FILING_RULES
from tests.factories import Cast, at, opening
from zhonglou_media.portal.flag_rows import flag_rows

pytestmark = pytest.mark.django_db


def test_a_filings_flag_names_the_days_it_is_judged_by() -> None:
    cast, now = Cast(), at("2026-11-24 14:05")
    late = opening("to_report", cast, now=at("2026-11-17 10:00"), name="示例迟报", platform="weibo")
    back = opening("returned", cast, now=at("2026-11-16 10:00"), name="示例退回", platform="kuaishou")
    early = opening(
        "to_report", cast, now=at("2026-11-23 10:00"), name="示例先开", platform="douyin", effective_on="2026-11-05"
    )
    for rule in FILING_RULES:
        run_rule(rule, now)
    rows = {(row.flag.rule, row.flag.fact_id): row for row in flag_rows(list(Flag.objects.all()), now)}
    said = {key: row.fact for key, row in rows.items()}
    assert said == {
        ("overdue_filing", late.pk): "11-17 批准，应于 11-19 24:00 前报送",
        ("overdue_correction", back.pk): "11-16 退回，应于 11-18 24:00 前改好再报",
        ("unapproved_event", early.pk): "11-05 已开通，11-23 才经主要领导批准",
    }
    assert {str(row.known) for row in rows.values()} == {"不涉及"}
    assert rows["overdue_filing", late.pk].age == "4 天"


def test_a_late_report_is_told_once_it_came() -> None:
    filing = opening("to_report", now=at("2026-11-17 10:00"))
    run_rule(FILING_RULES[0], at("2026-11-20 00:00"))
    Filing.objects.filter(pk=filing.pk).update(first_reported_at=at("2026-11-20 09:30"))
    row = flag_rows(list(Flag.objects.all()), at("2026-11-24 14:05"))[0]
    assert row.fact == "11-17 批准，应于 11-19 24:00 前报送，11-20 09:30 才报送"
