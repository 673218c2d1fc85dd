"""The score of a checked account (附件1): a table of literal cases, and what holds whatever was found."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inspections.models import Indicator, IndicatorSet
from inspections.scoring import score
from inspections.seeds import _lines

SET = IndicatorSet(name="示例", pass_mark=60, bonus_above=80, bonus_cap=20)
SEEDED = [
    Indicator(**{**line, "points": Decimal(line.get("points", 0)), "cap": Decimal(line.get("cap", 0))})
    for line in _lines()
]


def answers(found: dict[str, int | None]) -> dict[str, dict[str, Any]]:
    return {code: {"count": count} for code, count in found.items()}


def line(code: str, kind: str, points: str = "0", cap: str = "0") -> Indicator:
    return Indicator(code=code, kind=kind, points=Decimal(points), cap=Decimal(cap))


# --- literal cases --------------------------------------------------------------------------------------------------

CASES: list[tuple[dict[str, int | None], str, bool, bool, str]] = [
    # what was found, points, vetoed, passed, bonus
    ({}, "100", False, True, "0"),
    ({"Z07": 0}, "100", False, True, "0"),
    ({"Z07": None}, "100", False, True, "0"),  # not judged costs nothing
    ({"Z07": 3}, "97", False, True, "0"),
    ({"Z07": 10}, "90", False, True, "0"),
    ({"Z07": 99}, "90", False, True, "0"),  # its cap
    ({"Z01": 4}, "80", False, True, "0"),
    ({"Z01": 4, "B01": 4}, "80", False, True, "0"),  # 80 exactly is not above 80
    ({"Z01": 3, "Z07": 4, "B01": 4}, "89", False, True, "8"),  # 81 is
    ({"B01": 9, "B02": 9, "B03": 9}, "120", False, True, "20"),  # 8 + 8 + 4
    ({"B01": 1, "Z12": 2}, "100", False, True, "2"),
    ({"Z01": 9, "Z02": 9}, "60", False, True, "0"),  # the pass mark exactly
    ({"Z01": 9, "Z02": 9, "Z07": 1}, "59", False, False, "0"),
    ({"Z01": 9, "Z02": 9, "Z07": 1, "B03": 2}, "59", False, False, "0"),  # no bonus makes it good
    ({"N2.1": 1}, "100", True, False, "0"),
    ({"N2.1": 1, "B01": 4}, "108", True, False, "8"),
    ({"N1.1": 2, "Z10": 1}, "95", True, False, "0"),
    (dict.fromkeys((f"Z{n:02}" for n in range(1, 13)), 99), "0", False, False, "0"),  # 130 at most, never below 0
    ({"X99": 5}, "100", False, True, "0"),  # no line of this set
    ({"Z07": -3}, "100", False, True, "0"),
]


@pytest.mark.parametrize(("found", "points", "vetoed", "passed", "bonus"), CASES)
def test_the_table(found: dict[str, int | None], points: str, vetoed: bool, passed: bool, bonus: str) -> None:
    result = score(SEEDED, answers(found), SET)
    assert (result.points, result.vetoed, result.passed, result.bonus) == (
        Decimal(points),
        vetoed,
        passed,
        Decimal(bonus),
    )


def test_half_points_are_exact() -> None:
    lines = [
        line("A", "deduction", "0.5", "2.5"),
        line("B", "deduction", "39.5", "39.5"),
        line("C", "bonus", "1.5", "5"),
    ]
    assert score(lines, answers({"A": 1}), SET).points == Decimal("99.5")
    assert score(lines, answers({"A": 1, "B": 1}), SET).points == Decimal("60.0")
    assert score(lines, answers({"A": 1, "B": 1}), SET).passed
    assert not score(lines, answers({"A": 2, "B": 1}), SET).passed  # 59.5
    assert score(lines, answers({"A": 9, "C": 3}), SET).points == Decimal("102.0")


def test_what_each_item_came_to_is_told() -> None:
    result = score(SEEDED, answers({"N2.1": 1, "Z01": 9, "Z07": 2, "B02": 1}), SET)
    assert result.deducted == {"Z01": Decimal(20), "Z07": Decimal(2)}
    assert result.bonuses == {"B02": Decimal(2)}
    assert (result.base, result.bonus, result.vetoes) == (Decimal(78), Decimal(0), ("N2.1",))


@pytest.mark.parametrize(
    ("pass_mark", "bonus_above", "bonus_cap", "points", "passed"),
    [
        (60, 80, 20, "100", True),
        (90, 80, 20, "100", True),
        (91, 80, 20, "100", False),  # 90 without the bonus
        (60, 90, 20, "90", True),
        (60, 80, 3, "93", True),
    ],
)
def test_the_numbers_are_those_of_the_set(
    pass_mark: int, bonus_above: int, bonus_cap: int, points: str, passed: bool
) -> None:
    of = IndicatorSet(pass_mark=pass_mark, bonus_above=bonus_above, bonus_cap=bonus_cap)
    result = score(SEEDED, answers({"Z01": 2, "B01": 4, "B03": 1}), of)
    assert (result.points, result.passed) == (Decimal(points), passed)


# --- whatever was found ---------------------------------------------------------------------------------------------

tenths = st.integers(1, 400).map(lambda n: Decimal(n) / 10)

# A machine that is busy with other tests draws slowly.
BUSY = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)


@st.composite
def lines_and_answers(draw: st.DrawFn) -> tuple[list[Indicator], dict[str, dict[str, Any]], IndicatorSet]:
    lines = []
    for n, kind in enumerate(draw(st.lists(st.sampled_from(("veto", "deduction", "bonus")), max_size=12))):
        points = draw(tenths)
        cap = points + draw(tenths)
        numbers = (Decimal(0), Decimal(0)) if kind == "veto" else (points, cap)
        lines.append(Indicator(code=f"I{n}", kind=kind, points=numbers[0], cap=numbers[1]))
    counts = {row.code: draw(st.none() | st.integers(0, 60)) for row in lines if draw(st.booleans())}
    of = IndicatorSet(
        pass_mark=draw(st.integers(0, 100)), bonus_above=draw(st.integers(0, 100)), bonus_cap=draw(st.integers(0, 20))
    )
    return lines, answers(counts), of


@BUSY
@given(lines_and_answers())
def test_from_0_to_120_and_a_veto_always_fails(given_: Any) -> None:
    lines, found, of = given_
    result = score(lines, found, of)
    assert 0 <= result.points <= 120
    assert result.points == result.base + result.bonus
    assert not (result.vetoed and result.passed)
    assert result.vetoed == any(row.kind == "veto" and (found.get(row.code, {}).get("count") or 0) > 0 for row in lines)


@given(lines_and_answers(), st.data())
def test_one_more_deduction_never_raises(given_: Any, data: st.DataObject) -> None:
    lines, found, of = given_
    deductions = [row.code for row in lines if row.kind == "deduction"]
    if not deductions:
        return
    code = data.draw(st.sampled_from(deductions))
    more = found | {code: {"count": (found.get(code, {}).get("count") or 0) + 1}}
    before, after = score(lines, found, of), score(lines, more, of)
    assert after.points <= before.points
    assert before.passed or not after.passed


@given(lines_and_answers(), st.randoms())
def test_computing_again_in_any_order_changes_nothing(given_: Any, random: Any) -> None:
    lines, found, of = given_
    first = score(lines, found, of)
    shuffled, mixed = list(lines), list(found.items())
    random.shuffle(shuffled)
    random.shuffle(mixed)
    again = score(shuffled, dict(mixed), of)
    assert (again.points, again.passed, again.deducted, again.bonuses) == (
        first.points,
        first.passed,
        first.deducted,
        first.bonuses,
    )
    assert score(lines, found, of) == first
