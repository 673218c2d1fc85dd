"""单位主要领导审批 on one screen: what, why, what the rules say, what differs since last time; approve or return."""

from datetime import date, datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth import authenticate
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from accounts.access import may, user_of
from accounts.policy import Action, require
from filings import approving, checks, content, kind_words, kinds, moves
from filings.checks import Level
from filings.differences import differences
from filings.forms.actions import LeaderForm
from filings.models import Filing, FilingKind, FilingState, Revision
from filings.reading import Reading, latest
from filings.views.answers import PASSWORD_LASTS, filing_for
from filings.views.filing import show_filing
from filings.views.sheet import frozen_rows, notes
from filings.wording import if_approved, running, succession
from zhonglou_media.core import events
from zhonglou_media.core.answers import status_of
from zhonglou_media.core.clock import SHANGHAI, day_of, db_now
from zhonglou_media.core.errors import NotAllowed, Refused, StaleReading, WrongState
from zhonglou_media.core.models import Event, User
from zhonglou_media.core.settings_at import setting

DIALOGS = {"approve": "ok_%s", "return": "back_%s"}  # decision → ids of the fields in its dialog
PHRASES = ("名称请与其他平台一致", "理由请写具体", "请先核实再报", "请补附件")


@sensitive_post_parameters("password")
@may(Action.LEADER_APPROVE, Action.LEADER_RETURN)
@never_cache
def approve(request: HttpRequest, pk: int) -> HttpResponse:
    """Approve or return; the decision names the revision that was read."""
    filing = filing_for(request, pk)
    if request.method == "POST":
        return _decide(request, filing)
    if filing.state != FilingState.LEADER_REVIEW:
        return redirect("filings:detail", pk)
    try:
        require(user_of(request), Action.LEADER_APPROVE, filing)
        moves.leader_is_another(filing, user_of(request))
    except NotAllowed as refused:
        return show_filing(request, filing, refused=refused)
    return _show(request, filing, None)


def _decide(request: HttpRequest, filing: Filing) -> HttpResponse:
    form = LeaderForm(request.POST, auto_id=DIALOGS.get(request.POST.get("decision", ""), "%s"))
    now = db_now()
    typed = request.POST.get("comment", "")
    if filing.state == FilingState.LEADER_REVIEW and (not form.is_valid() or not _password_given(request, form, now)):
        return _show(request, filing, form, status=422)
    if not form.is_valid():
        return show_filing(request, filing, refused=moves.wrong_state(filing), typed=typed)
    decide = approving.leader_approve if form.cleaned_data["decision"] == "approve" else approving.leader_return
    try:
        decided = decide(
            filing.pk, by=user_of(request), read=form.reading, now=now, comment=form.cleaned_data["comment"]
        )
    except StaleReading as stale:
        return _show(request, filing_for(request, filing.pk), form, stale=stale, status=409)
    except (NotAllowed, WrongState) as refused:
        return show_filing(request, filing, refused=refused, typed=typed)
    except Refused as refused:
        form.add_error("comment" if form.cleaned_data["decision"] == "return" else None, str(refused))
        return _show(request, filing, form, refused=refused, status=status_of(refused))
    messages.success(request, _told(decided))
    return redirect("home")


def _told(filing: Filing) -> str:
    author = filing.last_editor or filing.author
    if filing.state == FilingState.DRAFT:
        return f"已退回“{filing.account_label}”，{author}会收到您的意见；改好后会再提交给您。"
    clock = running(filing)
    by = f"应于 {clock.until} 前" if clock else "应及时"
    return f"已批准“{filing.account_label}”。{author}{by}报送区政府办公室，系统会提醒。"


# --- the password, when the sign-in is old --------------------------------------------------------------------------


def _needs_password(request: HttpRequest, now: datetime) -> bool:
    signed_in = request.session.get("signed_in_at")
    return not isinstance(signed_in, int | float) or now.timestamp() - signed_in > PASSWORD_LASTS.total_seconds()


def _password_given(request: HttpRequest, form: LeaderForm, now: datetime) -> bool:
    """Whether the person is sure to be the one who signed in; wrong tries count towards the lock-out of the sign-in."""
    if not _needs_password(request, now):
        return True
    given = form.cleaned_data.get("password", "")
    if not given:
        form.add_error("password", "登录已超过10分钟，请再输一次登录密码。")
        return False
    checked: Any = authenticate(request, username=user_of(request).username, password=given)
    if checked != user_of(request):
        form.add_error(
            "password", "密码不对，请重新输入。" + ("您写的意见没有丢。" if form.cleaned_data.get("comment") else "")
        )
        return False
    request.session["signed_in_at"] = int(now.timestamp())
    return True


# --- the page -------------------------------------------------------------------------------------------------------


def _show(
    request: HttpRequest,
    filing: Filing,
    form: LeaderForm | None,
    *,
    stale: StaleReading | None = None,
    refused: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    now, user = db_now(), user_of(request)
    if filing.state != FilingState.LEADER_REVIEW:
        return show_filing(request, filing, refused=stale or refused, typed=request.POST.get("comment", ""))
    standing = latest(filing)
    said = kinds.of(filing).check_details(filing.details, filing)
    seen = _last_seen(filing, user)
    today = day_of(now)
    already_open = opened_without_approval(filing, today, in_force_from(today))
    early = checks.early(filing, filing.effective_on) if already_open else []  # the page says it itself
    chosen = form.data.get("decision", "") if form else ""
    kept = {"comment": form.data.get("comment", "") if form else ""}
    forms = {
        name: form if form and chosen == name and not stale else LeaderForm(auto_id=auto_id, initial=kept)
        for name, auto_id in DIALOGS.items()
    }
    opens = chosen if status != 200 and not stale else ""
    context: dict[str, Any] = {
        "filing": filing,
        "details": filing.details,
        "items": differences(filing.details.change_items) if filing.kind == FilingKind.CHANGE else [],
        "announces": getattr(filing.details, "notice_text", ""),
        "words": kind_words.of(filing),
        "reasons": _reasons(filing),
        "form": form,
        "approve_form": forms["approve"],
        "return_form": forms["return"],
        "open_ok": opens == "approve",
        "open_back": opens == "return",
        "ok_title": f"批准“{filing.account_label}”的{filing.get_kind_display()}？",
        "back_title": f"退回“{filing.account_label}”给{filing.last_editor or filing.author}修改？",
        "reading": Reading(standing.number, standing.sm3),
        "digest": standing.sm3[:4],
        "submitted": events.timeline(filing).filter(verb="submit").last(),
        "stale": stale,
        "refused": refused,
        "warnings": [check for check in said if check.level != Level.PASS and check not in early],
        "agreed": notes([check for check in said if check.level == Level.PASS]),
        "already_open": already_open,
        "seen": seen,
        "difference": _since(filing, seen, standing),
        "rows": frozen_rows(standing.content),
        "attachments": list(filing.attachments.filter(removed_at__isnull=True).select_related("file")),
        "clock": if_approved(filing, on=today, now=now),
        "succession": succession(filing),
        "needs_password": _needs_password(request, now),
        "signed_in_at": _signed_in_at(request),
        "phrases": PHRASES,
        "author": filing.last_editor or filing.author,
    }
    return render(request, "filings/approve.html", context, status=status)


def _reasons(filing: Filing) -> str:
    """Why an account is closed, in the words of the form."""
    if filing.kind not in (FilingKind.CLOSE, FilingKind.CANCEL):
        return ""
    return content.words("reasons", filing.details.reasons, filing.kind)


def _signed_in_at(request: HttpRequest) -> datetime | None:
    moment = request.session.get("signed_in_at")
    return datetime.fromtimestamp(moment, SHANGHAI) if isinstance(moment, int | float) else None


def _last_seen(filing: Filing, user: User) -> Event | None:
    """The leader's last word on an earlier revision."""
    own = events.timeline(filing).filter(actor=user, verb__in=("leader_return", "leader_approve"))
    return own.filter(revision__lt=filing.revision).last()


def _since(filing: Filing, seen: Event | None, standing: Revision) -> list[Any] | None:
    before = filing.revisions.filter(number=seen.revision or 0).first() if seen else None
    return content.difference(before.content, standing.content) if before else None


def opened_without_approval(filing: Filing, today: date, in_force_from: date) -> bool:
    """未批先建: it was done on the platform on an earlier day than an approval of `today` would be (row 5).

    Nothing before `in_force_from` counts (row 8): see `in_force_from(today)`, read once for a page.
    """
    opened = filing.effective_on
    if opened is None or filing.first_approved_on is not None:
        return False
    return in_force_from <= opened < today


def in_force_from(today: date) -> date:
    """The first day on which the regulation holds, as set for `today`."""
    return date.fromisoformat(setting("in_force_from", today))
