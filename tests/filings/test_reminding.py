"""Reminders: who is told, when, and only once."""

import pytest

from filings import reminding
from tests.factories import Cast, at, opening
from zhonglou_media.core.models import Notice

pytestmark = pytest.mark.django_db


def told(text: str) -> int:
    return Notice.objects.filter(text__contains=text).count()


@pytest.mark.parametrize(
    ("now", "notices"),
    [
        ("2026-11-09 08:59", 0),  # not yet 7 days
        ("2026-11-09 09:00", 2),  # leader and operator
        ("2026-11-14 09:00", 0),  # a Saturday
    ],
)
def test_seven_days_without_an_approval(now: str, notices: int) -> None:
    opening("leader_review", now=at("2026-11-02 09:00"))
    reminding.remind(at(now))
    reminding.remind(at(now))
    assert told("尚未办理") == notices


@pytest.mark.parametrize(
    ("now", "notices"), [("2026-11-03 09:00", 0), ("2026-11-04 09:00", 1), ("2026-11-05 09:00", 0)]
)
def test_the_last_day_of_a_report(now: str, notices: int) -> None:
    cast = Cast()
    opening("to_report", cast, now=at("2026-11-02 09:00"))
    reminding.remind(at(now))
    reminding.remind(at(now))
    assert told("今日 24:00 前报送均为按期") == notices
    assert Notice.objects.filter(user=cast.operator, text__contains="今日").count() == notices
