"""填报: start, type, submit, recall, reopen. Each function checks, writes in one transaction, leaves events."""

from datetime import date, datetime
from typing import Any

from django.db import transaction

from accounts import policy
from accounts.models import Account, Unit
from accounts.models.unit import UnitStatus
from accounts.policy import Action
from filings import checks, content, deadlines, giving_way, kinds, moves, preapprovals, replacing, texts
from filings.locks import lock_unit
from filings.models import ChangeDetails, Draft, Filing, FilingKind, FilingState, Revision
from filings.models.filing import DETAILS
from zhonglou_media.core import events
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.errors import Incomplete, Refused
from zhonglou_media.core.models import User

EDITABLE = (FilingState.DRAFT, FilingState.RETURNED)


def start(
    kind: FilingKind | str,
    *,
    by: User,
    unit: Unit,
    now: datetime,
    account: Account | None = None,
    again: Filing | None = None,
) -> Filing:
    """A new draft of that kind for `unit`, about `account` where there is one, or the draft that the account has.

    `again`: one of the same matter that ended without success; what was typed in it is taken over, its files are not.
    Only an opening may begin without an account. A change may be started by a unit that takes the account over
    (主办单位变更). A unit that was merged away files only what ends with its own accounts: changes and closings; its
    closed accounts are opened again by the unit that carries it on.
    Raises NotAllowed, or Refused when another filing of the account is under way.
    """
    with transaction.atomic():
        role = policy.require(by, Action.DRAFT, unit)
        if account is not None:
            giving_way.hold(account)
        unit = lock_unit(unit.pk)
        if unit.internal:
            raise Refused("内设机构不得开设账号，请由所属单位填报（第七条）。")
        if account is not None:
            account = _locked(account)
            if account.unit_id == unit.pk:
                giving_way.clear(account, why=f"{unit}开始为该账号办理备案", by=by, role=role, now=now)
            if kind != FilingKind.CHANGE:
                _must_be_own(account, kind, unit, by)
            live = Filing.objects.live().filter(account=account).select_related("unit").first()
            if live is not None and live.unit_id == unit.pk and (live.state, live.kind) == (FilingState.DRAFT, kind):
                return live
            if live is not None and live.unit_id != unit.pk:
                raise Refused(f"该账号有一件由{live.unit}办理的{live.get_kind_display()}还没有办完，办完后才能办理。")
            if live is not None:
                raise Refused(f"该账号已有一件办理中的备案（{live}），请先办完或撤回那一件。")
            if account.state not in kinds.KINDS[kind].starts_from:
                raise Refused(f"账号现为“{account.get_state_display()}”，{kinds.KINDS[kind].starts_words}。")
        elif kind != FilingKind.OPEN:
            raise Refused("请先选择要办理的账号。")
        if unit.status == UnitStatus.MERGED and (kind == FilingKind.OPEN or account is None or account.unit != unit):
            raise Refused(f"{unit}已并入{unit.merged_into}，不能再新建开办备案或接收账号，请由{unit.merged_into}办理。")
        typed = _typed_before(again, kind, account, unit) if again is not None else {}
        return _begin(kind, account=account, unit=unit, by=by, author=by, role=role, now=now, typed=typed)


def _must_be_own(account: Account, kind: FilingKind | str, unit: Unit, by: User) -> None:
    policy.require(by, Action.DRAFT, account)
    inherited = kind == FilingKind.OPEN and account.unit.merged_into_id == unit.pk
    if account.unit_id != unit.pk and not inherited:
        raise Refused(f"账号“{account.name}”由{account.unit}主办，请由该单位填报。")


def _typed_before(old: Filing, kind: FilingKind | str, account: Account | None, unit: Unit) -> dict[str, Any]:
    """What was typed in `old`, where it is of the same matter and has ended without success; else nothing."""
    same = (old.kind, old.unit_id) == (kind, unit.pk) and (account is None or old.account_id == account.pk)
    if not same or old.state not in replacing.ENDED:
        return {}
    draft = Draft.objects.filter(filing=old).first()
    return dict(draft.data) if draft is not None else kinds.of(old).form.typed(old)


def start_for_unit(
    kind: FilingKind | str,
    *,
    account: Account,
    unit: Unit,
    by: User | None,
    role: str,
    now: datetime,
    typed: dict[str, Any] | None = None,
) -> Filing | None:
    """A draft that another decision makes for `unit` (a merger, a refused retention): nobody's until somebody saves it.

    `typed` is what the decision says for the form. None when a filing of the account is under way, or its state does
    not allow it. The caller holds the transaction and has locked the account.
    """
    if account.state not in kinds.KINDS[kind].starts_from:
        return None
    if account.unit_id == unit.pk:
        giving_way.clear(account, why=f"{unit}须为该账号办理备案", by=by, role=role, now=now)
    if Filing.objects.live().filter(account=account).exists():
        return None
    return _begin(kind, account=account, unit=unit, by=by, author=None, role=role, now=now, typed=typed or {})


def _begin(
    kind: FilingKind | str,
    *,
    account: Account | None,
    unit: Unit,
    by: User | None,
    author: User | None,
    role: str,
    now: datetime,
    typed: dict[str, Any],
) -> Filing:
    filing = Filing.objects.create(kind=kind, unit=unit, account=account, author=author, owner=author, created_at=now)
    data = {**kinds.KINDS[kind].prefill(unit, account), **typed}
    Draft.objects.create(filing=filing, data=data, saved_at=now, saved_by=author)
    events.append(filing, "start", by=by, role=role, at=now, to_state=filing.state)
    return filing


def _locked(account: Account) -> Account:
    rows = Account.objects.select_for_update(of=("self",), no_key=True).select_related("platform", "unit")
    return rows.get(pk=account.pk)


def save_draft(filing_id: int, *, by: User, data: dict[str, Any], now: datetime) -> Draft:
    """Keep what was typed, as typed, merged over what was there; nothing is judged."""
    with transaction.atomic():
        filing, _ = moves.begin_within(filing_id, EDITABLE, Action.DRAFT, by=by)
        draft = _draft_of(filing, by, now)
        draft.data = {**draft.data, **data}
        draft.saved_at, draft.saved_by = now, by
        draft.save()
        if filing.author_id is None:
            Filing.objects.filter(pk=filing.pk).update(author=by, owner=filing.owner or by)
    return draft


def keep_in_draft(filing: Filing, data: dict[str, Any]) -> None:
    """What was frozen without the draft is typed into it too: a correction after a return must not drop it again."""
    draft = Draft.objects.select_for_update().filter(filing=filing).first()
    if draft is not None:
        draft.data = {**draft.data, **data}
        draft.save()


def _draft_of(filing: Filing, by: User, now: datetime) -> Draft:
    draft = Draft.objects.filter(filing=filing).first()
    return draft or Draft(filing=filing, data=kinds.of(filing).form.typed(filing), saved_at=now, saved_by=by)


def submit(filing_id: int, *, by: User, now: datetime) -> Filing:
    """提交领导审批 (第八条): the typed form is judged and frozen as a revision; earlier approval and paper are cleared.

    Raises Incomplete with the errors by field, or NotAllowed, WrongState.
    """
    with transaction.atomic():
        filing, role = moves.begin(filing_id, "submit", Action.SUBMIT, by=by)
        details, effective_on = judged(filing)
        not_ahead(filing, effective_on, now)
        clear_approval(filing)
        filing.officer = None
        filing.author = filing.author or by
        filing.last_editor = by
        stale = filing.revision == 0 or effective_on != filing.effective_on
        freeze(filing, details, effective_on, by=by, now=now)
        preapprovals.use(filing, details)
        if replacing.settle(filing) or stale:
            deadlines.refresh_event(filing)
        moves.finish(filing, "submit", by=by, role=role, now=now)
    return filing


def judged(filing: Filing) -> tuple[Any, date | None]:
    """The details typed in the draft of `filing` and the date of the event; raises Incomplete."""
    kind = kinds.of(filing)
    draft = Draft.objects.filter(filing=filing).first()
    form = kind.form(draft.data if draft else kind.form.typed(filing), filing=filing)
    if not form.is_valid():
        errors = {field: [str(e) for e in problems] for field, problems in form.errors.items()}
        raise Incomplete(_how_many(errors), errors)
    details = form.details()
    errors = checks.stops(kind.check_details(details, filing))
    if errors:
        raise Incomplete(_how_many(errors), errors)
    return details, form.cleaned_data["effective_on"]


def not_ahead(filing: Filing, effective_on: date | None, now: datetime) -> None:
    """A change is dated once it is made on the platform; a closing may be planned. Raises Incomplete."""
    if filing.kind == FilingKind.CHANGE and effective_on is not None and effective_on > day_of(now):
        raise Incomplete(_how_many({"effective_on": []}), {"effective_on": [checks.ahead(effective_on)]})


def _how_many(errors: dict[str, list[str]]) -> str:
    return f"还有{len(errors)}处需要修改，改好后才能提交。"


def freeze(filing: Filing, details: Any, effective_on: date | None, *, by: User, now: datetime) -> Revision:
    """Write `details` and a new revision together (also when nothing changed: an open page is then stale)."""
    filing.effective_on = effective_on
    details.save()
    if isinstance(details, ChangeDetails):
        details.write_items()
    setattr(filing, DETAILS[FilingKind(filing.kind)], details)
    frozen = content.build(filing, details)
    filing.revision += 1
    texts.write(filing, frozen)
    return Revision.objects.create(
        filing=filing,
        number=filing.revision,
        content=frozen,
        sm3=content.digest(frozen),
        approved_sm3=content.approved_digest(frozen),
        by=by,
        at=now,
    )


def clear_approval(filing: Filing) -> None:
    """An approval is of one content: a new one clears leader and paper; the clock stays, the events keep both."""
    filing.leader = filing.approved_on = filing.approval_recorded_at = filing.approved_revision = None
    filing.paper_leader = ""
    filing.paper_scan = filing.paper_checked_by = filing.paper_checked_at = None


def recall(filing_id: int, *, by: User, now: datetime) -> Filing:
    """撤回修改: back to draft before the leader decided."""
    with transaction.atomic():
        filing, role = moves.begin(filing_id, "recall", Action.RECALL, by=by)
        moves.finish(filing, "recall", by=by, role=role, now=now)
    return filing


def reopen(filing_id: int, *, by: User, now: datetime) -> Filing:
    """重新填报: approved, not yet reported; the approval is void, the clock kept (row 9)."""
    with transaction.atomic():
        filing, role = moves.begin(filing_id, "reopen", Action.REOPEN, by=by)
        clear_approval(filing)
        moves.finish(filing, "reopen", by=by, role=role, now=now)
    return filing
