"""What a filing says its account will be: as opened, or as registered with what a change alters."""

from typing import Any

from django.db.models import Q, QuerySet

from accounts.models import Platform
from filings.models import Filing, FilingKind


def filed_value(filing: Filing, name: str) -> Any:
    """The field `name` as it is kept; '' when this kind of filing does not know it.

    Of a change the items are read: prefetch them (`with_values`) for many.
    """
    if filing.kind == FilingKind.OPEN:
        return getattr(filing.opening, name)
    for item in filing.items.all() if filing.kind == FilingKind.CHANGE else ():
        if item.field == name:
            return item.new
    return getattr(filing.registered, name, "")


def platform_of(filing: Filing) -> Platform:
    """The platform the account will be on."""
    found = filed_value(filing, "platform")
    return found if isinstance(found, Platform) else Platform.objects.get(code=found)


def with_values(filings: "QuerySet[Filing]") -> "QuerySet[Filing]":
    """With what `filed_value` reads, in two queries for all."""
    related = ("unit", "account__platform", "opening__platform", "change", "closing")
    return filings.select_related(*related).prefetch_related("items")


def lacks_id() -> Q:
    """Condition: an opening that waits for the platform's id, its late fact.

    Other kinds know no way to say it: an account that the baseline registered without one is changed and closed so.
    """
    return Q(kind=FilingKind.OPEN, opening__uid="")
