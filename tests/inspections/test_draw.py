"""The rule of the draw: quotas, who is certain, the same sample from the same seed, by the program of the docs too."""

import json
import re
import subprocess
import sys
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspections import draw
from inspections.draw import Candidate, Quota

PROGRAM = Path(__file__).parents[2] / "docs" / "draw_again.py"
MONTH = date(2026, 11, 1)


def candidate(id_: int, kind: str = "街道", group: str = "微信", *, weight: int = 1, left: int = 6) -> Candidate:
    return Candidate(id_, f"示例{id_}", "示例平台", kind, group, weight, left)


def drawn(candidates: list[Candidate], size: int, within: int = 6, seed: str = "种子") -> draw.Drawn:
    return draw.draw(candidates, month=MONTH, seed=seed, size=size, within=within)


# strata as accounts and certain ones; size → quotas
QUOTAS: list[tuple[dict[str, tuple[int, int]], int, dict[str, int]]] = [
    ({"a": (50, 0), "b": (30, 0), "c": (20, 0)}, 10, {"a": 5, "b": 3, "c": 2}),
    ({"a": (53, 0), "b": (24, 0), "c": (23, 0)}, 7, {"a": 4, "b": 2, "c": 1}),  # 3.71, 1.68, 1.61: a, then b
    ({"a": (1, 0), "b": (1, 0), "c": (1, 0)}, 2, {"a": 1, "b": 1, "c": 0}),  # of equal remainders by name
    ({"b": (3, 0), "a": (1, 0), "c": (4, 0)}, 4, {"a": 0, "b": 2, "c": 2}),  # 1.5 and 0.5: the larger one
    ({"a": (90, 0), "b": (10, 4)}, 10, {"a": 6, "b": 4}),  # b's certain ones are more than its 1
    ({"a": (10, 5), "b": (10, 0), "c": (80, 0)}, 10, {"a": 5, "b": 1, "c": 4}),
    ({"a": (4, 4), "b": (5, 5)}, 9, {"a": 4, "b": 5}),
    ({"a": (7, 0)}, 3, {"a": 3}),
]


@pytest.mark.parametrize(("strata", "size", "expected"), QUOTAS)
def test_quotas_by_largest_remainder(strata: dict[str, tuple[int, int]], size: int, expected: dict[str, int]) -> None:
    quotas = draw.quotas_of(strata, size)
    assert {quota.stratum: quota.quota for quota in quotas} == expected
    assert quotas == [Quota(name, *strata[name], expected[name]) for name in sorted(strata)]


POPULATIONS = st.lists(
    st.tuples(st.sampled_from("甲乙丙"), st.sampled_from("子丑"), st.sampled_from([1, 1, 2]), st.integers(1, 6)),
    min_size=1,
    max_size=60,
).map(lambda rows: [candidate(n * 7, k, g, weight=w, left=left) for n, (k, g, w, left) in enumerate(rows, 1)])


@settings(max_examples=150, deadline=None)
@given(POPULATIONS, st.integers(1, 80), st.text(max_size=8))
def test_in_every_draw_the_quotas_are_exact_and_the_certain_ones_in_it(
    population: list[Candidate], size: int, seed: str
) -> None:
    done = drawn(population, size, seed=seed)
    sample = set(done.sample)
    must = {row.id for row in done.population if row.must}
    assert done.size == min(len(population), max(size, draw.needed(population, 6))) == sum(q.quota for q in done.quotas)
    assert must <= sample
    assert {row.id for row in population if row.left == 1} <= sample
    in_stratum = Counter(row.stratum for row in population if row.id in sample)
    for quota in done.quotas:
        assert in_stratum[quota.stratum] == quota.quota >= quota.must
    if all(q.must <= done.size * q.population // len(population) for q in done.quotas):
        assert all(abs(q.quota - done.size * q.population / len(population)) < 1 for q in done.quotas)
    # what is due within h months can still be drawn by then
    for h in range(1, 7):
        later = [row for row in population if row.left <= h and row.id not in sample]
        assert len(later) <= done.size * (h - 1)


@settings(max_examples=60, deadline=None)
@given(POPULATIONS, st.integers(1, 80), st.text(max_size=8))
def test_the_same_seed_gives_the_same_file_whatever_the_order_of_the_accounts(
    population: list[Candidate], size: int, seed: str
) -> None:
    assert drawn(population, size, seed=seed).text == drawn(population[::-1], size, seed=seed).text


def test_another_seed_gives_another_sample() -> None:
    population = [candidate(n) for n in range(1, 41)]
    assert len({tuple(drawn(population, 10, seed=f"{n}").sample) for n in range(20)}) == 20


# left of the accounts, size, within → how many are drawn, who for certain
SPREAD: list[tuple[list[int], int, int, int, set[int] | int]] = [
    ([1, 2, 3, 3], 2, 3, 2, {1}),
    ([1, 1, 1, 3], 2, 3, 3, {1, 2, 3}),  # raised: three are due
    ([3] * 7, 1, 3, 3, set()),  # raised: seven in three months; the draw takes any of them
    ([2, 2, 2, 3, 3], 2, 3, 2, 1),  # of the three of two months one now
    ([2, 2, 2, 2, 3], 2, 3, 2, 2),
    ([2, 3, 3, 3, 3, 3], 2, 3, 2, 1),  # two now of all six: the draw takes the second of any
    ([6] * 10, 5, 6, 5, set()),
]


@pytest.mark.parametrize(("lefts", "size", "within", "drawn_", "certain"), SPREAD)
def test_who_is_due_is_spread_over_the_months(
    lefts: list[int], size: int, within: int, drawn_: int, certain: set[int] | int
) -> None:
    done = drawn([candidate(n, left=left) for n, left in enumerate(lefts, 1)], size, within)
    must = {row.id for row in done.population if row.must}
    assert done.size == drawn_
    assert done.raised is (drawn_ > size)
    assert (must if isinstance(certain, set) else len(must)) == certain


def test_all_are_checked_without_a_size() -> None:
    done = draw.draw([candidate(3), candidate(1)], month=MONTH, seed="种子")
    assert done.sample == [1, 3]
    assert json.loads(done.text) == {
        "rule": 1,
        "month": "2026-11",
        "method": "all",
        "seed": "种子",
        "double_percent": 0,
        "population": [
            {"id": 1, "name": "示例1", "platform": "示例平台", "kind": "街道", "group": "微信"},
            {"id": 3, "name": "示例3", "platform": "示例平台", "kind": "街道", "group": "微信"},
        ],
        "sample": [1, 3],
    }


def test_the_rule_to_the_byte() -> None:
    """Literals: whoever changes how numbers are made changes the rule's version."""
    assert draw.number("ZL", "must", 7) == int(_sha256_of(b"ZL\nmust\n7"), 16)
    assert draw.doubled(range(1, 11), 25, seed="ZL") == [1, 4, 10]
    population = [candidate(n, "街道" if n % 3 else "区级部门", weight=1 + (n % 4 == 0), left=6) for n in range(1, 13)]
    assert drawn(population, 4, seed="ZL").sample == [2, 4, 7, 12]


def _sha256_of(content: bytes) -> str:
    """By another program."""
    done = subprocess.run(["sha256sum"], input=content, capture_output=True, check=True)
    return done.stdout.split()[0].decode()


# --- the program of the docs ----------------------------------------------------------------------------------------


def again(path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-I", str(PROGRAM), str(path)], capture_output=True, text=True, check=False)


def population_of(n: int) -> list[Candidate]:
    kinds, groups = ("街道", "区级部门", "镇"), ("微信", "微博", "其他")
    return [
        candidate(n_, kinds[n_ % 3], groups[n_ % 2], weight=1 + (n_ % 5 == 0), left=1 + n_ % 6)
        for n_ in range(1, n + 1)
    ]


@pytest.mark.parametrize("size", [None, 30, 5])
def test_anybody_computes_the_sample_again(tmp_path: Path, size: int | None) -> None:
    within = 6 if size else None
    done = draw.draw(population_of(100), month=MONTH, seed="公开 种子", size=size, within=within, double=15)
    (tmp_path / "draw.json").write_text(done.text, encoding="utf-8")
    run = again(tmp_path / "draw.json")
    assert (run.returncode, run.stderr) == (0, "与文件一致。\n")
    printed = [line.split("\t") for line in run.stdout.splitlines()[2:]]
    assert [int(line[0]) for line in printed] == list(done.sample)
    twice = [int(line[0]) for line in printed if line[3:] == ["两人同查"]]
    assert twice == draw.doubled(done.sample, 15, seed="公开 种子")
    assert len(twice) == -(-done.size * 15 // 100)


CHANGES: list[tuple[str, Any, str]] = [
    ("sample", lambda v: v[1:], "名单"),
    ("sample", lambda v: [*v[:-1], next(n for n in range(60, 0, -1) if n > v[-2] and n != v[-1])], "名单"),
    ("sample", lambda v: [*v[:-1], 99999], "不在 population"),
    ("sample", lambda v: v[::-1], "由小到大"),
    ("seed", lambda v: v + "x", "名单"),
    ("size", lambda v: v + 1, "抽样数"),
    ("quotas", lambda v: v[::-1], "名额"),
    ("population", lambda v: [row | {"must": False} for row in v], "必抽"),
    ("rule", lambda v: 2, "第 2 版"),
    ("sample", lambda v: None, "sample 应是"),
    ("population", lambda v: 5, "population 应是"),
    ("population", lambda v: [*v, v[0]], "没有重复"),
    ("population", lambda v: [v[0] | {"weight": 0}, *v[1:]], "weight 应是 1 以上"),
    ("population", lambda v: [v[0] | {"weight": True}, *v[1:]], "weight 应是 1 以上"),
    ("population", lambda v: [v[0] | {"left": 7}, *v[1:]], "left 应是 1 到 6"),
    ("population", lambda v: [v[0] | {"left": 0}, *v[1:]], "left 应是 1 到 6"),
    ("population", lambda v: [v[0] | {"must": 1}, *v[1:]], "must 应是"),
    ("population", lambda v: [v[0] | {"stratum": "别的"}, *v[1:]], "stratum 与类别不符"),
    ("population", lambda v: [v[0] | {"name": None}, *v[1:]], "name 应是文字"),
    ("population", lambda v: [v[0] | {"id": "1"}, *v[1:]], "id 应是"),
    ("within_months", lambda v: 0, "within_months 应是 1 以上"),
    ("within_months", lambda v: [], "within_months 应是 1 以上"),
    ("asked", lambda v: "20", "asked 应是"),
    ("seed", lambda v: 7, "seed 应是文字"),
    ("seed", lambda v: "\ud800", "seed 应是文字"),
    ("method", lambda v: "some", "method 应是"),
    ("double_percent", lambda v: 101, "double_percent 应是"),
    ("rule", lambda v: True, "第 True 版"),
]


@pytest.mark.parametrize(("key", "change", "told"), CHANGES)
def test_a_file_that_was_changed_is_found_out(tmp_path: Path, key: str, change: Any, told: str) -> None:
    file = json.loads(drawn(population_of(60), 20).text)
    file[key] = change(file[key])
    (tmp_path / "draw.json").write_text(json.dumps(file), encoding="utf-8")
    run = again(tmp_path / "draw.json")
    assert (run.returncode, run.stdout if "不能读取" in run.stderr else "") == (1, "")
    assert told in run.stderr
    assert not re.search("[a-z]+ (of|is|must|not|for|in) ", run.stderr)  # no English


@pytest.mark.parametrize("content", [b"", b"\xff", b"{", b"[]", b"5", b"[" * 100_000])
def test_what_is_no_such_file_is_said_in_a_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "draw.json").write_bytes(content)
    for path in (tmp_path / "draw.json", tmp_path / "none.json"):
        run = again(path)
        assert (run.returncode, run.stdout, run.stderr.count("\n")) == (1, "", 1)
        assert run.stderr.startswith("不能读取抽取文件：")


@settings(max_examples=60, deadline=None)
@given(POPULATIONS, st.integers(1, 80), st.text(max_size=8))
def test_the_program_and_the_portal_agree(population: list[Candidate], size: int, seed: str) -> None:
    program: dict[str, Any] = {"__name__": "draw_again"}
    exec(compile(PROGRAM.read_text(encoding="utf-8"), str(PROGRAM), "exec"), program)
    done = drawn(population, size, seed=seed)
    program["check_format"](json.loads(done.text))
    sample, n, must, quotas = program["draw"](json.loads(done.text))
    assert (sample, n) == (list(done.sample), done.size)
    assert must == {row.id for row in done.population if row.must}
    assert quotas == [[q.stratum, q.population, q.must, q.quota] for q in done.quotas]
