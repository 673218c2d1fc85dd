"""变更事项 on the page: what is changed stands open, old beside new, the rest is folded; works without script."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from accounts import fields
from accounts.access import user_of
from accounts.models import Account
from accounts.models.account import OperationMode
from accounts.policy import Action
from filings import announcing, drafting, reporting
from filings.differences import in_words
from filings.forms.change import ITEMS, OPEN, ChangeForm, filled
from filings.models import Attachment, Filing, FilingKind
from filings.models.content import AttachmentKind
from filings.models.filing import CLOSINGS
from filings.views.answers import ask_first
from filings.views.closing_form import redrafted
from zhonglou_media.core import files
from zhonglou_media.core.errors import NotAllowed, Refused, WrongState


@dataclass(frozen=True)
class Same:
    """A filed field that stays as it is; `why` it is not changed here, '' where it can be."""

    name: str
    label: str
    value: str
    why: str = ""


@dataclass(frozen=True)
class Avatar:
    """The picture in the register, in words, and the one that shall take its place."""

    present: str
    picture: Attachment | None


def items_context(form: ChangeForm) -> dict[str, Any]:
    """What the step 变更事项 shows beside the fields that are open."""
    filing, account = form.filing, form.filing.registered
    closed = [name for name in fields.FILED if name not in form.opened and _applies(account, name)]
    return {
        "opened": sorted(form.opened),
        "changed": len(form.changed),
        "same": [_same(account, name) for name in closed],
        "giving": account.unit if "unit" in form.changed else None,
        "avatar": _avatar(filing) if "avatar" in form.opened else None,
    }


def _applies(account: Account, name: str) -> bool:
    """Whether the field says something of such an account."""
    if name == "kind":
        return account.platform.has_kinds
    return name != "vendor" or bool(account.vendor) or account.operation_mode == OperationMode.OUTSOURCED


def _same(account: Account, name: str) -> Same:
    why = "由接收单位填报" if name == "unit" else ""
    return Same(name, fields.label(name), in_words(name, fields.stored(account, name)), why)


def _avatar(filing: Filing) -> Avatar:
    pictures = Attachment.objects.filter(filing=filing, kind=AttachmentKind.AVATAR, removed_at__isnull=True)
    return Avatar(in_words("avatar", fields.stored(filing.registered, "avatar")), pictures.last())


# --- what a press on the page does ----------------------------------------------------------------------------------


def pressed(request: HttpRequest, filing: Filing, typed: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """What 改这一项, 不改了 and 重新起草 make of what is `typed`, and the field to go to; '' when none was pressed."""
    redraft = request.POST.get("go") == "draft"
    if redraft and filing.kind in CLOSINGS:
        return redrafted(filing, typed), "id_notice_text"
    if filing.kind != FilingKind.CHANGE:
        return {}, ""
    opened = [name for name in typed.get(OPEN, []) if name in fields.FILED]
    change = request.POST.get("change") or request.POST.get("field", "")
    keep = request.POST.get("keep", "")
    if change in fields.FILED and change != "unit":
        return {OPEN: [*dict.fromkeys([*opened, change])]}, f"id_{change}"
    if keep in ITEMS:
        present = {keep: fields.stored(filing.registered, keep)}
        return {OPEN: [name for name in opened if name != keep], **present}, "step-h"
    if keep == "avatar":
        return {OPEN: [name for name in opened if name != keep]}, "step-h"
    if redraft:
        return {"notice_text": announcing.change_text(filing, filled(filing, typed))}, "id_notice_text"
    return {}, ""


def take_avatar(request: HttpRequest, filing: Filing, *, now: datetime) -> str:
    """Keep the picture of a request as the new avatar, or take it back; what was done, '' when nothing was asked.

    Raises NotAllowed, WrongState, or Refused that says what is wrong with the file.
    """
    upload, by = request.FILES.get("avatar"), user_of(request)
    back = request.POST.get("keep") == "avatar"
    if filing.kind != FilingKind.CHANGE or not (upload or back):
        return ""
    ask_first(request, filing, Action.SUPPLEMENT, drafting.EDITABLE)
    before = Attachment.objects.filter(filing=filing, kind=AttachmentKind.AVATAR, removed_at__isnull=True)
    old = list(before)
    if upload:
        name = files.safe_name(upload.name or "头像")
        try:
            file = files.check(upload, files.PICTURES)
            reporting.attach(filing.pk, by=by, file=file, name=name, kind=AttachmentKind.AVATAR.value, now=now)
        except (NotAllowed, WrongState):
            raise
        except Refused as refused:
            raise Refused(f"“{name}”没有上传：{refused}") from refused
    for attachment in old:
        with suppress(reporting.TakenOut):  # by another press, which wanted the same
            reporting.detach(attachment.pk, by=by, now=now)
    return "新头像已上传。" if upload else ""
