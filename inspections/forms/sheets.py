"""What a check sheet and a self-check send: an answer an indicator, and what is written of the whole account."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django import forms

from accounts.forms import time_field
from accounts.id_numbers import no_id_number
from filings.forms import common
from inspections.judging import MOST, NOTE, REASON, Typed
from inspections.models import Indicator, SelfCheck, Sheet
from zhonglou_media.core.errors import Incomplete

NONE, FOUND = "0", "1"
PICTURES = ".jpg,.jpeg,.png"
WEB = re.compile(r"https?://\S+", re.IGNORECASE)


def typed_of(post: Mapping[str, Any], lines: Sequence[Indicator]) -> dict[str, Typed]:
    """The answers of the page, to be kept. Raises Incomplete where one holds an identity number (第二十一条)."""
    found = read_of(post, lines)
    errors: dict[str, list[str]] = {}
    for line in lines:
        if (typed := found.get(line.code)) is None:
            continue
        try:
            no_id_number(f"{typed.reason}\n{typed.note}")
        except forms.ValidationError as error:
            errors[line.code] = [f"{line.code} {line.name}：{error.messages[0]}"]
    if errors:
        raise Incomplete("没有保存：请先删去身份证号。", errors)
    return found


def read_of(post: Mapping[str, Any], lines: Sequence[Indicator]) -> dict[str, Typed]:
    """The answers of the page, by code, whatever they say; an indicator that the page did not send is left as it was.

    `a-CODE` is 0 没有发现 or 1 发现, `n-CODE` how often (empty or less than 1: once), `r-` the reason, `t-` the note.
    """
    found: dict[str, Typed] = {}
    for line in lines:
        chosen, reason, note = (post.get(f"{key}-{line.code}") for key in "art")
        if chosen is None and reason is None and note is None:
            continue
        count = None if chosen not in (NONE, FOUND) else 0 if chosen == NONE else often(post.get(f"n-{line.code}"))
        found[line.code] = Typed(count, str(reason or "")[:REASON], str(note or "")[:NOTE])
    return found


def often(text: object) -> int:
    """How often, of what was typed: at least once."""
    digits = str(text or "").strip()
    return min(max(int(digits), 1), MOST) if digits.isdecimal() and len(digits) < 6 else 1


class AboutForm(forms.Form):
    """The note, the page that was looked at and when, and a picture of it."""

    use_required_attribute = False

    note = common.text("说明", 2000, lines=True)
    link = common.text("所看页面的链接", 500, help_text="从微信、微博等打开的页面，复制链接粘贴在这里")
    seen_at = time_field("查看账号的时间")
    screenshot = forms.FileField(
        label="截图",
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": PICTURES, "data-zl-paper": True}),
        help_text="问题页面的截图：JPG 或 PNG，不超过 10 MB；再选一张，就换掉原来的",
    )

    def __init__(self, data: Any = None, uploads: Any = None, *, sheet: Sheet, now: datetime) -> None:
        first = {"note": sheet.note, "link": sheet.link, "seen_at": sheet.seen_at}
        super().__init__(data, uploads, initial=first)
        self.now = now

    def clean_link(self) -> str:
        link = str(self.cleaned_data["link"])
        if link and not WEB.fullmatch(link):
            raise forms.ValidationError("链接应以 http:// 或 https:// 开头；没有链接的，可以不填。")
        return link

    def clean_seen_at(self) -> datetime | None:
        seen_at: datetime | None = self.cleaned_data["seen_at"]
        if seen_at is not None and seen_at > self.now:
            raise forms.ValidationError("查看的时间不能晚于现在。")
        return seen_at


class SelfNoteForm(forms.Form):
    """What the unit writes of an account."""

    use_required_attribute = False

    note = common.text("问题和整改打算", 2000, lines=True)

    def __init__(self, data: Any = None, *, row: SelfCheck) -> None:
        super().__init__(data, initial={"note": row.note})
