"""The page of a filing: where it stands, the one next action, its content and differences, its history."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import policy
from accounts.access import may, seen_unit_ids, sees_phones, user_of
from accounts.models import Flag, Role
from accounts.models.account import GONE, OPENABLE
from accounts.policy import Action, carried_on, roles_of
from filings import announcing, closing, content, going_up, kind_words, kinds, objecting, replacing
from filings.available import available
from filings.differences import differences, typed_differences
from filings.forms.change import ChangeForm
from filings.handing_questions import DECIDING
from filings.layouts import LAYOUTS
from filings.models import Filing, FilingKind, FilingState, Revision
from filings.models.filing import CLOSINGS
from filings.views import phones
from filings.views.answers import filing_for
from filings.views.office_panel import office_step, panel_context
from filings.views.sheet import Note, frozen_rows, judge, notes
from filings.wording import (
    RETURNS,
    asked,
    entries,
    inherits_report,
    leaders_of,
    next_step,
    report_days,
    running,
    steps,
    succession,
    verdict,
)
from zhonglou_media.core import events
from zhonglou_media.core.answers import status_of
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.countdown import due24
from zhonglou_media.core.errors import Difference, Refused, StaleReading
from zhonglou_media.core.models import Event, User
from zhonglou_media.core.settings_at import setting

OFFICE = {Role.OFFICER, Role.SUPERVISOR}


@may(Action.VIEW_FILING)
@require_safe
@never_cache
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One filing, for everyone who may read it."""
    return show_filing(request, filing_for(request, pk))


def show_filing(
    request: HttpRequest,
    filing: Filing,
    *,
    refused: Refused | None = None,
    typed: str = "",
    status: int | None = None,
    **extra: Any,
) -> HttpResponse:
    """The page of `filing` as it stands now; `refused` is what stopped an act, `typed` a comment not to be lost.

    `extra` goes into the context as it is: the office's panel brings its own when an act of the office is refused.
    """
    filing = filing_for(request, filing.pk)
    context: dict[str, Any] = {"stale": []}
    context |= page_context(request, filing, office_panel="office" not in extra) | {"refused": refused, "typed": typed}
    if isinstance(refused, StaleReading):
        context["stale"] = refused.difference
    if status is None:
        status = status_of(refused) if refused else 200
    return render(request, "filings/detail.html", context | extra, status=status)


def page_context(request: HttpRequest, filing: Filing, *, office_panel: bool = True) -> dict[str, Any]:
    """Everything the page shows; the number of queries does not grow with the filing's age."""
    user, now = user_of(request), db_now()
    history = list(events.timeline(filing))
    revisions = list(filing.revisions.select_related("by").defer("content"))
    for_office = bool(roles_of(user) & OFFICE)
    can, stands = available(filing, user), replacing.foreseen(filing)
    context: dict[str, Any] = {
        "filing": filing,
        "can": can,
        "act": first_act(filing, can),
        "steps": steps(filing, history, now),
        "entries": entries(history, for_office=for_office),
        "next_step": _next_step(filing, user, can, now),
        "clock": asked(stands),
        "verdict": verdict(filing),
        "inherits_report": inherits_report(filing),
        "inherits": replacing.inherits(filing),
        "succession": succession(stands),
        "may_reapply": may_reapply(filing, user),
        "again": _said_of_again(filing, now),
        "leader_returned": _leader_returned(filing, history),
        "revisions": revisions,
        "comparison": _comparison(request, filing, revisions, history),
        "annex": LAYOUTS[filing.kind].annex,
        "sees_account": _sees_account(filing, user),
        "words": kind_words.of(filing),
        "event_planned": filing.effective_on is not None and filing.effective_on > day_of(now),
        "items": _items(filing),
        "objections": entries([e for e in history if e.verb == objecting.VERB], for_office=True),
        "rows": _rows(filing, now),
        "attachments": list(filing.attachments.filter(removed_at__isnull=True).select_related("file", "added_by")),
        "flags": list(Flag.objects.open().filter(fact_kind="filing", fact_id=filing.pk)),
        "past_flags": list(Flag.objects.filter(fact_kind="filing", fact_id=filing.pk).exclude(waived_at=None)),
        "uppers": going_up.places(filing, {r.number: r.approved_sm3 for r in revisions}),
        "said": _said(filing),
        "last_return": next((e for e in reversed(history) if e.verb in RETURNS), None),
        "for_office": for_office,
        "may_waive": bool(roles_of(user) & {Role.SUPERVISOR}),
    }
    context |= _closing(filing, user, now)
    if not sees_phones(user, filing.unit_id):
        _hide_phones(context)
    if for_office and office_panel:
        context |= panel_context(request, filing)
    return context


def _hide_phones(context: dict[str, Any]) -> None:
    """For who reads and is neither of the filing's unit nor of the office."""
    context["rows"] = phones.without(context["rows"])
    context["items"] = phones.differences_without(context["items"])
    compared = context["comparison"]
    if compared is not None:
        context["comparison"] = replace(compared, rows=phones.differences_without(compared.rows))


def _closing(filing: Filing, user: User, now: datetime) -> dict[str, Any]:
    """What completion still waits for, the open questions of a closing, and what was announced."""
    ends = filing.is_live and filing.kind in CLOSINGS
    waiting = closing.open_questions(filing.registered).count() if ends else 0
    lacks = kinds.of(filing).lacks(filing, now) if filing.state == FilingState.ACCEPTED else ""
    public = list(announcing.published().filter(filing=filing).select_related("corrected_by", "filing__account"))
    return {
        "lacks": lacks,
        "ends_by": closing.due_at(filing) if ends else None,
        "lacks_said": f"办结前还须补充：{lacks}",
        "open_questions": waiting,
        "questions_said": f"还有 {waiting} 条咨询没有办结，须逐条回复，或转由承接账号答复，才能办结",
        "may_hand_questions": filing.state in DECIDING and policy.may(user, Action.RECORD_ACTIVITY, filing),
        "announcements": public,
        "may_correct": bool(public) and policy.may(user, Action.ANNOUNCE, filing),
    }


def _leader_returned(filing: Filing, history: Sequence[Event]) -> bool:
    """Whether it is a draft because the leader gave it back."""
    last = next((event for event in reversed(history) if event.to_state == FilingState.DRAFT), None)
    return filing.state == FilingState.DRAFT and last is not None and last.verb == "leader_return"


def _next_step(filing: Filing, user: User, can: set[str], now: datetime) -> str:
    """The unit's people are told what to do; those outside, whose turn it is."""
    if objecting.VERB in can:
        return f"{filing.unit.name}申请接收本单位的账号，区政府办公室正在审核。不同意的，请在审核期间提出异议。"
    if "leader_approve" in can:
        clock = running(filing)
        by = f"{clock.until} 前{clock.verb}" if clock else f" {report_days(day_of(now))} 个工作日内报送"
        return f"请您审批。批准后由{filing.last_editor or filing.author}在{by}。"
    own = filing.unit_id in carried_on(user, Role.OPERATOR, Role.LEADER)
    outside = "" if own and not can & {"accept", "receipt"} else office_step(filing, can, now=now)
    return outside or next_step(replacing.foreseen(filing), leaders_of(filing.unit, day_of(now)), now=now)


def may_reapply(filing: Filing, user: User) -> bool:
    """Whether `user` may begin anew what ended: an opening of its unit, or of its account where that waits.

    The other kinds as long as its state allows them, and the account is the unit's or was to become so.
    """
    ended = filing.state in (FilingState.REFUSED, FilingState.WITHDRAWN)
    if not ended or not policy.may(user, Action.DRAFT, filing.unit):
        return False
    account = filing.account
    if filing.kind != FilingKind.OPEN:
        registered = filing.registered
        of_unit = registered.unit_id == filing.unit_id or sponsor_changes(filing)
        return bool(of_unit and registered.state in kinds.of(filing).starts_from)
    return account is None or account.state in GONE or account.state in OPENABLE


def sponsor_changes(filing: Filing) -> bool:
    """Whether it was filed to take its account over, and the account is still another unit's."""
    return filing.kind == FilingKind.CHANGE and filing.registered.unit_id != filing.unit_id


def _said_of_again(filing: Filing, now: datetime) -> str:
    """Which clock a filing made again would stand on (row 12); '' when it starts its own."""
    days = setting("replaces_days", day_of(now))
    if filing.ended_at is None or filing.not_occurred or now > filing.ended_at + timedelta(days=days):
        return ""
    if filing.first_reported_at is not None:
        return f"{days} 天内重新填报的，沿用本件的首次报送{'（迟报）' if filing.is_late else ''}。"
    if filing.report_due_at is None:
        return ""
    until = due24(filing.report_due_at, provisional=filing.provisional)
    return f"{days} 天内重新填报的，沿用本件的报送期限（{until}），不重新起算。"


# What stands out as the one primary button of the unit's people: (step or move, words, icon).
FIRST: tuple[tuple[str, str, str], ...] = (
    ("leader_approve", "看并审批", "user-check"),
    ("edit", "继续填写", "pencil"),
    ("report", "报送区政府办公室", "send"),
)


@dataclass(frozen=True)
class Act:
    """The one next action of this person."""

    name: str
    words: str
    icon: str


def first_act(filing: Filing, can: set[str]) -> Act | None:
    """The one next action, or None when the next step is somebody else's."""
    for name, words, icon in FIRST:
        if name in can:
            shown = "按意见修改" if name == "edit" and filing.state == FilingState.RETURNED else words
            return Act(name, shown, icon)
    return None


def _items(filing: Filing) -> list[Difference]:
    """变更事项 as frozen last, or as typed while nothing is."""
    if filing.kind != FilingKind.CHANGE:
        return []
    if filing.revision:
        return differences(filing.change.change_items)
    form = judge(filing).form
    return typed_differences(form) if isinstance(form, ChangeForm) else []


def _sees_account(filing: Filing, user: User) -> bool:
    """Whether the account's page opens for `user`: of a change of sponsor, for one unit at a time."""
    ids = seen_unit_ids(user)
    return filing.account is not None and (ids is None or filing.account.unit_id in ids)


def _rows(filing: Filing, now: datetime) -> list[Any]:
    """The form as the standing revision froze it, or as it is typed while there is none."""
    if not filing.revision:
        rows = judge(filing).rows()
        return rows if filing.is_live else [[replace(cell, wrong="") for cell in row] for row in rows]
    return frozen_rows(filing.revisions.get(number=filing.revision).content)


def _said(filing: Filing) -> list[Note]:
    if not filing.is_live or filing.details is None:
        return []
    return notes(kinds.of(filing).check_details(filing.details, filing))


@dataclass(frozen=True)
class Comparison:
    """Two revisions side by side."""

    old: Revision
    new: Revision
    rows: list[Difference]


def _comparison(
    request: HttpRequest, filing: Filing, revisions: Sequence[Revision], history: Sequence[Event]
) -> Comparison | None:
    """Revisions asked for by `?from=1&to=3`; else what was last returned, or last seen by this reader, and now's."""
    by_number = {revision.number: revision for revision in revisions}
    old = by_number.get(_number(request.GET.get("from")))
    new = by_number.get(_number(request.GET.get("to")))
    if old is None or new is None:
        last = next((e for e in reversed(history) if e.verb in RETURNS and e.revision != filing.revision), None)
        own = (e for e in reversed(history) if e.actor == request.user and e.revision not in (None, filing.revision))
        last = last or next(own, None)
        old = by_number.get(last.revision or 0) if last else None
        new = by_number.get(filing.revision)
    if old is None or new is None or old == new:
        return None
    old, new = sorted((old, new), key=lambda revision: revision.number)
    return Comparison(old, new, content.difference(old.content, new.content))


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 9 else 0
