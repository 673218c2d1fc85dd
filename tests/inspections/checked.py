"""A month's check in one line, made through the use cases."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from accounts.models import Account, Role
from inspections import checks
from inspections.models import Sheet, SpotCheck
from tests.factories import account, at, platform, unit, user
from zhonglou_media.core.models import Setting, User

NOVEMBER = date(2026, 11, 1)
FIRST = at("2026-11-01 00:20")
PLATFORMS = ("wechat", "weibo", "douyin")


def people(n: int = 2) -> list[User]:
    """Officers of the office, and a supervisor as the last."""
    return [*(user(Role.OFFICER) for _ in range(n - 1)), user(Role.SUPERVISOR)]


def accounts(units: int = 3, each: int = 3, now: datetime = FIRST) -> list[Account]:
    """Accounts in use of some units, on different platforms."""
    owners = [unit(kind=("subdistrict", "department", "town")[n % 3]) for n in range(units)]
    return [account(of, platform=platform(PLATFORMS[n % 3]), now=now) for of in owners for n in range(each)]


def drafted(seed: str | None = "示例种子", *, now: datetime = FIRST, month: date = NOVEMBER) -> SpotCheck:
    return checks.draft(month, seed=seed, by=None, now=now)


def confirmed(by: User, **more: Any) -> SpotCheck:
    check = drafted(**more)
    return checks.confirm(check.pk, read=check.digest, by=by, now=more.get("now", FIRST)).check


def sampled(size: int, within: int = 6, on: date = date(2026, 1, 1)) -> None:
    """The district checks a sample."""
    Setting.objects.update_or_create(key="check_sample_size", from_date=on, defaults={"value": size})
    Setting.objects.update_or_create(key="check_within_months", from_date=on, defaults={"value": within})


def doubled(percent: int, on: date = date(2026, 1, 1)) -> None:
    Setting.objects.update_or_create(key="check_double_percent", from_date=on, defaults={"value": percent})


def judged(
    sheets: Sequence[Sheet], *, passed: bool, counts: bool = True, at_: datetime = FIRST, score: int = 0
) -> None:
    """Sheets as a checker leaves them, past the use cases of sheets."""
    points = score or (96 if passed else 40)
    Sheet.objects.filter(pk__in=[sheet.pk for sheet in sheets]).update(
        state="submitted",
        submitted_at=at_,
        saved_at=at_,
        as_of=at_,
        score=points,
        vetoed=False,
        passed=passed,
        counts=counts,
    )
