"""检查单 (第二十四条): the sheet of one account, for the phone; what its checker does with it."""

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from accounts import policy
from accounts.access import may, user_of
from accounts.forms import ReasonForm
from accounts.histories import entries_for
from accounts.policy import Action
from filings.views.files import send
from inspections import judging, sheets
from inspections.finding import held_by
from inspections.forms.sheets import AboutForm, read_of, typed_of
from inspections.indicator_rows import groups, plain
from inspections.indicators import lines_of
from inspections.models import CheckState, Finding, Sheet, SheetState
from inspections.sheet_access import may_write, sheet_for, visible_sheets
from zhonglou_media.core import files
from zhonglou_media.core.answers import post_only, status_of
from zhonglou_media.core.clock import SHANGHAI, db_now
from zhonglou_media.core.errors import Incomplete, Refused
from zhonglou_media.core.models import User

LOOK_FIRST = "请先打开账号逐项看过，再勾选“我已打开账号逐项看过”。"


@may(Action.VIEW_CHECKS)
@require_safe
@cache_control(private=True, no_store=True)
def sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """The sheet: to its checker while it is open, to read to everybody else who may; the first opening begins it."""
    row, user = sheet_for(request, pk), user_of(request)
    if request.method == "GET" and row.as_of is None and _editable(user, row):
        sheets.begin(pk, by=user, now=db_now())
        row = sheet_for(request, pk)
    return show(request, row)


@may(Action.CHECK)
@post_only("inspections:sheet", "pk")
def save(request: HttpRequest, pk: int) -> HttpResponse:
    """What was filled in so far, by the button, or by static/js/autosave.js (which is answered in JSON)."""
    quiet = "application/json" in request.headers.get("Accept", "")
    try:
        row = _save(request, pk)
    except _Unread as unread:
        if quiet:
            return JsonResponse({"message": f"没有保存：{unread.sentence}"}, status=422)
        return unread.shown
    except Refused as refused:
        if quiet:
            return JsonResponse({"message": told(refused)}, status=status_of(refused))
        return show(request, sheet_for(request, pk), refused=refused, typed=request.POST)
    if quiet:
        now = row.saved_at or db_now()
        return JsonResponse({"saved_at": f"{now.astimezone(SHANGHAI):%H:%M}", "version": row.version})
    messages.success(request, "已保存。")
    return redirect("inspections:sheet", pk=pk)


@may(Action.CHECK)
@post_only("inspections:sheet", "pk")
def rest(request: HttpRequest, pk: int) -> HttpResponse:
    """其余都没有发现, of who says that he looked."""

    def act(row: Sheet) -> str:
        if not request.POST.get("looked"):
            raise Refused(LOOK_FIRST)
        row = sheets.rest_clean(pk, version=row.version, by=user_of(request), now=db_now())
        left = len(judging.unjudged(lines_of(row.spot_check.indicator_set), row.answers))
        doubt = f"还有 {left} 项数据待确认，请逐项判断。" if left else "请核对后提交。"
        return f"其余人工核对的指标已记为没有发现，{doubt}"

    return _after_saving(request, pk, act)


@may(Action.CHECK)
@post_only("inspections:sheet", "pk")
def rejudge(request: HttpRequest, pk: int) -> HttpResponse:
    """重新预判 as of now."""

    def act(row: Sheet) -> str:
        sheets.rejudge(pk, version=row.version, by=user_of(request), now=db_now())
        return "已按现在的数据重新预判；您改判过的指标保持不变。"

    return _after_saving(request, pk, act)


@may(Action.CHECK)
@post_only("inspections:sheet", "pk")
def submit(request: HttpRequest, pk: int) -> HttpResponse:
    """提交结果, then the next open sheet."""
    try:
        saved = _save(request, pk)
        row = sheets.submit(pk, version=saved.version, by=user_of(request), now=db_now())
    except _Unread as unread:
        return unread.shown
    except Refused as refused:
        return show(request, sheet_for(request, pk), refused=refused, typed=request.POST)
    messages.success(request, _said(row))
    after = sheets.next_open(user_of(request), row)
    if after is None:
        return redirect("inspections:check", row.spot_check.code)
    return redirect("inspections:sheet", pk=after.pk)


@may(Action.CHECK)
@require_safe
def next_(request: HttpRequest) -> HttpResponse:
    """下一个未核: the person's next open sheet, after the one named `after`."""
    after = request.GET.get("after", "")
    rows = visible_sheets(user_of(request)).select_related("account__unit")
    named = rows.filter(pk=int(after)).first() if after.isdecimal() and len(after) < 10 else None
    found = sheets.next_open(user_of(request), named)
    if found is not None:
        return redirect("inspections:sheet", pk=found.pk)
    messages.info(request, "您没有其他待核的检查单了。")
    return redirect("inspections:sheet", pk=named.pk) if named is not None else redirect("inspections:checks")


@may(Action.DECIDE_CHECK)
@post_only("inspections:sheet", "pk")
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """重开, by the supervisor."""
    row = sheet_for(request, pk)
    form = ReasonForm(request.POST, auto_id="reopen-%s")
    if not form.is_valid():
        return show(request, row, reopen_form=form, status=422)
    try:
        sheets.reopen(pk, reason=form.cleaned_data["reason"], by=user_of(request), now=db_now())
    except Refused as refused:
        return show(request, sheet_for(request, pk), refused=refused, reopen_form=form)
    messages.success(request, f"“{row.account.name}”的检查单已重开，{row.checker}可以重新核对；原来的结果不再计入。")
    return redirect("inspections:check", row.spot_check.code)


@may(Action.VIEW_CHECKS)
@require_safe
@cache_control(private=True, no_store=True)
def screenshot(request: HttpRequest, pk: int) -> FileResponse:
    """The picture of a sheet."""
    row = sheet_for(request, pk)
    if row.screenshot is None:
        raise Http404
    return send(request, row.screenshot, row.screenshot_name or "截图")


class _Unread(Exception):
    """What was typed cannot be kept: the page with the field named."""

    def __init__(self, sentence: str, shown: HttpResponse) -> None:
        super().__init__(sentence)
        self.sentence, self.shown = sentence, shown


def _save(request: HttpRequest, pk: int) -> Sheet:
    """Keep the page as it was sent; raises _Unread or what the use case says."""
    row, now = sheet_for(request, pk), db_now()
    version = sent_version(request)
    typed = typed_of(request.POST, lines_of(row.spot_check.indicator_set))
    form = AboutForm(request.POST, request.FILES, sheet=row, now=now)
    if not form.is_valid():
        sentence = next(str(error) for found in form.errors.values() for error in found)
        raise _Unread(sentence, show(request, row, about=form, typed=request.POST, status=422))
    file, name = None, ""
    if (upload := form.cleaned_data["screenshot"]) is not None and may_write(user_of(request), row):
        try:
            file, name = files.store(upload, files.PICTURES), files.safe_name(upload.name)
        except Refused as refusal:
            form.add_error("screenshot", str(refusal))
            raise _Unread(str(refusal), show(request, row, about=form, typed=request.POST, status=422)) from refusal
    given = form.cleaned_data
    about = sheets.About(given["note"], given["link"], given["seen_at"], file, name)
    return sheets.save(pk, typed, about, version=version, by=user_of(request), now=now)


def sent_version(request: HttpRequest) -> int:
    """The version of the page that was sent."""
    sent = request.POST.get("version", "")
    return int(sent) if sent.isdecimal() and len(sent) < 10 else 0


def _after_saving(request: HttpRequest, pk: int, act: Callable[[Sheet], str]) -> HttpResponse:
    try:
        said = act(_save(request, pk))
    except _Unread as unread:
        return unread.shown
    except Refused as refused:
        return show(request, sheet_for(request, pk), refused=refused, typed=request.POST)
    messages.success(request, said)
    return redirect("inspections:sheet", pk=pk)


def told(refused: Refused) -> str:
    """A refusal in one line, with what is wrong where fields are named."""
    if isinstance(refused, Incomplete):
        return "".join(error for found in refused.errors.values() for error in found)
    return str(refused)


def _said(row: Sheet) -> str:
    """What came of a hand-in."""
    what = f"“{row.account.name}”已提交：{plain(row.score)} 分，" if row.score is not None else ""
    verdict = "合格" if row.passed else "单项否决，不合格" if row.vetoed else "不合格"
    if row.counts or Sheet.objects.results().filter(spot_check=row.spot_check_id, account=row.account_id).exists():
        return f"{what}{verdict}。"
    both = list(Sheet.objects.filter(spot_check=row.spot_check_id, account=row.account_id))
    then = "与另一位检查人的结果不一致，由负责人认定" if sheets.is_undecided(both) else "另一位检查人提交后再计入"
    return f"{what}{verdict}；{then}。"


def _editable(user: User, row: Sheet) -> bool:
    return row.state == SheetState.OPEN and row.spot_check.state == CheckState.CONFIRMED and may_write(user, row)


def show(
    request: HttpRequest,
    row: Sheet,
    *,
    refused: Refused | None = None,
    about: AboutForm | None = None,
    typed: Mapping[str, Any] | None = None,
    reopen_form: ReasonForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page; `typed` is what was sent and could not be kept: it stands in the fields again."""
    user, now = user_of(request), db_now()
    lines, of = lines_of(row.spot_check.indicator_set), row.spot_check.indicator_set
    answers: Mapping[str, Any] = row.answers
    editable, office = _editable(user, row), policy.may(user, Action.CHECK, row)
    if typed is not None and editable:
        answers = judging.answered(answers, lines, read_of(typed, lines))
    errors = refused.errors if isinstance(refused, Incomplete) else {}
    result = judging.result(lines, answers, of)
    blocks = groups(lines, answers, of, result, errors)
    open_ = judging.unjudged(lines, answers)
    decides = policy.may(user, Action.DECIDE_CHECK, row) and row.spot_check.state == CheckState.CONFIRMED
    reopens = decides and row.state == SheetState.SUBMITTED
    of_account = Sheet.objects.filter(spot_check=row.spot_check_id, account=row.account_id)
    held = held_by(of_account) if reopens else []
    form = about or AboutForm(typed, sheet=row, now=now) if editable else None
    context = {
        "sheet": row,
        "check": row.spot_check,
        "account": row.account,
        "check_url": reverse("inspections:check", args=[row.spot_check.code]),
        "blocks": blocks,
        "set": of,
        "total": len(lines),
        "done": len(lines) - len(open_),
        "first_open": open_[0].code.replace(".", "-") if open_ else "",
        "result": result,
        "points": plain(result.points),
        "hits": [hit for block in blocks for hit in block.rows if hit.hit],
        "editable": editable,
        "office": office,
        "about": form,
        "saved_at": row.saved_at,
        "refused": refused,
        "errors": [(code.replace(".", "-"), error) for code, found in errors.items() for error in found],
        "findings": _findings(row),
        "second": Sheet.objects.filter(spot_check=row.spot_check_id, account=row.account_id, part=2).exists()
        if office
        else False,
        "compares": office and row.state == SheetState.SUBMITTED,
        "reopen_form": (reopen_form or ReasonForm(auto_id="reopen-%s")) if reopens and not held else None,
        "held": held,
        "open_reopen": reopen_form is not None and bool(reopen_form.errors),
        "history": entries_for(row) if office else [],
        "next_url": f"{reverse('inspections:sheet_next')}?after={row.pk}",
    }
    if refused is not None:
        status = status_of(refused)
    return render(request, "inspections/sheet.html", context, status=status)


def _findings(row: Sheet) -> list[Finding]:
    """The standing problems of a result that counts, with their rectifications."""
    if not row.counts:
        return []
    rows = Finding.objects.filter(sheet=row, withdrawn_at__isnull=True)
    return list(rows.select_related("indicator", "rectification").order_by("indicator__order"))
