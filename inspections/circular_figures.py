"""The figures of a month's check, from its rows: what its circular says, in the shape of `check_circular`.

An account counts once, by the sheet whose result counts, under the owner and type it was drawn with. The rates are
half-up to one decimal. Nothing here is kept: a circular keeps what was computed when it was saved and published.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Case, F, Q, When

from accounts.models import UnitKind
from inspections import check_progress, consistency, lateness
from inspections.consistency import half_up
from inspections.models import (
    Circular,
    CircularState,
    Finding,
    IndicatorKind,
    Method,
    Rectification,
    RectificationState,
    Sheet,
    SpotCheck,
)
from zhonglou_media.core.clock import SHANGHAI

OTHER_OWNER = "其他单位"
TYPES = ("微信", "微博", "移动客户端", "其他")
FULL = Decimal(100)
LOW = "low"  # the code of who failed by points


def figures(check: SpotCheck) -> dict[str, Any]:
    """The figures of `check` now; rates are Decimals, absent where nothing was checked. Six queries.

    `waiting` is how many accounts have no result yet: nothing may be published then.
    """
    sheets = _sheets(check)
    labels = _labels(sheets)
    found = _findings(check)
    names = {row["account"]: labels[row["account"]] for row in sheets}
    failed = [row for row in sheets if not row["passed"]]
    said: dict[str, Any] = {
        "id": check.code,
        "as_of": _as_of(sheets),
        "method": check.method,
        "pass_mark": check.indicator_set.pass_mark,
        "units": len({row["unit"] for row in sheets}),
        "waiting": _waiting(check),
        **_census(check, sheets),
        **_lists(found, names),
        "findings": len(found),
        "accounts_found": len({row["account"] for row in found}),
        "full_marks": sorted(names[r["account"]] for r in sheets if (r["score"] or 0) >= FULL and r["passed"]),
        "low": sorted(names[row["account"]] for row in failed if not row["vetoed"]),
        "failed_accounts": _failed(failed, found, names),
        "in_time": _in_time(check),
        **_before(check),
    }
    if "rate_prev" in said and "rate_total" in said:
        said["delta_prev_pp"] = said["rate_total"] - said["rate_prev"]
    return said


def kept(said: Mapping[str, Any]) -> dict[str, Any]:
    """`figures` as a circular keeps them: what JSON holds, a rate with its one decimal."""
    found: dict[str, Any] = json.loads(json.dumps(said, default=float, ensure_ascii=False))
    return found


def named_units(check: SpotCheck) -> set[int]:
    """Ids of the units whose accounts the circular names: a problem was found, or the account failed."""
    found = Finding.objects.filter(_counting(check)).exclude(indicator__kind=IndicatorKind.BONUS)
    failed = Sheet.objects.results().filter(spot_check=check, passed=False)
    return set(found.values_list("unit", flat=True)) | set(failed.values_list("unit", flat=True))


def due_on(check: SpotCheck) -> date | None:
    """The last day by which what this check found is to be put right; None when nothing is."""
    orders = Rectification.objects.filter(finding__sheet__spot_check=check, finding__withdrawn_at__isnull=True)
    last = orders.exclude(state=RectificationState.REVOKED).order_by("-due_at").values_list("due_at", flat=True).first()
    if last is None:
        return None
    shown = last.astimezone(SHANGHAI)
    return date.fromordinal(shown.date().toordinal() - 1) if not (shown.hour or shown.minute) else shown.date()


# --- the rows -------------------------------------------------------------------------------------------------------


def _counting(check: SpotCheck) -> Q:
    return Q(sheet__spot_check=check, sheet__counts=True, withdrawn_at__isnull=True)


def _sheets(check: SpotCheck) -> Sequence[Mapping[str, Any]]:
    rows = Sheet.objects.results().filter(spot_check=check).order_by("account")
    return list(
        rows.values(
            *("account", "unit", "unit_kind", "platform_group", "passed", "vetoed", "score", "as_of"),
            name=F("account__name"),
            platform=F("account__platform__name"),
            unit_name=F("unit__name"),
            number=F("account__number"),
        )
    )


def _waiting(check: SpotCheck) -> int:
    """Accounts in use that have no result; those that ended meanwhile have none to have."""
    return check_progress.waiting(check).count()


def _findings(check: SpotCheck) -> Sequence[Mapping[str, Any]]:
    rows = Finding.objects.filter(_counting(check)).exclude(indicator__kind=IndicatorKind.BONUS)
    rows = rows.order_by("indicator__order", "indicator", "account")
    return list(rows.values("account", code=F("indicator__code"), kind=F("indicator__kind"), what=F("indicator__name")))


def clean(text: str) -> str:
    """What is printed of a name: no controls, no marks that turn the direction, one line."""
    return consistency.clean(text) or "（无名称）"


def _labels(sheets: Sequence[Mapping[str, Any]]) -> dict[int, str]:
    """「名称（平台）」 by account; with the unit, then the number, where two would read the same."""
    labels = {row["account"]: f"{clean(row['name'])}（{clean(row['platform'])}）" for row in sheets}
    for more in ("unit_name", "account"):
        often = Counter(labels.values())
        for row in sheets:
            label = labels[row["account"]]
            if often[label] > 1:
                labels[row["account"]] = f"{label[:-1]}·{clean(str(row[more]))}）"
    return labels


def _as_of(sheets: Sequence[Mapping[str, Any]]) -> str:
    """Until when the facts were looked at: the latest moment of a sheet, ISO, Shanghai; '' for none."""
    last = max((row["as_of"] for row in sheets if row["as_of"] is not None), default=None)
    return last.astimezone(SHANGHAI).isoformat(timespec="minutes") if last else ""


def _owner(kind: str) -> str:
    return dict(UnitKind.choices).get(kind, kind) or OTHER_OWNER


def _census(check: SpotCheck, sheets: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    parts = {"owner": [_owner(row["unit_kind"]) for row in sheets], "type": [row["platform_group"] for row in sheets]}
    checked, passed = len(sheets), sum(bool(row["passed"]) for row in sheets)
    missing = _not_drawn(check, {row["account"] for row in sheets}) if check.method == Method.SAMPLE else []
    said: dict[str, Any] = {"total": checked + len(missing), "checked": checked, "passed": passed}
    said["failed"] = checked - passed
    if checked:
        said["rate_total"] = half_up(passed, checked)
    for key, of in parts.items():
        of_all = [*of, *(line[key] for line in missing)]
        counts, good = Counter(of), Counter(p for p, row in zip(of, sheets, strict=True) if row["passed"])
        names = _in_order(of_all, key)
        said[f"by_{key}"] = {name: Counter(of_all)[name] for name in names}
        if missing:
            said[f"checked_by_{key}"] = {name: counts[name] for name in names}
        said[f"passed_by_{key}"] = {name: good[name] for name in names}
        said[f"rate_by_{key}"] = {name: half_up(good[name], counts[name]) for name in names if counts[name]}
    return said


def _not_drawn(check: SpotCheck, drawn: set[int]) -> list[dict[str, str]]:
    """Owner and type of the accounts that a sample left out, as the published file of the draw says."""
    try:
        population = json.loads(check.drawn).get("population", [])
    except (ValueError, AttributeError):
        return []
    lines = [line for line in population if line.get("id") not in drawn]
    return [{"owner": line.get("kind") or OTHER_OWNER, "type": line.get("group") or TYPES[-1]} for line in lines]


def _in_order(names: Iterable[str], key: str) -> list[str]:
    first = list(UnitKind.labels) if key == "owner" else list(TYPES)
    return sorted(set(names), key=lambda name: (first.index(name) if name in first else len(first), name))


def _lists(found: Sequence[Mapping[str, Any]], names: Mapping[int, str]) -> dict[str, Any]:
    """Problems by indicator, each account once: 单项否决, then 扣分."""
    by_code: dict[str, list[str]] = defaultdict(list)
    about: dict[str, tuple[str, str]] = {}
    for row in found:
        about[row["code"]] = (row["kind"], row["what"])
        if names[row["account"]] not in by_code[row["code"]]:
            by_code[row["code"]].append(names[row["account"]])
    said: dict[str, Any] = {"veto": [], "deduct": []}
    for code, (kind, what) in about.items():
        line = {"code": code, "type": what, "count": len(by_code[code]), "accounts": by_code[code]}
        said["veto" if kind == IndicatorKind.VETO else "deduct"].append(line)
    return said


def _failed(
    failed: Sequence[Mapping[str, Any]], found: Sequence[Mapping[str, Any]], names: Mapping[int, str]
) -> list[dict[str, Any]]:
    """附件: who failed, and for what."""
    why: dict[int, list[str]] = defaultdict(list)
    for row in found:
        why[row["account"]].append(row["what"])
    lines = [
        {
            "name": clean(row["name"]),
            "platform": clean(row["platform"]),
            "unit": clean(row["unit_name"]),
            "label": names[row["account"]],
            "why": "、".join(why[row["account"]]) or "得分低于合格线",
        }
        for row in failed
    ]
    return sorted(lines, key=lambda line: (line["unit"], line["name"], line["platform"]))


def _in_time(check: SpotCheck) -> list[str]:
    """Units that put right in time all that the last check before this one found."""
    last = SpotCheck.objects.filter(month__lt=check.month).order_by("-month").first()
    if last is None:
        return []
    orders = Rectification.objects.filter(finding__sheet__spot_check=last).exclude(state=RectificationState.REVOKED)
    units: dict[str, bool] = {}
    done = Q(lateness.IN_TIME, state=RectificationState.VERIFIED)
    judged = orders.annotate(good=Case(When(done, then=True), default=False))
    for name, good in judged.values_list("unit__name", "good"):
        units[name] = units.get(name, True) and good
    return sorted(clean(name) for name, good in units.items() if good)


def _before(check: SpotCheck) -> dict[str, Any]:
    """The rate of the last published circular of an earlier month: that which no other corrects."""
    row = (
        Circular.objects.filter(state=CircularState.PUBLISHED, spot_check__month__lt=check.month)
        .exclude(corrected_by__state=CircularState.PUBLISHED)
        .order_by("-spot_check__month", "-pk")
        .values_list("spot_check__month", "figures")
        .first()
    )
    if row is None or row[1].get("rate_total") is None:
        return {}
    return {"month_prev": f"{row[0]:%Y-%m}", "rate_prev": Decimal(str(row[1]["rate_total"]))}
