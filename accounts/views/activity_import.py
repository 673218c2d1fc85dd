"""导入发布和留言数据: a file goes in, a worker imports it, and what came of it stays to be read again."""

import io
import tempfile
from datetime import datetime
from itertools import zip_longest
from pathlib import Path
from typing import Any, cast

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models import QuerySet
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from accounts.access import may
from accounts.activity_heads import COLUMNS, SILENT_WORDS, ActivityKind, open_activity
from accounts.activity_in import HELD_SHOWN
from accounts.activity_rows import read_known_until
from accounts.activity_sample import write_sample
from accounts.activity_shown import heads_line, refusals
from accounts.jobs import IMPORT_ACTIVITY
from accounts.policy import OFFICE, Action, roles_of
from zhonglou_media.core import files, jobs
from zhonglou_media.core.answers import status_of
from zhonglou_media.core.clock import SHANGHAI, db_now
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.models import File, Job, JobState, User
from zhonglou_media.core.tables_in import is_workbook
from zhonglou_media.core.tables_stream import MAX_CSV, MAX_ROWS, MAX_XLSX

CSV = "text/csv"
RECENT = 10


class ActivityForm(forms.Form):
    """A file of activity, and until when its data reach."""

    use_required_attribute = False  # the browser would complain in its own language

    kind = forms.ChoiceField(
        label="文件里是",
        choices=[
            (ActivityKind.PUBLICATIONS.value, "发布（平台、账号名称、外部编号、发布时间等）"),
            (ActivityKind.MESSAGES.value, "留言（平台、账号名称、外部编号、类型、留言时间、回复时间等）"),
            (ActivityKind.FOLLOWERS.value, "粉丝数（平台、账号名称、日期、粉丝数）"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "请选择文件里是哪一种数据。"},
    )
    known_until = forms.CharField(
        label="数据截至",
        required=False,
        max_length=32,
        help_text="如 2026-11-24（指当日24时）或 2026-11-24 14:05；不填则以文件里最晚的时间为准。粉丝数不用填",
    )
    file = forms.FileField(
        label="数据文件",
        help_text=f"Excel 工作簿（.xlsx，{MAX_XLSX >> 20} MB 以内）或 CSV 文件（{MAX_CSV >> 20} MB 以内），"
        f"最多 {MAX_ROWS:,} 行",
        error_messages={
            "required": "请选择要导入的数据文件。",
            "missing": "请选择要导入的数据文件。",
            "invalid": "数据文件没有上传成功，请重新选择。",
            "empty": "数据文件是空的，请检查后重新选择。",
        },
    )

    def __init__(self, *args: Any, now: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now

    def clean_known_until(self) -> datetime | None:
        """The moment that is meant."""
        text = self.cleaned_data["known_until"].strip()
        if not text:
            return None
        try:
            return read_known_until(text, self.now)
        except ValueError as problem:
            raise forms.ValidationError(f"{problem}。") from problem

    def clean_file(self) -> UploadedFile:
        """Said before the file is copied: nobody waits for what is too large anyway."""
        upload = cast(UploadedFile, self.cleaned_data["file"])
        if (upload.size or 0) > MAX_CSV:
            raise forms.ValidationError(f"文件超过 {MAX_CSV >> 20} MB，请分成几个文件后分别导入。")
        return upload


@may(Action.IMPORT_ACTIVITY)
@require_http_methods(["GET", "HEAD", "POST"])
def activity_import(request: HttpRequest) -> HttpResponse:
    """Upload a file of activity: its header is looked at here, its rows by a worker."""
    now, user = db_now(), cast(User, request.user)
    if request.method != "POST":
        return _show(request, ActivityForm(now=now))
    form = ActivityForm(request.POST, request.FILES, now=now)
    if not form.is_valid():
        return _show(request, form, status=422)
    upload: UploadedFile = form.cleaned_data["file"]
    known_until: datetime | None = form.cleaned_data["known_until"]
    params = {"kind": form.cleaned_data["kind"], "known_until": known_until and known_until.isoformat()}
    try:
        with transaction.atomic():
            source = _keep(upload, ActivityKind(form.cleaned_data["kind"]))
            job = jobs.enqueue(
                IMPORT_ACTIVITY, by=user, now=now, params=params, source=source, source_name=upload.name or ""
            )
    except Refused as refusal:
        form.add_error("file", str(refusal))
        return _show(request, form, status=status_of(refusal))
    return redirect("job", job.pk)


@may(Action.IMPORT_ACTIVITY)
@require_safe
def result(request: HttpRequest, pk: int) -> HttpResponse:
    """What came of an import: counts, the columns, the first refused rows, the accounts whose 数据截至 stayed."""
    user = cast(User, request.user)
    job = get_object_or_404(_own(user).select_related("by"), pk=pk)
    if job.state not in (JobState.DONE, JobState.FAILED) or not job.result:
        return redirect("job", job.pk)
    done: dict[str, Any] = job.result
    moved: int = done.get("moved", 0)
    rows = refusals(done)
    until = datetime.fromisoformat(done["known_until"]) if moved else None
    context = {
        "job": job,
        "done": done,
        "kind": ActivityKind(done["kind"]).label,
        "silent_word": SILENT_WORDS[ActivityKind(done["kind"])],
        "heads": heads_line(done),
        "rows": rows,
        "rows_title": f"没有导入的行（{done['refused']:,}行）",
        "known_until": until,
        "moved_title": until and f"{moved}个账号的数据截至移到 {until.astimezone(SHANGHAI):%Y-%m-%d %H:%M}",
        "held": list(zip_longest(done["held"], done.get("held_why", ()), fillvalue="")),
        "held_title": f"{done['held_count']}个账号的数据截至没有变动",
        "held_more": done["held_count"] - len(done["held"][:HELD_SHOWN]),
    }
    return render(request, "accounts/activity_import_result.html", context)


@may(Action.IMPORT_ACTIVITY)
@require_safe
def sample(request: HttpRequest, kind: str) -> FileResponse:
    """样表 of one kind of data."""
    if kind not in ActivityKind.values:
        raise Http404
    what, book = ActivityKind(kind), io.BytesIO()
    write_sample(what, book)
    book.seek(0)
    return FileResponse(book, as_attachment=True, filename=f"{what.label}数据样表.xlsx", content_type=files.XLSX)


def _own(user: User) -> QuerySet[Job]:
    """Imports of activity that `user` may read: the office all, an operator the own."""
    runs = Job.objects.filter(kind=IMPORT_ACTIVITY.code)
    return runs if roles_of(user) & set(OFFICE) else runs.filter(by=user)


def _keep(upload: UploadedFile, kind: ActivityKind) -> File:
    """Keep the file once its header is found; sealed, for citizens wrote what it may hold. Raises Refused."""
    with tempfile.NamedTemporaryFile(prefix="activity-") as copy:
        for chunk in upload.chunks():
            copy.write(chunk)
        copy.flush()
        open_activity(Path(copy.name), kind)
        copy.seek(0)
        is_book = is_workbook(copy.read(4096))
        return files.keep(copy, files.XLSX if is_book else CSV, sealed=True)


def _show(request: HttpRequest, form: ActivityForm, *, status: int = 200) -> HttpResponse:
    recent = _own(cast(User, request.user)).select_related("by").order_by("-created_at", "-id")[:RECENT]
    context: dict[str, Any] = {
        "form": form,
        "recent": recent,
        "columns": [(kind, [column.label for column in COLUMNS[kind][1:]]) for kind in ActivityKind],
    }
    return render(request, "accounts/activity_import.html", context, status=status)
