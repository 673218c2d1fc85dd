"""From a refusal of a use case to an HTTP answer, in one place; and the one way a view finds its filing."""

from datetime import timedelta
from typing import cast

from django.http import Http404, HttpRequest

from filings.access import visible_filings
from filings.models import Filing
from zhonglou_media.core.errors import NotAllowed, Refused, StaleReading, WrongState
from zhonglou_media.core.models import User

PASSWORD_LASTS = timedelta(minutes=10)


def status_of(refused: Refused) -> int:
    """403 not yours to do, 409 somebody was first or it has moved on, 422 what was typed does not do."""
    if isinstance(refused, NotAllowed):
        return 403
    if isinstance(refused, WrongState | StaleReading):
        return 409
    return 422


def user_of(request: HttpRequest) -> User:
    """The signed-in person (each view that calls this is behind `@may`)."""
    return cast(User, request.user)


def filing_for(request: HttpRequest, pk: int) -> Filing:
    """The filing, if this person may read it; 404 otherwise, so that a foreign one is not even told to exist."""
    rows = visible_filings(user_of(request)).filter(pk=pk)
    found = rows.select_related(
        "unit", "account__platform", "opening__platform", "draft", "paper_scan", "author", "leader", "replaces"
    ).first()
    if found is None:
        raise Http404
    return found
