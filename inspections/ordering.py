"""责令关停 (第八条, 第十八条, 第二十四条): issued → proved → executed, or superseded by an opening, or revoked.

Each use case locks the account, then the order, looks at the state under the lock, writes, and appends its event last.
Times are aware; `due_at` is exclusive (00:00 Shanghai of the day after), 立即 is the same day.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet

from accounts import due_times, lifecycle, policy
from accounts.models import Account, AccountState, Message
from accounts.models.account import ENDED, ORDERABLE
from accounts.policy import Action
from filings import giving_way
from filings.models import Filing, FilingKind, FilingState
from inspections import telling
from inspections.models import ClosureOrder, OrderGround, OrderState
from inspections.models.order import PAIRS, STANDING
from zhonglou_media.core import events
from zhonglou_media.core.clock import day_of, start_of
from zhonglou_media.core.errors import Incomplete, Refused, StaleReading, WrongState
from zhonglou_media.core.models import Counter, File, User

PREFIX = "钟政办新媒关"
TOO_EARLY = "办理期限不能早于今天；立即办理的，填今天。"
S = OrderState


@dataclass(frozen=True)
class Terms:
    """What the supervisor decides; an empty `number` is drafted, no `due_on` is 立即: today."""

    ground: str
    reason: str
    number: str = ""
    due_on: date | None = None
    cancel: bool = False  # to be cancelled on the platform too


@dataclass(frozen=True)
class Executed:
    """An executed order, and how many questions the account still owes: closing does not end them (第十五条)."""

    order: ClosureOrder
    open_questions: int


def issue(account_id: int, terms: Terms, *, by: User, now: datetime) -> ClosureOrder:
    """下达责令关停: the unit is told at once, with the due time.

    Raises NotAllowed, WrongState (the account is none to be ordered closed, or an order stands), Incomplete by field.
    """
    with transaction.atomic():
        account = locked(account_id)
        role = policy.require(by, Action.ORDER, account)
        return issue_locked(account, terms, by=by, role=role, now=now)


def issue_locked(account: Account, terms: Terms, *, by: User, role: str, now: datetime) -> ClosureOrder:
    """`issue` of an account that the caller has locked, after he asked the policy."""
    if why := why_not(account):
        raise WrongState(why)
    if errors := errors_of(account, terms, now):
        raise Incomplete(f"还有{len(errors)}处需要修改，改好后才能下达。", errors)
    order = ClosureOrder(
        number=_take_number(terms.number.strip(), now),
        account=account,
        unit=account.unit,
        ground=terms.ground,
        reason=terms.reason.strip(),
        cancel=terms.cancel,
        issued_at=now,
        issued_by=by,
        due_at=due_at(terms, now),
    )
    try:
        with transaction.atomic():
            order.save()
    except IntegrityError:  # two who typed one number at the same moment
        raise Incomplete("还有1处需要修改，改好后才能下达。", {"number": [_used(order.number, now)]}) from None
    detail = {"account": account.pk, "ground": terms.ground, "due_at": order.due_at.isoformat(), "cancel": order.cancel}
    _finish(order, "issue", by=by, role=role, now=now, comment=order.reason, detail=detail)
    return order


def due_at(terms: Terms, now: datetime) -> datetime:
    """Until when: 24:00 of the day that is named, else of today, exclusive."""
    return start_of((terms.due_on or day_of(now)) + timedelta(days=1))


def why_not(account: Account) -> str:
    """Why no order may be issued on the account now, in a sentence; '' when one may."""
    if account.state not in ORDERABLE:
        state = account.get_state_display()
        return f"账号“{account.name}”现为“{state}”，只有未备案、正常运行、拟关停的账号可以责令关停。"
    if (standing := standing_of(account)) is not None:
        return f"账号“{account.name}”已有一件未办结的责令关停（{standing}），请先办结或撤销那一件。"
    return ""


def errors_of(account: Account, terms: Terms, now: datetime) -> dict[str, list[str]]:
    """What is wrong with `terms`, by field."""
    errors: dict[str, list[str]] = {}
    if not terms.reason.strip():
        errors["reason"] = ["请写明责令关停的事由。"]
    if terms.due_on is not None and terms.due_on < day_of(now):
        errors["due_on"] = [TOO_EARLY]
    if terms.ground not in OrderGround.values:
        errors["ground"] = ["请选择责令关停的依据。"]
    elif terms.ground == OrderGround.UNFILED and account.state != AccountState.UNFILED:
        errors["ground"] = [f"账号现为“{account.get_state_display()}”，已经备案，请改选其他依据。"]
    elif terms.ground == OrderGround.LOST and account.lost_control_since is None:
        errors["ground"] = ["这个账号没有认定失控，请先认定失控，或改选其他依据。"]
    number = terms.number.strip()
    if number and ClosureOrder.objects.filter(number=number).exists():
        errors["number"] = [_used(number, now)]
    return errors


def _used(number: str, now: datetime) -> str:
    return f"文号“{number}”已用过，请改用下一个：{drafted_number(now)}。"


def drafted_number(now: datetime) -> str:
    """The number that an order issued now gets when nobody types another: 钟政办新媒关〔2026〕3号."""
    year = day_of(now).year
    counter = Counter.objects.filter(key=f"order-{year}").first()
    return _number(year, _free(year, counter.last if counter else 0))


def _number(year: int, n: int) -> str:
    return f"{PREFIX}〔{year}〕{n}号"


def _free(year: int, last: int) -> int:
    """The first number after `last` that nobody has typed."""
    used = set(ClosureOrder.objects.filter(number__startswith=f"{PREFIX}〔{year}〕").values_list("number", flat=True))
    n = last + 1
    while _number(year, n) in used:
        n += 1
    return n


def _take_number(typed: str, now: datetime) -> str:
    """The number of an order: the typed one, else the next; the counter of its Shanghai year follows."""
    year = day_of(now).year
    Counter.objects.get_or_create(key=f"order-{year}")
    counter = Counter.objects.select_for_update().get(key=f"order-{year}")
    n = _free(year, counter.last)
    if not typed or typed == _number(year, n):
        counter.last = n
        counter.save()
    return typed or _number(year, n)


def prove(order_id: int, *, file: File, name: str, note: str = "", by: User, now: datetime) -> ClosureOrder:
    """报送关停证明: a picture or PDF that shows the account closed; until it is decided another takes its place.

    Raises NotAllowed, WrongState.
    """
    with transaction.atomic():
        order = _locked_order(order_id)
        role = policy.require(by, Action.PROVE_ORDER, order)
        if order.state not in STANDING:
            raise _wrong_state(order)
        verb = "replace_proof" if order.state == S.PROVED else "prove"
        order.proof, order.proof_name, order.proof_note = file, name[:200], note.strip()
        order.proved_at, order.proved_by = now, by
        detail = {"proof": file.sm3, "name": order.proof_name}
        _move(order, S.PROVED, verb, by=by, role=role, now=now, comment=order.proof_note, detail=detail)
    return order


def send_back(order_id: int, *, reason: str, by: User, now: datetime, read: str | None = None) -> ClosureOrder:
    """退回证明: it does not hold; the due time stays. Raises as `execute`, Refused without a reason."""
    with transaction.atomic():
        order, role = _begin(order_id, Action.ORDER, S.ISSUED, by=by, read=read)
        reason = _need(reason, "退回证明的理由")
        _move(order, S.ISSUED, "send_back", by=by, role=role, now=now, comment=reason)
    return order


def execute(order_id: int, *, reason: str = "", by: User, now: datetime, read: str | None = None) -> Executed:
    """确认执行: the account becomes 已关停, or 已注销 where that was ordered; who issued it may also execute it.

    Not while another live filing of the account stands; what another unit never reported gives way. An account that its
    own filing has ended meanwhile stays as it is. Without a proof the supervisor writes how he saw it. `read` is the
    `reading` of the page he had open. Raises NotAllowed, WrongState, StaleReading, Refused.
    """
    with transaction.atomic():
        order, role = _begin(order_id, Action.ORDER, S.EXECUTED, by=by, read=read)
        account = order.account
        live = account.filings.in_the_way().first()
        if live is not None:
            raise WrongState(
                f"账号“{account.name}”有一件办理中的备案（{live}），不能确认执行；"
                "请先由单位撤回，或由区府办退回、不予备案。"
            )
        opened = opening_since(order)
        if opened is not None:
            raise WrongState(
                f"账号“{account.name}”已补办备案（{opened}），本件不再执行，系统随即终结；仍须关停的另行下达。"
            )
        if order.state == S.ISSUED:
            reason = _need(reason, "单位没有报送证明时的核实情况")
        if order.cancel and account.state == AccountState.CLOSED:
            raise WrongState(f"账号“{account.name}”现为“已关停”，注销须由单位办理注销备案，办结后再确认执行。")
        order.end_reason = reason.strip()
        ground = f"责令关停 {order.number}"
        giving_way.clear(account, why=f"该账号已按{ground}办结", by=by, role=role, now=now)
        _end(order, by=by, now=now)
        if account.state not in ENDED:
            lifecycle.end_by_order(account, cancelled=order.cancel, ground=ground, by=by, role=role, now=now)
        questions = Message.objects.owed_by([account]).count()
        told = {"open_questions": questions} if questions else {}
        _move(order, S.EXECUTED, "execute", by=by, role=role, now=now, comment=order.end_reason, detail=told)
    return Executed(order, questions)


def revoke(order_id: int, *, reason: str, by: User, now: datetime, read: str | None = None) -> ClosureOrder:
    """撤销责令关停: the account stays as it is. Raises as `execute`, Refused without a reason."""
    with transaction.atomic():
        order, role = _begin(order_id, Action.ORDER, S.REVOKED, by=by, read=read)
        order.end_reason = _need(reason, "撤销的理由")
        _end(order, by=by, now=now)
        _move(order, S.REVOKED, "revoke", by=by, role=role, now=now, comment=order.end_reason)
    return order


def supersede(now: datetime) -> int:
    """End the orders for 未备案 whose account's opening completed after they were issued; returns how many.

    Run by the minute's sweep, as 系统. Cost grows with the standing orders; each in a transaction of its own.
    """
    role = policy.require(None, Action.SWEEP)
    standing = ClosureOrder.objects.filter(state__in=STANDING, ground=OrderGround.UNFILED)
    done = standing.filter(
        account__filings__kind=FilingKind.OPEN,
        account__filings__state=FilingState.COMPLETED,
        account__filings__ended_at__gte=F("issued_at"),
        account__filings__ended_at__lte=now,
    )
    ended = 0
    for pk in sorted(set(done.values_list("pk", flat=True))):
        with transaction.atomic():
            order = _locked_order(pk)
            opened = opening_since(order)
            if order.state not in STANDING or opened is None:
                continue
            order.filing = opened
            order.end_reason = f"已补办备案 {opened}"
            _end(order, by=None, now=now)
            _move(order, S.SUPERSEDED, "supersede", by=None, role=role, now=now, comment=order.end_reason)
            ended += 1
    return ended


# --- what the use cases share ---------------------------------------------------------------------------------------


def reading(order: ClosureOrder) -> str:
    """What a page shows of the order that a decision stands on: its state, and which proof."""
    return f"{order.state} {order.proved_at.isoformat() if order.proved_at else ''}".strip()


def has_proof(order: ClosureOrder) -> bool:
    """Whether the unit's proof stands: sent, and not sent back after that; one query."""
    last = events.timeline(order).filter(verb__in=("prove", "replace_proof", "send_back")).last()
    return last is not None and last.verb != "send_back"


def standing_of(account: Account) -> ClosureOrder | None:
    """The one order of the account that has not ended."""
    return ClosureOrder.objects.filter(account=account, state__in=STANDING).first()


def opening_since(order: ClosureOrder) -> Filing | None:
    """The opening by which an unfiled account was filed after it had been ordered closed for that (第八条)."""
    if order.ground != OrderGround.UNFILED:
        return None
    openings: QuerySet[Filing] = Filing.objects.filter(account=order.account_id, kind=FilingKind.OPEN)
    return openings.filter(state=FilingState.COMPLETED, ended_at__gte=order.issued_at).order_by("ended_at").first()


def locked(account_id: int) -> Account:
    """The account with its platform and unit, its row locked."""
    found = due_times.lock([account_id])
    if not found:
        raise Refused("没有这个账号，请返回台账重新选择。")
    return found[0]


def _locked_order(order_id: int) -> ClosureOrder:
    """Account, then order."""
    account_id = ClosureOrder.objects.values_list("account", flat=True).get(pk=order_id)
    account = locked(account_id)
    order = ClosureOrder.objects.select_for_update(of=("self",)).select_related("unit").get(pk=order_id)
    order.account = account
    return order


def _begin(
    order_id: int, action: Action, target: OrderState, *, by: User, read: str | None
) -> tuple[ClosureOrder, str]:
    order = _locked_order(order_id)
    role = policy.require(by, action, order)
    if read is not None and read != reading(order) and order.state in STANDING:
        who, now = _last_actor(order), order.get_state_display()
        told = f"没有办成：您打开页面以后，{who}又办理过，责令关停 {order} 现为“{now}”。请看过现在的证明和经过再决定。"
        raise StaleReading(told, [])
    if (order.state, target) not in PAIRS:
        raise _wrong_state(order)
    return order, role


def _last_actor(order: ClosureOrder) -> str:
    last = events.timeline(order).last()
    return str(last.actor) if last is not None and last.actor is not None else "系统"


def _wrong_state(order: ClosureOrder) -> WrongState:
    last = events.timeline(order).last()
    who = _last_actor(order)
    return WrongState(
        f"没有办成：{who}已办理，责令关停 {order} 现为“{order.get_state_display()}”。",
        by=last.actor if last else None,
        at=last.at if last else None,
    )


def _need(reason: str, what: str) -> str:
    if not reason.strip():
        raise Refused(f"请写明{what}。")
    return reason.strip()


def _end(order: ClosureOrder, *, by: User | None, now: datetime) -> None:
    order.ended_at, order.ended_by = now, by


def _move(order: ClosureOrder, target: OrderState, verb: str, **event: Any) -> None:
    source, order.state = order.state, target
    order.save()
    _finish(order, verb, from_state=source, **event)


def _finish(
    order: ClosureOrder,
    verb: str,
    *,
    by: User | None,
    role: str,
    now: datetime,
    from_state: str = "",
    comment: str = "",
    detail: dict[str, Any] | None = None,
) -> None:
    event = events.append(
        order,
        verb,
        by=by,
        role=role,
        at=now,
        from_state=from_state,
        to_state=order.state,
        comment=comment,
        detail=detail,
    )
    telling.tell(order, verb, event.seq, by=by, now=now)
