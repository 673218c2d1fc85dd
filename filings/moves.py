"""How every use case of a filing begins and ends: who may, lock, state; then the move, the event, the notices.

Between `begin` and `finish` a use case checks what was read and sets the fields that its move changes.
"""

from datetime import datetime
from typing import Any

from django_fsm import can_proceed

from accounts import policy
from accounts.policy import Action
from filings import notifying
from filings.models import Filing, FilingState, Revision
from filings.timeline import verb_label
from zhonglou_media.core import events
from zhonglou_media.core.clock import SHANGHAI
from zhonglou_media.core.errors import NotAllowed, Refused, WrongState
from zhonglou_media.core.models import Event, User


def begin(filing_id: int, move: str, action: Action, *, by: User | None) -> tuple[Filing, str]:
    """Lock the filing and return it with the role that lets `by` make `move`.

    Call inside a transaction. Raises NotAllowed, or WrongState (carries who was first).
    """
    filing = Filing.objects.for_decision(filing_id)
    role = policy.require(by, action, filing)
    if not can_proceed(getattr(filing, move)):
        raise wrong_state(filing)
    return filing, role


def begin_within(
    filing_id: int, states: tuple[FilingState, ...], action: Action, *, by: User | None
) -> tuple[Filing, str]:
    """As `begin`, for use cases that leave the state as it is."""
    filing = Filing.objects.for_decision(filing_id)
    role = policy.require(by, action, filing)
    if filing.state not in states:
        raise wrong_state(filing)
    return filing, role


def finish(
    filing: Filing,
    verb: str,
    *,
    by: User | None,
    role: str,
    now: datetime,
    comment: str = "",
    detail: dict[str, Any] | None = None,
) -> Event:
    """Make the move named `verb` (a transition, or a step that keeps the state), save, append the event, notify."""
    source = filing.state
    move = getattr(filing, verb, None)
    if move is not None:
        move()
    filing.save()
    revision = Revision.objects.filter(filing=filing, number=filing.revision).first()
    event = events.append(
        filing,
        verb,
        by=by,
        role=role,
        at=now,
        from_state=source,
        to_state=filing.state,
        revision=filing.revision or None,
        digest=revision.sm3 if revision else "",
        comment=comment.strip(),
        detail=detail,
    )
    notifying.tell_who_is_next(filing, event)
    return event


def wrong_state(filing: Filing) -> WrongState:
    """The refusal that says who was first and what the filing is now."""
    last = events.timeline(filing).exclude(to_state="").last()
    stands = FilingState(filing.state).label
    if last is None:
        return WrongState(f"没有办成：这件备案现为“{stands}”。")
    who = str(last.actor) if last.actor else "系统"
    at = last.at.astimezone(SHANGHAI)
    return WrongState(
        f"没有办成：{who} {at:%m-%d %H:%M} 已办理“{verb_label(last.verb)}”，这件备案现为“{stands}”。",
        by=last.actor,
        at=last.at,
    )


def need_comment(comment: str, what: str) -> str:
    """A decision against the unit says why."""
    if not comment.strip():
        raise Refused(f"请写明{what}。")
    return comment.strip()


def leader_is_another(filing: Filing, leader: User) -> None:
    """三个人分别办理: the leader neither wrote nor last edited it (the table's CHECK says the same)."""
    if leader.pk in (filing.author_id, filing.last_editor_id):
        raise NotAllowed("您是这件备案的填报人，不能自己批准（第八条）。请由本单位主要领导批准，或登记书面批准。")


def officer_is_another(filing: Filing, officer: User) -> None:
    """The officer neither wrote, last edited nor approved it."""
    if officer.pk in (filing.author_id, filing.last_editor_id, filing.leader_id):
        raise NotAllowed("您填报或批准过这件备案，不能再审核。请由区政府办公室其他同志办理（第八条）。")


def editor_is_another(filing: Filing, editor: User) -> None:
    """Who approved or decided a content does not edit it afterwards."""
    if editor.pk in (filing.leader_id, filing.officer_id):
        raise NotAllowed("您批准或审核过这件备案，不能再修改或报送它的改正。请由本单位其他填报员办理（第八条）。")
