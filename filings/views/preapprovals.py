"""前置申请: the list, asking to open or to keep, one application with its decision and its paper."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import OuterRef, Subquery
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts import histories, policy
from accounts.access import may, seen_unit_ids, user_of, visible_accounts
from accounts.models import Account, Role, Unit, UnitKind
from accounts.policy import Action
from filings import preapprovals, preapproving
from filings.forms.preapprovals import DecisionForm, NewForm, PaperForm, RetainForm, mark_of
from filings.models import Filing, FilingKind, PreApproval, PreApprovalPurpose, PreApprovalState
from filings.views.files import send
from zhonglou_media.core import files
from zhonglou_media.core.answers import post_only, status_of
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.errors import Incomplete, Refused
from zhonglou_media.core.models import File, User
from zhonglou_media.core.settings_at import Settings

ROWS_A_PAGE = 20
SHOWN = 50  # accounts that still have to be asked for; a district has a few
S = PreApprovalState
ASK = require_http_methods(["GET", "HEAD", "POST"])


# --- the list -------------------------------------------------------------------------------------------------------


@may(Action.VIEW_PREAPPROVALS)
@require_safe
@never_cache
def list_(request: HttpRequest) -> HttpResponse:
    """What waits for a decision first, then accounts that nobody has allowed to stay, then all that was decided."""
    user = user_of(request)
    rows = preapprovals.visible_to(user).select_related("unit", "platform", "account", "asked_by")
    decided = rows.filter(state__in=(S.GRANTED, S.REFUSED)).select_related("used_by").order_by("-decided_at", "-pk")
    seen = seen_unit_ids(user)
    accounts = _unretained(user)
    context = {
        "waiting": list(rows.filter(state=S.ASKED).order_by("asked_at", "pk")),
        "accounts": accounts,
        "page": Paginator(decided, ROWS_A_PAGE).get_page(request.GET.get("page")),
        "wide": seen is None or len(seen) > 1,
        "unkept": sum(one["row"] is None or one["row"].state != S.ASKED for one in accounts),
        "decides": policy.could(user, Action.DECIDE_PREAPPROVAL),
        "asks": bool(_departments(user)),
        "operates": policy.could(user, Action.ASK_PREAPPROVAL),
    }
    return render(request, "filings/preapprovals.html", context)


def _unretained(user: User) -> list[dict[str, Any]]:
    """Accounts of departments without a granted retention, with their application where there is one."""
    newest = PreApproval.objects.filter(purpose=PreApprovalPurpose.RETAIN, account=OuterRef("pk")).order_by("-pk")
    accounts = preapprovals.unretained().filter(pk__in=visible_accounts(user).values("pk"))
    ids = seen_unit_ids(user)
    accounts = accounts if ids is None else accounts.filter(unit__in=ids)
    found = list(accounts.select_related("unit", "platform").annotate(asked=Subquery(newest.values("pk")[:1]))[:SHOWN])
    rows = PreApproval.objects.in_bulk([account.asked for account in found if account.asked])
    settings, today = Settings.load(), day_of(db_now())
    listed = []
    for account in found:
        row = rows.get(account.asked)
        due = row.act_by if row else preapprovals.retention_due(account, settings, today)
        can_ask = (row is None or row.state == S.NOT_ASKED) and policy.may(user, Action.ASK_PREAPPROVAL, account)
        listed.append({"account": account, "row": row, "due": due, "can_ask": can_ask})
    return sorted(listed, key=lambda entry: (entry["row"] is not None and entry["row"].state == S.ASKED, entry["due"]))


def _departments(user: User) -> list[Unit]:
    """The 区级部门 that `user` may ask for."""
    units = policy.units_of(user, Role.OPERATOR)
    return [unit for unit in units if unit.kind == UnitKind.DEPARTMENT and not unit.internal]


# --- asking ---------------------------------------------------------------------------------------------------------


@may(Action.ASK_PREAPPROVAL)
@ASK
@never_cache
def new(request: HttpRequest) -> HttpResponse:
    """申请新建 a 微信公众号 or a mobile app."""
    user = user_of(request)
    units = _departments(user)
    if not units:
        messages.info(request, "贵单位不是区级部门，新开账号不需要前置申请，请直接新建备案。")
        return redirect("filings:preapprovals")
    form = NewForm(request.POST or None, request.FILES or None, units=units)
    if request.method != "POST":
        return _ask(request, form)
    paper, name = _paper(form, user)
    if not form.is_valid():
        return _ask(request, form, paper=(paper, name), status=422)
    typed = form.cleaned_data
    try:
        row = preapprovals.ask_new(
            by=user,
            unit=typed.get("unit") or units[0],
            platform=typed["platform"],
            account_name=typed["account_name"],
            reason=typed["reason"],
            paper=paper,
            paper_name=name,
            now=db_now(),
        )
    except Refused as refused:
        return _ask(request, form, paper=(paper, name), refused=refused)
    return _asked(request, row)


@may(Action.ASK_PREAPPROVAL)
@ASK
@never_cache
def retain(request: HttpRequest, pk: int) -> HttpResponse:
    """申请保留 a 微信公众号 that is there."""
    user = user_of(request)
    account = get_object_or_404(visible_accounts(user).select_related("unit", "platform"), pk=pk)
    policy.require(user, Action.ASK_PREAPPROVAL, account)
    row = account.preapprovals.filter(purpose=PreApprovalPurpose.RETAIN).first()
    if request.method != "POST":
        if row is not None and row.state != S.NOT_ASKED:
            return redirect("filings:preapproval", row.pk)
        try:
            preapprovals.must_ask_to_keep(account)
        except Refused as needless:
            messages.info(request, str(needless))
            return redirect("filings:preapprovals")
        return _ask(request, RetainForm(), account=account, row=row)
    form = RetainForm(request.POST, request.FILES)
    paper, name = _paper(form, user)
    if not form.is_valid():
        return _ask(request, form, account=account, row=row, paper=(paper, name), status=422)
    try:
        asked = preapprovals.ask_retention(
            pk, by=user, reason=form.cleaned_data["reason"], paper=paper, paper_name=name, now=db_now()
        )
    except Refused as refused:
        return _ask(request, form, account=account, row=row, paper=(paper, name), refused=refused)
    return _asked(request, asked)


def _paper(form: PaperForm, user: User) -> tuple[File | None, str]:
    """The paper of this request, or the one kept from before; one that cannot be read is an error of the field."""
    upload = form.files.get("paper")
    if upload is None:
        return form.kept_paper(user)
    try:
        return files.store(upload), (upload.name or "")[-200:]
    except Refused as refused:
        form.add_error("paper", str(refused))
        return None, ""


def _ask(
    request: HttpRequest,
    form: PaperForm,
    *,
    account: Account | None = None,
    row: PreApproval | None = None,
    paper: tuple[File | None, str] = (None, ""),
    refused: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    if isinstance(refused, Incomplete):
        _say(form, refused.errors)
        refused, status = None, 422
    due = None
    if account is not None:
        due = row.act_by if row else preapprovals.retention_due(account, Settings.load(), day_of(db_now()))
    file, name = paper
    context = {
        "form": form,
        "account": account,
        "due": due,
        "kept": mark_of(file, name, user_of(request)) if file else "",
        "kept_name": name,
        "refused": refused,
    }
    return render(request, "filings/preapproval_ask.html", context, status=status_of(refused) if refused else status)


def _say(form: Any, errors: Mapping[str, list[str]]) -> None:
    for name, texts in errors.items():
        form.add_error(name if name in form.fields else None, texts)


def _asked(request: HttpRequest, row: PreApproval) -> HttpResponse:
    messages.success(request, "已提出申请。接下来由区政府办公室负责人决定，结果会在通知里告诉您。")
    return redirect("filings:preapproval", row.pk)


# --- one application ------------------------------------------------------------------------------------------------


def _row_for(request: HttpRequest, pk: int) -> PreApproval:
    """The application, if this person may read it; 404 otherwise."""
    related = ("unit", "platform", "account__platform", "paper", "asked_by", "decided_by", "used_by__opening")
    found: PreApproval = get_object_or_404(
        preapprovals.visible_to(user_of(request)).select_related(*related, "used_by__draft", "used_by__account"), pk=pk
    )
    return found


@may(Action.VIEW_PREAPPROVALS)
@require_safe
@never_cache
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One application, for everyone who may read it."""
    return _show(request, _row_for(request, pk))


def _show(
    request: HttpRequest,
    row: PreApproval,
    *,
    form: DecisionForm | None = None,
    refused: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    user = user_of(request)
    may_decide = row.state == S.ASKED and policy.may(user, Action.DECIDE_PREAPPROVAL, row)
    live = None
    if row.account is not None and row.state == S.REFUSED:
        filings = Filing.objects.filter(account=row.account).for_lists()
        live = filings.live().first() or filings.filter(kind=FilingKind.CLOSE).first()
    context = {
        "row": row,
        "title": preapprovals.title(row),
        "article": preapprovals.article_of(row.platform),
        "entries": histories.entries_for(row),
        "form": (form or DecisionForm(row=row)) if may_decide else None,
        "lost": form if form is not None and not may_decide else None,
        "live": live,
        "closing": live is not None and live.kind == FilingKind.CLOSE,
        "may_ask": row.state == S.NOT_ASKED and policy.may(user, Action.ASK_PREAPPROVAL, row),
        "may_open": row.state == S.GRANTED
        and row.purpose == PreApprovalPurpose.NEW
        and row.used_by is None
        and policy.may(user, Action.DRAFT, row),
        "refused": refused,
    }
    return render(request, "filings/preapproval.html", context, status=status_of(refused) if refused else status)


@may(Action.DECIDE_PREAPPROVAL)
@post_only("filings:preapproval", "pk")
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """批准 or 不予批准."""
    row = _row_for(request, pk)
    form = DecisionForm(request.POST, row=row)
    if not form.is_valid():
        return _show(request, row, form=form, status=422)
    typed, by, now = form.cleaned_data, user_of(request), db_now()
    try:
        if typed["decision"] == "grant":
            preapproving.grant(pk, by=by, document_no=typed["document_no"], comment=typed["comment"], now=now)
            said = "已批准，并已通知单位。"
        else:
            preapproving.refuse(pk, by=by, decision=typed["comment"], act_by=typed.get("act_by"), now=now)
            said = "已决定不予批准，并已通知单位。"
    except Incomplete as incomplete:
        _say(form, {"comment" if name == "decision" else name: said for name, said in incomplete.errors.items()})
        return _show(request, row, form=form, status=422)
    except Refused as refused:
        return _show(request, _row_for(request, pk), form=form, refused=refused)
    messages.success(request, said)
    return redirect("filings:preapproval", pk)


@may(Action.DRAFT)
@post_only("filings:preapproval", "pk")
def open_(request: HttpRequest, pk: int) -> HttpResponse:
    """新建备案 with the granted number typed in."""
    row = _row_for(request, pk)
    try:
        filing = preapproving.begin_opening(pk, by=user_of(request), now=db_now())
    except Refused as refused:
        return _show(request, row, refused=refused)
    return redirect("filings:edit", filing.pk)


@may(Action.VIEW_PREAPPROVALS)
@require_safe
@cache_control(private=True, no_store=True)
def paper(request: HttpRequest, pk: int) -> FileResponse:
    """The unit's own paper."""
    row = _row_for(request, pk)
    if row.paper is None:
        raise Http404
    return send(request, row.paper, row.paper_name or f"前置申请-{row.pk}")
