"""决定前置申请 (第九条, 第十条): the supervisor grants or refuses; what follows from it for the unit."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef

from accounts import audience, policy
from accounts.models import Account, AccountState
from accounts.policy import Action
from filings import drafting
from filings.models import Filing, FilingKind, FilingState, PreApproval, PreApprovalState
from filings.models.filing import CLOSINGS
from filings.preapprovals import NEW, RETAIN, same_number, tell, title, wrong_state
from zhonglou_media.core import events, notices
from zhonglou_media.core.clock import day_of, start_of
from zhonglou_media.core.day_field import LAST
from zhonglou_media.core.errors import Incomplete, NotAllowed, Refused
from zhonglou_media.core.models import Counter, User

MAX_NUMBER = 60
DRAFTED = "关停报备的草稿已经建好，请接着填写。"


@dataclass
class Decided:
    """A decision under way: the application, its account and the role that decides; both rows are locked."""

    row: PreApproval
    account: Account | None
    role: str


def _begin(pk: int, by: User) -> Decided:
    """Account, then application. An account that went to another unit since takes its application with it."""
    account = None
    account_id = PreApproval.objects.values_list("account_id", flat=True).get(pk=pk)
    if account_id is not None:
        rows = Account.objects.select_for_update(of=("self",), no_key=True).select_related("unit", "platform")
        account = rows.get(pk=account_id)
    row = PreApproval.objects.select_for_update(of=("self",)).select_related("unit", "platform").get(pk=pk)
    role = policy.require(by, Action.DECIDE_PREAPPROVAL, row)
    if row.state != PreApprovalState.ASKED:
        raise wrong_state(row)
    if row.asked_by_id == by.pk:
        raise NotAllowed("这件申请是您提出的，不能由您自己决定，请由区政府办公室其他负责人办理。")
    if account is not None:
        row.unit = account.unit
    return Decided(row, account, role)


def grant(pk: int, *, by: User, document_no: str, now: datetime, comment: str = "") -> PreApproval:
    """批准 under the number of its document: an opening names it, or the account stays.

    Raises NotAllowed, WrongState (carries who was first) or Incomplete.
    """
    with transaction.atomic():
        decided = _begin(pk, by)
        row, number = decided.row, " ".join(document_no.split())
        if not number or len(number) > MAX_NUMBER:
            said = f"请填写批准文号，不超过{MAX_NUMBER}个字。"
            raise Incomplete(said, {"document_no": [said]})
        _granted_once(number)
        row.document_no = number
        then = "请用这个文号新建备案" if row.purpose == NEW else "可以继续运行"
        text = f"{title(row)}已批准，批准文号“{number}”，{then}。"
        _finish(decided, "grant", PreApprovalState.GRANTED, text, by=by, now=now, comment=comment)
    return row


def _granted_once(number: str) -> None:
    """One document grants one application, whatever the brackets and spaces; the counter's row makes two wait."""
    Counter.objects.get_or_create(key="preapproval-number")
    Counter.objects.select_for_update().get(key="preapproval-number")
    granted = PreApproval.objects.filter(state=PreApprovalState.GRANTED).select_related("unit", "platform")
    other = next((row for row in granted if same_number(row.document_no, number)), None)
    if other is not None:
        said = f"批准文号“{number}”已用于批准{other.unit}{title(other)}，一个文号只批准一件，请核对。"
        raise Incomplete(said, {"document_no": [said]})


def refuse(pk: int, *, by: User, decision: str, now: datetime, act_by: date | None = None) -> PreApproval:
    """不予批准, with the reason. A retention: closed by the end of `act_by` (Shanghai), and its closure is drafted.

    Raises NotAllowed, WrongState (carries who was first) or Incomplete by field.
    """
    with transaction.atomic():
        decided = _begin(pk, by)
        row = decided.row
        if not decision.strip():
            raise Incomplete("请写明不予批准的理由。", {"decision": ["请写明不予批准的理由。"]})
        text = f"{title(row)}不予批准：{decision.strip()}"
        if row.purpose == RETAIN:
            row.act_by = _deadline(act_by, now)
            text = f"{title(row)}不予批准，应于 {act_by} 24:00 前办结关停（第九条）。{_closing(decided, by, now)}"
        _finish(decided, "refuse", PreApprovalState.REFUSED, text, by=by, now=now, comment=decision)
    return row


def _deadline(act_by: date | None, now: datetime) -> datetime:
    """Stored exclusive: 00:00 of the next day; the same day is 立即."""
    said = "请填写关停期限。" if act_by is None else f"关停期限不能早于今天（{day_of(now)}）。"
    if act_by is not None and act_by > LAST:
        said = f"关停期限 {act_by} 过晚，请核对年份。"
    if act_by is None or not day_of(now) <= act_by <= LAST:
        raise Incomplete(said, {"act_by": [said]})
    return start_of(act_by + timedelta(days=1))


def _closing(decided: Decided, by: User, now: datetime) -> str:
    """Start the closure of the account that may not stay; says what the unit does now."""
    row, account = decided.row, decided.account
    if account is None or account.state != AccountState.ACTIVE:
        return "该账号已在办理关停。" if account is not None and account.state == AccountState.CLOSING else ""
    if _draft_closure(row, account, by=by, role=decided.role, now=now) is not None:
        return DRAFTED
    live = Filing.objects.live().filter(account=account).first()
    return f"该账号有一件办理中的备案（{live}），请先办完或撤回；此后的夜间由系统建好关停报备的草稿。"


def _draft_closure(row: PreApproval, account: Account, *, by: User | None, role: str, now: datetime) -> Filing | None:
    due_on = day_of(row.act_by - timedelta(days=1)).isoformat() if row.act_by else ""
    typed = {"mode": "stop", "reasons": ["retention"], "due_on": due_on}
    return drafting.start_for_unit(
        FilingKind.CLOSE, account=account, unit=account.unit, by=by, role=role, now=now, typed=typed
    )


def start_closures(now: datetime) -> int:
    """Each night: closures of refused retentions that another filing stood in the way of; returns how many began.

    One that was begun since the refusal and withdrawn is not begun again: the flag `no_retention` says what is missing.
    """
    role = policy.require(None, Action.SWEEP)
    since = Filing.objects.filter(
        account=OuterRef("account"), kind__in=CLOSINGS, created_at__gte=OuterRef("decided_at")
    )
    refused = PreApproval.objects.filter(purpose=RETAIN, state=PreApprovalState.REFUSED)
    owed = refused.filter(~Exists(since), account__state=AccountState.ACTIVE).order_by("pk")
    begun = 0
    for row, account_id in [(row, row.account_id) for row in owed.select_related("platform") if row.account_id]:
        with transaction.atomic():
            rows = Account.objects.select_for_update(of=("self",), no_key=True).select_related("unit", "platform")
            account = rows.get(pk=account_id)
            draft = _draft_closure(row, account, by=None, role=role, now=now)
            if draft is None:
                continue
            notices.tell(
                audience.people(audience.UNIT, now=now, unit_id=account.unit_id),
                key=f"preapproval-{row.pk}-closure-{draft.pk}",
                text=f"{title(row)}不予批准，{DRAFTED}"[:300],
                link=f"/filings/{draft.pk}/",
                now=now,
            )
            begun += 1
    return begun


def _finish(
    decided: Decided, verb: str, state: PreApprovalState, text: str, *, by: User, now: datetime, comment: str
) -> None:
    """Write the decision, append its event, tell the unit."""
    row = decided.row
    was, row.state = row.state, state
    row.decided_by, row.decided_at, row.decision = by, now, comment.strip()
    row.save()
    detail = {"document_no": row.document_no} if row.document_no else {}
    if row.purpose == RETAIN and row.act_by and state == PreApprovalState.REFUSED:
        detail["act_by"] = row.act_by.isoformat()
    event = events.append(
        row,
        verb,
        by=by,
        role=decided.role,
        at=now,
        from_state=was,
        to_state=state,
        comment=row.decision,
        detail=detail,
    )
    tell(row, event, audience.UNIT, text)


def begin_opening(pk: int, *, by: User, now: datetime) -> Filing:
    """新建备案 with a granted application: a draft in which platform, name and number are typed, or the one there is.

    Raises NotAllowed, WrongState when it is not granted, or Refused when an opening uses it.
    """
    with transaction.atomic():
        row = PreApproval.objects.select_for_update(of=("self",)).select_related("unit", "platform").get(pk=pk)
        policy.require(by, Action.DRAFT, row)
        if row.state != PreApprovalState.GRANTED or row.purpose != NEW:
            raise wrong_state(row)
        if row.used_by is not None:
            raise Refused(f"批准文号“{row.document_no}”已用于备案“{row.used_by.account_label}”。")
        drafts = Filing.objects.filter(unit=row.unit, kind=FilingKind.OPEN, state=FilingState.DRAFT)
        begun = drafts.filter(draft__data__preapproval_no=row.document_no).first()
        if begun is not None:
            return begun
        filing = drafting.start(FilingKind.OPEN, by=by, unit=row.unit, now=now)
        typed = {"platform": row.platform.code, "name": row.account_name, "preapproval_no": row.document_no}
        drafting.save_draft(filing.pk, by=by, data=typed, now=now)
    return filing
