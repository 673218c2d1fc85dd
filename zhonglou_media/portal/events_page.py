"""操作记录: the one history searched, checked and exported, for auditor and admin."""

import tempfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import IO, Any, cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import histories, policy
from accounts.access import may
from accounts.forms import ReasonForm
from accounts.policy import Action
from zhonglou_media.core import events
from zhonglou_media.core.answers import post_only, status_of
from zhonglou_media.core.clock import SHANGHAI, db_now
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.files import XLSX
from zhonglou_media.core.models import Event, EventHead, User
from zhonglou_media.core.tables_out import SheetOut, write_xlsx

from . import event_checks
from .event_filter import EventFilter
from .event_rows import rows

A_PAGE = 25
A_CHUNK = 1000  # events of an export whose objects are read at once
AT_MOST = 50_000  # rows of an export
HEADS = (
    "序号",
    "时间",
    "办理人",
    "身份",
    "操作",
    "对象",
    "名称",
    "原状态",
    "新状态",
    "版次",
    "内容摘要",
    "具体内容",
    "意见",
    "记录摘要",
)


@may(Action.VIEW_EVENTS)
@require_safe
@never_cache
def show(request: HttpRequest) -> HttpResponse:
    """The list, the newest first; every condition is in the address. On top what the last check found."""
    return _page(request, request.GET)


def _page(request: HttpRequest, given: QueryDict, *, refused: str = "", head: str = "") -> HttpResponse:
    user, form = cast(User, request.user), EventFilter(given)
    page = Paginator(form.events().select_related("actor"), A_PAGE).get_page(given.get("page"))
    last = event_checks.done().select_related("by")[:A_PAGE]
    checked = next((job for job in last if not job.result.get("doubts")), None)  # a typed head is its typist's affair
    standing = event_checks.standing()
    end = EventHead.objects.first()
    context: dict[str, Any] = {
        "form": form,
        "page": page,
        "rows": rows(list(page.object_list), user),
        "checked": checked,
        "standing": standing,
        "older": standing if standing != checked else None,
        "end": end,
        "at_most": AT_MOST,
        "query": given.urlencode(),
        "refused": refused,
        "head": head,
    }
    return render(request, "portal/events.html", context, status=422 if refused or form.misread else 200)


@may(Action.VIEW_EVENTS)
@post_only("events")
def check(request: HttpRequest) -> HttpResponseBase:
    """立即核验: a job, whose end is told."""
    head, sure = request.POST.get("head", ""), "sure" in request.POST
    try:
        job = event_checks.ask(by=cast(User, request.user), now=db_now(), head=head, sure=sure)
    except Refused as refused:
        return _page(request, QueryDict(), refused=str(refused), head=head)
    return redirect("job", job.pk)


@may(Action.VIEW_EVENTS)
@require_safe
@never_cache
def checked(request: HttpRequest, pk: int) -> HttpResponse:
    """What one check found: every fault, each with a way to the events around it."""
    return _checked(request, pk)


@may(Action.VIEW_EVENTS)
@post_only("events_checked", "pk")
def close(request: HttpRequest, pk: int) -> HttpResponseBase:
    """了结 what a check found, with the reason."""
    form = ReasonForm(request.POST)
    if form.is_valid():
        try:
            event_checks.close(pk, reason=form.cleaned_data["reason"], by=cast(User, request.user), now=db_now())
        except Refused as refused:
            return _checked(request, pk, form=form, refused=refused)
        messages.success(request, "已了结，理由记入操作记录；同样的不符不再提醒，发现别的会再提醒。")
        return redirect("events")
    return _checked(request, pk, form=form)


def _checked(
    request: HttpRequest, pk: int, *, form: ReasonForm | None = None, refused: Refused | None = None
) -> HttpResponse:
    job = event_checks.done().select_related("by").filter(pk=pk).first()
    if job is None:
        raise Http404
    request.nav_path = "/events/"  # type: ignore[attr-defined]
    context = {
        "job": job,
        "shown": event_checks.SHOWN,
        "open": event_checks.standing() == job,
        "form": form or ReasonForm(),
        "refused": refused,
        "typed": [f"{seq}:{digest}" for seq, digest in job.params.get("heads", [])],
        "history": histories.entries_for(job),
    }
    status = status_of(refused) if refused else 422 if form is not None and form.errors else 200
    return render(request, "portal/events_checked.html", context, status=status)


# --- export -----------------------------------------------------------------------------------------------------------


@may(Action.VIEW_EVENTS)
@post_only("events")
def export(request: HttpRequest) -> HttpResponseBase:
    """What the list shows under the conditions of the address, all pages of it, as a workbook; it leaves an event."""
    user, now = cast(User, request.user), db_now()
    form = EventFilter(request.GET)
    file = cast(IO[bytes], tempfile.TemporaryFile())  # noqa: SIM115  (the answer closes it)
    try:
        take_out(form, file, by=user, now=now)
    except Refused as refused:
        file.close()
        messages.error(request, str(refused))
        return redirect(f"/events/?{request.GET.urlencode()}")
    file.seek(0)
    name = f"操作记录-{now.astimezone(SHANGHAI):%Y-%m-%d-%H%M}.xlsx"
    return FileResponse(file, as_attachment=True, filename=name, content_type=XLSX)


def take_out(form: EventFilter, file: IO[bytes], *, by: User, now: datetime) -> int:
    """Write the chosen events to `file` and append who took out what; how many. Raises NotAllowed or Refused."""
    role, chosen = policy.require(by, Action.VIEW_EVENTS), form.events()
    if form.misread:
        raise Refused(f"条件{form.misread}看不懂，没有导出；请改好再导出，日期写成 2026-11-24 的样子。")
    count = chosen.count()
    if count > AT_MOST:
        raise Refused(f"一次最多导出{AT_MOST}条，现有{count}条，请用日期或对象缩小范围后再导出。")
    above = (f"{now.astimezone(SHANGHAI):%Y-%m-%d %H:%M} 导出，{by}；条件：{form.chosen}；共{count}条",)
    write_xlsx(file, [SheetOut("操作记录", HEADS, sheet_rows(chosen), above)])
    with transaction.atomic():  # not before: what is written meanwhile must not wait
        events.append("event", "export_events", by=by, role=role, at=now, comment=form.chosen, detail={"events": count})
    return count


def sheet_rows(chosen: QuerySet[Event]) -> Iterator[Sequence[Any]]:
    """A row for each event, the newest first; some hundreds are in memory at a time."""
    before: int | None = None
    while chunk := list(
        (chosen if before is None else chosen.filter(seq__lt=before)).select_related("actor")[:A_CHUNK]
    ):
        for row in rows(chunk, None):
            event, old, new = row.event, row.old, row.new
            yield (
                *(event.seq, event.at, row.who, row.role, row.what, row.kind, row.name),
                *(old.label if old else "", new.label if new else "", event.revision, event.digest),
                *(row.said, event.comment, event.hash),
            )
        before = chunk[-1].seq
