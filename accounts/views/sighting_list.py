"""发现清单: a list goes in, each row is compared and decided by a person, and what came of it stays to be read."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from accounts import sighting_list
from accounts.access import may
from accounts.models import Sighting, Verdict
from accounts.policy import Action
from accounts.sighting_forms import NO_ACCOUNT, SightingListForm
from accounts.sighting_list import KIND, Decision, SeenRow
from accounts.views.sightings import suggested, unit_names
from zhonglou_media.core.answers import post_only, status_of
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.errors import Incomplete, Refused, StaleReading
from zhonglou_media.core.models import Job, JobState, User

RECENT = 10


@dataclass(frozen=True)
class Shown:
    """A row on the page, with what stands chosen and what is wrong with it."""

    row: SeenRow
    chosen: dict[str, str]
    errors: dict[str, str] = field(default_factory=dict)
    moved: bool = False

    @property
    def number(self) -> int:
        return self.row.number

    @property
    def accounts(self) -> list[Any]:
        return [candidate for candidate in self.row.candidates if candidate.account is not None]

    @property
    def best(self) -> Any:
        """The candidate whose letters are shown beside what was seen."""
        return next(iter(self.accounts), None)


@may(Action.SIGHT)
@require_http_methods(["GET", "HEAD", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """上传清单: nothing is written before a person has decided about each row."""
    now = db_now()
    if request.method != "POST":
        return _upload(request, SightingListForm(initial={"found_on": day_of(now)}))
    form = SightingListForm(request.POST, request.FILES)
    if not form.is_valid():
        return _upload(request, form, status=422)
    file: UploadedFile = form.cleaned_data["file"]
    try:
        job = sighting_list.prepare(
            file.read(),
            name=file.name or "",
            source=form.cleaned_data["source"],
            found_on=form.cleaned_data["found_on"],
            by=cast(User, request.user),
            now=now,
        )
    except Incomplete as incomplete:
        for name, sentences in incomplete.errors.items():
            form.add_error(name, sentences)
        return _upload(request, form, status=422)
    except Refused as refused:
        form.add_error("file", str(refused))
        return _upload(request, form, status=status_of(refused))
    return redirect("accounts:sighting_sheet", job.pk)


@may(Action.SIGHT)
@require_http_methods(["GET", "HEAD", "POST"])
def sheet(request: HttpRequest, pk: int) -> HttpResponse:
    """The rows of a list, each to be decided; a POST keeps them all. Once it is done, what came of it."""
    job = _job(pk)
    if request.method == "POST":
        return _apply(request, job)
    if job.state == JobState.PREPARED:
        return _rows(request, job)
    rows = Sighting.objects.filter(pk__in=job.result.get("sightings", []))
    rows = rows.select_related("platform", "unit", "account__unit", "account__platform", "by").order_by("pk")
    context = {"job": job, "ended": sighting_list.ended(job), "rows": rows, "done": job.state == JobState.DONE}
    return render(request, "accounts/sighting_done.html", context)


@may(Action.SIGHT)
@post_only("accounts:sighting_sheet", "pk")
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    """不认定了: the list ends; the page stays to say who decided it."""
    job = _job(pk)
    try:
        sighting_list.discard(job.pk, by=cast(User, request.user), now=db_now())
    except Refused as refused:
        messages.warning(request, str(refused))
    else:
        messages.success(request, "已决定不认定这份清单，台账没有改动。")
    return redirect("accounts:sighting_sheet", job.pk)


def _apply(request: HttpRequest, job: Job) -> HttpResponse:
    decisions = _decisions(request.POST, job)
    try:
        read = request.POST.get("read", "")
        if request.POST.get("sure") != sighting_list.sure(decisions):
            told = sighting_list.rehearse(job.pk, decisions, read=read, by=cast(User, request.user), now=db_now())
            if told:
                return _rows(request, job, told=told, sure=sighting_list.sure(decisions))
        job = sighting_list.apply(job.pk, decisions, read=read, by=cast(User, request.user), now=db_now())
    except Incomplete as incomplete:
        return _rows(request, job, incomplete=incomplete, status=422)
    except Refused as refused:
        job = _job(job.pk)
        if job.state == JobState.PREPARED:
            return _rows(request, job, refused=refused, status=status_of(refused))
        messages.warning(request, str(refused))
    else:
        messages.success(request, _told(job.result))
    return redirect("accounts:sighting_sheet", job.pk)


def _decisions(data: QueryDict, job: Job) -> dict[int, Decision]:
    """What was chosen for each row of the list."""
    made = {}
    for number, _ in job.params["rows"]:
        account = data.get(f"account-{number}", "")
        known = int(account) if account.isascii() and account.isdigit() and len(account) < 19 else None
        made[number] = Decision(data.get(f"verdict-{number}", ""), known, data.get(f"unit-{number}", "").strip())
    return made


def _told(done: dict[str, Any]) -> str:
    counts = "、".join(f"{label} {done[verdict]} 个" for verdict, label in Verdict.choices if done[verdict])
    heard = f"未备案的已通知各单位共 {done['told']} 人，" if done["told"] else ""
    alone = f"{'、'.join(done['silent'])}没有填报员和主要领导的用户，请另行通知；" if done["silent"] else ""
    after = f"{heard}{alone}须补报开办备案或关停（第八条）。" if done["unfiled"] else ""
    return f"已认定：{counts}。{after}"


def _job(pk: int) -> Job:
    return get_object_or_404(Job.objects.select_related("by"), pk=pk, kind=KIND)


def _rows(
    request: HttpRequest,
    job: Job,
    *,
    refused: Refused | None = None,
    incomplete: Incomplete | None = None,
    told: Sequence[tuple[str, int]] = (),
    sure: str = "",
    status: int = 200,
) -> HttpResponse:
    """The page of the rows; what was chosen in a POST that failed still stands. `told`: to be looked at once more."""
    rows = sighting_list.rows_of(job)
    errors = incomplete.errors if incomplete else {}
    moved = _moved(request.POST.get("read", ""), rows) if isinstance(refused, StaleReading) else set()
    shown = [_shown(row, request.POST, errors, moved) for row in rows if row.seen is not None]
    known = [one for one in shown if one.row.suggestion and one.row.suggestion.verdict == Verdict.KNOWN]
    counts = {verdict: sum(s.chosen["verdict"] == verdict for s in shown) for verdict in Verdict.values}
    context = {
        "job": job,
        "groups": [
            ("open", f"请您判断（{len(shown) - len(known)}个）", [one for one in shown if one not in known]),
            ("sure", f"已在台账，自动认出（{len(known)}个）", known),
        ],
        "unread": [row for row in rows if row.seen is None],
        "total": len(shown),
        "counts": counts,
        "tally": [(label, counts[verdict]) for verdict, label in Verdict.choices],
        "unsaid": sum(not s.chosen["verdict"] for s in shown),
        "told": told,
        "sure": sure,
        "verdicts": Verdict.choices,
        "no_account": NO_ACCOUNT,
        "read": sighting_list.reading(rows),
        "units": unit_names(),
        "refused": refused,
        "stale": refused.difference if isinstance(refused, StaleReading) else [],
        "wrong": [(one, name, text) for one in shown for name, text in one.errors.items()],
    }
    return render(request, "accounts/sighting_sheet.html", context, status=status)


def _moved(read: str, rows: list[SeenRow]) -> set[int]:
    before = set(read.split(","))
    return {row.number for row in rows if f"{row.number}:{row.digest}" not in before}


def _shown(row: SeenRow, data: QueryDict, errors: dict[str, list[str]], moved: set[int]) -> Shown:
    first = suggested(row.suggestion)
    chosen = {name: data.get(f"{name}-{row.number}", value) for name, value in first.items()}
    wrong = {}
    for key, sentences in errors.items():
        name, _, number = key.rpartition("-")
        if number == str(row.number):
            wrong[name] = "".join(sentences)
    return Shown(row, chosen, wrong, row.number in moved)


def _upload(request: HttpRequest, form: SightingListForm, *, status: int = 200) -> HttpResponse:
    recent = Job.objects.filter(kind=KIND).select_related("by").order_by("-created_at", "-id")[:RECENT]
    return render(request, "accounts/sighting_upload.html", {"form": form, "recent": recent}, status=status)
