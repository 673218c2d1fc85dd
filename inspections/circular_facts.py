"""The facts of a check as 数字核对 looks them up: kind, or 「part|kind」, and its value in words. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from inspections import consistency

FULL_MARKS = "得满分"


def facts_of(said: Mapping[str, Any]) -> dict[str, str]:
    """Each fact that a sentence may state; rates and changes with one decimal."""
    facts = {key: str(said[key]) for key in ("units", "total", "checked", "passed", "failed", "findings")}
    facts["accounts"] = str(said["accounts_found"])
    if (rate := said.get("rate_total")) is not None:
        facts |= {"rate": _rate(rate), "fail_rate": _share(said["failed"], said["checked"])}
    if (before := said.get("rate_prev")) is not None:
        facts["rate_prev"] = _rate(before)
    if (change := said.get("delta_prev_pp")) is not None:
        facts |= {"change": _rate(change), "fail_change": _rate(-Decimal(str(change)))}
    for key, _ in consistency.DIMENSIONS:
        counts = said.get(f"checked_by_{key}") or said[f"by_{key}"]
        for name, count in counts.items():
            passed = said[f"passed_by_{key}"][name]
            facts |= {f"{name}|checked": str(count), f"{name}|passed": str(passed)}
            facts |= {f"{name}|failed": str(count - passed), f"{name}|total": str(said[f"by_{key}"][name])}
            if name in said[f"rate_by_{key}"]:
                facts[f"{name}|rate"] = _rate(said[f"rate_by_{key}"][name])
                facts[f"{name}|fail_rate"] = _share(count - passed, count)
    for what, names in listed(said):
        facts[f"{what}|accounts"] = str(len(names))
    return facts


def parts_of(said: Mapping[str, Any]) -> list[str]:
    """Names of owners and types."""
    return [name for key, _ in consistency.DIMENSIONS for name in said[f"by_{key}"]]


def listed(said: Mapping[str, Any]) -> Iterator[tuple[str, Sequence[str]]]:
    """What is named one by one: heading → labels; of low marks and full marks also when there are none."""
    for row in (*said["veto"], *said["deduct"]):
        yield row["type"], row["accounts"]
    yield low_heading(said), said["low"]
    yield FULL_MARKS, said["full_marks"]


def low_heading(said: Mapping[str, Any]) -> str:
    return f"得分低于{said['pass_mark']}分"


def _rate(value: Any) -> str:
    shown = Decimal(str(value)).quantize(Decimal("0.1"))
    return f"{shown + 0:.1f}" if shown else "0.0"


def _share(part: int, whole: int) -> str:
    return str(consistency.half_up(part, whole)) if whole else "0.0"
