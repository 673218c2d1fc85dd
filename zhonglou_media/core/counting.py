"""Many small counts in one query: each area says what it counts of its own rows, and all are asked together."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db.models import Aggregate, CharField, Count, QuerySet, Value
from django.db.models.functions import Cast, JSONObject


@dataclass(frozen=True)
class Tally:
    """What is counted of `rows`: aggregates by name, of numbers, keys and moments alone."""

    rows: QuerySet[Any]
    of: Mapping[str, Aggregate]


def tally(rows: QuerySet[Any], **of: Aggregate) -> Tally:
    """`tally(orders, all=Count("pk"), first=Min("due_at"))`; the order of `rows` does not matter."""
    return Tally(rows.order_by(), of)


def tallied(asked: Mapping[str, Tally]) -> dict[str, dict[str, Any]]:
    """What `aggregate` would have said of each, by the keys of `asked`, moments aware: one query for all of them.

    A UNION ALL of one row each, its name and its numbers as one JSON object: so the parts need not be of one width.
    """
    parts = [
        one.rows.annotate(tally_name=Cast(Value(name), CharField()))
        .values("tally_name")
        .annotate(tally_found=JSONObject(**one.of))
        .values_list("tally_name", "tally_found")
        for name, one in asked.items()
    ]
    rows = dict(parts[0].union(*parts[1:], all=True) if len(parts) > 1 else parts[0]) if parts else {}
    # A part that cannot hold any row (`pk__in=[]`) is left out by Django, as is its row.
    nothing = {
        name: {key: 0 if isinstance(of, Count) else None for key, of in one.of.items()} for name, one in asked.items()
    }
    return {
        name: {key: _plain(value) for key, value in (rows.get(name) or empty).items()}
        for name, empty in nothing.items()
    }


def _plain(value: Any) -> Any:
    """JSON writes a moment as text: with its offset, or, in SQLite, as UTC without one."""
    if not isinstance(value, str):
        return value
    moment = datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
