"""一票否决: on what ground, for which year, once; revoked with a reason; never in a frozen year."""

from typing import Any

import pytest
from django.db import DatabaseError, transaction

from inspections import vetoing
from inspections.models import AnnualVeto, AssessmentYear
from tests.factories import NOW, Cast, at
from tests.inspections.rectified import from_above, rectification
from zhonglou_media.core.errors import NotAllowed, Refused, WrongState
from zhonglou_media.core.models import Event, Notice

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    return Cast()


def impose(
    cast: Cast, year: int = 2026, ground: str = "not_rectified", reason: str = "逾期不改", **more: Any
) -> AnnualVeto:
    return vetoing.impose(cast.unit, year, ground, reason, **{"by": cast.supervisor, "now": NOW, **more})


def freeze(year: int) -> None:
    AssessmentYear.objects.create(year=year, state="frozen", frozen_at=NOW)


def test_it_is_recorded_with_its_ground_and_the_unit_is_told(cast: Cast) -> None:
    row = rectification(cast)
    veto = impose(cast, account=row.account, rectification=row)
    assert Event.objects.get(subject_kind="annualveto").detail["rectification"] == row.pk
    said = f"{cast.unit}：2026年度政务公开考核一票否决，依据：问题整改不到位。逾期不改"
    assert [Notice.objects.filter(user=who, text=said).count() for who in (cast.operator, cast.leader)] == [1, 1]
    assert list(vetoing.standing()) == [veto]


def test_once_a_rectification_and_once_a_finding_until_it_is_revoked(cast: Cast) -> None:
    row, above = rectification(cast), from_above(cast)
    for subject in ({"rectification": row}, {"upper": above.upper}):
        veto = impose(cast, **subject)
        with pytest.raises(WrongState, match="已经作出一票否决"):
            impose(cast, **subject)
        vetoing.revoke(veto.pk, reason="申诉成立", by=cast.supervisor, now=NOW)
        impose(cast, **subject)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"reason": " "}, "请写明一票否决的事由"),
        ({"ground": "other"}, "请选择一票否决的依据"),
        ({"year": 2024}, "本年度或上一年度"),
        ({"year": 2027}, "本年度或上一年度"),
    ],
)
def test_what_it_must_say(fields: dict[str, Any], sentence: str, cast: Cast) -> None:
    with pytest.raises(Refused, match=sentence):
        impose(cast, **fields)
    assert not AnnualVeto.objects.exists()


def test_only_the_supervisor(cast: Cast) -> None:
    veto = impose(cast)
    for person in (cast.officer, cast.leader):
        with pytest.raises(NotAllowed):
            impose(cast, by=person)
        with pytest.raises(NotAllowed):
            vetoing.revoke(veto.pk, reason="x", by=person, now=NOW)


def test_it_is_revoked_once_with_a_reason_and_never_deleted(cast: Cast) -> None:
    veto = impose(cast)
    with pytest.raises(Refused, match="请写明撤销的理由"):
        vetoing.revoke(veto.pk, reason=" ", by=cast.supervisor, now=NOW)
    vetoing.revoke(veto.pk, reason="申诉成立", by=cast.supervisor, now=NOW)
    with pytest.raises(WrongState, match="已经撤销"):
        vetoing.revoke(veto.pk, reason="x", by=cast.supervisor, now=NOW)
    with pytest.raises(DatabaseError, match="一票否决不能删除"), transaction.atomic():
        veto.delete()


def test_a_frozen_year_takes_none_and_gives_none_back(cast: Cast) -> None:
    veto = impose(cast, year=2025)
    freeze(2025)
    for act in (
        lambda: impose(cast, year=2025),
        lambda: vetoing.revoke(veto.pk, reason="x", by=cast.supervisor, now=NOW),
    ):
        with pytest.raises(WrongState, match="2025年度考核已经定稿"):
            act()
    impose(cast)


def test_the_years_to_choose_from() -> None:
    assert vetoing.years(NOW, at("2026-11-01 00:00")) == [2026]
    assert vetoing.years(at("2027-01-05 09:00"), at("2026-12-31 23:59")) == [2027, 2026]
