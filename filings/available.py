"""What one person can do with one filing now: moves ∩ policy ∩ three people. Buttons come from here."""

from django_fsm import can_proceed

from accounts.policy import Action, may
from filings.models import LIVE, Filing, FilingState
from filings.models.filing import SUPPLEMENTABLE
from filings.objecting import VERB, giving_unit
from zhonglou_media.core.models import User

S = FilingState

# Moves of the machine and the action each needs, in the order in which buttons stand.
MOVES: tuple[tuple[str, Action], ...] = (
    ("submit", Action.SUBMIT),
    ("leader_approve", Action.LEADER_APPROVE),
    ("leader_return", Action.LEADER_RETURN),
    ("record_paper_approval", Action.RECORD_PAPER),
    ("recall", Action.RECALL),
    ("report", Action.REPORT),
    ("reopen", Action.REOPEN),
    ("accept", Action.ACCEPT),
    ("return_for_correction", Action.RETURN),
    ("refuse", Action.REFUSE),
    ("unaccept", Action.UNACCEPT),
    ("upper_return", Action.UPPER_RETURN),
    ("withdraw", Action.WITHDRAW),
)
# Steps that keep the state, and the states they are for.
STEPS: tuple[tuple[str, Action, tuple[FilingState, ...]], ...] = (
    ("edit", Action.DRAFT, (S.DRAFT, S.RETURNED)),
    ("supplement", Action.SUPPLEMENT, SUPPLEMENTABLE),
    ("correct_paper_approval", Action.RECORD_PAPER, (S.TO_REPORT, S.OFFICE_REVIEW)),
    ("check_paper", Action.CHECK_PAPER, (S.OFFICE_REVIEW,)),
    ("confirm_not_occurred", Action.NOT_OCCURRED, (S.WITHDRAWN, S.REFUSED)),
    ("receipt", Action.RECEIPT, (S.ACCEPTED,)),
    ("not_applicable", Action.NOT_APPLICABLE, (S.ACCEPTED,)),
    ("hand_over", Action.HAND_OVER, LIVE),
)


def available(filing: Filing, user: User) -> set[str]:
    """Names of the moves and steps that `user` may take with `filing` as it stands."""
    names = {name for name, action in MOVES if can_proceed(getattr(filing, name)) and may(user, action, filing)}
    names |= {name for name, action, states in STEPS if filing.state in states and may(user, action, filing)}
    giving = giving_unit(filing)
    if giving is not None and filing.state == S.OFFICE_REVIEW and may(user, Action.OBJECT, giving):
        names.add(VERB)
    if user.pk in (filing.author_id, filing.last_editor_id):
        names -= {"leader_approve", "accept", "return_for_correction", "refuse"}
    if user.pk == filing.leader_id:
        names -= {"accept", "return_for_correction", "refuse"}
    if not filing.paper_leader or filing.paper_checked_by_id:
        names -= {"correct_paper_approval", "check_paper"}
    if filing.not_occurred:
        names -= {"confirm_not_occurred"}
    return names
