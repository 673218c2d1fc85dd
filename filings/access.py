"""Which filings a person may read."""

from accounts.access import seen_unit_ids
from filings.models import Filing
from filings.models.filing import FilingQuerySet
from zhonglou_media.core.models import User


def visible_filings(user: User) -> FilingQuerySet:
    """Filings of the units whose data `user` reads (accounts.policy.READERS)."""
    ids = seen_unit_ids(user)
    return Filing.objects.all() if ids is None else Filing.objects.filter(unit_id__in=ids)
