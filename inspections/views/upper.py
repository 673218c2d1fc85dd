"""上级工单: the list, the page of one, and what the office does with it; a unit reads those handed to it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts import policy
from accounts.access import may, user_of
from accounts.forms import ReasonForm
from accounts.histories import entries_for
from accounts.policy import Action
from inspections import rectifying, upper, upper_accounts, upper_deciding, upper_shown
from inspections.forms.upper import HandForm, NameForm
from inspections.models import RectificationProof, RectificationState, UpperFinding, UpperState
from inspections.models.upper import OPEN_UPPER
from inspections.upper_due import is_over, last_day, proposed_due
from zhonglou_media.core.answers import post_only, status_of
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.countdown import due24
from zhonglou_media.core.errors import Incomplete, Refused

ROWS_A_PAGE, BESIDE = 20, 6
S = UpperState
# What the tabs of the list show, in their order: label, condition, name of its count.
SHOWN: dict[str, tuple[str, Q, str]] = {
    "": ("未答复", upper_shown.OPEN, "open"),
    "named": ("点名待决定", Q(named=True, decided_at__isnull=True) & ~Q(state=S.DROPPED), "named"),
    "reported": ("已上报", Q(state=S.REPORTED), "reported"),
    "dropped": ("不属本区", Q(state=S.DROPPED), "dropped"),
}


@dataclass(frozen=True)
class Tab:
    """A tab of the list."""

    label: str
    url: str
    current: bool
    count: int


@may(Action.VIEW_CHECKS)
@require_safe
def list_(request: HttpRequest) -> HttpResponse:
    """Findings this person may read: late ones first, then those without an owner; what is done, newest first."""
    now, user = db_now(), user_of(request)
    rows = upper_shown.visible(user)
    counts = upper_shown.counts(rows, now)
    office = policy.could(user, Action.UPPER_FINDINGS)
    show = request.GET.get("show", "")
    show = show if show in SHOWN else ""
    address = reverse("inspections:uppers")
    tabs = [
        Tab(label, f"{address}?show={key}" if key else address, key == show, counts[count])
        for key, (label, _, count) in SHOWN.items()
        if key != "dropped" or office or counts["dropped"]
    ]
    found = upper_shown.for_lists(rows.filter(SHOWN[show][1]), now)
    if show in ("reported", "dropped"):
        found = found.order_by("-received_on", "-pk")
    page = Paginator(found, ROWS_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "rows": upper_shown.rows_of(list(page.object_list), now),
        "tabs": tabs,
        "show": show,
        "counts": counts,
        "office": office,
        "decides": policy.could(user, Action.VETO),
        "year": upper_shown.of_year(rows, now),
    }
    return render(request, "inspections/uppers.html", context)


@may(Action.VIEW_CHECKS)
@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """What was said above beside the unit's answer and the records' own facts; and the buttons of this person."""
    return show(request, pk)


@may(Action.UPPER_FINDINGS)
@post_only("inspections:upper", "pk")
def hand(request: HttpRequest, pk: int) -> HttpResponse:
    """交办 to a unit."""
    finding = finding_for(request, pk)
    form = HandForm(request.POST, finding=finding)
    if not form.is_valid() and finding.state == S.RECEIVED:
        return show(request, pk, hand_form=form, status=422)
    try:
        if not form.is_valid():
            raise upper.wrong_state(finding)
        done = upper.hand(
            pk,
            unit_id=form.cleaned_data["unit"].pk,
            due_at=form.due_at(),
            demand=form.cleaned_data["demand"],
            read=_read(request),
            by=user_of(request),
            now=db_now(),
        )
    except Incomplete as incomplete:
        form.take(incomplete)
        return show(request, pk, hand_form=form, status=422)
    except Refused as refused:
        return show(request, pk, refused=refused, hand_form=form, status=status_of(refused))
    messages.success(request, f"已交办{done.unit}，应在 {due24(form.due_at())} 前答复，单位已收到通知。")
    return redirect("inspections:upper", pk=pk)


@may(Action.UPPER_FINDINGS)
@post_only("inspections:upper", "pk")
def drop(request: HttpRequest, pk: int) -> HttpResponse:
    """不属本区."""

    def act(reason: str) -> str:
        upper.drop(pk, reason=reason, read=_read(request), by=user_of(request), now=db_now())
        return "已登记为不属本区，不再列入未答复。"

    return decide_by(request, pk, "drop", ReasonForm(request.POST, auto_id="drop-%s"), act)


@may(Action.UPPER_FINDINGS)
@post_only("inspections:upper", "pk")
def verify(request: HttpRequest, pk: int) -> HttpResponse:
    """核实，上报答复: both in one act."""
    return _plain(request, pk, upper.verify_and_report, "单位的答复已核实，并登记为已上报。")


@may(Action.UPPER_FINDINGS)
@post_only("inspections:upper", "pk")
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """上报答复, which was verified before."""
    return _plain(request, pk, upper.report_up, "已登记为已上报，单位会收到通知。")


@may(Action.VERIFY_RECTIFICATION)
@post_only("inspections:upper", "pk")
def send_back(request: HttpRequest, pk: int) -> HttpResponse:
    """退回补充 of the unit's answer."""

    def act(reason: str) -> str:
        finding = finding_for(request, pk)
        answer = upper_shown.answer_of(finding)
        if answer is None:
            raise upper.wrong_state(finding)
        upper.not_stale(finding, _read(request))
        row = rectifying.send_back(answer.pk, reason=reason, by=user_of(request), now=db_now())
        return f"答复已退回{row.unit}补充，期限仍为 {due24(row.due_at)}。"

    return decide_by(request, pk, "back", ReasonForm(request.POST, auto_id="back-%s"), act)


def _plain(request: HttpRequest, pk: int, act: Callable[..., UpperFinding], said: str) -> HttpResponse:
    finding_for(request, pk)
    try:
        act(pk, read=_read(request), by=user_of(request), now=db_now())
    except Refused as refused:
        return show(request, pk, refused=refused, status=status_of(refused))
    messages.success(request, said)
    return redirect("inspections:upper", pk=pk)


def decide_by(request: HttpRequest, pk: int, name: str, form: ReasonForm, act: Callable[[str], str]) -> HttpResponse:
    """One act with a reason: back to the page, with what was done or why not."""
    finding = finding_for(request, pk)
    if not form.is_valid() and _read(request) == upper.reading(finding):
        return show(request, pk, dialogs={name: form}, status=422)
    try:
        done = act(request.POST.get("reason", "").strip())
    except Refused as refused:
        return show(request, pk, refused=refused, dialogs={name: form}, status=status_of(refused))
    messages.success(request, done)
    return redirect("inspections:upper", pk=pk)


def finding_for(request: HttpRequest, pk: int) -> UpperFinding:
    """The finding, if this person may read it; 404 otherwise."""
    rows = upper_shown.visible(user_of(request)).select_related(
        "account__platform",
        "account__unit__merged_into",
        "unit",
        "recorded_by",
        "handed_by",
        "reported_by",
        "closure_order",
        "rectification__answered_by",
        "rectification__verified_by",
    )
    return get_object_or_404(rows, pk=pk)


def _read(request: HttpRequest) -> str:
    return request.POST.get("read", "")


def show(
    request: HttpRequest,
    pk: int,
    *,
    hand_form: HandForm | None = None,
    dialogs: dict[str, ReasonForm] | None = None,
    refused: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page; `dialogs` holds the form of one that was incomplete or refused, by its name."""
    finding, user, now = finding_for(request, pk), user_of(request), db_now()
    dialogs = dialogs or {}
    office = policy.could(user, Action.UPPER_FINDINGS)
    answer = upper_shown.answer_of(finding)
    waiting = answer is not None and answer.state == RectificationState.SUBMITTED and finding.state == S.HANDED
    verified = answer is not None and answer.state == RectificationState.VERIFIED and finding.state == S.HANDED
    alone = office and finding.state == S.RECEIVED
    if alone and hand_form is None:
        hand_form = _hand_form(finding, now)
    own = answer is not None and answer.answered_by_id == user.pk
    beside = upper_shown.for_lists(upper_shown.visible(user).filter(upper_shown.OPEN).exclude(pk=pk), now)
    proofs = RectificationProof.objects.filter(rectification=answer) if answer is not None else []
    context: dict[str, Any] = {
        "upper": finding,
        "state": upper_shown.state_of(finding),
        "is_open": finding.state in OPEN_UPPER,
        "read": upper.reading(finding),
        "answer": answer,
        "proofs": list(proofs),
        "pictures": list(finding.pictures.select_related("file")),
        "known": upper_shown.known(finding),
        "office": office,
        "may_answer": answer is not None and policy.may(user, Action.ANSWER_RECTIFICATION, answer),
        "hand_form": hand_form if alone else None,
        "recommended": upper_accounts.recommended(finding) if alone else None,
        "units": upper_accounts.unit_names() if alone else [],
        "last": last_day(finding.due_at),
        "over": is_over(finding, now),
        "verifies": office and waiting and not own,
        "own_answer": office and waiting and own,
        "reports": office and verified,
        "decides": policy.could(user, Action.VETO) and not upper_deciding.why_not(finding),
        "undecided": finding.named and finding.decided_at is None and finding.state != S.DROPPED,
        "vetoes": list(finding.vetoes.filter(revoked_at__isnull=True)),
        "drop_form": dialogs.get("drop") or ReasonForm(auto_id="drop-%s") if alone else None,
        "back_form": dialogs.get("back") or ReasonForm(auto_id="back-%s") if office and waiting and not own else None,
        "name_form": dialogs.get("name") or NameForm(auto_id="name-%s")
        if office and not finding.named and finding.state != S.DROPPED
        else None,
        "incomplete": next((form for form in (hand_form, *dialogs.values()) if form and form.errors), None),
        **{f"open_{name}": name in dialogs and bool(dialogs[name].errors) for name in ("drop", "back", "name")},
        "history": entries_for(finding),
        "beside": upper_shown.rows_of(list(beside[:BESIDE]), now),
        "refused": refused,
    }
    return render(request, "inspections/upper.html", context, status=status)


def _hand_form(finding: UpperFinding, now: Any) -> HandForm:
    unit = upper_accounts.recommended(finding).unit
    first = {"unit": unit.name if unit else "", "due_on": last_day(proposed_due(finding, now))}
    return HandForm(finding=finding, initial=first)
