"""What the unit does with a filing once it is filled in: report, correct, supplement, withdraw, sign on paper."""

from collections.abc import Callable
from copy import copy
from datetime import date, datetime

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache

from accounts.access import may, user_of
from accounts.models import AccountState
from accounts.policy import Action
from filings import approving, deadlines, drafting, kind_words, kinds, opening, reporting
from filings.available import available
from filings.forms.actions import PaperForm, WithdrawForm, mark_of, supplement_initial
from filings.models import Filing, FilingState
from filings.models.filing import SUPPLEMENTABLE
from filings.room import room_of
from filings.views.answers import ask_first, filing_for
from filings.views.filing import show_filing
from filings.views.form import show_form
from filings.views.sheet import REVIEW
from filings.views.uploads import file_kinds, take_files, taken_of
from filings.wording import Running, if_approved, report_days, running
from zhonglou_media.core import files
from zhonglou_media.core.answers import post_only, status_of
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.countdown import due24
from zhonglou_media.core.errors import Incomplete, NotAllowed, Refused, WrongState
from zhonglou_media.core.models import File
from zhonglou_media.core.settings_at import setting


@may(Action.REPORT)
@post_only("filings:detail", "pk")
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """报送区政府办公室, the first time or again after a return."""
    filing = filing_for(request, pk)
    try:
        reported = reporting.report(pk, by=user_of(request), now=db_now())
    except (NotAllowed, WrongState) as refused:
        return show_filing(request, filing, refused=refused)
    except Refused as refused:  # only a returned filing is judged again
        return show_form(request, filing, REVIEW, refused=refused)
    say = "已报送" if filing.reported_at is None else "已重新报送"
    by = f"，{due24(reported.office_due_at, provisional=reported.provisional)} 前" if reported.office_due_at else ""
    late = "本件首次报送晚于期限，已记为迟报。" if reported.is_late and filing.first_reported_at is None else ""
    messages.success(
        request,
        f"{say}，备案编号 {reported.number}。{late}接下来由区政府办公室审核并办理上级备案{by}，结果会在通知里告诉您。",
    )
    return redirect("filings:detail", pk)


# --- asked first, on a page that names the thing --------------------------------------------------------------------


@may(Action.RECALL)
@never_cache
def recall(request: HttpRequest, pk: int) -> HttpResponse:
    """撤回修改 before the leader decides."""
    return _asked(
        request,
        pk,
        "recall",
        drafting.recall,
        (
            "撤回修改",
            "收回来改，改完再提交（不办了的，请用“撤回备案”）。撤回后变回草稿，主要领导的待办里不再有这一件；改好后请再次提交。",
            "撤回修改",
            "先不撤回",
        ),
        "已撤回，可以接着修改。改好后请再次提交领导审批。",
    )


@may(Action.REOPEN)
@never_cache
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """重新填报: the approval is void."""
    return _asked(
        request,
        pk,
        "reopen",
        drafting.reopen,
        (
            "重新填报",
            "主要领导的批准随之作废，改好后须再次审批；报送期限仍按首次批准计算，不重新起算。",
            "作废批准，重新填报",
            "先不重填",
        ),
        "已变回草稿，原批准作废。改好后请再次提交领导审批，报送期限不变。",
    )


def _asked(
    request: HttpRequest,
    pk: int,
    move: str,
    use_case: Callable[..., Filing],
    words: tuple[str, str, str, str],
    done: str,
) -> HttpResponse:
    filing = filing_for(request, pk)
    if request.method == "POST":
        try:
            use_case(pk, by=user_of(request), now=db_now())
        except Refused as refused:
            return show_filing(request, filing, refused=refused)
        messages.success(request, done)
        return redirect("filings:edit", pk)
    if move not in available(filing, user_of(request)):
        return redirect("filings:detail", pk)
    what, text, submit, cancel = words
    context = {
        "filing": filing,
        "what": what,
        "text": text,
        "submit": submit,
        "cancel": cancel,
        "clock": running(filing),
    }
    return render(request, "filings/confirm.html", context)


@may(Action.WITHDRAW)
@never_cache
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """撤回备案: the unit gives it up."""
    filing = filing_for(request, pk)
    asks = filing.account is not None and filing.account.state == AccountState.PENDING
    initial = {"on_platform": "yes" if opening.seems_on_platform(filing) else "no"}
    form = WithdrawForm(
        request.POST if request.method == "POST" else None, initial=initial, filing=filing, asks_platform=asks
    )
    refused: Refused | None = None
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            reporting.withdraw(
                pk, by=user_of(request), reason=given["reason"], on_platform=given.get("on_platform"), now=db_now()
            )
        except (NotAllowed, WrongState) as error:
            return show_filing(request, filing, refused=error, typed=given["reason"])
        except Refused as error:
            if given["reason"]:
                refused = error
            else:
                form.add_error("reason", str(error))
        else:
            messages.success(request, _withdrawn(given.get("on_platform")))
            return redirect("filings:detail", pk)
    elif request.method != "POST" and "withdraw" not in available(filing, user_of(request)):
        return redirect("filings:detail", pk)
    days = setting("replaces_days", day_of(db_now()))
    context = {"filing": filing, "form": form, "refused": refused, "replaces_days": days}
    return render(request, "filings/withdraw.html", context, status=422 if request.method == "POST" else 200)


def _withdrawn(on_platform: bool | None) -> str:
    if on_platform is None:
        return "已撤回，本件结束。需要时可以重新填报。"
    if on_platform:
        return "已撤回，账号转为未备案账号。请从“新建备案”补报开办备案；要关停的，请联系区政府办公室。"
    return "已撤回，待备案的账号已作废。需要时可以重新填报。"


# --- signed on paper ------------------------------------------------------------------------------------------------


@may(Action.RECORD_PAPER)
@never_cache
def record_paper(request: HttpRequest, pk: int) -> HttpResponse:
    """登记书面批准."""
    return _paper(request, pk, "record_paper_approval", approving.record_paper_approval)


@may(Action.RECORD_PAPER)
@never_cache
def correct_paper(request: HttpRequest, pk: int) -> HttpResponse:
    """更正书面批准, before the office has checked the paper."""
    return _paper(request, pk, "correct_paper_approval", approving.correct_paper_approval)


def _paper(request: HttpRequest, pk: int, move: str, use_case: Callable[..., Filing]) -> HttpResponse:
    filing = filing_for(request, pk)
    correcting = move == "correct_paper_approval"
    now = db_now()
    if request.method != "POST":
        if move not in available(filing, user_of(request)):
            return redirect("filings:detail", pk)
        start = {"leader_name": filing.paper_leader, "approved_on": filing.approved_on} if correcting else {}
        return _show_paper(request, filing, PaperForm(initial=start), correcting=correcting)
    try:
        states = approving.BEFORE_THE_TICK if correcting else (FilingState.LEADER_REVIEW,)
        ask_first(request, filing, Action.RECORD_PAPER, states)
    except Refused as refused:
        return show_filing(request, filing, refused=refused)
    form = PaperForm(request.POST, request.FILES)
    scan = _scan(form, filing, keep=filing.paper_scan if correcting else None)
    if not form.is_valid() or scan is None:
        return _show_paper(request, filing, form, correcting=correcting, scan=scan, status=422)
    day = form.cleaned_data["approved_on"]
    late = _late_at_birth(filing, day, correcting=correcting, now=now)
    if late and "confirmed" not in request.POST and day <= day_of(now):
        return _show_paper(request, filing, form, correcting=correcting, scan=scan, late=late)
    try:
        recorded = use_case(
            pk, by=user_of(request), leader_name=form.cleaned_data["leader_name"], approved_on=day, scan=scan, now=now
        )
    except (NotAllowed, WrongState) as refused:
        return show_filing(request, filing, refused=refused)
    except Refused as refused:
        return _show_paper(request, filing, form, correcting=correcting, scan=scan, refused=refused)
    messages.success(request, _recorded(recorded, now, correcting=correcting))
    return redirect("filings:detail", pk)


def _scan(form: PaperForm, filing: Filing, *, keep: File | None) -> File | None:
    """The scan of this request, or the one kept from before; a missing or unreadable one is an error of the field."""
    upload = form.files.get("scan")
    if upload is None:
        scan = form.kept_scan(filing) or keep
        if scan is None:
            form.add_error("scan", "请上传主要领导签批件的扫描件或照片。")
        return scan
    try:
        return files.store(upload)
    except Refused as refused:
        form.add_error("scan", str(refused))
        return None


def _late_at_birth(filing: Filing, day: date, *, correcting: bool, now: datetime) -> Running | None:
    """The unit's clock under that paper's date, if it ends in the past, provisional or not (row 3).

    None when it does not, or when the date moves no clock.
    """
    if correcting and filing.first_approval_recorded_at == filing.approval_recorded_at:
        trial = copy(filing)
        trial.first_approved_on = day
        deadlines.refresh(trial, deadlines.REPORT)
        clock = running(trial)
    elif correcting:
        return None
    else:
        clock = if_approved(filing, on=day, now=now)
        stands = running(filing)
        if clock and stands and clock.due == stands.due:
            return None
    return clock if clock is not None and clock.due <= now else None


def _recorded(filing: Filing, now: datetime, *, correcting: bool) -> str:
    done = "书面批准已更正" if correcting else "书面批准已登记"
    clock = running(filing)
    if filing.state != FilingState.TO_REPORT or clock is None:
        return f"{done}。区政府办公室审核时会核对纸质批准件。"
    if clock.due <= now:
        return f"{done}。报送期限 {clock.until} 已过，请尽快报送。"
    return f"{done}。请在 {clock.until} 前报送区政府办公室，到时会在待办里提醒您。"


def _show_paper(
    request: HttpRequest,
    filing: Filing,
    form: PaperForm,
    *,
    correcting: bool,
    scan: File | None = None,
    late: Running | None = None,
    refused: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "filing": filing,
        "form": form,
        "correcting": correcting,
        "kept": mark_of(scan, filing) if scan else "",
        "late": late,
        "refused": refused,
        "days": report_days(day_of(db_now())),
    }
    return render(request, "filings/paper.html", context, status=status_of(refused) if refused else status)


# --- what is added later --------------------------------------------------------------------------------------------


@may(Action.SUPPLEMENT)
@never_cache
def supplement(request: HttpRequest, pk: int) -> HttpResponse:
    """补充材料: late facts, contacts, remarks; files go by `attach`."""
    filing = filing_for(request, pk)
    initial, kind = supplement_initial(filing), kinds.of(filing)
    if request.method != "POST":
        if "supplement" not in available(filing, user_of(request)):
            return redirect("filings:detail", pk)
        return _show_supplement(request, filing, kind.supplement(initial=initial))
    form = kind.supplement(request.POST, initial=initial)
    data = {name: str(value).replace("\x00", "") for name, value in request.POST.items() if name in form.fields}
    now = db_now()
    added: list[str] = []
    try:
        ask_first(request, filing, Action.SUPPLEMENT, SUPPLEMENTABLE)
        if request.FILES.getlist("files"):  # before the text: an error in that must not lose the chosen files
            taken = take_files(request, filing, SUPPLEMENTABLE, now=now)
            added = [f"附件“{name}”" for name in taken.kept]
            taken.complain()
        typed = not form.is_valid() or any(name in data for name in form.changed_data)
        if typed:
            reporting.supplement(pk, by=user_of(request), data=data, now=now)
    except (NotAllowed, WrongState) as refused:
        return show_filing(request, filing, refused=refused)
    except Incomplete as incomplete:
        for name, texts in incomplete.errors.items():
            if not form.errors.get(name):
                form.add_error(name if name in form.fields else None, texts)
        if added:
            messages.success(request, f"已上传{'、'.join(added)}；下面的内容还没有保存。")
        return _show_supplement(request, filing_for(request, pk), form, status=422)
    except Refused as refused:
        return _show_supplement(request, filing_for(request, pk), form, refused=refused)
    if not added and not typed:
        messages.info(request, "内容和附件都没有改动，没有另存新的一版。")
        return redirect("filings:detail", pk)
    what = f"材料已补充{'（' + '、'.join(added) + '）' if added else ''}"
    messages.success(request, f"{what}，{_kept_as_new(filing_for(request, pk))}")
    return redirect("filings:detail", pk)


def _kept_as_new(filing: Filing) -> str:
    """What a supplement did, and what comes next."""
    saved = "作为新的一版保存，主要领导的批准不受影响"
    if filing.state == FilingState.COMPLETED:
        return f"两个上级系统均已备案，本件办结，{kind_words.of(filing).done}。"
    if filing.state == FilingState.ACCEPTED:
        return f"{saved}。接下来由区政府办公室把更新的内容转上级系统，两个系统都备案后自动办结。"
    if filing.state == FilingState.OFFICE_REVIEW:
        return f"{saved}。接下来由区政府办公室按新的一版审核，结果会在通知里告诉填报员。"
    clock = running(filing)
    by = f"在 {clock.until} 前" if clock else ""
    return f"{saved}。接下来请{by}报送区政府办公室。"


def _show_supplement(
    request: HttpRequest, filing: Filing, form: forms.Form, *, refused: Refused | None = None, status: int = 200
) -> HttpResponse:
    context = {
        "filing": filing,
        "form": form,
        "refused": refused,
        "refused_files": taken_of(refused),
        "kinds": file_kinds(filing),
        "room": room_of(filing, now=db_now()),
        "attachments": list(filing.attachments.filter(removed_at__isnull=True).select_related("file")),
    }
    return render(request, "filings/supplement.html", context, status=status_of(refused) if refused else status)
