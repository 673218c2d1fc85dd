"""Checks with results, made as rows in one go, and circulars of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from accounts.models import Account, Unit
from inspections import circulars
from inspections.indicators import in_force
from inspections.models import Circular, Finding, Indicator, Sheet, SpotCheck
from tests.factories import NOW, Cast, at, platform, user
from zhonglou_media.core.models import User
from zhonglou_media.core.names import look_key, name_key

MONTH = date(2026, 10, 1)
AS_OF = at("2026-11-01 00:00")


@dataclass
class Row:
    """One account of a check and its result."""

    name: str
    owner: str = "subdistrict"
    group: str = "微信"
    passed: bool = True
    problems: Sequence[str] = ()  # codes of indicators
    platform: str = "wechat"
    score: Decimal | None = None
    unit: Unit | None = None
    counts: bool = True


@dataclass
class Made:
    """A check and the people of its story."""

    check: SpotCheck
    cast: Cast
    accounts: dict[str, Account] = field(default_factory=dict)

    @property
    def officer(self) -> User:
        return self.cast.officer

    @property
    def supervisor(self) -> User:
        return self.cast.supervisor


def check_of(
    rows: Iterable[Row],
    *,
    month: date = MONTH,
    state: str = "closed",
    cast: Cast | None = None,
    as_of: datetime = AS_OF,
) -> Made:
    """A check with a result for each of `rows`; an unknown code becomes the indicator of that name."""
    cast, rows = cast or Cast(), list(rows)
    times: dict[str, Any] = {"confirmed_at": NOW} if state != "drafted" else {}
    times |= {"closed_at": NOW} if state == "closed" else {}
    check = SpotCheck.objects.create(
        month=month,
        state=state,
        indicator_set=in_force(month),
        seed="示例",
        drawn='{"population": [], "sample": []}',
        digest="0" * 64,
        due_at=AS_OF,
        drafted_at=NOW,
        **times,
    )
    made = Made(check, cast)
    codes = {row.code: row for row in Indicator.objects.filter(indicator_set=check.indicator_set)}
    accounts = Account.objects.bulk_create(
        Account(
            platform=platform(row.platform),
            name=row.name,
            name_key=f"{month}{number}{name_key(row.name)}",
            look_key=look_key(row.name),
            uid=f"{month}-{number}",
            unit=row.unit or cast.unit,
            state="active",
            origin="baseline",
            state_since=NOW,
            monitored_from=date(2026, 1, 1),
            next_update_due_at=at("2026-12-01 00:00"),
            same_platform_reason="示例",
        )
        for number, row in enumerate(rows)
    )
    vetoed = {row.name for row in rows if any(codes[code].kind == "veto" for code in row.problems)}
    sheets = Sheet.objects.bulk_create(
        Sheet(
            spot_check=check,
            account=account,
            unit=account.unit,
            unit_kind=row.owner,
            platform_group=row.group,
            state="submitted" if row.counts else "open",
            submitted_at=NOW if row.counts else None,
            as_of=as_of,
            score=row.score if row.score is not None else Decimal(95 if row.passed else 50),
            vetoed=row.name in vetoed,
            passed=row.passed and row.name not in vetoed,
            counts=row.counts,
        )
        for account, row in zip(accounts, rows, strict=True)
    )
    Finding.objects.bulk_create(
        Finding(sheet=sheet, account=sheet.account, unit=sheet.unit, indicator=codes[code], found_at=NOW)
        for sheet, row in zip(sheets, rows, strict=True)
        for code in row.problems
    )
    made.accounts = {row.name: account for row, account in zip(rows, accounts, strict=True)}
    return made


ROWS = (
    Row("示例发布", problems=("N2.1",)),
    Row("示例应急", group="微博", platform="weibo", problems=("N3.1",), owner="department"),
    Row("示例文旅", group="其他", platform="douyin", problems=("Z08",), owner="department"),
    Row("示例民政", problems=("Z07", "Z08"), passed=False, owner="department"),
    *(Row(f"示例甲{n}") for n in range(1, 5)),
    Row("示例满分", score=Decimal(100)),
)


def a_check(**more: Any) -> Made:
    """Nine accounts: two vetoed, one failed by points, one with a problem, one with full marks."""
    return check_of(ROWS, **more)


def empty_month(**more: Any) -> Made:
    """Nothing found."""
    return check_of([Row(f"示例乙{n}") for n in range(1, 4)], **more)


def drafted(made: Made | None = None, *, now: datetime = NOW) -> tuple[Made, Circular]:
    """A circular of the check as it is drafted."""
    made = made or a_check()
    return made, circulars.draft(made.check.pk, by=made.officer, now=now)


def published(made: Made | None = None, *, now: datetime = NOW) -> tuple[Made, Circular]:
    """… and published by the supervisor."""
    made, circular = drafted(made, now=now)
    done = circulars.publish(circular.pk, version=circular.version, by=made.supervisor, now=now)
    return made, done.circular


def another_officer() -> User:
    return user("officer")
