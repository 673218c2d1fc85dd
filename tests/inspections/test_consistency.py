"""The figures of a circular against each other: what was published, wrong ones one by one, and circulars from rows."""

import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from inspections import consistency
from inspections.consistency import half_up, judge, name_key, possible

PUBLISHED = json.loads(
    (Path(__file__).parent.parent / "data" / "circulars.json").read_text(encoding="utf-8"), parse_float=Decimal
)
ENTRY: dict[str, Any] = {
    "id": "A",
    "total": 84,
    "checked": 84,
    "passed": 80,
    "failed": 4,
    "rate_total": Decimal("95.2"),
    "by_owner": {"区级部门": 43, "街道": 41},
    "by_type": {"微信": 69, "微博": 7, "其他": 8},
    "rate_by_owner": {"区级部门": Decimal("97.7"), "街道": Decimal("92.7")},
    "rate_by_type": {"微信": Decimal("94.2"), "微博": 100},
}


@pytest.mark.parametrize(
    ("id_", "state", "said"),
    [
        ("CZ-2022Q4", "不一致", ("96.6%", "84个", "83个")),
        ("CZ-2023Q1", "一致", ()),
        ("CZ-2023Q4", "一致", ()),
        ("WX-2021Q3", "不一致", ("86.7%", "142", "市级部门和单位")),
        ("WX-2022Q4", "一致", ()),
        ("JS-2020Q4", "无法核对", ("省级", "设区市", "微博")),
        ("LYG-2023-09", "一致", ()),
        ("ZY-2021-06", "一致", ()),
        ("JP-2025Q3", "一致", ()),
        ("WD-SERIES", "不一致", ("2024-09", "304", "338")),
        ("ORIG-GXNJ-2023Q2", "不一致", ("66%", "66.7%")),
    ],
)
def test_what_was_published(id_: str, state: str, said: tuple[str, ...]) -> None:
    verdict = judge(next(entry for entry in PUBLISHED if entry["id"] == id_))
    assert verdict.state == state
    assert [word for word in said if word not in verdict.line] == []
    assert verdict.line.startswith(f"{id_} {state}")
    assert len(verdict.differs) <= 1


def test_the_districts_of_wuxi_cannot_be_judged() -> None:
    verdict = judge(next(entry for entry in PUBLISHED if entry["id"] == "WX-2021Q3"))
    assert "梁溪区" in verdict.unknown[0]
    assert "市级部门和单位" not in verdict.unknown[0]


def test_the_entry_of_the_table_agrees() -> None:
    assert judge(ENTRY).line == "A 一致"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"total": 85}, "总数85"),
        ({"total": 80}, "检查数84多于总数80"),
        ({"by_owner": {"区级部门": 44, "街道": 41}}, "按开设主体分合计 44 + 41 = 85 ≠ 总数84"),
        ({"by_type": {"微信": 69, "微博": 7, "其他": 9}}, "按类型分合计"),
        ({"passed": 81}, "合格81 + 不合格4 = 85 ≠ 检查数84"),
        ({"failed": 5}, "合格80 + 不合格5 = 85"),
        ({"passed": None, "failed": 85}, "不合格数85多于"),
        ({"rate_total": Decimal("95.1")}, "95.1%不可能"),
        ({"rate_total": Decimal("96.4")}, "合格率96.4%折合合格81个"),
        ({"passed": None, "failed": None, "rate_total": Decimal("96.4")}, "按开设主体分"),
        ({"rate_by_owner": {"区级部门": Decimal("97.6"), "街道": Decimal("92.7")}}, "区级部门合格率97.6%不可能"),
        ({"rate_by_owner": {"区级部门": Decimal("95.3"), "街道": Decimal("92.7")}}, "折合合格79个"),
        ({"rate_by_type": {"微信": Decimal("94.1"), "微博": 100}}, "微信合格率94.1%不可能"),
        ({"rate_by_type": {"微信": Decimal("82.6"), "微博": 100}}, "按类型分的合格率"),
        ({"rate_total": Decimal("100.1")}, "不在0至100之间"),
        ({"rate_total": -1}, "不在0至100之间"),
        ({"total": -84}, "不是非负整数"),
        ({"total": Decimal("84.5")}, "总数84.5不是非负整数"),
        ({"total": "84"}, "总数不是数字（84）"),
        ({"checked": True}, "检查数不是数字"),
        ({"rate_total": "95.2%"}, "合格率不是数字"),
        ({"by_owner": [43, 41]}, "按开设主体分应为名称和数字的对应"),
        ({"by_owner": {"区级部门": "43", "街道": 41}}, "按开设主体分的区级部门不是数字"),
        ({"rate_total": Decimal("Infinity")}, "合格率不是合理的数"),
        ({"passed": 10**30}, "合格数不是合理的数"),
        ({"veto": [{"type": "无互动", "count": 2, "accounts": ["甲"]}]}, "无互动文中2个 ≠ 点名1个"),
        ({"veto": [{"type": "无互动", "count": 2, "accounts": ["甲", "甲"]}]}, "文中2个 ≠ 点名1个"),
        ({"deduct": [{"type": "错别字", "count": 1, "accounts": ["甲", "乙"]}]}, "文中1个 ≠ 点名2个"),
        ({"problems": [{"type": "错别字", "count": 1, "accounts": ["甲", "乙"]}]}, "文中1个 ≠ 点名2个"),
        ({"problems": [{"type": "错别字", "count": 85}]}, "多于检查的84个"),
        ({"veto": [{"type": "无更新", "accounts": ["甲", "乙", "丙", "丁", "戊"]}]}, "5个，多于不合格的4个"),
        ({"veto": "甲"}, "否决应为一列对象"),
        ({"veto": [{"type": "无更新", "accounts": "甲"}]}, "应为一列名称"),
        ({"tables": {"2024-09": {"stated_sum": 5, "rows": [["a", 2], ["b", 2]]}}}, "文中合计5 ≠ 各行合计4"),
        ({"tables": {"2024-09": {"stated_sum": 3, "rows": [["a", 4], ["b", None]]}}}, "至少4"),
        ({"tables": {"2024-09": {"stated_count": 3, "rows": [["a", 4]]}}}, "文中3行 ≠ 表中1行"),
        ({"tables": {"2024-09": {"rows": [["a", "四"]]}}}, "第1行不是数字"),
        ({"tables": {"2024-09": 5}}, "不是一张表"),
        ({"posts": 72, "original": 48, "rate_published": 66}, "66.7%"),
        ({"posts": 72, "original": 73}, "原创73条多于发布72条"),
        ({"rate_prev": Decimal("91.8"), "delta_prev_pp": Decimal("3.5")}, "= 3.4"),
    ],
)  # fmt: skip
def test_one_thing_wrong_is_named(change: dict[str, Any], said: str) -> None:
    verdict = judge(ENTRY | change)
    assert verdict.state == "不一致"
    assert said in verdict.line, verdict.line


@pytest.mark.parametrize(
    "change",
    [
        {"rate_by_owner": {"区级部门": Decimal("97.67"), "街道": Decimal("92.68")}},
        {"rate_total": 95},
        {"rate_total": Decimal("95.24")},
        {"total": Decimal("84.0")},
        {"rate_by_type": {"微信": Decimal("94.2"), "微博": Decimal("100.0")}},
        {"by_owner": {"区级部门（单位）": 43, "街道": 41}, "rate_by_owner": {"区级部门及单位": Decimal("97.7")}},
        {"by_type": {"微信(公众号/服务号)": 69, "微博": 7, "其他": 8}},
        {"veto": [{"type": "无更新", "count": 4, "accounts": ["甲", "乙", "丙", "丁"]}]},
        {"problems": [{"type": "错别字", "count": 38, "accounts": ["甲", "乙"]}]},
        {"posts": 72, "original": 48, "rate_published": Decimal("66.7")},
        {"rate_prev": Decimal("91.8"), "delta_prev_pp": Decimal("3.4")},
        {"nobody": {"knows": ["this"]}},
        {"checked": None, "passed": None},
    ],
)  # fmt: skip
def test_what_agrees_is_not_found_fault_with(change: dict[str, Any]) -> None:
    assert judge(ENTRY | change).line == "A 一致"


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        ({"id": "B", "rate_total": 95}, "B 无法核对: 合格率没有检查数作分母"),
        ({"id": "B"}, "B 无法核对: 没有可以互相核对的数字"),
        ({}, "第7条 无法核对: 没有可以互相核对的数字"),
        ([], "第7条 不一致: 不是一个对象"),
        ({"id": "B\nC 一致", "passed": 1, "failed": 2, "checked": 3}, "B C 一致 一致"),
        ({"id": 5, "passed": 1, "failed": 2}, "5 一致"),
        ({"id": "B", "total": 0, "rate_total": 0}, "B 无法核对: 合格率的分母为0"),
        ({"id": "B", "rate_published": 5, "posts": 0, "original": 0}, "B 无法核对: 原创率没有分母"),
        ({"id": "B", "total": 142, "rate_total": Decimal("86.7")}, None),
        ({"id": "B", "by_owner": {"部门": 142}, "rate_by_owner": {"部门": Decimal("86.7")}}, None),
    ],
)
def test_little_is_said(entry: Any, line: str | None) -> None:
    verdict = judge(entry, 7)
    assert verdict.line == line if line else verdict.state == "不一致"


def test_a_sample_says_how_many_of_each_part_were_checked() -> None:
    sample = {"id": "S", "total": 10, "checked": 5, "by_owner": {"街道": 6, "镇": 4}, "rate_by_owner": {"街道": 50}}
    assert judge(sample).state == "无法核对"
    assert judge(sample | {"checked_by_owner": {"街道": 2, "镇": 3}}).state == "一致"
    assert judge(sample | {"checked_by_owner": {"街道": 3, "镇": 2}}).state == "不一致"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("市级部门和单位", "市级部门单位"),
        ("市(县)区", "市县区"),
        ("市（县）区", "市县 区"),
        ("甲、乙与丙及丁", "甲乙丙丁"),
    ],
)
def test_names_of_parts(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


# --- from rows ------------------------------------------------------------------------------------------------------

PART = st.tuples(st.sampled_from("甲乙丙"), st.sampled_from("微博其"), st.booleans())


def circular(rows: list[tuple[str, str, bool]], decimals: int) -> dict[str, Any]:
    """The entry of accounts given as (owner, type, passed)."""
    good = sum(ok for *_, ok in rows)
    entry: dict[str, Any] = {"id": "R", "total": len(rows), "checked": len(rows), "passed": good}
    entry |= {"failed": len(rows) - good, "rate_total": half_up(good, len(rows), decimals)}
    for at, key in enumerate(("owner", "type")):
        names = sorted({row[at] for row in rows})
        of = {name: [ok for *name_, ok in rows if name_[at] == name] for name in names}
        entry[f"by_{key}"] = {name: len(oks) for name, oks in of.items()}
        entry[f"rate_by_{key}"] = {name: half_up(sum(oks), len(oks), decimals) for name, oks in of.items()}
    return entry


@settings(max_examples=60, deadline=None)
@given(st.lists(PART, min_size=1, max_size=40), st.integers(0, 2))
def test_a_circular_of_rows_agrees(rows: list[tuple[str, str, bool]], decimals: int) -> None:
    assert judge(circular(rows, decimals)).line == "R 一致"


@settings(max_examples=80, deadline=None)
@given(st.lists(PART, min_size=1, max_size=40), st.data())
def test_one_count_that_is_not_so_is_caught(rows: list[tuple[str, str, bool]], data: st.DataObject) -> None:
    entry = circular(rows, 1)
    key = data.draw(st.sampled_from(["total", "passed", "failed", "by_owner", "by_type"]))
    by = data.draw(st.integers(-5, 5).filter(bool))
    if isinstance(entry[key], dict):
        name = data.draw(st.sampled_from(sorted(entry[key])))
        entry[key] = entry[key] | {name: entry[key][name] + by}
    else:
        entry[key] += by
    assert judge(entry).state == "不一致"


@settings(max_examples=80, deadline=None)
@given(st.lists(PART, min_size=1, max_size=40), st.data())
def test_one_rate_that_is_impossible_is_caught(rows: list[tuple[str, str, bool]], data: st.DataObject) -> None:
    entry = circular(rows, 1)
    key = data.draw(st.sampled_from(["rate_total", "rate_by_owner", "rate_by_type"]))
    rate = Decimal(data.draw(st.integers(0, 1000))).scaleb(-1)
    if key == "rate_total":
        assume(rate != entry[key])
        entry[key] = rate
    else:
        name = data.draw(st.sampled_from(sorted(entry[key])))
        assume(rate != entry[key][name])
        entry[key] = entry[key] | {name: rate}
    assert judge(entry).state == "不一致"


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 500), st.integers(0, 1000), st.integers(0, 2))
def test_possible_is_what_a_slow_search_finds(whole: int, tenths: int, decimals: int) -> None:
    rate = Decimal(tenths).scaleb(-min(decimals, 1)) if decimals else Decimal(tenths // 10)
    assume(rate <= 100)
    places = consistency.decimals_of(rate)
    slow = [k for k in range(whole + 1) if consistency.rounded(Fraction(100 * k, whole), places) == rate]
    assert list(possible(rate, whole)) == slow
