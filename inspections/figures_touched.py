"""Which figures the events since a run of the roll-ups touch: the history says what changed, nothing is compared.

Each kind of object of the history stands in `OF_KIND` or in `NO_MATTER` (a test asks for it).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from accounts.models import Account, Flag, Message, Publication
from filings.models import Filing
from inspections.models import Finding, Rectification, Sheet, SpotCheck, UpperFinding
from zhonglou_media.core.models import Event

FIGURES = ("filings", "updates", "questions", "checks", "rectified")


@dataclass(frozen=True)
class Touched:
    """Whose figure is to be computed again, and of which months; None: all."""

    units: frozenset[int] | None = None
    months: frozenset[date] | None = None

    def __or__(self, other: "Touched") -> "Touched":
        units = None if self.units is None or other.units is None else self.units | other.units
        months = None if self.months is None or other.months is None else self.months | other.months
        return Touched(units, months)


Touches = Mapping[str, Touched]
ALL: Touches = dict.fromkeys(FIGURES, Touched())


@dataclass(frozen=True)
class Kind:
    """What an event about such an object touches: the figures, of the unit found at `unit` of `model`."""

    figures: tuple[str, ...]
    model: Any = None
    unit: str = ""  # '': of all units
    month: str = ""  # '': of all months


OF_KIND: dict[str, Kind] = {
    "filing": Kind(("filings",), Filing, "unit_id"),
    "flag": Kind(("filings",), Flag, "unit_id"),  # 免于追究
    "account": Kind(("filings", "updates", "questions"), Account, "unit_id"),
    "publication": Kind(("updates",), Publication, "account__unit_id"),
    "message": Kind(("questions",), Message, "account__unit_id"),
    "import_activity": Kind(("updates", "questions")),
    "job": Kind(("updates", "questions")),
    "year": Kind(("filings",)),
    "unit": Kind(FIGURES),
    "spotcheck": Kind(("checks", "rectified"), SpotCheck, "", "month"),
    "sheet": Kind(("checks", "rectified"), Sheet, "unit_id"),
    "finding": Kind(("checks", "rectified"), Finding, "unit_id"),
    "rectification": Kind(("rectified",), Rectification, "unit_id"),
    "upperfinding": Kind(("rectified",), UpperFinding, "unit_id"),
}
NO_MATTER = frozenset(
    {
        *(
            "announcement",
            "preapproval",
            "closureorder",
            "sighting",
            "user",
            "membership",
            "invitation",
            "confirmation",
        ),
        "setting",  # holds from the next day at the earliest: the first run of that day computes all; targets are read
        *("export", "event", "exportlayout", "exportbatch", "printtemplate", "reconciliation"),
        *("indicatorset", "selfcheck", "circular", "annualveto", "assessmentyear", "assessment"),
        *("incident", "incidentpass", "incidentroute"),
    }
)
JOBS = {"import_registry"}  # the other jobs of the history touch no account
MOVES_ACCOUNT = {"merge_unit", "merge_into", "take_over"}  # what it did goes to another unit with it
MANY = 2000  # more objects than that: all units, rather than a list of them


def touched(since: int, until: int, months: Sequence[date]) -> dict[str, Touched]:
    """What the events after `since` up to `until` touch, by figure: a query, and one for each kind of object."""
    ids: dict[str, set[int]] = {}
    found: dict[str, Touched] = {}
    events = Event.objects.filter(seq__gt=since, seq__lte=until).order_by()
    for kind, pk, verb, detail in events.values_list("subject_kind", "subject_id", "verb", "detail"):
        if kind in NO_MATTER or (kind == "job" and verb not in JOBS):
            continue
        if kind not in OF_KIND or OF_KIND[kind].model is None or pk is None or _moves(kind, verb, detail):
            _add(found, _everybody(kind, pk, verb, detail))
        else:
            ids.setdefault(kind, set()).add(pk)
    for kind, pks in ids.items():
        _add(found, _of_objects(OF_KIND[kind], pks))
    return found


def _moves(kind: str, verb: str, detail: Mapping[str, Any]) -> bool:
    """Whether an account went to another unit, and its past with it."""
    return kind == "account" and (verb in MOVES_ACCOUNT or (verb == "change" and "unit" in detail.get("fields", ())))


def _everybody(kind: str, pk: int | None, verb: str, detail: Mapping[str, Any]) -> dict[str, Touched]:
    """An event of all units, or of the unit that is its object; of a kind that nobody has told about: everything."""
    if kind == "unit" and pk is not None:
        return dict.fromkeys(FIGURES, Touched(frozenset({pk})))
    if kind == "import_activity":
        which = {"publications": ("updates",), "messages": ("questions",), "followers": ()}
        return dict.fromkeys(which.get(detail.get("kind", ""), ("updates", "questions")), Touched())
    return dict.fromkeys(OF_KIND[kind].figures if kind in OF_KIND else FIGURES, Touched())


def _of_objects(kind: Kind, pks: Iterable[int]) -> dict[str, Touched]:
    pks = set(pks)
    if len(pks) > MANY or (not kind.unit and not kind.month):
        return dict.fromkeys(kind.figures, Touched())
    names = [name for name in (kind.unit, kind.month) if name]
    rows = list(kind.model.objects.filter(pk__in=pks).values_list(*names))
    units = frozenset(row[0] for row in rows if row[0] is not None) if kind.unit else None
    months = frozenset(row[-1] for row in rows) if kind.month else None
    return {
        # What a check found is due in another month than its own.
        figure: Touched(units, months if figure == "checks" else None)
        for figure in kind.figures
    }


def _add(found: dict[str, Touched], more: Mapping[str, Touched]) -> None:
    for figure, touch in more.items():
        found[figure] = found[figure] | touch if figure in found else touch
