"""经过 of any object, as the `timeline` component takes it: one function for every page that shows one."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from django.db import models

from accounts.event_words import with_comment
from accounts.models import Role
from zhonglou_media.core import events, verbs
from zhonglou_media.core.events import SYSTEM
from zhonglou_media.core.models import Event

GOOD = frozenset({"grant", "execute", "activate", "complete", "accept", "publish", "reply", "use_invitation"})
BACK = frozenset({"refuse", "send_back", "void", "end_pending", "revoke", "unreply", "undo_closing", "merge_into"})


@dataclass(frozen=True)
class Entry:
    """One line: what was done, by whom and when, what was said, and what its dot says (done, back, now or '')."""

    what: str
    who: str
    at: datetime
    comment: str
    status: str


def entries_for(subject: models.Model) -> list[Entry]:
    """All that is recorded of `subject`, newest first: one query."""
    return entries(events.timeline(subject).order_by("seq"))


def entries(recorded: Iterable[Event]) -> list[Entry]:
    """The lines of these events (in order, with their actors), newest first."""
    return [entry(event) for event in reversed(list(recorded))]


def entry(event: Event) -> Entry:
    """One event: 「批准前置申请：待区府办决定 → 已批准」."""
    status = "done" if event.verb in GOOD else "back" if event.verb in BACK else ""
    return Entry(what(event), who(event), event.at, with_comment(event), status)


def what(event: Event) -> str:
    """The verb in words, with the change of state where there is one."""
    words = verbs.label(event.subject_kind, event.verb)
    old, new = (state_label(event.subject_kind, state) for state in (event.from_state, event.to_state))
    if not new or old == new:
        return words
    return f"{words}：{old} → {new}" if old else f"{words}：{new}"


def who(event: Event) -> str:
    """「张三（填报员）」, or 系统."""
    if event.actor is None or event.role == SYSTEM:
        return "系统"
    return f"{event.actor}（{role_label(event.role)}）" if event.role else str(event.actor)


def role_label(role: str) -> str:
    """What a role of the history is called; '' for none."""
    return "系统" if role == SYSTEM else Role(role).label if role in Role.values else ""


def state_label(kind: str, state: str) -> str:
    """The words of a state, as the model of that kind has them; '' for none."""
    return _states(kind).get(state, "")


@cache
def _states(kind: str) -> dict[str, str]:
    model = events.model_of(kind)
    if model is None or not any(field.name == "state" for field in model._meta.get_fields()):
        return {}
    return {str(value): str(words) for value, words in model._meta.get_field("state").flatchoices}  # type: ignore[union-attr]
