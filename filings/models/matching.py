"""Which filings a search finds: one condition for every list of filings and for the search of the portal."""

from collections.abc import Sequence

from django.db.models import OuterRef, Q, Subquery, Value
from django.db.models.functions import StrIndex
from django.db.models.lookups import GreaterThan

from accounts.searching import called_so, named_accounts, named_units
from zhonglou_media.core.searching import holds, words

from .content import Draft, FilingText


def holding(text: str, *, being_written: Sequence[str], said: bool = True, few: bool = False) -> Q:
    """Condition: each word of `text` is in the number, in a name that the account or the unit ever had or in one that
    looks like it, in the name typed into a draft that is being written, or in what the filing says.

    `being_written` are the states of such drafts. Without `said` what a filing says finds nothing. All texts are read
    in one pass, or, where `few` filings are in question (those of a unit), each of theirs by its key.
    """
    found = Q()
    typed = words(text)
    for word, unit_ids in zip(typed, named_units(typed), strict=True):
        drafts = Draft.objects.filter(filing__state__in=being_written, data__name__icontains=word).values("pk")
        one = Q(number__icontains=word) | Q(unit__in=unit_ids) | Q(pk__in=drafts)
        one |= Q(account__in=called_so(word).values("pk")) | Q(account__in=named_accounts(word))
        if not said:
            one |= Q(opening__name__icontains=word)
        elif few:
            at = FilingText.objects.filter(pk=OuterRef("pk")).values(at=StrIndex("text", Value(word)))
            one |= Q(GreaterThan(Subquery(at), 0))
        else:
            one |= Q(pk__in=FilingText.objects.filter(holds("text", word)).values("pk"))
        found &= one
    return found
