"""Over 10,000 seeds each account is drawn as often as its weight says, within 4 σ; nobody is forgotten for N months."""

import random
from collections import Counter
from datetime import date
from math import sqrt

import pytest

from inspections import draw
from inspections.draw import Candidate

SEEDS = 10_000
FEW = 1_000  # of a population so large
MONTH = date(2026, 11, 1)


def population(lefts: list[int], *, strata: int = 2, flagged: int = 4) -> list[Candidate]:
    """Accounts of some strata of unequal size; every `flagged`-th has weight 2."""
    return [
        Candidate(
            n, f"示例{n}", "示例平台", f"类别{n % (strata + 1) % strata}", "微信", 2 if n % flagged == 0 else 1, left
        )
        for n, left in enumerate(lefts, 1)
    ]


def frequencies(rows: list[Candidate], size: int, within: int) -> tuple[Counter[int], draw.Drawn]:
    drawn: Counter[int] = Counter()
    for seed in range(SEEDS):
        done = draw.draw(rows, month=MONTH, seed=f"种子{seed}", size=size, within=within)
        drawn.update(done.sample)
    return drawn, done


CASES = {
    "nobody for certain": ([6] * 14, 5),
    "some for certain": ([1, 1, *[6] * 12], 5),
}


@pytest.mark.parametrize("case", CASES)
def test_each_account_is_drawn_as_its_weight_says(case: str) -> None:
    lefts, size = CASES[case]
    rows = population(lefts)
    drawn, done = frequencies(rows, size, 6)
    assert done.size == size
    wrong = {}
    for quota in done.quotas:
        rest = [(row.id, row.weight) for row in done.population if row.stratum == quota.stratum and not row.must]
        chances = draw.chances(rest, quota.quota - quota.must)
        for id_, chance in chances.items():
            p = float(chance)
            if abs(drawn[id_] - SEEDS * p) > 4 * sqrt(SEEDS * p * (1 - p)):
                wrong[id_] = (drawn[id_] / SEEDS, p)
    assert wrong == {}
    assert all(drawn[row.id] == SEEDS for row in done.population if row.must)


# Of a district's size: six strata of unequal size, 4 to 6 months left. 60 of 180 are drawn: the months after
# this one can hold all that is due, so nobody is certain; the quotas are exact thirds.
# stratum → (accounts of weight 1, of weight 2, quota)
DISTRICT = {
    ("街道", "微信"): (40, 5, 15),
    ("街道", "微博"): (18, 6, 8),
    ("街道", "其他"): (12, 3, 5),
    ("区级部门", "微信"): (50, 10, 20),
    ("区级部门", "微博"): (21, 3, 8),
    ("镇", "其他"): (9, 3, 4),
}


def test_a_whole_district_is_drawn_as_its_weights_say() -> None:
    """The chances by hand, nothing of them from the code under test: quota × weight ÷ the stratum's weights."""
    rows, chance = [], {}
    for (kind, group), (plain, heavy, quota) in DISTRICT.items():
        for n in range(plain + heavy):
            weight = 2 if n >= plain else 1
            id_ = len(rows) + 1
            rows.append(Candidate(id_, f"示例{id_}", "示例平台", kind, group, weight, 4 + id_ % 3))
            chance[id_] = quota * weight / (plain + 2 * heavy)
    assert (len(rows), max(chance.values()) < 1) == (180, True)
    drawn: Counter[int] = Counter()
    for seed in range(FEW):
        done = draw.draw(rows, month=MONTH, seed=f"种子{seed}", size=60, within=6)
        assert {(q.stratum, q.must): q.quota for q in done.quotas} == {
            (f"{kind}·{group}", 0): quota for (kind, group), (_, _, quota) in DISTRICT.items()
        }
        drawn.update(done.sample)
    wrong = {n: drawn[n] / FEW for n, p in chance.items() if abs(drawn[n] - FEW * p) > 4 * sqrt(FEW * p * (1 - p))}
    assert wrong == {}


def test_a_flagged_account_is_drawn_twice_as_often() -> None:
    rows = population([6] * 12, strata=1, flagged=3)  # 4 of weight 2, 8 of weight 1: of 16
    drawn, _ = frequencies(rows, 4, 6)
    for row in rows:
        p = 4 * row.weight / 16
        assert abs(drawn[row.id] - SEEDS * p) <= 4 * sqrt(SEEDS * p * (1 - p)), (row.id, drawn[row.id])


def test_of_those_due_in_the_same_month_it_is_the_weight_that_decides() -> None:
    rows = population([2] * 5 + [6] * 3, strata=1, flagged=5)  # 2 of the five now; one of them has weight 2
    drawn: Counter[int] = Counter()
    for seed in range(SEEDS):
        done = draw.draw(rows, month=MONTH, seed=f"种子{seed}", size=3, within=6)
        must = [row.id for row in done.population if row.must]
        assert len(must) == 2
        drawn.update(must)
    for row in rows[:5]:
        p = 2 * row.weight / 6
        assert abs(drawn[row.id] - SEEDS * p) <= 4 * sqrt(SEEDS * p * (1 - p)), (row.id, drawn[row.id])


def test_the_naive_way_would_be_found_out() -> None:
    """The control: weighted draws one after the other favour what is light."""
    chance, drawn = random.Random(1), Counter()
    rows = [(n, 2 if n <= 2 else 1) for n in range(1, 7)]  # of 8, three drawn: 3/4 and 3/8
    for _ in range(SEEDS):
        rest = list(rows)
        for _ in range(3):
            chosen = chance.choices(rest, [weight for _, weight in rest])[0]
            rest.remove(chosen)
            drawn[chosen[0]] += 1
    p = 0.75
    assert abs(drawn[1] - SEEDS * p) > 4 * sqrt(SEEDS * p * (1 - p))


# accounts, size asked, within N months, most that was drawn in a month
YEARS = [(176, 60, 6, 60), (176, 30, 6, 30), (176, 20, 6, 30), (50, 5, 3, 17), (7, 1, 12, 1), (40, 39, 1, 40)]


@pytest.mark.parametrize(("accounts", "size", "within", "most"), YEARS)
def test_everybody_is_drawn_within_n_months(accounts: int, size: int, within: int, most: int) -> None:
    """24 months: no N of them in a row without an account, and no burst at the end of the N."""
    last = dict.fromkeys(range(1, accounts + 1), 0)
    sizes = set()
    for month in range(1, 25):
        rows = population([max(1, last[n] + within - month + 1) for n in last], flagged=9)
        done = draw.draw(rows, month=MONTH, seed=f"{month}", size=size, within=within)
        sizes.add(done.size)
        last |= dict.fromkeys(done.sample, month)
        assert all(month - at < within for at in last.values()), month
    assert max(sizes) == most
