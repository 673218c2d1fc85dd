"""Rows with the marginals of published circulars give back what was published; a search finds the table between."""

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from inspections.circular_figures import figures, kept
from inspections.consistency import judge, possible
from inspections.models import Finding, Sheet
from tests.inspections.circulars_made import Made, Row, a_check, check_of

pytestmark = pytest.mark.django_db
PUBLISHED = {
    entry["id"]: entry
    for entry in json.loads(
        (Path(__file__).parent.parent / "data" / "circulars.json").read_text(encoding="utf-8"), parse_float=Decimal
    )
}


def passing(entry: dict[str, Any], key: str, good: int) -> dict[str, int]:
    """How many of each part passed: of those its rate allows, so many that all come to `good`."""
    counts, rates = entry[f"by_{key}"], entry.get(f"rate_by_{key}", {})
    spans = {n: possible(Decimal(rates[n]), count) if n in rates else range(count + 1) for n, count in counts.items()}
    found = {name: span[0] for name, span in spans.items()}
    for name, span in spans.items():
        found[name] += min(span[-1] - span[0], good - sum(found.values()))
    assert sum(found.values()) == good
    return found


def table(entry: dict[str, Any], good: int) -> Iterator[tuple[str, str, bool]]:
    """(owner, type, passed) of each account, with the marginals of `entry`."""
    cells: dict[bool, list[tuple[str, str]]] = {}
    for ok in (True, False):
        columns = []
        for key in ("owner", "type"):
            counts = entry.get(f"by_{key}") or {"全部": entry["total"]}
            passed = passing(entry | {f"by_{key}": counts}, key, good)
            some = {name: passed[name] if ok else counts[name] - passed[name] for name in counts}
            columns.append([name for name, count in some.items() for _ in range(count)])
        cells[ok] = list(zip(*columns, strict=True))
    yield from ((owner, type_, ok) for ok, pairs in cells.items() for owner, type_ in pairs)


def made_of(entry: dict[str, Any]) -> Made:
    good = possible(Decimal(entry["rate_total"]), entry["total"])
    passed = entry.get("passed", entry["total"] - entry["failed"] if "failed" in entry else None)
    vetoed = [name for row in entry.get("veto", ()) for name in row["accounts"]]
    rows = []
    for n, (owner, type_, ok) in enumerate(table(entry, passed if passed is not None else good[0])):
        name = vetoed.pop() if vetoed and not ok else f"示例{n}"
        code = ("N2.1",) if not ok and not name.startswith("示例") else ()
        rows.append(Row(name, owner=owner, group=type_, passed=ok, problems=code))
    return check_of(rows)


@pytest.mark.parametrize("id_", ["CZ-2023Q1", "CZ-2023Q4", "ZY-2021-06", "JP-2025Q3"])
def test_rows_give_back_what_was_published(id_: str) -> None:
    entry = {"by_owner": None, **PUBLISHED[id_]}
    said = figures(made_of(entry).check)
    for key in ("total", "checked", "passed", "failed", "by_owner", "by_type"):
        if entry.get(key) is not None:
            assert said[key] == entry[key], key
    assert said["rate_total"] == Decimal(entry["rate_total"])
    for key in ("rate_by_owner", "rate_by_type"):
        assert {name: said[key][name] for name in entry.get(key, {})} == entry.get(key, {})
    if "veto" in entry:
        assert [len(row["accounts"]) for row in said["veto"]] == [len(row["accounts"]) for row in entry["veto"]]
    assert judge(said).line == "2026-10 一致"
    assert judge(kept(said)).line == "2026-10 一致"


def test_nine_findings_of_eight_accounts() -> None:
    """LYG-2023-09: one account under two problems counts once; three fail by a veto, five have points taken off."""
    entry, codes = (
        PUBLISHED["LYG-2023-09"],
        {"未提供有效互动功能": "N3.1", "内容更新不及时": "Z01", "功能无法使用": "Z08"},
    )
    problems: dict[str, list[str]] = {}
    for row in (*entry["veto"], *entry["deduct"]):
        for name in row["accounts"]:
            problems.setdefault(name, []).append(codes[row["type"]])
    rows = [Row(name.split("(")[0], problems=of) for name, of in problems.items()]
    said = figures(check_of(rows).check)
    assert (said["findings"], said["accounts_found"]) == (9, 8)
    assert (said["checked"], said["passed"], said["failed"], said["rate_total"]) == (8, 5, 3, Decimal("62.5"))
    assert [row["count"] for row in said["veto"]] == [3]
    assert sorted(row["count"] for row in said["deduct"]) == [2, 4]
    assert judge(said).line == "2026-10 一致"


def test_an_account_with_two_problems_counts_once() -> None:
    said = figures(a_check().check)
    assert (said["checked"], said["passed"], said["failed"]) == (9, 6, 3)
    assert said["rate_total"] == Decimal("66.7")
    assert (said["findings"], said["accounts_found"], said["waiting"]) == (5, 4, 0)
    assert said["low"] == ["示例民政（微信公众号）"]
    assert said["full_marks"] == ["示例满分（微信公众号）"]
    assert said["by_owner"] == {"区级部门": 3, "街道": 6}
    assert said["by_type"] == {"微信": 7, "微博": 1, "其他": 1}
    assert [row["name"] for row in said["failed_accounts"]] == ["示例发布", "示例应急", "示例民政"]


def test_what_was_withdrawn_or_does_not_count_is_left_out() -> None:
    made = a_check()
    Finding.objects.filter(indicator__code="N2.1").update(withdrawn_at=made.check.closed_at, withdrawn_reason="误判")
    assert figures(made.check)["findings"] == 4
    Sheet.objects.filter(account=made.accounts["示例甲1"]).update(
        state="open", counts=False, submitted_at=None, score=None, vetoed=None, passed=None
    )
    said = figures(made.check)
    assert (said["checked"], said["waiting"]) == (8, 1)


def test_a_sample_tells_the_register_from_what_was_checked() -> None:
    made = a_check()
    others = [{"id": -n, "kind": "街道", "group": "微信"} for n in range(1, 4)]
    made.check.method, made.check.sample_size, made.check.within_months = "sample", 9, 6
    made.check.drawn = json.dumps({"population": others})
    said = figures(made.check)
    assert (said["total"], said["checked"]) == (12, 9)
    assert (said["by_owner"], said["checked_by_owner"]) == ({"区级部门": 3, "街道": 9}, {"区级部门": 3, "街道": 6})
    assert judge(said).line == "2026-10 一致"


def test_two_accounts_that_read_the_same_are_told_apart() -> None:
    made = check_of([Row("示例", problems=("Z08",)), Row("示例", problems=("Z08",))])
    names = figures(made.check)["deduct"][0]["accounts"]
    assert len(set(names)) == 2
    assert judge(figures(made.check)).state == "一致"


def test_names_bring_no_marks_of_direction() -> None:
    said = figures(check_of([Row("示例\u202e发布\u200b\n二", problems=("Z08",))]).check)
    assert said["deduct"][0]["accounts"] == ["示例发布 二（微信公众号）"]


def test_the_queries_do_not_grow_with_the_rows(django_assert_num_queries: Any) -> None:
    check_of([], month=a_month(8))
    few, many = check_of(rows_of(3)).check, check_of(rows_of(60), month=a_month(9)).check
    for check in (few, many):
        with django_assert_num_queries(6):
            figures(check)


def rows_of(n: int) -> list[Row]:
    return [Row(f"示例{k}", problems=("Z08",) if k % 2 else ()) for k in range(n)]


def a_month(n: int) -> date:
    return date(2026, n, 1)
