"""Hints that no single row shows, looked for each night: differing names, second accounts, followers that jump.

Each hint stores since when it stands; the rules of `accounts/rules.py` read that. A hint accuses nobody and is never
scored (`docs/decisions/0011-hints.md`).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from itertools import groupby

from django.db import transaction
from django.db.models import DurationField, ExpressionWrapper, F, OuterRef, Subquery
from django.db.models.functions import Abs

from accounts import due_times
from accounts.models import Account, Followers
from accounts.models.account import WATCHED
from accounts.models.unit import Scope
from zhonglou_media.core.bulk import update_many
from zhonglou_media.core.clock import day_of, start_of
from zhonglou_media.core.settings_at import Settings

COMPARABLE = timedelta(days=35)  # counts come monthly at the least; an older one says nothing of a jump
ANY_PLATFORM = "other"  # 其他: two accounts there need not be on the same platform


def refresh(now: datetime) -> None:
    """Look for all hints as of `now` and store since when each stands; what no longer stands is forgotten."""
    _stands("name_differs_since", differing_names(), now)
    _stands("doubled_since", second_accounts(), now)
    _jumps(now)


def differing_names() -> set[int]:
    """主办单位在不同平台上的名称原则上应当保持一致（第六条）: watched accounts of bound units under another name.

    Another than the unit's own (`own_name`). A name that holds the unit's own, or is held by it, is the same name with
    a word more or less (示例甲街道, 示例甲街道发布); a second name on the one platform that has the unit's own is
    article 7's matter.
    """
    of_unit: dict[int, list[tuple[int, int, str]]] = defaultdict(list)
    watched = Account.objects.filter(state__in=WATCHED, unit__scope=Scope.BOUND).order_by("pk")
    for unit_id, pk, at, name in watched.values_list("unit_id", "pk", "platform_id", "name_key").iterator():
        of_unit[unit_id].append((pk, at, name))
    found: set[int] = set()
    for accounts in of_unit.values():
        own = own_name(name for _, _, name in accounts)
        there = {platform for _, platform, name in accounts if name == own}
        found.update(pk for pk, at, name in accounts if own not in name and name not in own and there - {at})
    return found


def own_name(names: Iterable[str]) -> str:
    """A unit's own name: what most of its watched accounts are called; of several such, the one registered first.

    `names` are their `name_key`, in the order of registration; at least one.
    """
    return Counter(names).most_common(1)[0][0]  # of equals, the first counted


def second_accounts() -> set[int]:
    """一个单位原则上在同一平台只开设一个账号（第七条）: those after the first one registered, whatever the reason."""
    first: set[tuple[int, int]] = set()
    found: set[int] = set()
    there = Account.objects.holding().filter(unit__scope=Scope.BOUND).exclude(platform__code=ANY_PLATFORM)
    for pk, unit_id, platform_id in there.order_by("pk").values_list("pk", "unit_id", "platform_id").iterator():
        if (unit_id, platform_id) in first:
            found.add(pk)
        first.add((unit_id, platform_id))
    return found


def jumped_counts(first: date, last: date) -> dict[int, date]:
    """严禁购买“粉丝”（第十五条）: counts of the days from `first` to `last` that jumped, up or down, with their day.

    Against the account's count before, where that is at most 35 days older: by at least `follower_jump_percent` of it
    and at least `follower_jump_least`, as these were set on the day of the count. The first count of an account, or
    after a longer gap, is no jump.
    """
    before = Followers.objects.filter(account=OuterRef("account"), day__lt=OuterRef("day")).order_by("-day")
    counts = Followers.objects.filter(day__range=(first, last)).annotate(
        before=Subquery(before.values("count")[:1]), before_day=Subquery(before.values("day")[:1])
    )
    counts = counts.annotate(gap=ExpressionWrapper(F("day") - F("before_day"), DurationField()))
    changed = counts.filter(gap__lte=COMPARABLE).annotate(change=Abs(F("count") - F("before")))
    changed = changed.annotate(hundredfold=F("change") * 100)
    found: dict[int, date] = {}
    for since, until, percent, least in _thresholds(first, last):
        much = changed.filter(day__range=(since, until), change__gte=least, hundredfold__gte=F("before") * percent)
        found.update(much.values_list("pk", "day"))
    return found


def _jumps(now: datetime) -> None:
    """Mark the counts that jumped, of the days whose hint is shown now; a count corrected since loses its mark."""
    today = day_of(now)
    first = today - timedelta(days=Settings.load().at("follower_jump_shown_days", today))
    wanted = jumped_counts(first, today)
    marked = set(Followers.objects.filter(jumped_at__isnull=False, day__gte=first).values_list("pk", flat=True))
    rows: list[tuple[int, datetime | None]] = [(pk, start_of(wanted[pk])) for pk in sorted(wanted.keys() - marked)]
    rows += [(pk, None) for pk in sorted(marked - wanted.keys())]
    update_many(Followers, ("jumped_at",), rows)


def _thresholds(first: date, last: date) -> Iterator[tuple[date, date, int, int]]:
    """Each stretch of days on which the same percentage and least change held; mostly it is one."""
    settings = Settings.load()
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    keys = ("follower_jump_percent", "follower_jump_least")
    for (percent, least), stretch in groupby(days, lambda day: tuple(settings.at(key, day) for key in keys)):
        since, *more = stretch
        yield since, more[-1] if more else since, percent, least


def _stands(column: str, accounts: set[int], now: datetime) -> None:
    """Store in `column` that the hint stands for just these: since now where it did not before."""
    before = set(Account.objects.filter(**{f"{column}__isnull": False}).values_list("pk", flat=True))
    rows: list[tuple[int, datetime | None]] = [(pk, now if pk in accounts else None) for pk in accounts ^ before]
    with transaction.atomic():
        due_times.lock([pk for pk, _ in rows])
        update_many(Account, (column,), rows)
