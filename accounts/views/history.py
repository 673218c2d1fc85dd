"""履历: what happened to an account, in words."""

from collections.abc import Iterator

from django.db.models import Q

from accounts import histories, register_in, sightings
from accounts.flags import labels
from accounts.histories import Entry, who
from accounts.models import Account, Flag, Origin
from zhonglou_media.core import verbs
from zhonglou_media.core.events import kind_of
from zhonglou_media.core.models import Event

# Only what changes the account: 确认数据截至 would bury it.
VERBS = {verb: words for verb, words in verbs.VERBS["account"].items() if verb != "confirm_known"}


def of_account(account: Account, flags: list[Flag]) -> list[Entry]:
    """Everything recorded about `account` and its `flags` (all ever raised), newest first."""
    about = Q(subject_kind=kind_of(account), subject_id=account.pk, verb__in=VERBS)
    about |= Q(subject_kind="flag", subject_id__in=[flag.pk for flag in flags])
    rules = {flag.pk: flag.rule for flag in flags}
    about |= Q(pk__in=register_in.runs_that_changed(account).values("pk"))
    events = list(Event.objects.filter(about).select_related("actor").order_by("seq"))
    entered = () if any(event.verb == sightings.FOUND for event in events) else _entered(account)
    entries = [*entered, *(_entry(event, rules) for event in events)]
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
    if event.verb == register_in.IMPORTED:
        return Entry(VERBS[event.verb], who(event), event.at, f"来源：{event.detail['document']}", "")
    return histories.entry(event)
