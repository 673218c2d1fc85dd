"""打印模板: the office uploads a form of its own, looks at it with a real filing, takes it into use or out again."""

from collections.abc import Mapping
from datetime import datetime

from django.db import IntegrityError, transaction

from accounts import policy
from accounts.policy import Action
from filings.models import Filing, PrintForm, PrintTemplate
from filings.printing import builtin, checking, form, word
from zhonglou_media.core import events, files
from zhonglou_media.core.errors import Refused, WrongState
from zhonglou_media.core.file_types import DOCX
from zhonglou_media.core.models import User

_TRIES = 3  # two who upload at once ask for the same number


def in_use() -> Mapping[str, PrintTemplate]:
    """What is printed now, by form; a form that is not there prints the built-in."""
    rows = PrintTemplate.objects.filter(adopted_at__isnull=False, retired_at__isnull=True)
    return {row.form: row for row in rows.select_related("file", "by", "adopted_by")}


def content_of(row: PrintTemplate | None, of: PrintForm | str) -> bytes:
    """The .docx of a template, or the built-in of that form. Raises Refused when it is no longer in the store."""
    if row is None:
        return builtin.built_in(of)
    with files.open_file(row.file) as stored:
        return stored.read()


def word_file(filing: Filing, *, phones: bool, typed: bool, now: datetime, row: PrintTemplate | None = None) -> bytes:
    """The Word form of `filing`, by the template `row`, by default the one in use. Raises Refused."""
    said = form.printed(filing, phones=phones, typed=typed, now=now)
    row = row or in_use().get(said.form)
    fill = word.fill_uploaded if row else word.fill
    return fill(content_of(row, said.form), said.context())


def uses_of(row: PrintTemplate) -> checking.Uses:
    """What the version prints and leaves out, as its upload wrote it down: nothing is parsed for a page.

    Raises Refused when its file is no longer in the store.
    """
    with files.open_file(row.file):
        pass
    uploaded = events.timeline(row).filter(verb="upload").first()
    used = uploaded.detail.get("used") if uploaded else None
    return checking.check(content_of(row, row.form), row.form) if used is None else checking.uses(used, row.form)


def upload(content: bytes, *, of: PrintForm | str, name: str, note: str, by: User, now: datetime) -> PrintTemplate:
    """A new version of a form, checked, not yet in use; the file stays as it is for good.

    Raises NotAllowed, Refused when it is no sound .docx, `checking.Faulty` with what to put right in it.
    """
    role = policy.require(by, Action.TEMPLATES)
    of = PrintForm(of)
    uses = checking.check(content, of)
    kept = files.keep(content, DOCX)
    for _ in range(_TRIES):
        try:
            with transaction.atomic():
                last = PrintTemplate.objects.filter(form=of).order_by("-version").first()
                version = last.version + 1 if last else 1
                facts = {"file": kept, "name": name[:200], "note": note.strip()[:200], "by": by, "at": now}
                row = PrintTemplate.objects.create(form=of, version=version, **facts)
                events.append(
                    row, "upload", by=by, role=role, at=now, comment=row.note, detail=_detail(row) | {"used": uses.used}
                )
                return row
        except IntegrityError:
            continue
    raise Refused("同时有人在上传这张表的模板，请再试一次。")


def adopt(template_id: int, *, instead_of: int | None, by: User, now: datetime) -> PrintTemplate:
    """启用: from now on the form is printed by this template; the one in use before is retired.

    `instead_of` is the template that was in use on the page that was read, None the built-in.
    Raises NotAllowed, or WrongState when it is in use already, or another has been taken into use since.
    """
    try:
        with transaction.atomic():
            role = policy.require(by, Action.TEMPLATES)
            row, current = _locked(template_id)
            if row.in_use:
                raise WrongState(f"{row}已在使用，不用再启用。", by=row.adopted_by, at=row.adopted_at)
            _still(current, instead_of)
            if current is not None:
                current.retired_at = now
                current.save(update_fields=["retired_at"])
            row.adopted_by, row.adopted_at, row.retired_at = by, now, None
            row.save(update_fields=["adopted_by", "adopted_at", "retired_at"])
            detail = _detail(row) | {"instead_of": current.version if current else None}
            events.append(row, "adopt", by=by, role=role, at=now, detail=detail)
    except IntegrityError:  # print_template_one_in_use
        raise WrongState("同时有人启用了这张表的另一个模板，请看过现在使用的再办。") from None
    return row


def retire(template_id: int, *, by: User, now: datetime) -> PrintTemplate:
    """停用: the built-in form is printed again. Raises NotAllowed, or WrongState when it is not in use."""
    with transaction.atomic():
        role = policy.require(by, Action.TEMPLATES)
        row, _ = _locked(template_id)
        if not row.in_use:
            raise WrongState(f"{row}没有在使用，不用停用。")
        row.retired_at = now
        row.save(update_fields=["retired_at"])
        events.append(row, "retire", by=by, role=role, at=now, detail=_detail(row))
    return row


def _locked(template_id: int) -> tuple[PrintTemplate, PrintTemplate | None]:
    """The template and the one in use of its form, all rows of the form locked in one order."""
    of = PrintTemplate.objects.values_list("form", flat=True).get(pk=template_id)
    rows = PrintTemplate.objects.select_for_update(of=("self",)).select_related("adopted_by", "file")
    found = {row.pk: row for row in rows.filter(form=of).order_by("pk")}
    return found[template_id], next((row for row in found.values() if row.in_use), None)


def _still(current: PrintTemplate | None, instead_of: int | None) -> None:
    """Another officer may have taken a template into use under an open page: that one is seen before it is replaced."""
    if (current.pk if current else None) == instead_of:
        return
    if current is None:
        raise WrongState("您看的时候使用的模板，刚才已经停用，现在用的是内置表；请看过再启用。")
    raise WrongState(
        f"没有启用：刚才已启用{current}，请看过现在使用的再办。", by=current.adopted_by, at=current.adopted_at
    )


def _detail(row: PrintTemplate) -> dict[str, object]:
    return {"form": row.form, "version": row.version, "name": row.name, "file": row.file.sm3}
