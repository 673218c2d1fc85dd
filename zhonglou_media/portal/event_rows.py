"""Events as the list and its export show them: objects by name, words for codes; a query for each kind of object."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.urls import NoReverseMatch, reverse

from accounts import event_words, histories, policy
from accounts.models import Account, Flag, Membership, Message, Publication
from accounts.policy import Action
from accounts.thresholds import EDITABLE
from filings.models import Filing
from inspections.models import SelfCheck, Sheet
from zhonglou_media.core import verbs
from zhonglou_media.core.events import model_of
from zhonglou_media.core.models import Event, Job, Setting, User
from zhonglou_media.core.words import FLAGS, STATE_ICONS
from zhonglou_media.portal.jobs import label_of


@dataclass(frozen=True)
class State:
    """A state as the tag `state` takes it."""

    state: str
    label: str

    @property
    def has_icon(self) -> bool:
        return self.state in STATE_ICONS

    def get_state_display(self) -> str:
        return self.label


@dataclass(frozen=True)
class EventRow:
    """One line of the list; `old` and `new` are None where there was no state."""

    event: Event
    what: str
    said: str
    who: str
    role: str
    kind: str
    name: str
    link: str
    old: State | None
    new: State | None

    @property
    def stays(self) -> bool:
        """Whether it left the state as it was."""
        return self.new is None or (self.old is not None and self.old.state == self.new.state)


Named = tuple[Callable[[], QuerySet[Any]], Callable[[Any], str]]
NAMES: Mapping[str, Named] = {
    "filing": (
        lambda: Filing.objects.for_lists(),
        lambda row: f"{row.number or row.get_kind_display()} {row.account_label}",
    ),
    "account": (lambda: Account.objects.select_related("platform"), str),
    "flag": (
        lambda: Flag.objects.select_related("account__platform", "unit"),
        lambda row: f"{FLAGS[row.rule][0]}：{row.account or row.unit}",
    ),
    "message": (lambda: Message.objects.select_related("account__platform"), lambda row: f"{row.account} 的留言"),
    "sheet": (
        lambda: Sheet.objects.select_related("spot_check", "account__platform").defer("spot_check__drawn"),
        str,
    ),
    "selfcheck": (lambda: SelfCheck.objects.select_related("account__platform"), str),
    "publication": (
        lambda: Publication.objects.select_related("account__platform"),
        lambda row: f"{row.account} 的发布",
    ),
    "membership": (
        lambda: Membership.objects.select_related("user", "unit"),
        lambda row: f"{row.user}：{row.unit}{row.get_role_display()}",
    ),
    "setting": (
        lambda: Setting.objects.all(),
        lambda row: EDITABLE[row.key].label if row.key in EDITABLE else "本区设定",
    ),
    "job": (lambda: Job.objects.all(), lambda row: f"{label_of(row)} {row.source_name}".strip()),
}
# Where an object is looked at, and by whom.
PAGES: Mapping[str, tuple[str, Action]] = {
    "filing": ("filings:detail", Action.VIEW_FILING),
    "account": ("accounts:detail", Action.VIEW_REGISTER),
    "message": ("accounts:message", Action.VIEW_ACTIVITY),
    "preapproval": ("filings:preapproval", Action.VIEW_PREAPPROVALS),
    "closureorder": ("inspections:order", Action.VIEW_ORDERS),
    "sheet": ("inspections:sheet", Action.VIEW_CHECKS),
    "selfcheck": ("inspections:self_check", Action.VIEW_CHECKS),
    "indicatorset": ("inspections:indicator_set", Action.VIEW_CHECKS),
    "spotcheck": ("inspections:check_of", Action.VIEW_CHECKS),
    "incident": ("inspections:incident", Action.VIEW_INCIDENTS),
    "rectification": ("inspections:rectification", Action.VIEW_CHECKS),
    "upperfinding": ("inspections:upper", Action.VIEW_CHECKS),
    "circular": ("inspections:circular_edit", Action.CIRCULAR),
    "unit": ("unit", Action.VIEW_REGISTER),
    "printtemplate": ("filings:template", Action.TEMPLATES),
    "user": ("user", Action.USERS),
    "job": ("job", Action.VIEW_RUNS),
}


def rows(events: Sequence[Event], user: User | None) -> list[EventRow]:
    """The lines of these events (with their actors), with links to what `user` may open; None: no links."""
    names = _names(events)
    return [_row(event, names, user) for event in events]


def _row(event: Event, names: Mapping[tuple[str, int | None], str], user: User | None) -> EventRow:
    kind = event.subject_kind
    return EventRow(
        event=event,
        what=verbs.label(kind, event.verb),
        said=event_words.said(event),
        who=str(event.actor) if event.actor else "系统",
        role=histories.role_label(event.role) if event.actor else "",
        kind=verbs.kind_label(kind),
        name=names.get((kind, event.subject_id), ""),
        link=_link(kind, event.subject_id, user) if (kind, event.subject_id) in names else "",
        old=_state(kind, event.from_state),
        new=_state(kind, event.to_state),
    )


def _state(kind: str, state: str) -> State | None:
    label = histories.state_label(kind, state)
    return State(state, label) if label else None


def _link(kind: str, pk: int | None, user: User | None) -> str:
    if user is None or pk is None or kind not in PAGES:
        return ""
    page, action = PAGES[kind]
    if not policy.could(user, action):
        return ""
    try:
        return reverse(page, args=[pk])
    except NoReverseMatch:
        return ""


def _names(events: Iterable[Event]) -> dict[tuple[str, int | None], str]:
    """What the objects are called now; one that is gone has no name."""
    ids: dict[str, set[int]] = {}
    for event in events:
        if event.subject_id is not None:
            ids.setdefault(event.subject_kind, set()).add(event.subject_id)
    found: dict[tuple[str, int | None], str] = {}
    for kind, wanted in ids.items():
        rows_of, name_of = NAMES.get(kind) or _plain(kind)
        found |= {(kind, row.pk): name_of(row) for row in rows_of().filter(pk__in=wanted).order_by()}
    return found


def _plain(kind: str) -> Named:
    """Objects of a kind without words of its own: as they call themselves."""
    model = model_of(kind)
    if model is None:
        return (lambda: Event.objects.none()), str
    return (lambda: model._base_manager.select_related()), str
