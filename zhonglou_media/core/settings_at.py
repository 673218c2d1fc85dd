"""本区设定 by date: a past day is judged by what held then."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from .models import Setting


@dataclass(frozen=True)
class Settings:
    """Every setting as it stands now: one query once, then any number of answers."""

    held: Mapping[str, Sequence[tuple[date, Any]]]  # by key, oldest first

    @classmethod
    def load(cls) -> "Settings":
        """Read them all: a few dozen rows."""
        held: dict[str, list[tuple[date, Any]]] = {}
        for key, since, value in Setting.objects.order_by("from_date").values_list("key", "from_date", "value"):
            held.setdefault(key, []).append((since, value))
        return cls(held)

    def at(self, key: str, on: date) -> Any:
        """The value of `key` that holds on `on` (a Shanghai date); before its first day, the first value.

        Raises LookupError when the key was never set: a fault of the program, since `migrate` sets every key.
        """
        values = self.held.get(key)
        if not values:
            raise LookupError(f"setting {key!r} has no value")
        in_force = [value for since, value in values if since <= on]
        return in_force[-1] if in_force else values[0][1]


def setting(key: str, on: date) -> Any:
    """See `Settings.at`; reads the settings anew."""
    return Settings.load().at(key, on)
