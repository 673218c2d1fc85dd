"""What a filing says in its printed form: name → words, for a page, a Word file, or a template of the office."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from accounts import fields
from accounts.models import Account
from filings import content, kinds
from filings.differences import differences, typed_differences
from filings.forms.change import ChangeForm
from filings.layouts import LAYOUTS
from filings.models import FORM_OF, ChangeItem, Filing, FilingKind, FilingState, PrintForm
from filings.printing import in_words, names
from filings.reading import latest
from zhonglou_media.core import events
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.countdown import due24
from zhonglou_media.core.errors import Difference

DRAFT = "草稿（未冻结）"
# What no longer stands, or does not stand yet, is no paper to sign or to show: the state is printed on it.
MARKS = {
    FilingState.DRAFT: "修改中",
    FilingState.RETURNED: "修改中",
    FilingState.WITHDRAWN: "已撤回",
    FilingState.REFUSED: "不予备案",
}
HIDDEN = "（不公开）"
PHONE = "_phone"
NOTHING = (in_words.UNFILLED, in_words.NO_FILES)


@dataclass(frozen=True)
class Line:
    """One row of 变更事项 or of the list of files, as a template reads it."""

    no: int
    name: str = ""
    label: str = ""
    old: str = ""
    new: str = ""


@dataclass(frozen=True)
class Printed:
    """The form as filled in: `values` has every name of `names.known`, blank where nothing is filled in."""

    form: PrintForm
    kind: str
    values: Mapping[str, str]
    items: Sequence[Line]
    files: Sequence[Line]

    def context(self) -> dict[str, Any]:
        """What a template reads."""
        found: dict[str, Any] = dict(self.values) | {"files": list(self.files)}
        return found | ({"items": list(self.items)} if "items" in names.lists(self.form) else {})

    def shown(self, name: str) -> str:
        """A field as the built-in form prints it: boxes where there are options."""
        return self.values.get(f"{name}{names.BOXES}", self.values[name])


def printed(filing: Filing, *, phones: bool, typed: bool, now: datetime) -> Printed:
    """The form of `filing`: as its standing revision froze it; as it is typed while there is none, or with `typed`.

    Without `phones` the telephones are hidden (第二十一条). The filing comes with its unit, account and author.
    """
    form = FORM_OF[FilingKind(filing.kind)]
    revision = latest(filing) if filing.revision and not typed else None
    if revision is not None:
        said, rows = in_words.frozen(revision.content), in_words.frozen_files(revision.content)
        items = differences(frozen_items(revision.content)) if filing.kind == FilingKind.CHANGE else []
        code = revision.sm3[:8].upper()
        mark = MARKS.get(FilingState(filing.state), "")
        own = {"version": f"第{revision.number}版", "code": f"{code[:4]}-{code[4:]}", "mark": mark}
        own["filled"] = f"{day_of(revision.at)}"
    else:
        asked = kinds.of(filing).form(dict(in_words.typed_data(filing)), filing=filing)
        asked.is_valid()
        said, rows = in_words.typed(filing, asked), in_words.typed_files(filing)
        items = typed_differences(asked) if isinstance(asked, ChangeForm) else []
        own = {"version": "", "code": "", "mark": DRAFT, "filled": f"{day_of(now)}"}
    values = {name: _blank(name, said.get(name, "")) for name in names.fields(form)}
    values |= head(filing, now) | own
    if form != PrintForm.OPENING:
        at = revision.at if revision is not None else now
        values |= _account(filing, items, at)
    if form == PrintForm.CLOSING:
        values["event"] = content.EVENT_LABELS[FilingKind(filing.kind)]
    if not phones:
        values |= {name: HIDDEN for name, words in values.items() if name.endswith(PHONE) and words}
    values |= {f"{name}{names.BOXES}": names.boxes(form, name, values[name]) for name in names.options(form)}
    return Printed(
        form,
        filing.kind,
        values,
        [
            Line(n, label=one.label, old=_side(one, one.old, phones), new=_side(one, one.new, phones))
            for n, one in enumerate(items, start=1)
        ],
        [Line(n, name=in_words.printable(name)) for n, name in enumerate(rows, start=1)],
    )


def head(filing: Filing, now: datetime) -> dict[str, str]:
    """What a paper has beyond the fields: its number, its dates, who signed for what."""
    kind = FilingKind(filing.kind)
    return {
        "annex": LAYOUTS[kind].annex,
        "title": names.TITLES[kind],
        "number": filing.number or "",
        "received": _day(filing.first_reported_at),
        "due": due24(filing.report_due_at, provisional=filing.provisional) if filing.report_due_at else "",
        "late": late(filing, now),
        "author": str(filing.author or ""),
        "approval": _approval(filing),
        "opinion": _opinion(filing),
    }


def late(filing: Filing, now: datetime) -> str:
    """是否逾期 as the form asks it: by the first report the server received (第八条); '' while nothing can be said."""
    if filing.not_occurred:
        return "否（未发生）"
    if filing.report_due_at is None or filing.provisional:
        return ""
    if filing.is_late:
        return "是"
    if filing.first_reported_at is not None:
        return "否"
    return "是（尚未报送）" if filing.is_live and filing.report_due_at <= now else ""


def frozen_items(said: content.Content) -> list[ChangeItem]:
    """变更事项 as a revision froze them, in the order of the filed fields."""
    approved = said["approved"]
    pairs = ((name, approved.get(f"{content.ITEM}{name}")) for name in fields.FILED)
    return [ChangeItem(field=name, old=pair[0], new=pair[1]) for name, pair in pairs if pair]


def _account(filing: Filing, items: Sequence[Difference], at: datetime) -> dict[str, str]:
    """The account as it was `at` that moment, before this change: one check code names one set of facts."""
    account = filing.registered
    before = {one.label: one.old for one in items} | _changed_since(account, at)
    found = {
        f"account_{name}": _blank(name, before.get(fields.label(name), fields.shown(account, name)))
        for name in ("name", "platform", "uid")
    }
    # A number given later was not on the paper that was frozen.
    given = events.timeline(account).filter(verb="activate", at__gt=at).exists()
    return found | {"account_number": "" if given else account.number or ""}


def _changed_since(account: Account, at: datetime) -> dict[str, str]:
    """Label → words of what changes applied after `at` have overwritten, as it was then."""
    rows = ChangeItem.objects.filter(
        filing__account=account,
        filing__state=FilingState.COMPLETED,
        filing__ended_at__gt=at,
        field__in=("name", "platform", "uid"),
    )
    later = rows.order_by("-filing__ended_at", "-pk")
    return {fields.label(item.field): fields.words(item.field, item.old) for item in later}


def _blank(name: str, words: str) -> str:
    if name == "attachments" and words == in_words.NO_FILES:
        return "无"
    return "" if words in NOTHING else in_words.printable(words)


def _side(one: Difference, words: str, phones: bool) -> str:
    if words in NOTHING:
        return "无"
    if not phones and one.label == fields.label("custodian_phone"):
        return HIDDEN
    return in_words.printable(words)


def _day(moment: datetime | date | None) -> str:
    if moment is None:
        return ""
    return f"{day_of(moment)}" if isinstance(moment, datetime) else f"{moment}"


def _approval(filing: Filing) -> str:
    if filing.paper_leader:
        return f"{filing.paper_leader} {_day(filing.approved_on)} 书面批准"
    return f"{filing.leader} {_day(filing.approved_on)} 在本平台批准" if filing.leader else ""


def _opinion(filing: Filing) -> str:
    """What the office decided last, while it stands."""
    verb, words = {
        FilingState.ACCEPTED: ("accept", "审核通过"),
        FilingState.COMPLETED: ("accept", "审核通过"),
        FilingState.REFUSED: ("refuse", "不予备案"),
    }.get(FilingState(filing.state), ("", ""))
    decided = events.timeline(filing).filter(verb=verb).last() if verb else None
    return f"{words} {_day(decided.at)}" if decided else ""
