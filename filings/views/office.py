"""区政府办公室审核: the acts behind the buttons of its panel."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.access import may, user_of
from accounts.policy import Action
from filings import review_queue, reviewing
from filings.forms.office import DecisionForm, NotOccurredForm, PaperCheckForm, UnacceptForm
from filings.models import Filing, FilingState
from filings.views.answers import filing_for
from filings.views.filing import show_filing
from filings.views.office_panel import Form, asks_platform, panel_context
from zhonglou_media.core.answers import post_only
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.countdown import due24
from zhonglou_media.core.errors import Refused


def _again(request: HttpRequest, filing: Filing, form: Form, refused: Refused | None = None) -> HttpResponse:
    """The filing's page once more, with what was typed and why it was not done."""
    filing = filing_for(request, filing.pk)
    typed = form.data.get(form.add_prefix("comment"), "")
    panel = panel_context(request, filing, form=form, refused=refused)
    return show_filing(request, filing, refused=refused, typed=typed, status=None if refused else 422, **panel)


# --- the decision ---------------------------------------------------------------------------------------------------


@may(Action.ACCEPT, Action.RETURN, Action.REFUSE)
@post_only("filings:detail", "pk")
def decide(request: HttpRequest, pk: int) -> HttpResponse:
    """通过, 退回修改 or 不予备案; then the next filing of the queue."""
    filing = filing_for(request, pk)
    form = DecisionForm(request.POST, name=filing.account_label, asks_platform=asks_platform(filing))
    if not form.is_valid():
        return _again(request, filing, form)
    typed = form.cleaned_data
    act: Callable[..., Filing] = {
        "accept": reviewing.accept,
        "return": reviewing.return_,
        "refuse": reviewing.refuse,
    }[typed["decision"]]
    more = {"on_platform": typed.get("on_platform")} if typed["decision"] == "refuse" else {}
    try:
        done = act(pk, by=user_of(request), read=form.reading, now=db_now(), comment=typed["comment"], **more)
    except Refused as refused:
        return _again(request, filing, form, refused)
    return next_in_queue(request, done)


def next_in_queue(request: HttpRequest, done: Filing) -> HttpResponse:
    """What was done, in a sentence, and the next one to review."""
    following = review_queue.after_decision(done)
    then = "下面是下一件。" if following else "待审的都办完了。"
    messages.success(request, f"{_done(done)}{then}")
    return redirect("filings:detail", following.pk) if following else redirect("home")


def _done(filing: Filing) -> str:
    name = f"“{filing.account_label}”"
    if filing.state == FilingState.ACCEPTED:
        until = filing.office_due_at and due24(filing.office_due_at, provisional=filing.provisional)
        by = f"，请在 {until} 前录入全国、全省两个系统" if until else ""
        return f"已通过{name}，转为“待上级平台备案”{by}。"
    if filing.state == FilingState.RETURNED:
        until = filing.correction_due_at and due24(filing.correction_due_at, provisional=filing.provisional)
        by = f"，单位应在 {until} 前改好重报" if until else ""
        return f"已退回{name}{by}。"
    return f"{name}不予备案，本件已结束，单位会收到通知。"


@may(Action.CHECK_PAPER)
@post_only("filings:detail", "pk")
def check_paper(request: HttpRequest, pk: int) -> HttpResponse:
    """点“已核对纸质批准件”."""
    filing = filing_for(request, pk)
    form = PaperCheckForm(request.POST)
    if not form.is_valid():
        return show_filing(request, filing, status=422)
    try:
        reviewing.check_paper(pk, by=user_of(request), read=form.reading, now=db_now())
    except Refused as refused:
        return show_filing(request, filing, refused=refused)
    messages.success(request, "已核对纸质批准件，单位不能再更正批准日期。现在可以审核。")
    return redirect("filings:detail", pk)


# --- what comes after -----------------------------------------------------------------------------------------------


@may(Action.UNACCEPT)
@post_only("filings:detail", "pk")
def unaccept(request: HttpRequest, pk: int) -> HttpResponse:
    """撤销审核通过: back into the queue."""
    filing = filing_for(request, pk)
    form = UnacceptForm(request.POST)
    if not form.is_valid():
        return _again(request, filing, form)
    comment = form.cleaned_data["comment"]
    try:
        reviewing.unaccept(pk, by=user_of(request), read=form.reading, now=db_now(), comment=comment)
    except Refused as refused:
        return _again(request, filing, form, refused)
    messages.success(request, f"已撤销通过，“{filing.account_label}”回到待审。")
    return redirect("filings:detail", pk)


@may(Action.NOT_OCCURRED)
@post_only("filings:detail", "pk")
def not_occurred(request: HttpRequest, pk: int) -> HttpResponse:
    """确认未发生: the ended filing's clocks count no more."""
    filing = filing_for(request, pk)
    form = NotOccurredForm(request.POST)
    if not form.is_valid():
        return _again(request, filing, form)
    try:
        reviewing.confirm_not_occurred(pk, by=user_of(request), comment=form.cleaned_data["comment"], now=db_now())
    except Refused as refused:
        return _again(request, filing, form, refused)
    messages.success(request, f"已确认“{filing.account_label}”未发生，不再计算期限，预警在下次检查时解除。")
    return redirect("filings:detail", pk)
