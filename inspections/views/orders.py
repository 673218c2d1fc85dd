"""责令关停: the list, the page of one, its issue from an account's page, and what each role may do with it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_safe

from accounts import policy
from accounts.access import may, user_of
from accounts.forms import ReasonForm
from accounts.histories import entries_for
from accounts.models import Account
from accounts.policy import Action
from filings.views.files import send
from inspections import ordering
from inspections.access import account_for, order_for, visible_orders
from inspections.forms.orders import ExecuteForm, OrderForm, ProofForm
from inspections.models import ClosureOrder, OrderGround, OrderState
from inspections.models.order import STANDING
from zhonglou_media.core import files
from zhonglou_media.core.answers import post_only, status_of
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.countdown import due24, span
from zhonglou_media.core.errors import Incomplete, Refused, WrongState

ROWS_A_PAGE = 20
S = OrderState
# What the tabs of the list show, in their order.
SHOWN: dict[str, tuple[str, Q]] = {
    "": ("未办结", Q(state__in=STANDING)),
    "proved": ("待确认执行", Q(state=S.PROVED)),
    "ended": ("已终结", ~Q(state__in=STANDING)),
}


@dataclass(frozen=True)
class Tab:
    """A tab of the list."""

    label: str
    url: str
    current: bool
    count: int


@may(Action.VIEW_ORDERS)
@require_safe
def list_(request: HttpRequest) -> HttpResponse:
    """The orders this person may read: those that stand by their due time, those that ended newest first."""
    now, rows = db_now(), visible_orders(user_of(request))
    late = Count("pk", filter=SHOWN[""][1] & Q(due_at__lte=now))
    found = rows.aggregate(late=late, **{f"n_{key}": Count("pk", filter=which) for key, (_, which) in SHOWN.items()})
    show = request.GET.get("show", "")
    show = show if show in SHOWN else ""
    address = reverse("inspections:orders")
    tabs = [
        Tab(label, f"{address}?show={key}" if key else address, key == show, found[f"n_{key}"])
        for key, (label, _) in SHOWN.items()
    ]
    order = ("-ended_at", "-pk") if show == "ended" else ("due_at", "pk")
    listed = rows.filter(SHOWN[show][1]).select_related("account__platform", "unit").order_by(*order)
    page = Paginator(listed, ROWS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "tabs": tabs,
        "show": show,
        "standing": found["n_"],
        "proved": found["n_proved"],
        "late": found["late"],
        "may_order": policy.could(user_of(request), Action.ORDER),
    }
    return render(request, "inspections/orders.html", context)


@may(Action.VIEW_ORDERS)
@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """What was ordered, why, by when; its proof; what happened; and the buttons of this person."""
    return _show(request, pk)


@may(Action.VIEW_ORDERS)
@require_safe
@cache_control(private=True, no_store=True)
def proof(request: HttpRequest, pk: int) -> FileResponse:
    """The unit's proof, sent back or not."""
    order = order_for(request, pk)
    if order.proof is None:
        raise Http404
    return send(request, order.proof, order.proof_name or "办理证明")


@may(Action.ORDER)
@require_http_methods(["GET", "HEAD", "POST"])
def issue(request: HttpRequest, pk: int) -> HttpResponse:
    """下达责令关停 of one account."""
    now, account = db_now(), account_for(request, pk, Action.ORDER)
    form = OrderForm(request.POST if request.method == "POST" else None, account=account, now=now)
    refused: Refused | None = None
    status = 422 if form.is_bound else 200
    step = request.POST.get("step", "")
    if step == "back":
        return _issue(request, account, form)
    if form.is_valid() and step != "issue":
        return _asked(request, account, form)
    if form.is_valid():
        try:
            order = ordering.issue(account.pk, form.terms(), by=user_of(request), now=now)
        except Incomplete as incomplete:
            form.take(incomplete)
        except Refused as refusal:
            refused, status = refusal, status_of(refusal)
        else:
            messages.success(
                request,
                f"责令关停 {order.number} 已下达，{order.unit}的填报员和主要领导已收到通知，"
                f"应在 {due24(order.due_at)} 前办理。",
            )
            return redirect("inspections:order", pk=order.pk)
    return _issue(request, account, form, refused=refused, status=status)


def _asked(request: HttpRequest, account: Account, form: OrderForm) -> HttpResponse:
    """What is about to be ordered, to be read once more before the unit is told."""
    terms = form.terms()
    if why := ordering.why_not(account):
        return _issue(request, account, form, refused=WrongState(why), status=409)
    if errors := ordering.errors_of(account, terms, form.now):
        form.take(Incomplete("", errors))
        return _issue(request, account, form, status=422)
    context = {
        "account": account,
        "form": form,
        "terms": terms,
        "ground": OrderGround(terms.ground),
        "due_at": (due_at := ordering.due_at(terms, form.now)),
        "left": span(due_at - form.now),
    }
    return render(request, "inspections/issue_ask.html", context)


def _issue(
    request: HttpRequest, account: Account, form: OrderForm, *, refused: Refused | None = None, status: int = 200
) -> HttpResponse:
    context = {
        "account": account,
        "form": form,
        "refused": refused,
        "why_not": "" if form.is_bound else ordering.why_not(account),
        "standing": ordering.standing_of(account),
        "live": account.filings.in_the_way().first(),
    }
    return render(request, "inspections/issue.html", context, status=status)


@may(Action.PROVE_ORDER)
@post_only("inspections:order", "pk")
def prove(request: HttpRequest, pk: int) -> HttpResponse:
    """报送关停证明, by an operator of the unit."""
    order = order_for(request, pk)
    form = ProofForm(request.POST, request.FILES)
    try:
        policy.require(user_of(request), Action.PROVE_ORDER, order)
        if not form.is_valid():
            return _show(request, pk, proof_form=form, status=422)
        if order.state not in STANDING:  # before the upload is stored; asked again under the lock
            raise WrongState(f"责令关停 {order} 现为“{order.get_state_display()}”，不用再报送证明。")
        upload = form.cleaned_data["proof"]
        try:
            file = files.store(upload)
        except Refused as refusal:
            form.add_error("proof", str(refusal))
            return _show(request, pk, proof_form=form, status=422)
        ordering.prove(
            pk, file=file, name=upload.name, note=form.cleaned_data["note"], by=user_of(request), now=db_now()
        )
    except Refused as refusal:
        return _show(request, pk, refused=refusal, typed=request.POST.get("note", ""), status=status_of(refusal))
    messages.success(request, "办理证明已报送，由区政府办公室负责人核实后确认执行；退回的会再通知您。")
    return redirect("inspections:order", pk=pk)


@may(Action.ORDER)
@post_only("inspections:order", "pk")
def send_back(request: HttpRequest, pk: int) -> HttpResponse:
    """退回证明."""
    form = ReasonForm(request.POST, auto_id="back-%s")

    def act(reason: str) -> str:
        order = ordering.send_back(pk, reason=reason, by=user_of(request), now=db_now(), read=_read(request))
        return f"办理证明已退回，{order.unit}已收到通知，期限仍为 {due24(order.due_at)}。"

    return _decide(request, pk, "back", form, act)


@may(Action.ORDER)
@post_only("inspections:order", "pk")
def execute(request: HttpRequest, pk: int) -> HttpResponse:
    """确认执行: the account becomes 已关停 or 已注销."""
    form = ExecuteForm(request.POST, auto_id="execute-%s", order=order_for(request, pk))

    def act(reason: str) -> str:
        done = ordering.execute(pk, reason=reason, by=user_of(request), now=db_now(), read=_read(request))
        account = done.order.account
        owed = f"还有 {done.open_questions} 条咨询没有回复，关停后仍须由单位回复。" if done.open_questions else ""
        return f"已确认执行，账号“{account.name}”现为“{account.get_state_display()}”。{owed}"

    return _decide(request, pk, "execute", form, act)


@may(Action.ORDER)
@post_only("inspections:order", "pk")
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """撤销责令关停."""
    form = ReasonForm(request.POST, auto_id="revoke-%s")

    def act(reason: str) -> str:
        order = ordering.revoke(pk, reason=reason, by=user_of(request), now=db_now(), read=_read(request))
        return f"责令关停 {order.number} 已撤销，{order.unit}已收到通知；账号保持原状。"

    return _decide(request, pk, "revoke", form, act)


def _read(request: HttpRequest) -> str:
    return request.POST.get("read", "")


def _decide(request: HttpRequest, pk: int, name: str, form: ReasonForm, act: Callable[[str], str]) -> HttpResponse:
    """One decision of the supervisor: back to the page, with what was done or why not."""
    order = order_for(request, pk)
    # What must be written depends on what was read: a stale page is told so first, by the use case.
    if not form.is_valid() and (_read(request) == ordering.reading(order) or order.state not in STANDING):
        return _show(request, pk, decided={name: form}, status=422)
    typed = request.POST.get("reason", "").strip()
    try:
        done = act(typed)
    except Refused as refusal:
        return _show(request, pk, refused=refusal, typed=typed, decided={name: form}, status=status_of(refusal))
    messages.success(request, done)
    return redirect("inspections:order", pk=pk)


def _show(
    request: HttpRequest,
    pk: int,
    *,
    proof_form: ProofForm | None = None,
    decided: dict[str, ReasonForm] | None = None,
    refused: Refused | None = None,
    typed: str = "",
    status: int = 200,
) -> HttpResponse:
    """The page; `decided` holds the form of a dialog that was incomplete or refused, by its name."""
    order, user, now = order_for(request, pk), user_of(request), db_now()
    decided = decided or {}
    decides = policy.may(user, Action.ORDER, order) and order.state in STANDING
    proof_stands = ordering.has_proof(order) if order.proof_id is not None else False
    incomplete = next((form for form in decided.values() if form.errors), None)
    context: dict[str, Any] = {
        "order": order,
        "read": ordering.reading(order),
        "proof_stands": proof_stands,
        "account": order.account,
        "stands": order.state in STANDING,
        "late": order.state in STANDING and order.due_at <= now,
        "steps": _steps(order, proof_stands),
        "history": entries_for(order),
        "proof_form": (proof_form or ProofForm()) if _may_prove(request, order) else None,
        "proof_errors": proof_form,
        "prove_title": "更换办理证明" if order.state == S.PROVED else "报送办理证明",
        "execute_form": decided.get("execute") or ExecuteForm(auto_id="execute-%s", order=order) if decides else None,
        "back_form": decided.get("back") or ReasonForm(auto_id="back-%s")
        if decides and order.state == S.PROVED
        else None,
        "revoke_form": decided.get("revoke") or ReasonForm(auto_id="revoke-%s") if decides else None,
        "incomplete": incomplete,
        **{f"open_{name}": name in decided and bool(decided[name].errors) for name in ("execute", "back", "revoke")},
        "live": order.account.filings.in_the_way().first() if order.state in STANDING else None,
        "execute_title": f"确认“{order.account.name}”{'已经注销' if order.cancel else '已经关停'}？",
        "refused": refused,
        "typed": typed if refused is not None else "",
    }
    return render(request, "inspections/order.html", context, status=status)


def _may_prove(request: HttpRequest, order: ClosureOrder) -> bool:
    return order.state in STANDING and policy.may(user_of(request), Action.PROVE_ORDER, order)


@dataclass(frozen=True)
class Step:
    """A dot of the step bar."""

    name: str
    status: str
    when: str = ""


def _steps(order: ClosureOrder, proved: bool) -> list[Step]:
    """已下达 → 单位报送证明 → 确认执行; an order that ended otherwise says how. `proved`: its proof stands."""
    ended = order.state not in STANDING
    last = order.get_state_display() if ended else "确认执行"
    steps = [
        Step("下达", "done", _day(order.issued_at)),
        Step(
            "单位报送证明",
            "done" if proved else "now",
            _day(order.proved_at) if proved else f"{due24(order.due_at)} 前",
        ),
        Step(last, "done" if ended else "now" if proved else "todo", _day(order.ended_at) if ended else ""),
    ]
    return [step for step in steps if proved or not ended or step.name != "单位报送证明"]


def _day(moment: datetime | None) -> str:
    return f"{day_of(moment)}" if moment is not None else ""
