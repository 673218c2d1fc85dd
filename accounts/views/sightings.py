"""发现账号: what was found on platforms, and one of them to compare with the register and sort (第八条)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts import sightings
from accounts.access import may
from accounts.models import AccountState, Platform, Sighting, Unit, Verdict
from accounts.models.unit import UnitStatus
from accounts.policy import Action
from accounts.sighting_forms import NO_ACCOUNT, SightingForm
from accounts.sighting_match import Candidate, Finding, Suggestion, Units, match_all, suggest
from accounts.views.register import Count as Tally
from accounts.views.register import changed
from zhonglou_media.core import events
from zhonglou_media.core.answers import post_only, status_of
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.errors import Incomplete, Refused, StaleReading
from zhonglou_media.core.models import User
from zhonglou_media.core.names import clean_name

A_PAGE = 25
COMPARED = ("platform", "name", "uid", "link")
DECIDED = ("verdict", "account", "unit")
ALL_WORDS = "全部发现"
IN_REGISTER = (Verdict.KNOWN, Verdict.UNFILED)
BELOW = {
    Verdict.KNOWN: "台账里有的",
    Verdict.UNFILED: "已登记到单位名下",
    Verdict.NOT_GOVERNMENT: "个人、企业账号",
    Verdict.FAKE: "冒用名称的",
}


@dataclass(frozen=True)
class Compared:
    """The panel beside the form: what it may be, what the portal would say, and what stands chosen."""

    candidates: list[Candidate]
    suggestion: Suggestion | None
    chosen: dict[str, str]

    @property
    def read(self) -> str:
        """What of it a decision stands on: it comes back with the decision."""
        return events.sm3(repr([candidate.told for candidate in self.candidates]))[:16]

    @property
    def accounts(self) -> list[Candidate]:
        return [candidate for candidate in self.candidates if candidate.account is not None]

    @property
    def suggested(self) -> dict[str, str]:
        return suggested(self.suggestion)


def suggested(suggestion: Suggestion | None) -> dict[str, str]:
    """A suggestion as the values of its fields."""
    if suggestion is None:
        return dict.fromkeys(DECIDED, "")
    named = suggestion.verdict == Verdict.UNFILED and suggestion.unit is not None
    return {
        "verdict": "" if suggestion.weak else suggestion.verdict.value,
        "account": str(suggestion.account.pk) if suggestion.account else NO_ACCOUNT,
        "unit": suggestion.unit.name if named and suggestion.unit else "",
    }


@may(Action.SIGHT)
@require_safe
def found(request: HttpRequest) -> HttpResponse:
    """What was found, newest first, and what each was found to be."""
    rows = Sighting.objects.select_related("platform", "unit", "account__unit", "account__platform", "by")
    show = request.GET.get("verdict", "")
    shown = rows.filter(verdict=show) if show in Verdict.values else rows
    still = Q(verdict=Verdict.UNFILED, account__state=AccountState.UNFILED)
    # An account that was found twice is one; of what is in no register each is its own.
    named = Count("account", filter=Q(verdict__in=IN_REGISTER), distinct=True)
    numbers = Sighting.objects.aggregate(
        all=named + Count("pk", filter=~Q(verdict__in=IN_REGISTER)),
        open=Count("account", filter=still, distinct=True),
        **{verdict: Count("account", filter=Q(verdict=verdict), distinct=True) for verdict in IN_REGISTER},
        **{verdict: Count("pk", filter=Q(verdict=verdict)) for verdict in (Verdict.NOT_GOVERNMENT, Verdict.FAKE)},
    )
    tally = [(Tally("全部", numbers["all"], changed(request.GET, verdict=""), show not in Verdict.values), ALL_WORDS)]
    tally += [
        (Tally(verdict.label, numbers[verdict], changed(request.GET, verdict=verdict), show == verdict), BELOW[verdict])
        for verdict in Verdict
    ]
    page = Paginator(shown, A_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "tally": tally, "numbers": numbers, "filtered": show in Verdict.values}
    return render(request, "accounts/sightings.html", context)


@may(Action.SIGHT)
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """登记一个: what was seen, what it may be, and the decision."""
    now = db_now()
    if request.method != "POST":
        first = {"found_on": day_of(now)} | {name: request.GET.get(name, "") for name in (*COMPARED, "source")}
        return _form(request, SightingForm(initial=first), _compare(request.GET))
    form, user = SightingForm(request.POST), cast(User, request.user)
    compared = _compare(request.POST, keep=True)
    if not form.is_valid():
        return _form(request, form, compared, status=422)
    try:
        if request.POST.get("read", "") != compared.read:
            said = "没有登记：比对结果与您看到的不同。请看过下面台账里相同和相近的账号，再认定。"
            raise StaleReading(said, [])
        done = sightings.sort(_choice(form, compared), by=user, now=now)
    except Incomplete as incomplete:
        for name, sentences in incomplete.errors.items():
            for sentence in sentences:
                form.add_error(name, sentence)
        return _form(request, form, compared, status=422)
    except Refused as refused:
        return _form(request, form, _compare(request.POST, keep=True), refused=refused, status=status_of(refused))
    messages.success(request, told(done))
    return redirect("accounts:sightings")


@may(Action.SIGHT)
@post_only("accounts:sighting_new")
def compare(request: HttpRequest) -> HttpResponse:
    """The panel beside the form while it is filled in; changes nothing."""
    return render(request, "accounts/_sighting_panel.html", _panel(_compare(request.POST), SightingForm()))


def told(done: sightings.Sorted) -> str:
    """What was done, what happens next, and who was told."""
    one = done.sighting
    if one.verdict != Verdict.UNFILED:
        return f"“{one.name}”已认定为{one.get_verdict_display()}，下次再发现时会认出来。"
    heard = f"已通知{one.unit}的 {done.told} 人" if done.told else f"{one.unit}没有填报员和主要领导的用户，请另行通知"
    return f"“{one.name}”已登记为未备案，{heard}：须补报开办备案或关停（第八条）。预警随即提出，了结之前一直保留。"


def unit_names() -> list[str]:
    """What is offered where a unit is typed: those that may own an account."""
    open_ = Unit.objects.filter(internal=False).exclude(status=UnitStatus.MERGED)
    return list(open_.values_list("name", flat=True))


def _choice(form: SightingForm, compared: Compared) -> sightings.Choice:
    """Raises Incomplete for a unit that nobody knows."""
    typed = form.cleaned_data
    unit = Units().get(typed["unit"].strip())
    if typed["unit"].strip() and unit is None:
        raise Incomplete("单位不对。", {"unit": [f"台账里没有单位“{typed['unit'].strip()}”，请写全称。"]})
    seen = sightings.Seen(
        platform=Platform.objects.get(code=typed["platform"]),
        **{name: typed[name] for name in ("name", "source", "found_on", "note")},
        **{name: typed[name].strip() for name in ("uid", "link")},
    )
    account = int(typed["account"]) if typed["account"] not in ("", NO_ACCOUNT) else None
    if compared.suggestion is not None:
        account = compared.suggestion.names(typed["verdict"], account)
    return sightings.Choice(seen, typed["verdict"], account, unit.pk if unit else None)


def _compare(data: Mapping[str, Any], *, keep: bool = False) -> Compared:
    """Compare what is typed so far; where it says nothing yet there is nothing to suggest.

    A suggestion takes the place of an earlier one (`was_…`), never of what a person chose; with `keep` not even that.
    """
    finding = _finding(data)
    candidates = match_all([finding])[0] if finding else []
    suggestion = suggest(finding, candidates, Units()) if finding else None
    first, chosen = suggested(suggestion), {}
    for name in DECIDED:
        typed = data.get(name, "")
        is_own = typed and (keep or typed != data.get(f"was_{name}", ""))
        chosen[name] = typed if is_own else "" if keep and name == "unit" else first[name]
    return Compared(candidates, suggestion, chosen)


def _finding(data: Mapping[str, Any]) -> Finding | None:
    platform = Platform.objects.filter(code=data.get("platform", "")).first()
    typed = {name: str(data.get(name, "")).strip()[:300] for name in ("name", "uid", "link")}
    try:
        name = clean_name(typed["name"]) if typed["name"] else ""
    except ValueError:
        return None
    if platform is None or not name:
        return None
    return Finding(platform, name, typed["uid"], typed["link"])


def _panel(compared: Compared, form: SightingForm) -> dict[str, Any]:
    return {"compared": compared, "form": form, "verdicts": Verdict.choices, "no_account": NO_ACCOUNT}


def _form(
    request: HttpRequest,
    form: SightingForm,
    compared: Compared,
    *,
    refused: Refused | None = None,
    status: int = 200,
) -> HttpResponse:
    context = _panel(compared, form) | {"refused": refused, "units": unit_names()}
    return render(request, "accounts/sighting_new.html", context, status=status)
