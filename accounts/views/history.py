"""履历: what happened to an account, in words."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from accounts import register_in
from accounts.flags import labels
from accounts.models import Account, AccountState, Flag, Origin, Role
from zhonglou_media.core.events import SYSTEM, kind_of
from zhonglou_media.core.models import Event

VERBS = {
    "open_pending": "开办备案获得批准，登记入册",
    "rewrite_pending": "按再次批准的内容更新",
    "activate": "完成备案",
    "end_pending": "备案没有办成",
    "void": "作废",
    register_in.IMPORTED: "按清单补充",
}
# What the dot of an entry says: done, back, or nothing.
TONES = {"activate": "done", "end_pending": "back", "void": "back"}


@dataclass(frozen=True)
class Entry:
    """One line, as the `timeline` component takes it."""

    what: str
    who: str
    at: datetime
    comment: str
    status: str


def of_account(account: Account, flags: list[Flag]) -> list[Entry]:
    """Everything recorded about `account` and its `flags` (all ever raised), newest first."""
    # Only what changes the account: 确认数据截至 and the like would bury it.
    about = Q(subject_kind=kind_of(account), subject_id=account.pk, verb__in=VERBS)
    about |= Q(subject_kind="flag", subject_id__in=[flag.pk for flag in flags])
    rules = {flag.pk: flag.rule for flag in flags}
    about |= Q(pk__in=register_in.runs_that_changed(account).values("pk"))
    events = Event.objects.filter(about).select_related("actor").order_by("seq")
    entries = [*_entered(account), *(_entry(event, rules) for event in events)]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def _entered(account: Account) -> Iterator[Entry]:
    """How a row of a list came in: such a run leaves one event for all its rows."""
    first = min((name.since for name in account.names.all()), default=None)
    if account.origin == Origin.FILING or first is None:
        return
    what = "按存量清单登记入册" if account.origin == Origin.BASELINE else "在平台上发现，登记入册"
    yield Entry(what, f"来源：{account.source_document or '未注明'}", first, "", "")


def _entry(event: Event, rules: dict[int, str]) -> Entry:
    if event.subject_kind == "flag":
        rule = rules[event.subject_id or 0]
        return Entry(f"预警“{labels.get(rule, rule)}”免于追究", who(event), event.at, event.comment, "")
    what = VERBS[event.verb]
    if event.to_state:
        new = AccountState(event.to_state).label
        what += f"：{AccountState(event.from_state).label} → {new}" if event.from_state else f"：{new}"
    comment = event.comment or (f"来源：{event.detail['document']}" if event.verb == register_in.IMPORTED else "")
    return Entry(what, who(event), event.at, comment, TONES.get(event.verb, ""))


def who(event: Event) -> str:
    """The person with the role he acted in, or 系统."""
    if event.role == SYSTEM or event.actor is None:
        return "系统"
    return f"{event.actor}（{Role(event.role).label}）"
