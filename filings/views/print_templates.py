"""打印模板: the versions of each form, what may stand in one, and looking at one before it is taken into use."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import cache_control, never_cache
from django.views.decorators.http import require_safe

from accounts.access import may, user_of
from accounts.policy import Action
from filings.access import visible_filings
from filings.forms.templates import PreviewForm, UploadForm
from filings.models import PrintForm, PrintTemplate
from filings.printing import builtin, checking, names, templates
from filings.views.printing import download, file_name, filled
from zhonglou_media.core.answers import post_only, status_of
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.errors import Refused

SHOWN = 50  # versions of a form; a district makes a few


@dataclass(frozen=True)
class Listed:
    """A form with its versions, the newest first; `current` is None while the built-in is printed."""

    form: str
    label: str
    current: PrintTemplate | None
    versions: list[PrintTemplate]
    names: list[tuple[str, str]]  # as a template writes it, and what it prints
    lists: list[tuple[str, str, str, list[tuple[str, str]]]]  # how it begins and ends, what it is, its fields


@may(Action.TEMPLATES)
@require_safe
@never_cache
def templates_(request: HttpRequest) -> HttpResponse:
    """Each form's versions, and the names that may stand in one."""
    return _page(request, UploadForm())


def _page(request: HttpRequest, form: UploadForm, *, status: int = 200) -> HttpResponse:
    used = templates.in_use()
    rows = PrintTemplate.objects.select_related("by", "adopted_by").order_by("form", "-version")
    by_form: dict[str, list[PrintTemplate]] = {}
    for row in rows:
        by_form.setdefault(row.form, []).append(row)
    listed = [
        Listed(
            of.value,
            of.label,
            used.get(of.value),
            by_form.get(of.value, [])[:SHOWN],
            [(written(name), label) for name, label in names.known(of).items()],
            [
                (f"{{%tr for item in {name} %}}", "{%tr endfor %}", label, _of_row(row))
                for name, (label, row) in names.lists(of).items()
            ],
        )
        for of in PrintForm
    ]
    context = {"listed": listed, "own": len(used), "form": form}
    return render(request, "filings/templates.html", context, status=status)


def written(name: str) -> str:
    """A field as a template writes it."""
    return f"{{{{ {name} }}}}"


def _of_row(row: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(written(f"item.{name}"), label) for name, label in row.items()]


@may(Action.TEMPLATES)
@post_only("filings:templates")
def upload(request: HttpRequest) -> HttpResponse:
    """A new version, checked; then it is looked at."""
    form = UploadForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form, status=422)
    typed, file = form.cleaned_data, form.cleaned_data["file"]
    try:
        row = templates.upload(
            file.read(), of=typed["form"], name=file.name or "", note=typed["note"], by=user_of(request), now=db_now()
        )
    except checking.Faulty as faulty:
        for problem in faulty.problems:
            form.add_error("file", problem)
        return _page(request, form, status=status_of(faulty))
    except Refused as refused:
        form.add_error("file", str(refused))
        return _page(request, form, status=status_of(refused))
    messages.success(request, f"已上传{row}，还没有启用。请先用一件备案预览，看过再启用。")
    return redirect("filings:template", row.pk)


@may(Action.TEMPLATES)
@require_safe
@never_cache
def template(request: HttpRequest, pk: int) -> HttpResponse:
    """One version: what it prints and leaves out, filled in with a real filing, taken into use or out of it."""
    return _show(request, _row(pk))


def _show(request: HttpRequest, row: PrintTemplate, *, refused: Refused | None = None) -> HttpResponse:
    preview = PreviewForm(of=row.form, visible=visible_filings(user_of(request)))
    problem: Refused | None = None
    uses = None
    try:
        uses = templates.uses_of(row)
    except Refused as gone:
        problem = gone
    known = {**names.known(row.form)} | {name: label for name, (label, _) in names.lists(row.form).items()}
    context = {
        "row": row,
        "current": templates.in_use().get(row.form),
        "preview": preview,
        "refused": refused,
        "problem": problem,
        "used": [(written(name), known[name]) for name in uses.used] if uses else [],
        "left_out": [(written(name), known[name]) for name in uses.left_out] if uses else [],
    }
    return render(request, "filings/template.html", context, status=status_of(refused) if refused else 200)


@may(Action.TEMPLATES)
@require_safe
@cache_control(private=True, no_store=True)
def preview(request: HttpRequest, pk: int) -> HttpResponse | FileResponse:
    """The template filled in with the filing that was chosen."""
    row = _row(pk)
    if "filing" not in request.GET:
        return redirect("filings:template", pk)
    form = PreviewForm(request.GET, of=row.form, visible=visible_filings(user_of(request)))
    if not form.is_valid():
        return _show(request, row, refused=Refused("请从列出的备案中选择一件，再下载预览。"))
    filing = form.cleaned_data["filing"]
    try:
        content = filled(filing, user_of(request), typed=False, now=db_now(), row=row)
    except Refused as refused:
        return _show(request, row, refused=refused)
    return download(content, f"预览 {file_name(filing)}")


@may(Action.TEMPLATES)
@require_safe
@cache_control(private=True, no_store=True)
def file(request: HttpRequest, pk: int) -> FileResponse:
    """The template as it was uploaded."""
    row = _row(pk)
    try:
        content = templates.content_of(row, row.form)
    except Refused as gone:
        raise Http404(str(gone)) from gone
    return download(content, f"{row}.docx")


@may(Action.TEMPLATES)
@require_safe
def built_in(request: HttpRequest, form: str) -> FileResponse:
    """内置表: what is printed without a template of the office, and a start for one."""
    if form not in PrintForm.values:
        raise Http404
    return download(builtin.built_in(form), f"{PrintForm(form).label}（内置模板）.docx")


@may(Action.TEMPLATES)
@post_only("filings:template", "pk")
def adopt(request: HttpRequest, pk: int) -> HttpResponse:
    """启用."""
    row = _row(pk)
    seen = request.POST.get("instead_of", "")
    try:
        row = templates.adopt(pk, instead_of=int(seen) if seen.isdecimal() else None, by=user_of(request), now=db_now())
    except Refused as refused:
        return _show(request, row, refused=refused)
    messages.success(request, f"已启用{row}，从现在起下载的 Word 表都用它。")
    return redirect("filings:templates")


@may(Action.TEMPLATES)
@post_only("filings:template", "pk")
def retire(request: HttpRequest, pk: int) -> HttpResponse:
    """停用."""
    row = _row(pk)
    try:
        row = templates.retire(pk, by=user_of(request), now=db_now())
    except Refused as refused:
        return _show(request, row, refused=refused)
    messages.success(request, f"已停用{row}，从现在起下载的 Word 表用内置表。")
    return redirect("filings:templates")


def _row(pk: int) -> PrintTemplate:
    return get_object_or_404(PrintTemplate.objects.select_related("file", "by", "adopted_by"), pk=pk)
