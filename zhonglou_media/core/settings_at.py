"""本区设定 by date: a past day is judged by what held then."""

from datetime import date
from typing import Any

from .models import Setting


def setting(key: str, on: date) -> Any:
    """The value of `key` that holds on `on` (a Shanghai date); before its first day, the first value.

    Raises LookupError when the key was never set: a fault of the program, since `migrate` sets every key.
    """
    held = Setting.objects.filter(key=key)
    row = held.filter(from_date__lte=on).order_by("-from_date").first() or held.order_by("from_date").first()
    if row is None:
        raise LookupError(f"setting {key!r} has no value")
    return row.value
