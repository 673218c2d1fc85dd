"""新建与填写 (附件2–4): choose, fill in the steps in any order, save, attach, submit."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import policy
from accounts.access import may, user_of, visible_accounts
from accounts.models import Account, AccountState, Role, Unit
from accounts.models.account import OPENABLE
from accounts.policy import Action
from accounts.views import filing_acts
from filings import content, drafting, kind_words, kinds, replacing, reporting
from filings.differences import typed_differences
from filings.forms.change import ChangeForm
from filings.models import Attachment, Filing, FilingKind, FilingState
from filings.models.filing import CLOSINGS
from filings.printing.in_words import typed_data
from filings.reading import latest
from filings.room import room_of
from filings.views.answers import filing_for
from filings.views.change_form import items_context, pressed, take_avatar
from filings.views.closing_form import closing_context
from filings.views.filing import show_filing, sponsor_changes
from filings.views.sheet import REVIEW, judge, posted, red, step_names, turned
from filings.views.uploads import file_kinds, take_files, taken_of
from filings.wording import RETURNS, after_approval, if_approved, leaders_of, moment, report_days, running, succession
from zhonglou_media.core import events
from zhonglou_media.core.answers import post_only, status_of
from zhonglou_media.core.clock import SHANGHAI, day_of, db_now
from zhonglou_media.core.errors import Incomplete, NotAllowed, Refused, WrongState

FILED = (AccountState.ACTIVE, AccountState.CLOSING, AccountState.CLOSED)


# --- choose ---------------------------------------------------------------------------------------------------------


@may(Action.DRAFT)
@require_safe
def new(request: HttpRequest) -> HttpResponse:
    """What can be filed, and for which unit or account."""
    return _choose(request)


def _choose(request: HttpRequest, *, refused: Refused | None = None) -> HttpResponse:
    units = policy.units_of(user_of(request), Role.OPERATOR)
    own = visible_accounts(user_of(request)).filter(unit__in=policy.carried_on(user_of(request), Role.OPERATOR))
    context = {
        "units": [unit for unit in units if unit.may_own],
        "kinds": kind_words.CHOICES,
        "filed": [Filed(account, filing_acts.offered(user_of(request), account)) for account in _filed(own)],
        "openable": own.filter(Q(unit__in=units) | Q(unit__merged_into__in=units), state__in=OPENABLE).select_related(
            "platform", "unit"
        ),
        "refused": refused,
        "days": report_days(day_of(db_now())),
    }
    return render(request, "filings/new.html", context, status=status_of(refused) if refused else 200)


@dataclass(frozen=True)
class Filed:
    """An account, and what can be filed for it."""

    account: Account
    acts: list[filing_acts.ToFile]

    @property
    def why(self) -> str:
        """Why nothing can be filed for it now; '' when something can."""
        return "" if any(not act.why for act in self.acts) else self.acts[-1].why if self.acts else ""

    @property
    def withheld(self) -> str:
        """Which kinds cannot be filed now while others can, and why; '' when all can, or none."""
        shut = [act for act in self.acts if act.why]
        if not shut or len(shut) == len(self.acts):
            return ""
        return f"{'、'.join(act.label[:2] for act in shut)}：{shut[-1].why}"


def _filed(own: QuerySet[Account]) -> QuerySet[Account]:
    """Accounts for which a change, closure or cancellation may be begun, or is under way."""
    return own.filter(state__in=FILED).select_related("platform", "unit").prefetch_related("filings")


@may(Action.DRAFT)
@post_only("filings:new")
def open_(request: HttpRequest, kind: str = FilingKind.OPEN) -> HttpResponse:
    """Start a draft of that kind, or go to the one the account has; `field` of the request: the item to change."""
    if kind not in FilingKind:
        raise Http404
    again = request.POST.get("again", "")
    old = filing_for(request, int(again)) if again.isdecimal() and len(again) < 19 else None
    taken_over = old is not None and sponsor_changes(old)  # its account is another unit's
    account, unit = (old.account, old.unit) if old is not None and taken_over else _asked_for(request)
    try:
        if kind == FilingKind.OPEN:  # of a unit that was merged away: by the one that carries it on
            unit = unit.merged_into or unit
        filing = drafting.start(kind, by=user_of(request), unit=unit, account=account, now=db_now(), again=old)
    except Refused as refused:
        return _choose(request, refused=refused)
    here = reverse("filings:edit", args=[filing.pk])
    extra, field = pressed(request, filing, typed_data(filing))
    if field:
        drafting.save_draft(filing.pk, by=user_of(request), data=extra, now=db_now())
    return redirect(f"{here}#{field}" if field else here)


def _asked_for(request: HttpRequest) -> tuple[Account | None, Unit]:
    """The account and unit of the request, among those this operator files for; 404 otherwise."""
    units = {str(unit.pk): unit for unit in policy.units_of(user_of(request), Role.OPERATOR)}
    if asked := request.POST.get("account", ""):
        handled = policy.carried_on(user_of(request), Role.OPERATOR)
        own = visible_accounts(user_of(request)).filter(unit__in=handled).select_related("unit")
        account = get_object_or_404(own, pk=asked if asked.isdecimal() else None)
        return account, account.unit
    unit = units.get(request.POST.get("unit", "")) or (next(iter(units.values())) if len(units) == 1 else None)
    if unit is None or (request.POST.get("unit") and request.POST["unit"] not in units):
        raise Http404
    return None, unit


# --- fill in --------------------------------------------------------------------------------------------------------


@may(Action.DRAFT)
@never_cache
def edit(request: HttpRequest, pk: int, step: str = "") -> HttpResponse:
    """One step of the form. A POST keeps what was typed, whatever it is, then goes where its button leads."""
    filing = filing_for(request, pk)
    order = tuple(step_names(filing))
    step = step or order[0]
    if step not in order:
        raise Http404
    if request.method == "POST":
        return _keep(request, filing, step)
    if not _editable(request, filing):
        return redirect("filings:detail", pk)
    return show_form(request, filing, step, checked="check" in request.GET)


def _editable(request: HttpRequest, filing: Filing) -> bool:
    return filing.state in drafting.EDITABLE and policy.may(user_of(request), Action.DRAFT, filing)


def _keep(request: HttpRequest, filing: Filing, step: str) -> HttpResponse:
    now, go = db_now(), request.POST.get("go", "")
    try:
        typed = posted(filing, step, request.POST)
        extra, field = pressed(request, filing, {**typed_data(filing), **typed})
        drafting.save_draft(filing.pk, by=user_of(request), data={**typed, **extra}, now=now)
        if "notice_text" in extra:
            messages.success(request, "公告已按填写的内容重新起草。")
        if done := take_avatar(request, filing, now=now):
            messages.success(request, done)
        if field:
            return redirect(f"{reverse('filings:edit', args=[filing.pk, step])}#{field}")
        if go == "upload" or request.FILES.getlist("files"):
            return _upload(request, filing, step, now)
        if removed := request.POST.get("remove", ""):
            return _remove(request, filing, step, removed, now)
    except (NotAllowed, WrongState) as refused:
        return show_filing(request, filing, refused=refused)
    except Refused as refused:
        return show_form(request, filing_for(request, filing.pk), step, refused=refused)
    if go in step_names(filing):
        return redirect("filings:edit", filing.pk, go)
    messages.success(request, f"草稿已保存（{now:%H:%M}），可以随时回来继续填。")
    return redirect("filings:edit", filing.pk, step)


def _upload(request: HttpRequest, filing: Filing, step: str, now: datetime) -> HttpResponse:
    try:
        taken = take_files(request, filing, drafting.EDITABLE, now=now)
        taken.complain()
    except (NotAllowed, WrongState):
        raise
    except Refused as refused:
        return show_form(request, filing_for(request, filing.pk), step, refused=refused)
    then = "填好各步后请提交领导审批。" if filing.state == FilingState.DRAFT else "按退回意见改好后请再次报送。"
    messages.success(request, f"已上传{taken.named}。{then}")
    go = request.POST.get("go", "")
    if go in step_names(filing):
        return redirect("filings:edit", filing.pk, go)
    return redirect(f"{reverse('filings:edit', args=[filing.pk, step])}#attachments")


def _remove(request: HttpRequest, filing: Filing, step: str, asked: str, now: datetime) -> HttpResponse:
    mine = Attachment.objects.filter(filing=filing, removed_at__isnull=True)
    attachment = get_object_or_404(mine, pk=asked if asked.isdecimal() else None)
    reporting.detach(attachment.pk, by=user_of(request), now=now)
    messages.success(request, f"已移除“{attachment.name}”。")
    return redirect(f"{reverse('filings:edit', args=[filing.pk, step])}#attachments")


@may(Action.DRAFT)
@post_only("filings:edit", "pk")
def save(request: HttpRequest, pk: int) -> HttpResponse:
    """The form saves itself: one step, kept as typed. Answers JSON for static/js/autosave.js."""
    filing = filing_for(request, pk)
    now = db_now()
    data = posted(filing, request.POST.get("step", ""), request.POST)
    try:
        drafting.save_draft(filing.pk, by=user_of(request), data=data, now=now)
    except Refused as refused:
        return JsonResponse({"message": str(refused)}, status=status_of(refused))
    return JsonResponse({"saved_at": f"{now.astimezone(SHANGHAI):%H:%M}"})


@may(Action.DRAFT)
@require_safe
@never_cache
def rules(request: HttpRequest, pk: int, step: str) -> HttpResponse:
    """What the rules say to what is saved: the panel, the steps, and the messages at the fields of `step` (htmx)."""
    filing = filing_for(request, pk)
    if step not in kinds.of(filing).form.STEPS or not _editable(request, filing):
        raise Http404
    sheet, names = judge(filing), step_names(filing)
    checked = "check" in request.GET
    slots = sheet.slots(step, checked=checked)
    shown = set(request.GET.get("red", "").split())
    context = {
        "sheet": sheet,
        "tasks": sheet.tasks(),
        "problems": sheet.problems(names[step]) if checked else [],
        "step": step,
        "slots": slots,
        "turned": turned(slots, shown),
        "red": red(slots),
        "swap": True,
        "changed": len(sheet.form.changed) if isinstance(sheet.form, ChangeForm) and step == "items" else None,
    }
    return render(request, "filings/_checks.html", context)


def show_form(
    request: HttpRequest,
    filing: Filing,
    step: str,
    *,
    checked: bool = False,
    refused: Refused | None = None,
) -> HttpResponse:
    """The page of one step; `refused` is what stopped an upload or a submission, with its status."""
    now = db_now()
    sheet, names, stands = judge(filing), step_names(filing), replacing.foreseen(filing)
    checked = checked or isinstance(refused, Incomplete)
    order = tuple(names)
    here = order.index(step)
    context: dict[str, Any] = {
        "filing": filing,
        "step": step,
        "step_number": here + 1,
        "step_name": names[step],
        "previous": order[here - 1] if here else "",
        "next": order[here + 1] if step != REVIEW else "",
        "sheet": sheet,
        "attaches": step == order[-2],
        "room": room_of(filing, now=now) if step == order[-2] else None,
        "checked": checked,
        "tasks": sheet.tasks(),
        "problems": sheet.problems(names[step]) if checked or step == REVIEW else [],
        "refused": refused if not isinstance(refused, Incomplete) else None,
        "refused_files": taken_of(refused),
        "attachments": list(filing.attachments.filter(removed_at__isnull=True).select_related("file")),
        "kinds": file_kinds(filing),
        "saved_at": _saved(filing, now),
        "returned": events.timeline(filing).filter(verb__in=RETURNS).last(),
        "leaders": leaders_of(filing.unit, day_of(now)),
        "clock": running(stands),
        "if_today": None if running(stands) else if_approved(stands, on=day_of(now), now=now),
        "succession": succession(stands),
        "days": report_days(day_of(now)),
    }
    if filing.kind in CLOSINGS:
        context |= closing_context(filing)
    if isinstance(sheet.form, ChangeForm):
        context |= items_context(sheet.form) | {"changes": typed_differences(sheet.form)}
    if step == REVIEW:
        context |= _review(filing, sheet.errors, now)
    else:
        slots = sheet.slots(step, checked=checked)
        context |= {"slots": slots, "red": red(slots)}
    template = "filings/review.html" if step == REVIEW else "filings/edit.html"
    return render(request, template, context, status=status_of(refused) if refused else 200)


def _saved(filing: Filing, now: datetime) -> str:
    """When the draft was last saved: 14:05 today, with the date before; '' when it never was."""
    if not hasattr(filing, "draft"):
        return ""
    at = filing.draft.saved_at.astimezone(SHANGHAI)
    return f"{at:%H:%M}" if day_of(at) == day_of(now) else moment(at, now)


def _review(filing: Filing, errors: dict[str, list[str]], now: datetime) -> dict[str, Any]:
    """Whether a returned filing goes straight back, and what of the approved part differs if it does not."""
    changed: list[str] = []
    straight = False
    if filing.state == FilingState.RETURNED and not errors:
        straight = not reporting.correction_needs_leader(filing)
        if not straight:
            details, _ = drafting.judged(filing)
            was, would = latest(filing).content, content.build(filing, details)
            differing = content.difference({"approved": was["approved"]}, {"approved": would["approved"]})
            changed = [difference.label for difference in differing]
    return {"straight": straight, "changed": changed}


@may(Action.SUBMIT)
@post_only("filings:detail", "pk")
def submit(request: HttpRequest, pk: int) -> HttpResponse:
    """提交领导审批."""
    filing = filing_for(request, pk)
    now = db_now()
    try:
        submitted = drafting.submit(pk, by=user_of(request), now=now)
    except (NotAllowed, WrongState) as refused:
        return show_filing(request, filing, refused=refused)
    except Refused as refused:
        return show_form(request, filing, REVIEW, refused=refused)
    leaders = leaders_of(filing.unit, day_of(now))
    then = f"{after_approval(submitted, now)}到时会在待办里提醒您。"
    if leaders:
        messages.success(request, f"已提交，等待{leaders}审批。{then}")
    else:
        messages.warning(request, f"已提交。本单位还没有可在线审批的主要领导，请线下签批后登记书面批准。{then}")
    return redirect("filings:detail", pk)
