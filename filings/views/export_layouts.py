"""导出格式: the columns of one system's file, arranged with a preview, each version kept."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.access import may, user_of
from accounts.policy import Action
from filings import export_requests, exporting
from filings.export_batches import Choice
from filings.exporting import layouts, writing
from filings.exporting.columns import VALUES, Column
from filings.exporting.writing import Written
from filings.forms import export_layout as forms
from filings.forms.export_layout import Typed
from filings.models import Filing, FilingState, System
from zhonglou_media.core.answers import status_of
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.errors import Refused, WrongState
from zhonglou_media.core.tables_out import plain
from zhonglou_media.core.words import SYSTEM_NAMES

EXAMPLES = 5  # rows of the preview
BUILT_IN = "恢复内置的格式"


@may(Action.EXPORT_LAYOUT)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def layout(request: HttpRequest, system: str) -> HttpResponse:
    """The page; every button sends the whole form, so that it works without script and nothing typed is lost."""
    if system not in System.values:
        raise Http404
    if request.method != "POST":
        return _opened(request, system)
    rows, do = forms.read(request.POST), request.POST.get("do", "preview")
    base = _number(request.POST.get("base", ""))
    if do not in ("save", "preview", "restore"):
        rows = forms.done(rows, do)
        return _page(request, system, rows, base=base, moved=do)
    columns, faults = forms.columns(rows)
    note, above = request.POST.get("note", ""), request.POST.get("above", "").strip()
    if do == "restore":
        built_in = layouts.built_in(system)
        columns, faults, note, above = list(built_in.columns), [], BUILT_IN, built_in.title
    else:
        faults = sorted({*faults, *layouts.faults(columns, above)})
    if faults or do == "preview":
        return _page(request, system, rows, base=base, faults=faults, preview=None if faults else columns)
    try:
        made = layouts.save(system, columns, title=above, base=base, note=note, by=user_of(request), now=db_now())
    except Refused as refused:
        last = layouts.history(system).first()
        base = last.version if last and isinstance(refused, WrongState) else base
        return _page(request, system, rows, base=base, refused=refused)
    messages.success(request, f"已保存{SYSTEM_NAMES[system]}的导出格式第 {made.version} 版，下次导出起用。")
    return redirect("filings:export_layout", system)


def _opened(request: HttpRequest, system: str) -> HttpResponse:
    """The version in use, or an earlier one to begin from."""
    last = layouts.history(system).first()
    base = last.version if last else 0
    asked = request.GET.get("version", "")
    version = _number(asked) if asked else base
    if version == 0:
        return _page(request, system, forms.typed(exporting.COLUMNS[system]), base=base, shown=0)
    found = layouts.history(system).filter(version=version).first()
    if found is None:
        raise Http404
    rows = forms.typed(layouts.columns_of(found))
    return _page(request, system, rows, base=base, shown=version, above=found.title)


def _page(
    request: HttpRequest,
    system: str,
    rows: list[Typed],
    *,
    base: int,
    shown: int | None = None,
    above: str = "",
    moved: str = "",
    faults: Sequence[tuple[int, str]] = (),
    preview: Sequence[Column] | None = None,
    refused: Refused | None = None,
) -> HttpResponse:
    wrong = {place for place, _ in faults}
    context: dict[str, Any] = {
        "system": system,
        "name": SYSTEM_NAMES[system],
        "title": exporting.TITLES[system],
        "rows": [(place, row, place in wrong) for place, row in enumerate(rows, 1)],
        "values": [(key, value.label) for key, value in VALUES.items()],
        "base": base,
        "shown": shown,
        "note": request.POST.get("note", ""),
        "above": request.POST.get("above", above),
        "built_in_title": layouts.built_in(system).title,
        "faults": faults,
        "heads": [column.heading for column in preview or ()],
        "examples": examples(system, preview) if preview else [],
        "previewed": preview is not None,
        "refused": refused,
        "history": layouts.history(system),
        "max_columns": layouts.MAX_COLUMNS,
        "moved": moved,
    }
    request.nav_path = "/filings/exchange/"  # type: ignore[attr-defined]
    status = status_of(refused) if refused else 422 if faults else 200
    return render(request, "filings/export_layout.html", context, status=status)


def examples(system: str, columns: Sequence[Column]) -> list[list[Any]]:
    """A few rows as they would be written: what waits, else the filings that went up last."""
    ids = list(Choice(system).ready().values_list("pk", flat=True)[:EXAMPLES])
    if not ids:
        went = Filing.objects.filter(state__in=(FilingState.ACCEPTED, FilingState.COMPLETED)).order_by("-pk")
        ids = list(went.values_list("pk", flat=True)[:EXAMPLES])
    requests = list(export_requests.waiting(system).values_list("pk", flat=True)[: EXAMPLES - len(ids)])
    found = writing.rows(system, ids, requests, Written())
    return [[plain(column.cell(row)) for column in columns] for row in found]


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
