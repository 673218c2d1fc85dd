"""From a refusal of a use case to the HTTP status that says why: one place for every app."""

from .errors import NotAllowed, Refused, StaleReading, WrongState


def status_of(refused: Refused) -> int:
    """403 not yours to do, 409 somebody was first or it has moved on, 422 what was typed does not do."""
    if isinstance(refused, NotAllowed):
        return 403
    if isinstance(refused, WrongState | StaleReading):
        return 409
    return 422
