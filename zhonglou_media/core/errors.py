"""Refusals of use cases: each is a Chinese sentence that says what is wrong and what to do."""

from dataclasses import dataclass
from datetime import datetime

from .models import User


class Refused(Exception):
    """The use case changed nothing; `str()` is for the user."""


class NotAllowed(Refused):
    """This person may not do this."""


class WrongState(Refused):
    """Another step came first; `by` and `at` say whose, where known."""

    def __init__(self, message: str, *, by: User | None = None, at: datetime | None = None) -> None:
        super().__init__(message)
        self.by, self.at = by, at


@dataclass(frozen=True)
class Difference:
    """One value that is not what it was: its label, old and new text."""

    label: str
    old: str
    new: str


class StaleReading(Refused):
    """What was read is no longer what stands; `difference` is shown to the reader."""

    def __init__(self, message: str, difference: list[Difference]) -> None:
        super().__init__(message)
        self.difference = difference


class Incomplete(Refused):
    """The form is not ready: `errors` by field name."""

    def __init__(self, message: str, errors: dict[str, list[str]]) -> None:
        super().__init__(message)
        self.errors = errors
