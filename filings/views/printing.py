"""附件2–4 on paper: the page to print and sign, and the Word file; for whoever may see the filing."""

import io
from datetime import datetime
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_safe

from accounts import policy
from accounts.access import may, sees_phones, user_of
from accounts.policy import Action
from filings import drafting
from filings.layouts import LAYOUTS
from filings.models import Filing, PrintForm
from filings.printing import builtin, form, names, templates
from filings.views.answers import filing_for
from filings.views.filing import show_filing
from filings.views.sheet import Cell
from zhonglou_media.core import files
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.models import User


@may(Action.VIEW_FILING)
@require_safe
@never_cache
def print_(request: HttpRequest, pk: int) -> HttpResponse:
    """The form as an A4 page. `?typed`: as it is typed now, for who fills it in."""
    filing, user = filing_for(request, pk), user_of(request)
    typed = asked_as_typed(request, filing)
    said = form.printed(filing, phones=sees_phones(user, filing.unit_id), typed=typed, now=db_now())
    context = {
        "filing": filing,
        "said": said.values,
        "typed": typed,
        "head": head(said),
        "items": said.items,
        "has_items": said.form == PrintForm.CHANGE,
        "rows": rows(said),
        "template": templates.in_use().get(said.form),
        "note": builtin.NOTE,
    }
    return render(request, "filings/print.html", context)


@may(Action.VIEW_FILING)
@require_safe
@cache_control(private=True, no_store=True)
def word(request: HttpRequest, pk: int) -> HttpResponse | FileResponse:
    """The same as a Word file, by the office's template where one is in use."""
    filing = filing_for(request, pk)
    try:
        content = filled(filing, user_of(request), typed=asked_as_typed(request, filing), now=db_now())
    except Refused as refused:
        return show_filing(request, filing, refused=refused)
    return download(content, file_name(filing))


def asked_as_typed(request: HttpRequest, filing: Filing) -> bool:
    """Whether what is typed is printed instead of what was frozen: by who may type it, while it may be typed."""
    typing = filing.state in drafting.EDITABLE and policy.may(user_of(request), Action.DRAFT, filing)
    return "typed" in request.GET and typing


def filled(filing: Filing, user: User, *, typed: bool, now: datetime, **template: Any) -> bytes:
    """The Word form as `user` may read it. Raises Refused."""
    phones = sees_phones(user, filing.unit_id)
    return templates.word_file(filing, phones=phones, typed=typed, now=now, **template)


def download(content: bytes, name: str) -> FileResponse:
    """A .docx, saved and never shown as a page of this site."""
    return FileResponse(io.BytesIO(content), as_attachment=True, filename=name, content_type=files.DOCX)


def file_name(filing: Filing) -> str:
    """「附件2 新开办备案-ZLXMT-2026-0007-示例账号.docx」."""
    said = "-".join(filter(None, (filing.get_kind_display(), filing.number, filing.account_label.partition("（")[0])))
    safe = "".join(" " if letter in '\\/:*?"<>|' or not letter.isprintable() else letter for letter in said)
    return f"{LAYOUTS[filing.kind].annex} {safe[:80]}.docx"


# --- the table ------------------------------------------------------------------------------------------------------


def head(said: form.Printed) -> list[list[Cell]]:
    """What stands above the fields: number and dates, and the account that is registered already."""
    pairs = [("number", "received"), ("due", "late")]
    pairs += [] if said.form == PrintForm.OPENING else [("account_name", "account_platform")]
    pairs += [] if said.form == PrintForm.OPENING else [("account_uid", "account_number")]
    known = names.known(said.form)
    return [[Cell(known[name].partition("（")[0], said.values[name]) for name in pair] for pair in pairs]


def rows(said: form.Printed) -> list[list[Cell]]:
    """The fields of the layout, each row of one wide or two narrow cells."""
    layout = LAYOUTS[said.kind]
    labels = {**names.fields(said.form)}
    if "event" in said.values:
        labels["effective_on"] = said.values["event"]
    cells = [[Cell(labels[n], said.shown(n), wide=len(row) == 1) for n in row] for row in layout.printed]
    return [*cells, [Cell("填报人", said.values["author"]), Cell("填报日期", said.values["filled"])]]
