"""Who is told when a filing moves: the person whose turn it is now."""

from collections.abc import Iterable

from accounts.models import Membership, Role
from filings.models import Filing, FilingState
from filings.timeline import verb_label
from zhonglou_media.core import notices
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.models import Event, User

# After which move whose turn it is.
NEXT: dict[str, tuple[Role, ...]] = {
    "submit": (Role.LEADER,),
    "leader_approve": (Role.OPERATOR,),
    "leader_return": (Role.OPERATOR,),
    "report": (Role.OFFICER,),
    "accept": (Role.OPERATOR,),
    "return_for_correction": (Role.OPERATOR,),
    "refuse": (Role.OPERATOR, Role.LEADER),
    "upper_return": (Role.OPERATOR, Role.OFFICER),
    "unaccept": (Role.OFFICER,),
    "completion_blocked": (Role.OFFICER, Role.SUPERVISOR),
    "complete": (Role.OPERATOR, Role.LEADER),
}
OFFICE = (Role.OFFICER, Role.SUPERVISOR)


def tell_who_is_next(filing: Filing, event: Event) -> None:
    """Leave a notice for those whose turn it is after `event`."""
    roles = NEXT.get(event.verb, ())
    if not roles:
        return
    state = FilingState(filing.state).label
    notices.tell(
        people(filing, roles, event),
        key=f"filing-{filing.pk}-{event.seq}",
        text=f"{title(filing)}：{verb_label(event.verb)}，现为“{state}”。",
        link=f"/filings/{filing.pk}/",
        now=event.at,
    )


def people(filing: Filing, roles: Iterable[Role], event: Event) -> list[User]:
    """Active users who hold one of `roles`, in the filing's unit or in the office."""
    current = Membership.objects.current(day_of(event.at))
    holders = current.filter(role__in=[r for r in roles if r not in OFFICE], unit_id=filing.unit_id)
    office = current.filter(role__in=[r for r in roles if r in OFFICE])
    ids = {*holders.values_list("user_id", flat=True), *office.values_list("user_id", flat=True)}
    return list(User.objects.filter(id__in=ids - {event.actor_id}, is_active=True))


def title(filing: Filing) -> str:
    """A filing as a list names it: kind and account."""
    return f"{filing.get_kind_display()}·{filing.account_label}"
