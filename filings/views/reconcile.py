"""与上级平台核对: a list goes in, its columns are confirmed once, and each run stays with what can be done about it."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any, cast

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import may, user_of
from accounts.policy import Action
from filings import export_requests
from filings.forms.reconcile import ListForm, typed_columns, typed_states
from filings.models import ExportRequest, LineKind, Reconciliation, ReconciliationLine, System
from filings.reconciling import acting, fields, listing, running, shown
from filings.reconciling.listing import Listing
from zhonglou_media.core import files
from zhonglou_media.core.answers import post_only, status_of
from zhonglou_media.core.clock import SHANGHAI, day_of, db_now
from zhonglou_media.core.errors import Incomplete, Refused, WrongState
from zhonglou_media.core.models import Job, JobState, User
from zhonglou_media.core.words import SYSTEM_NAMES, SYSTEMS

RUNS = 10
FIRST_LINES = 20
A_PAGE = 50
BROKEN_SHOWN = 20
UNCOUNTED = (("对方空着", "blank_there"), ("本区空着", "blank_here"), ("看不懂、没有比", "unread"))


@may(Action.RECONCILE)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def start(request: HttpRequest) -> HttpResponse:
    """上传清单, and what earlier runs found."""
    now = db_now()
    if request.method != "POST":
        asked = request.GET.get("system", "")
        system = asked if asked in System.values else System.NATIONAL
        return _start(request, ListForm(initial={"system": system, "listed_on": day_of(now)}, today=day_of(now)))
    form = ListForm(request.POST, request.FILES, today=day_of(now))
    if not form.is_valid():
        return _start(request, form, status=422)
    upload: UploadedFile = form.cleaned_data["file"]
    try:
        job = running.prepare(
            cast("IO[bytes]", upload.file),
            name=upload.name or "",
            system=form.cleaned_data["system"],
            listed_on=form.cleaned_data["listed_on"],
            by=user_of(request),
            now=now,
        )
    except Refused as refused:
        form.add_error("file", str(refused))
        return _start(request, form, status=status_of(refused))
    return redirect("filings:reconcile_job" if job.state == JobState.PREPARED else "job", job.pk)


def _start(request: HttpRequest, form: ListForm, *, status: int = 200) -> HttpResponse:
    runs = Reconciliation.objects.select_related("by").order_by("-pk")
    latest = [run for system in System.values for run in [running.latest(system)] if run is not None]
    context = {
        "form": form,
        "page": Paginator(runs, RUNS).get_page(request.GET.get("page")),
        "latest": [(SYSTEMS[run.system], run) for run in latest],
        "prepared": Job.objects.filter(kind=running.KIND, state=JobState.PREPARED, by=user_of(request))[:3],
    }
    return render(request, "filings/reconcile.html", context, status=status)


# --- 列的对应 ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Head:
    """One of their columns: its place from 1, what it is taken for, and the first thing in it."""

    place: int
    head: str
    field: str
    example: str


@may(Action.RECONCILE)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def job(request: HttpRequest, pk: int) -> HttpResponse:
    """A list that waits for its columns to be confirmed; once it ran, the way to its run."""
    found = get_object_or_404(Job.objects.select_related("by", "source"), pk=pk, kind=running.KIND)
    if found.state != JobState.PREPARED:
        if request.method == "POST":
            messages.warning(request, "这份清单已经在核对，不用再提交。")
        run = Reconciliation.objects.filter(job=found).first()
        return redirect("filings:reconcile_run", run.pk) if run is not None else redirect("job", found.pk)
    try:
        table = listing.of_job(found)
    except Refused as gone:
        raise Http404(str(gone)) from gone
    if request.method != "POST":
        suggested = running.suggest(table, found.params["system"])
        columns = found.params.get("columns", suggested.columns)
        return _columns(request, found, table, columns, found.params.get("states") or suggested.states)
    columns, errors = typed_columns(request.POST, table)
    states = typed_states(request.POST)
    try:
        if errors:
            raise Incomplete("还不能核对。", {"columns": errors})
        running.confirm(found.pk, columns=columns, states=states, by=user_of(request), now=db_now())
    except Incomplete as lacking:
        wrong = [sentence for sentences in lacking.errors.values() for sentence in sentences]
        return _columns(request, found, table, columns, states, wrong=wrong, status=422)
    except WrongState as late:
        messages.warning(request, str(late))
    except Refused as refused:
        return _columns(request, found, table, columns, states, wrong=[str(refused)], status=status_of(refused))
    return redirect("job", found.pk)


def _columns(
    request: HttpRequest,
    job: Job,
    table: Listing,
    columns: dict[str, str],
    states: dict[str, str],
    *,
    wrong: list[str] | None = None,
    status: int = 200,
) -> HttpResponse:
    taken = {head: name for name, head in columns.items()}
    try:
        words = table.words(columns["state"]) if "state" in columns else {}
    except Refused:
        words = {}
    context = {
        "job": job,
        "system": SYSTEM_NAMES[job.params["system"]],
        "rows": table.rows,
        "heads": [
            Head(place, head, taken.get(head, ""), table.example(head)) for place, head in enumerate(table.heads, 1)
        ],
        "fields": list(fields.LABELS.items()),
        "words": [
            (place, word, number, states.get(word) or listing.guess_state(word))
            for place, (word, number) in enumerate(sorted(words.items(), key=lambda one: -one[1]), 1)
        ],
        "states": list(listing.STATES.items()),
        "known": len(columns),
        "wrong": wrong or [],
    }
    return render(request, "filings/reconcile_columns.html", context, status=status)


@may(Action.RECONCILE)
@post_only("filings:reconcile")
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    """不核对了."""
    get_object_or_404(Job, pk=pk, kind=running.KIND)
    try:
        running.discard(pk, by=user_of(request), now=db_now())
    except Refused as refused:
        messages.warning(request, str(refused))
    else:
        messages.success(request, "这份清单不核对了。")
    return redirect("filings:reconcile")


@may(Action.RECONCILE)
@post_only("filings:reconcile_run", "pk")
def again(request: HttpRequest, pk: int) -> HttpResponse:
    """改对应，重新核对: the same list, its columns to be chosen anew."""
    run = _run(pk)
    try:
        made = running.reconsider(run, by=user_of(request), now=db_now())
    except Refused as refused:
        return _show(request, run, refused=refused)
    return redirect("filings:reconcile_job", made.pk)


# --- a run ----------------------------------------------------------------------------------------------------------


@may(Action.RECONCILE)
@require_safe
@never_cache
def run(request: HttpRequest, pk: int) -> HttpResponse:
    """What a run found; with `list`, one of its lists alone, page by page."""
    return _show(request, _run(pk))


def _run(pk: int) -> Reconciliation:
    return get_object_or_404(Reconciliation.objects.select_related("by", "job", "previous", "following"), pk=pk)


def _show(
    request: HttpRequest,
    run: Reconciliation,
    *,
    refused: Refused | None = None,
    typed: tuple[int, str] = (0, ""),
) -> HttpResponse:
    now, asked = db_now(), (request.GET.get("list") or request.POST.get("list") or "")
    alone = asked if asked in LineKind.values else ""
    page = None
    if alone:
        lines = Paginator(shown.lines_of(run).filter(kind=alone), A_PAGE)
        page = lines.get_page(request.GET.get("page") or request.POST.get("page"))
        title, note = shown.title(alone, run.system), shown.NOTES[LineKind(alone)]
        groups = [shown.Group(LineKind(alone), title, note, lines.count, shown.rows(list(page), now=now))]
    else:
        groups = shown.groups(run, now=now, shown=FIRST_LINES)
    counts, previous = run.counts, run.previous
    broken: list[list[Any]] = run.job.result.get("uncompared", [])
    less = set(previous.columns) - set(run.columns) if previous is not None else set()
    context = {
        "run": run,
        "counts": counts,
        "system": SYSTEMS[run.system],
        "name": SYSTEM_NAMES[run.system],
        "groups": groups,
        "alone": alone,
        "page": page,
        "broken": broken[:BROKEN_SHOWN],
        "fewer": max(0, previous.counts["lines"] - counts["lines"]) if previous is not None else 0,
        "more": max(0, counts["lines"] - previous.counts["lines"]) if previous is not None else 0,
        "less": fields.labels(name for name in fields.LABELS if name in less),
        "columns": [
            (head, fields.LABELS[name], _states_of(run) if name == "state" else "")
            for name, head in sorted(run.columns.items(), key=lambda one: list(fields.LABELS).index(one[0]))
        ],
        "like": Reconciliation.objects.filter(pk=run.job.params.get("like")).first(),
        "uncounted": [
            (words, [(fields.LABELS[name], number) for name, number in counts[key].items()])
            for words, key in UNCOUNTED
            if counts[key]
        ],
        "is_latest": not hasattr(run, "following"),
        "following": getattr(run, "following", None),
        "history": Reconciliation.objects.select_related("by").order_by("-pk")[:RUNS],
        "refused": refused,
        "typed_on": typed[0],
        "typed": typed[1],
    }
    status = status_of(refused) if refused is not None else 200
    return render(request, "filings/reconcile_run.html", context, status=status)


def _states_of(run: Reconciliation) -> str:
    return "，".join(f"{word or '（空着）'} = {listing.STATES[meaning]}" for word, meaning in run.states.items())


@may(Action.RECONCILE)
@require_safe
def workbook(request: HttpRequest, pk: int) -> FileResponse:
    """导出差异."""
    found, book = _run(pk), io.BytesIO()
    shown.write(found, found.job.result.get("uncompared", []), book, now=db_now())
    book.seek(0)
    name = f"{SYSTEMS[found.system]}核对差异-{found.at.astimezone(SHANGHAI):%Y%m%d}-{found.pk}.xlsx"
    return FileResponse(book, as_attachment=True, filename=name, content_type=files.XLSX)


# --- a line ---------------------------------------------------------------------------------------------------------


@may(Action.RECONCILE)
@post_only("filings:reconcile")
def export(request: HttpRequest, pk: int) -> HttpResponse:
    """加入导出."""

    def act(by: User, now: datetime) -> str:
        made = acting.export(pk, by=by, now=now)
        return f"已加入待导出到{SYSTEM_NAMES[made.system]}的补报（{made.get_mark_display()}），下次导出时一并报送。"

    return _act(request, pk, act)


@may(Action.RECONCILE)
@post_only("filings:reconcile")
def drop(request: HttpRequest, pk: int) -> HttpResponse:
    """取消: the account of the line no longer waits for the next export."""
    line = _line(pk)

    def act(by: User, now: datetime) -> str:
        waiting: ExportRequest | None = (
            export_requests.waiting(line.run.system).filter(account=line.account_id).first()
            if line.account_id is not None
            else None
        )
        if waiting is None:
            raise WrongState("这个账号不在待导出的补报里，可能已经导出或取消。")
        export_requests.drop(waiting.pk, by=by, now=now)
        return "已取消，不再随下次导出报送。"

    return _act(request, pk, act)


@may(Action.RECONCILE)
@post_only("filings:reconcile")
def ask(request: HttpRequest, pk: int) -> HttpResponse:
    """请单位变更."""

    def act(by: User, now: datetime) -> str:
        return f"已通知该单位的 {acting.ask(pk, by=by, now=now)} 名填报员。"

    return _act(request, pk, act)


@may(Action.RECONCILE)
@post_only("filings:reconcile")
def note(request: HttpRequest, pk: int) -> HttpResponse:
    """写说明."""
    text, read = request.POST.get("note", ""), request.POST.get("read", "")

    def act(by: User, now: datetime) -> str:
        line = acting.note(pk, text, read=read, by=by, now=now)
        return "说明已保存，下次核对仍是这样时会带过去。" if line.note else "说明已删去。"

    return _act(request, pk, act, typed=text)


def _line(pk: int) -> ReconciliationLine:
    return get_object_or_404(ReconciliationLine.objects.select_related("run"), pk=pk)


def _act(
    request: HttpRequest, pk: int, act: Callable[[User, datetime], str], *, typed: str = ""
) -> HttpResponse | HttpResponseRedirect:
    """Do it and come back to the line; a refusal is said on top of the page, with what was typed still on its line."""
    line = _line(pk)
    try:
        told = act(user_of(request), db_now())
    except Refused as refused:
        return _show(request, _run(line.run_id), refused=refused, typed=(pk, typed) if typed else (0, ""))
    messages.success(request, told)
    where = request.POST.get("list", "")
    query = f"?list={where}&page={request.POST.get('page', '1')}" if where in LineKind.values else ""
    return redirect(f"{reverse('filings:reconcile_run', args=[line.run_id])}{query}#line-{pk}")
