"""上级工单 (第二十四条): received → handed → reported, or dropped as none of the district's.

A finding from above is answered by the unit's rectification (`inspections/rectifying.py`); what happens here is before
and after that. Each use case locks the account (where it hands or decides), then the finding, looks at the state under
the lock, writes, and appends its event last. Times are aware; `due_at` is exclusive (24:00 is 00:00 of the day after).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.urls import reverse

from accounts import audience, due_times, policy
from accounts.models import Account, AccountState, Role, Unit
from accounts.policy import Action
from inspections import rectifying
from inspections.models import Issuer, Rectification, RectificationState, UpperFinding, UpperPicture, UpperState
from inspections.upper_due import why_not_due
from zhonglou_media.core import events, notices
from zhonglou_media.core.clock import day_of, start_of
from zhonglou_media.core.countdown import due24
from zhonglou_media.core.errors import Incomplete, Refused, StaleReading, WrongState
from zhonglou_media.core.models import File, User

S = UpperState
MAX_PICTURES, MAX_TEXT = 6, 1500
TYPED = ("issuer", "issuer_name", "number", "received_on", "due_at", "account_id", "account_text", "text", "named")
WIDTHS = {"issuer_name": 60, "number": 60, "account_text": 120, "text": MAX_TEXT}
LABELS = {"issuer_name": "下发单位", "number": "编号", "account_text": "上级所称的账号", "text": "问题"}
AHEAD = "收到日期不能晚于今天，请核对。"
BEFORE = "答复期限早于收到日期，请核对年份和日期。"


@dataclass(frozen=True)
class Typed:
    """What the paper from above says; `account_id` is None while nobody knows which account is meant."""

    issuer: str
    number: str
    received_on: date
    due_at: datetime
    account_text: str
    text: str
    account_id: int | None = None
    issuer_name: str = ""
    named: bool = False


class Twice(WrongState):
    """The number of that issuer stands already: `there`."""

    def __init__(self, there: UpperFinding) -> None:
        issuer = there.get_issuer_display()
        super().__init__(f"{issuer}的“{there.number}”已登记过，现为“{there.get_state_display()}”，没有重复登记。")
        self.there = there


# --- what came -----------------------------------------------------------------------------------------------------


def record(typed: Typed, *, pictures: Sequence[tuple[File, str]] = (), by: User, now: datetime) -> UpperFinding:
    """登记工单, with its pictures (stored, and their names).

    Raises NotAllowed, Incomplete by field, Twice when that number of the issuer stands already.
    """
    role = policy.require(by, Action.UPPER_FINDINGS)
    with transaction.atomic():
        _check(typed, len(pictures), now)
        return write(typed, pictures=pictures, by=by, role=role, now=now)


def write(
    typed: Typed,
    *,
    pictures: Sequence[tuple[File, str]] = (),
    by: User,
    role: str,
    now: datetime,
    detail: dict[str, Any] | None = None,
) -> UpperFinding:
    """`record` of what was checked, in the caller's transaction; `detail` is added to the event. Raises Twice."""
    upper = UpperFinding(recorded_at=now, recorded_by=by, **{name: getattr(typed, name) for name in TYPED})
    try:
        with transaction.atomic():
            upper.save()
    except IntegrityError:
        raise Twice(UpperFinding.objects.get(issuer=typed.issuer, number=typed.number)) from None
    _add(upper, pictures)
    facts = {"account": upper.account_id, "due_at": upper.due_at.isoformat(), "pictures": [f.sm3 for f, _ in pictures]}
    _finish(upper, "record", by=by, role=role, now=now, detail={**facts, **(detail or {})})
    if upper.named:
        _tell_named(upper, by=by, now=now)
    return upper


def correct(
    upper_id: int,
    typed: Typed,
    *,
    read: str,
    add: Sequence[tuple[File, str]] = (),
    drop: Collection[int] = (),
    by: User,
    now: datetime,
) -> UpperFinding:
    """更正 what was typed, until it is handed to a unit; `drop` are keys of pictures. Nothing changed: no event.

    Raises NotAllowed, WrongState, StaleReading, Incomplete, Twice.
    """
    with transaction.atomic():
        upper, role = _begin(upper_id, Action.UPPER_FINDINGS, S.RECEIVED, read=read, by=by)
        going = list(upper.pictures.filter(pk__in=list(drop)))
        _check(typed, upper.pictures.count() - len(going) + len(add), now)
        changes = {
            name: [_plain(getattr(upper, name)), _plain(getattr(typed, name))]
            for name in TYPED
            if getattr(upper, name) != getattr(typed, name)
        }
        named = typed.named and not upper.named
        for name in TYPED:
            setattr(upper, name, getattr(typed, name))
        try:
            with transaction.atomic():
                upper.save()
        except IntegrityError:
            raise Twice(UpperFinding.objects.get(issuer=typed.issuer, number=typed.number)) from None
        UpperPicture.objects.filter(pk__in=[picture.pk for picture in going]).delete()
        _add(upper, add)
        if changes or going or add:
            files = {"added": [f.sm3 for f, _ in add], "dropped": [picture.name for picture in going]}
            _finish(upper, "correct", by=by, role=role, now=now, detail={"changes": changes, **files})
        if named:
            _tell_named(upper, by=by, now=now)
    return upper


def drop(upper_id: int, *, reason: str, read: str, by: User, now: datetime) -> UpperFinding:
    """不属本区: not an account of the district, or entered twice. Raises as `correct`, Refused without a reason."""
    with transaction.atomic():
        upper, role = _begin(upper_id, Action.UPPER_FINDINGS, S.RECEIVED, read=read, by=by)
        upper.dropped_reason = need(reason, "不属本区的理由")
        _move(upper, S.DROPPED, "drop", by=by, role=role, now=now, comment=upper.dropped_reason)
    return upper


def mark_named(upper_id: int, *, where: str, read: str, by: User, now: datetime) -> UpperFinding:
    """登记公开通报点名, which may come long after the finding: `where` it was published. The supervisor is told.

    Raises NotAllowed, WrongState, StaleReading, Refused.
    """
    with transaction.atomic():
        upper = locked(upper_id)
        role = policy.require(by, Action.UPPER_FINDINGS)
        if upper.state == S.DROPPED or upper.named:
            raise wrong_state(upper, "已登记公开通报点名" if upper.named else "")
        not_stale(upper, read)
        comment = need(where, "在哪里通报的（文件名称、文号或网址）")
        upper.named = True
        upper.save(update_fields=["named"])
        _finish(upper, "name", by=by, role=role, now=now, from_state=upper.state, comment=comment)
        _tell_named(upper, by=by, now=now)
    return upper


# --- to the unit, and back up ---------------------------------------------------------------------------------------


def hand(
    upper_id: int, *, unit_id: int, due_at: datetime, demand: str = "", read: str, by: User, now: datetime
) -> UpperFinding:
    """交办 to a unit: it gets a rectification that is due before the answer to above is; told by `rectifying`.

    Raises NotAllowed, WrongState (somebody handed it first), StaleReading, Incomplete by field.
    """
    with transaction.atomic():
        upper, role = _begin(upper_id, Action.UPPER_FINDINGS, S.HANDED, read=read, by=by, with_account=True)
        unit = Unit.objects.filter(pk=unit_id).first()
        errors: dict[str, list[str]] = {}
        if unit is None or not unit.may_own:
            errors["unit"] = ["请选择在用的承办单位；已撤并的，选接收它的单位。"]
        if why := why_not_due(upper, due_at, now):
            errors["due_on"] = [why]
        if unit is None or errors:
            raise Incomplete("还有内容需要修改，改好后才能交办。", errors)
        upper.unit, upper.handed_at, upper.handed_by = unit, now, by
        source, upper.state = upper.state, S.HANDED
        upper.save()
        rectification = rectifying.issue_for_upper(
            upper, unit=unit, due_at=due_at, demand=demand.strip(), by=by, role=role, now=now
        )
        detail = {"unit": unit.pk, "due_at": due_at.isoformat(), "rectification": rectification.pk}
        _finish(upper, "hand", by=by, role=role, now=now, from_state=source, detail=detail)
    return upper


def report_up(upper_id: int, *, read: str | None = None, by: User, now: datetime) -> UpperFinding:
    """上报答复: recorded by whom and when, once the unit's answer is verified. The unit is told.

    Raises NotAllowed, WrongState (not handed, not verified yet, reported by somebody else), StaleReading.
    """
    with transaction.atomic():
        upper, role = _begin(upper_id, Action.UPPER_FINDINGS, S.REPORTED, read=read, by=by)
        answer = Rectification.objects.filter(upper=upper).first()
        if answer is None or answer.state != RectificationState.VERIFIED:
            now_is = answer.get_state_display() if answer is not None else "没有交办"
            raise WrongState(f"单位的答复还没有核实（现为“{now_is}”），核实后才能上报。")
        upper.reported_at, upper.reported_by = now, by
        detail = {"late": now >= upper.due_at, "rectification": answer.pk}
        _move(upper, S.REPORTED, "report_up", by=by, role=role, now=now, detail=detail)
    return upper


def verify_and_report(upper_id: int, *, read: str, by: User, now: datetime) -> UpperFinding:
    """核实，上报答复 in one act: both or neither. The verifier is not who answered: `rectifying` sees to that.

    Raises as `report_up` and `rectifying.verify`.
    """
    with transaction.atomic():
        policy.require(by, Action.UPPER_FINDINGS)
        upper = UpperFinding.objects.get(pk=upper_id)
        answer = Rectification.objects.filter(upper=upper).first()
        if upper.state != S.HANDED or answer is None:
            raise wrong_state(upper)
        not_stale(upper, read)
        rectifying.verify(answer.pk, by=by, now=now)
        return report_up(upper_id, by=by, now=now)


# --- what the use cases share ---------------------------------------------------------------------------------------


def reading(upper: UpperFinding) -> str:
    """What a page shows of the finding that an act stands on: what was typed, its state, and that of its answer."""
    answer = Rectification.objects.filter(upper=upper).values_list("state", "answered_at", "sent_back").first()
    pictures = list(upper.pictures.values_list("pk", flat=True))
    typed = [_plain(getattr(upper, name)) for name in TYPED]
    told = [typed, str(upper.state), upper.decided_at is not None, pictures, answer and _answer(*answer)]
    return events.sm3(repr(told))[:16]


def _answer(state: str, answered_at: datetime | None, sent_back: int) -> list[object]:
    return [state, answered_at and answered_at.timestamp(), sent_back]


def _plain(value: Any) -> Any:
    """As the history keeps it; a moment as that of Shanghai, whatever the database gave."""
    if isinstance(value, datetime):
        return due24(value)
    return value.isoformat() if isinstance(value, date) else value


def locked(upper_id: int, with_account: bool = False) -> UpperFinding:
    """The finding, its row locked; its account before it, where `with_account`."""
    if with_account:
        account_id = UpperFinding.objects.values_list("account", flat=True).get(pk=upper_id)
        due_times.lock([account_id] if account_id else [])
    rows = UpperFinding.objects.select_for_update(of=("self",), no_key=True).select_related("account__platform", "unit")
    return rows.get(pk=upper_id)


def not_stale(upper: UpperFinding, read: str | None) -> None:
    """Raises StaleReading when the finding is not as the page showed it."""
    if read is not None and read != reading(upper):
        said = f"没有办成：您打开页面以后，{_last_actor(upper)}又办理过工单 {upper}。请看过现在的内容再办。"
        raise StaleReading(said, [])


def need(reason: str, what: str) -> str:
    """What was written. Raises Refused when it says nothing."""
    if not reason.strip():
        raise Refused(f"请写明{what}。")
    return reason.strip()


def wrong_state(upper: UpperFinding, now_is: str = "") -> WrongState:
    """Somebody was first, or the finding is not there yet."""
    last = events.timeline(upper).last()
    state = now_is or f"现为“{upper.get_state_display()}”"
    unit = f"，承办单位为{upper.unit}" if upper.unit is not None else ""
    return WrongState(
        f"没有办成：{_last_actor(upper)}已办理，工单 {upper} {state}{unit}。",
        by=last.actor if last else None,
        at=last.at if last else None,
    )


def _last_actor(upper: UpperFinding) -> str:
    last = events.timeline(upper).last()
    return str(last.actor) if last is not None and last.actor is not None else "系统"


SOURCES: dict[str, str] = {S.RECEIVED: S.RECEIVED, S.HANDED: S.RECEIVED, S.REPORTED: S.HANDED, S.DROPPED: S.RECEIVED}


def _begin(
    upper_id: int, action: Action, target: UpperState, *, read: str | None, by: User, with_account: bool = False
) -> tuple[UpperFinding, str]:
    role = policy.require(by, action)
    upper = locked(upper_id, with_account)
    if upper.state != SOURCES[target]:
        raise wrong_state(upper)
    not_stale(upper, read)
    return upper, role


def _check(typed: Typed, pictures: int, now: datetime) -> None:
    if errors := errors_of(typed, now, pictures):
        raise Incomplete(f"还有{len(errors)}处需要修改，改好后才能登记。", errors)


def errors_of(typed: Typed, now: datetime, pictures: int = 0, *, known: bool = False) -> dict[str, list[str]]:
    """What is wrong with `typed`, by field; `known`: the account was just read from the register."""
    errors: dict[str, list[str]] = {}
    if typed.issuer not in Issuer.values:
        errors["issuer"] = ["请选择来源：全国抽查、省检查或市检查。"]
    for name, width in WIDTHS.items():
        value = getattr(typed, name)
        if not value.strip() and name != "issuer_name":
            errors[name] = [f"请填写{LABELS[name]}。"]
        elif len(value) > width:
            errors[name] = [f"{LABELS[name]}不能超过{width}个字。"]
    if typed.received_on > day_of(now):
        errors["received_on"] = [AHEAD]
    if typed.due_at <= start_of(typed.received_on):
        errors["due_on"] = [BEFORE]
    if typed.account_id is not None and not known and not _accounts().filter(pk=typed.account_id).exists():
        errors["account"] = ["台账里没有这个账号，请重新选择。"]
    if pictures > MAX_PICTURES:
        errors["pictures"] = [f"一件工单最多 {MAX_PICTURES} 张图片，请留下最能说明问题的。"]
    return errors


def _accounts() -> Any:
    return Account.objects.exclude(state=AccountState.VOID)


def _add(upper: UpperFinding, pictures: Sequence[tuple[File, str]]) -> None:
    UpperPicture.objects.bulk_create(
        UpperPicture(upper=upper, file=file, name=name[:200] or "图片") for file, name in pictures
    )


def _tell_named(upper: UpperFinding, *, by: User, now: datetime) -> None:
    notices.tell(
        audience.people((Role.SUPERVISOR,), now=now, but=by),
        key=f"upper-{upper.pk}-named",
        text=f"上级工单 {upper.number}·{upper.account_text}：被公开通报点名，请依照第二十四条决定。",
        link=reverse("inspections:upper", args=[upper.pk]),
        now=now,
    )


def _move(upper: UpperFinding, target: UpperState, verb: str, **event: Any) -> None:
    source, upper.state = upper.state, target
    upper.save()
    _finish(upper, verb, from_state=source, **event)


def _finish(
    upper: UpperFinding,
    verb: str,
    *,
    by: User,
    role: str,
    now: datetime,
    from_state: str = "",
    comment: str = "",
    detail: dict[str, Any] | None = None,
) -> None:
    event = events.append(
        upper,
        verb,
        by=by,
        role=role,
        at=now,
        from_state=from_state,
        to_state=upper.state,
        comment=comment,
        detail=detail,
    )
    if verb == "report_up":
        notices.tell(
            audience.people(audience.UNIT, now=now, unit_id=upper.unit_id, but=by),
            key=f"upper-{upper.pk}-{event.seq}",
            text=f"上级工单 {upper.number}·{upper.account_text}：你单位的答复已核实并上报。",
            link=reverse("inspections:upper", args=[upper.pk]),
            now=now,
        )
