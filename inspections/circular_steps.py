"""What the use cases of a circular share: its locks, what was read, its moves, its numbers (see `circulars.py`).

Locks are taken in one order: the check, the circular, the sheets, the counters, the head of the history.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from accounts import policy
from accounts.policy import Action
from inspections.circular_marks import SECTIONS
from inspections.models import Circular, CircularState, Sheet, SpotCheck
from zhonglou_media.core import events
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.errors import Difference, Incomplete, StaleReading, WrongState
from zhonglou_media.core.models import Counter, User

S = CircularState
PREFIX = "钟政办函"
# What is edited, and how it is called.
TEXTS: Mapping[str, str] = {
    "title": "标题",
    "document_no": "文号",
    "addressed_to": "主送",
    "basis": "依据",
    **SECTIONS,
    "signed": "落款",
}


def locked_check(check_id: int) -> SpotCheck:
    return (
        SpotCheck.objects.select_for_update(of=("self",), no_key=True).select_related("indicator_set").get(pk=check_id)
    )


def locked(circular_id: int) -> Circular:
    """Check, then circular."""
    check = locked_check(Circular.objects.values_list("spot_check", flat=True).get(pk=circular_id))
    circular = Circular.objects.select_for_update(of=("self",)).get(pk=circular_id)
    circular.spot_check = check
    return circular


def hold_sheets(check: SpotCheck) -> None:
    """No sheet of the check is reopened or decided until this transaction ends."""
    list(
        Sheet.objects.select_for_update(no_key=True)
        .filter(spot_check=check)
        .order_by("pk")
        .values_list("pk", flat=True)
    )


def begin(circular_id: int, action: Action, *, by: User) -> tuple[Circular, str]:
    circular = locked(circular_id)
    return circular, policy.require(by, action)


def begin_edit(circular_id: int, typed: Mapping[str, Any], *, version: int, by: User) -> tuple[Circular, str]:
    circular, role = begin(circular_id, Action.CIRCULAR, by=by)
    if circular.state != S.DRAFT:
        raise wrong_state(circular)
    as_read(circular, typed, version)
    return circular, role


def as_read(circular: Circular, typed: Mapping[str, Any], version: int) -> None:
    if circular.version == version:
        return
    who = str(circular.last_editor) if circular.last_editor_id else "系统"
    told = f"没有保存：您打开页面以后，{who}又改过这份通报。请看过现在的内容，再把您的修改写进去。"
    raise StaleReading(
        told,
        [
            Difference(label, getattr(circular, name), str(typed[name]))
            for name, label in TEXTS.items()
            if name in typed and str(typed[name]) != getattr(circular, name)
        ],
    )


def move(
    circular: Circular,
    target: CircularState,
    verb: str,
    *,
    by: User,
    role: str,
    now: datetime,
    comment: str = "",
    detail: dict[str, Any] | None = None,
) -> int:
    source, circular.state = circular.state, target
    circular.save()
    moved: dict[str, Any] = {"from_state": source, "to_state": target, "comment": comment, "detail": detail}
    return events.append(circular, verb, by=by, role=role, at=now, **moved).seq


def wrong_state(circular: Circular) -> WrongState:
    last = events.timeline(circular).last()
    who = str(last.actor) if last is not None and last.actor is not None else "系统"
    then = {
        S.PUBLISHED: "不能再改，需要改动的请发更正通报",
        S.REVIEW: "请先撤回或由负责人退回，再修改",
        S.DRAFT: "请重新打开页面",
    }[S(circular.state)]
    return WrongState(
        f"没有办成：{who}已办理，这份通报现为“{circular.get_state_display()}”，{then}。",
        by=last.actor if last else None,
        at=last.at if last else None,
    )


def drafted_number(now: datetime) -> str:
    """文号 that is suggested: 钟政办函〔2026〕11号, the first that no published circular has."""
    year = day_of(now).year
    counter = Counter.objects.filter(key=f"circular-{year}").first()
    return number(year, free(year, counter.last if counter else 0))


def take_numbers(circular: Circular, now: datetime) -> str:
    """The index number; the 文号 is nobody else's, and its counter follows. Raises Incomplete when it is used."""
    year = day_of(now).year
    for key in (f"circular-{year}", f"circular-index-{year}"):
        Counter.objects.get_or_create(key=key)
    counter = Counter.objects.select_for_update().get(key=f"circular-{year}")
    index = Counter.objects.select_for_update().get(key=f"circular-index-{year}")
    typed = circular.document_no
    if typed and Circular.objects.filter(state=S.PUBLISHED, document_no=typed).exists():
        other = number(year, free(year, counter.last))
        raise Incomplete("文号已用过，没有公开。", {"document_no": [f"文号“{typed}”已用过，请改用 {other}。"]})
    if typed == number(year, free(year, counter.last)):
        counter.last = free(year, counter.last)
        counter.save()
    index.last += 1
    index.save()
    return f"{year}-{index.last:04d}"


def number(year: int, n: int) -> str:
    return f"{PREFIX}〔{year}〕{n}号"


def free(year: int, last: int) -> int:
    used = set(Circular.objects.filter(state=S.PUBLISHED).values_list("document_no", flat=True))
    n = last + 1
    while number(year, n) in used:
        n += 1
    return n
