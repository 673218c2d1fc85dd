"""移交: the one who handles a filing (经办人) changes; the author never does. Ending a membership opens it."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q

from accounts import audience, policy, users
from accounts.models import Membership, Role
from accounts.policy import Action
from filings import moves
from filings.models import LIVE, Filing
from filings.models.filing import FilingQuerySet
from filings.notifying import title
from zhonglou_media.core import events, notices
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.errors import Incomplete, WrongState
from zhonglou_media.core.models import User

VERB = "hand_over"


def operators(unit_id: int, now: datetime) -> list[User]:
    """Who may take a filing of the unit over at `now`: its operators, or those of the unit it went into, by name."""
    found = audience.people([Role.OPERATOR], now=now, unit_id=unit_id)
    return sorted(found, key=lambda user: (user.name, user.pk))


def hand_over(filing_id: int, *, to: int, by: User, now: datetime, comment: str = "") -> Filing:
    """移交同事, or take over oneself: `to` is the id of an operator of the filing's unit.

    Raises NotAllowed, WrongState (ended, or theirs already), Incomplete (`to`).
    """
    with transaction.atomic():
        filing, role = moves.begin_within(filing_id, LIVE, Action.HAND_OVER, by=by)
        colleague = _colleague(filing.unit_id, to, now)
        if filing.owner_id == colleague.pk:
            raise WrongState(f"这件备案已由{colleague}经办，不用移交。")
        _give(filing, colleague, by=by, role=role, now=now, comment=comment)
    return filing


def in_hand(membership: Membership) -> FilingQuerySet:
    """Live filings of the unit that the person of `membership` handles as its operator."""
    mine = Q(owner=membership.user_id) | Q(owner__isnull=True, author=membership.user_id)
    rows = Filing.objects.live().filter(mine, unit=membership.unit_id)
    return rows if membership.role == Role.OPERATOR else rows.none()


def end_membership(membership_id: int, *, last_day: date, to: int | None, by: User, now: datetime) -> Membership:
    """撤销任职 after `last_day`; what the person handles in the unit goes to the operator `to`, or to nobody yet.

    All or nothing. Raises NotAllowed, WrongState, Refused (the last admin's), Incomplete (`to`, `to_date`).
    """
    with transaction.atomic():
        role = policy.require(by, Action.USERS)
        membership = users.membership_to_end(membership_id, last_day=last_day, by=by, now=now)
        filings = list(in_hand(membership).select_for_update(of=("self",)).order_by("pk"))
        if filings and to is not None:
            colleague = _colleague(membership.unit_id, to, now)
            if colleague.pk == membership.user_id:
                raise Incomplete("请选择接手的同事。", {"to": ["请选择另一位填报员，或暂不移交。"]})
            for filing in filings:
                _give(filing, colleague, by=by, role=role, now=now, comment="原经办人任职结束")
        detail = users.close(membership, last_day=last_day) | {
            "filings": [filing.pk for filing in filings],
            "to_user": to,
        }
        events.append(membership.user, "end_membership", by=by, role=role, at=now, detail=detail)
    return membership


def left_behind(now: datetime) -> Q:
    """Live filings whose handler is no operator of the unit any more: any of its operators may take them over.

    Of a unit that was merged away those of the receiving unit too.
    """
    held = Membership.objects.current(day_of(now)).filter(
        Q(unit=OuterRef("unit")) | Q(unit=OuterRef("unit__merged_into")),
        user=OuterRef("owner"),
        role=Role.OPERATOR,
        user__is_active=True,
    )
    return Q(state__in=LIVE, owner__isnull=False) & ~Q(Exists(held))


def with_left_behind(rows: FilingQuerySet, now: datetime) -> FilingQuerySet:
    """`rows` with `left_behind`, and the one who handles each."""
    marked = rows.annotate(left_behind=ExpressionWrapper(left_behind(now), output_field=BooleanField()))
    return marked.select_related("owner")


def _colleague(unit_id: int, to: int, now: datetime) -> User:
    found = next((user for user in operators(unit_id, now) if user.pk == to), None)
    if found is None:
        raise Incomplete("请选择接手的同事。", {"to": ["请选择本单位现任的填报员。"]})
    return found


def _give(filing: Filing, colleague: User, *, by: User, role: str, now: datetime, comment: str) -> None:
    """Write, tell, append; the filing is locked."""
    was, filing.owner = filing.owner_id, colleague
    detail = {"from": was, "to": colleague.pk, "to_name": colleague.name}
    event = moves.finish(filing, VERB, by=by, role=role, now=now, comment=comment, detail=detail)
    if colleague != by:
        text = f"{title(filing)}：由{by}移交给您经办。"
        link, key = f"/filings/{filing.pk}/", f"filing-{filing.pk}-{event.seq}"
        notices.tell([colleague], key=key, text=text, link=link, now=now)
