"""Who asks, and the one way a view finds its filing."""

from datetime import timedelta

from django.http import Http404, HttpRequest

from accounts import policy
from accounts.access import user_of
from accounts.policy import Action
from filings import moves
from filings.access import visible_filings
from filings.models import Filing, FilingState

PASSWORD_LASTS = timedelta(minutes=10)


def ask_first(request: HttpRequest, filing: Filing, action: Action, states: tuple[FilingState, ...]) -> None:
    """Before an upload is stored; the use case asks again under its lock. Raises NotAllowed, WrongState."""
    policy.require(user_of(request), action, filing)
    if filing.state not in states:
        raise moves.wrong_state(filing)


def filing_for(request: HttpRequest, pk: int) -> Filing:
    """The filing, if this person may read it; 404 otherwise, so that a foreign one is not even told to exist."""
    rows = visible_filings(user_of(request)).filter(pk=pk)
    found = rows.select_related(
        *("unit", "account__platform", "account__unit", "opening__platform", "change", "closing"),
        *("draft", "paper_scan", "author", "owner", "leader", "replaces"),
    ).first()
    if found is None:
        raise Http404
    return found
