"""抽样规则 (第二十四条): from a population and a published seed the same sample for everybody. Pure, integers only.

`docs/spot-check-draw.md` defines it to the byte, `docs/draw_again.py` computes it once more without this code.

1. How many: as asked, at least what is needed so that each account can be drawn within N months (`needed`).
2. Who is drawn for certain: whose N months end with this month, and of those that end later, the earliest first, as
   many as the months until then could not hold (`_certain`).
3. Quotas: by stratum (unit kind × platform group), by largest remainder, none below its certain ones (`quotas_of`).
4. Who is drawn of a stratum besides: systematic sampling with probability proportional to weight, in an order shuffled
   by the seed (`systematic`): an account of weight w is drawn with exactly quota × w ÷ the stratum's weights.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from functools import cached_property
from hashlib import sha256
from typing import Any

RULE = 1  # the version that the published file names; another rule is another number
FLAGGED, PLAIN = 2, 1  # weights
SPAN = 1 << 256  # values of a SHA-256


@dataclass(frozen=True)
class Candidate:
    """An account that may be drawn. `left`: within how many months, this one among them, it must be drawn."""

    id: int
    name: str
    platform: str
    kind: str  # of its unit, as people call it
    group: str  # of its platform
    weight: int = PLAIN
    left: int = 1
    must: bool = False

    @property
    def stratum(self) -> str:
        return f"{self.kind}·{self.group}"

    def published(self, *, sampled: bool) -> dict[str, Any]:
        """Its line in the published file; where all are checked there is nothing to weigh."""
        line: dict[str, Any] = {
            "id": self.id,
            "name": self.name,
            "platform": self.platform,
            "kind": self.kind,
            "group": self.group,
        }
        if sampled:
            line |= {"stratum": self.stratum, "weight": self.weight, "left": self.left, "must": self.must}
        return line


@dataclass(frozen=True)
class Quota:
    """How many of a stratum are drawn, of how many, and how many of them for certain."""

    stratum: str
    population: int
    must: int
    quota: int


@dataclass(frozen=True)
class Drawn:
    """What a draw says: the published file is `text`. `size` may be more than `asked`: see `needed`."""

    month: date
    seed: str
    asked: int | None  # None: all are checked
    within: int | None
    population: Sequence[Candidate]  # by id
    quotas: Sequence[Quota]  # by stratum; none where all are checked
    sample: Sequence[int]  # ids, ascending
    double: int = 0  # per cent of the sample that two people check: see `doubled`

    @property
    def size(self) -> int:
        return len(self.sample)

    @property
    def raised(self) -> bool:
        """Whether more are drawn than was asked for, since each account must be drawn within N months."""
        return self.asked is not None and self.size > self.asked

    @cached_property
    def text(self) -> str:
        """Canonical JSON: keys sorted, no spaces, UTF-8 as it is, one line."""
        sampled = self.asked is not None
        file: dict[str, Any] = {
            "rule": RULE,
            "month": f"{self.month:%Y-%m}",
            "method": "sample" if sampled else "all",
            "seed": self.seed,
            "double_percent": self.double,
            "population": [row.published(sampled=sampled) for row in self.population],
            "sample": list(self.sample),
        }
        if sampled:
            lines = [[q.stratum, q.population, q.must, q.quota] for q in self.quotas]
            file |= {"asked": self.asked, "within_months": self.within, "size": self.size, "quotas": lines}
        return canonical(file)


def canonical(value: Any) -> str:
    """JSON that is the same for the same value."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def draw(
    candidates: Iterable[Candidate],
    *,
    month: date,
    seed: str,
    size: int | None = None,
    within: int | None = None,
    double: int = 0,
) -> Drawn:
    """The sample of a month: `size` accounts each within `within` months, or all of them where there is no `size`."""
    population = sorted(candidates, key=lambda row: row.id)
    if size is None or within is None:
        return Drawn(month, seed, None, None, population, (), [row.id for row in population], double)
    wanted = min(len(population), max(size, needed(population, within)))
    certain = _certain(population, wanted, within, seed)
    population = [replace(row, must=True) if row.id in certain else row for row in population]
    strata = by_stratum(population)
    counts = {name: (len(rows), sum(row.must for row in rows)) for name, rows in strata.items()}
    quotas = quotas_of(counts, wanted)
    sample = set(certain)
    for quota in quotas:
        rest = [(row.id, row.weight) for row in strata[quota.stratum] if not row.must]
        sample |= systematic(rest, quota.quota - quota.must, seed=seed, of=f"draw\n{quota.stratum}")
    return Drawn(month, seed, size, within, population, quotas, sorted(sample), double)


def by_stratum(population: Iterable[Candidate]) -> dict[str, list[Candidate]]:
    """The accounts of each stratum, in the order of the population."""
    strata: dict[str, list[Candidate]] = defaultdict(list)
    for row in population:
        strata[row.stratum].append(row)
    return strata


def needed(population: Sequence[Candidate], within: int) -> int:
    """The least size with which each account can be drawn in its months: the most of (due within h months) ÷ h."""
    due = _due_within(population, within)
    return max((-(-due[h] // h) for h in range(1, within + 1)), default=0)


def _due_within(population: Iterable[Candidate], within: int) -> dict[int, int]:
    """How many must be drawn within 1, 2, … `within` months."""
    exactly: dict[int, int] = defaultdict(int)
    for row in population:
        exactly[row.left] += 1
    due, sum_ = {}, 0
    for h in range(1, within + 1):
        sum_ += exactly[h]
        due[h] = sum_
    return due


def _certain(population: Sequence[Candidate], size: int, within: int, seed: str) -> set[int]:
    """Ids of who is drawn for certain: as many as later months could not hold, the earliest due first.

    Of those due in the last month that is touched, by weight; where nobody is left besides them, the draw itself takes
    enough of them.
    """
    due = _due_within(population, within)
    open_, certain = max(due[h] - size * (h - 1) for h in range(1, within + 1)), set()
    for h in range(1, within + 1):
        if open_ <= 0:
            break
        of_h = [row for row in population if row.left == h]
        if len(of_h) <= open_:
            certain |= {row.id for row in of_h}
        elif due[h] < len(population):
            certain |= systematic([(row.id, row.weight) for row in of_h], open_, seed=seed, of="must")
        open_ -= len(of_h)
    return certain


def quotas_of(strata: Mapping[str, tuple[int, int]], size: int) -> list[Quota]:
    """Quotas of `strata` (name → accounts, certain ones) by largest remainder (最大余数法), their sum exactly `size`.

    A stratum whose certain ones are more than its share gets these, and the others share what is left. Of equal
    remainders the larger stratum goes first, then the one whose name does.
    """
    fixed: dict[str, int] = {}
    while True:
        free = {name: n for name, (n, _) in strata.items() if name not in fixed}
        share = _largest_remainder(free, size - sum(fixed.values()))
        short = {name: strata[name][1] for name in free if strata[name][1] > share[name]}
        if not short:
            break
        fixed |= short
    return [Quota(name, *strata[name], (fixed | share)[name]) for name in sorted(strata)]


def _largest_remainder(counts: Mapping[str, int], size: int) -> dict[str, int]:
    total = sum(counts.values())
    if not total:
        return {}
    shares = {name: size * n // total for name, n in counts.items()}
    first = sorted(counts, key=lambda name: (-(size * counts[name] % total), -counts[name], name))
    for name in first[: size - sum(shares.values())]:
        shares[name] += 1
    return shares


def systematic(members: Sequence[tuple[int, int]], n: int, *, seed: str, of: str) -> set[int]:
    """`n` of the members (id, weight), each with probability n × weight ÷ all weights, exactly (系统抽样, Madow 1949).

    Whose share that way would be a whole one or more is drawn for certain, and the others share the rest.
    """
    certain, rest, n = split(members, n)
    if n == 0:
        return certain
    total = sum(weight for _, weight in rest)
    start = below(total, seed, f"{of}\nstart")
    drawn, behind = set(certain), 0
    for id_, weight in sorted(rest, key=lambda row: number(seed, of, row[0])):
        ahead = behind + n * weight
        if (ahead - 1 - start) // total != (behind - 1 - start) // total:  # start + a multiple of total lies between
            drawn.add(id_)
        behind = ahead
    return drawn


def split(members: Sequence[tuple[int, int]], n: int) -> tuple[set[int], list[tuple[int, int]], int]:
    """Of `n` to be drawn: those whose share is at least one, the others, and how many of these are drawn."""
    certain: set[int] = set()
    rest = list(members)
    while n:
        total = sum(weight for _, weight in rest)
        whole = {id_ for id_, weight in rest if n * weight >= total}
        if not whole:
            break
        certain |= whole
        n -= len(whole)
        rest = [row for row in rest if row[0] not in whole]
    return certain, rest, n


def chances(members: Sequence[tuple[int, int]], n: int) -> dict[int, Fraction]:
    """With which probability `systematic` draws each of them."""
    certain, rest, n = split(members, n)
    total = sum(weight for _, weight in rest)
    return dict.fromkeys(certain, Fraction(1)) | {id_: Fraction(n * weight, total) for id_, weight in rest}


def number(seed: str, of: str, what: int) -> int:
    """SHA-256 of the lines seed, what for, and a number, in UTF-8, read as one big-endian whole number."""
    return int.from_bytes(sha256(f"{seed}\n{of}\n{what}".encode()).digest())


def below(limit: int, seed: str, of: str) -> int:
    """A number from 0 to `limit` - 1, each with the same probability: what lies beyond the last multiple is passed."""
    usable, counter = SPAN - SPAN % limit, 0
    while (value := number(seed, of, counter)) >= usable:
        counter += 1
    return value % limit


def doubled(sample: Iterable[int], percent: int, *, seed: str) -> list[int]:
    """Which accounts of the sample two people check: `percent` of them, rounded up, by the same seed."""
    ids = list(sample)
    first = sorted(ids, key=lambda id_: number(seed, "double", id_))
    return sorted(first[: -(-len(ids) * percent // 100)])
