"""Which filings a person may read."""

from django.db.models import Q

from accounts.access import seen_unit_ids
from filings.models import ChangeDetails, Filing
from filings.models.filing import FilingQuerySet
from zhonglou_media.core.models import User


def visible_filings(user: User) -> FilingQuerySet:
    """Filings of the units whose data `user` reads (accounts.policy.READERS).

    The unit that gives an account away (主办单位变更) reads that filing from its first submission on.
    """
    ids = seen_unit_ids(user)
    if ids is None:
        return Filing.objects.all()
    given = ChangeDetails.objects.filter(giving_unit_id__in=ids).values("pk")  # no join: it would read every change
    return Filing.objects.filter(Q(unit_id__in=ids) | Q(pk__in=given))
