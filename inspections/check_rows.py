"""The lines of a month's check as a page and its workbook show them: an account, its result, its main problems."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO

from django.db.models import Case, Count, Exists, IntegerField, Max, OuterRef, Q, QuerySet, Value, When

from accounts.models import Account
from accounts.models.account import WATCHED
from accounts.models.unit import Scope, UnitKind
from inspections.check_progress import IN_USE, differing
from inspections.models import Finding, Sheet, SheetState, SpotCheck
from zhonglou_media.core.clock import day_of, start_of
from zhonglou_media.core.tables_out import SheetOut, write_xlsx

A_CHUNK = 500  # lines of a workbook that are read at once
SHOWN_PROBLEMS = 3
HEADS = (
    *("账号", "平台", "主办单位", "开设主体", "类型", "结果", "得分", "单项否决", "主要问题", "检查人"),
    *("监测时间点", "数据截至", "手工增加的理由"),
)


@dataclass
class Line:
    """An account of the check: its first sheet, the second where there is one, and what was found."""

    sheet: Sheet
    second: Sheet | None = None
    problems: list[str] = field(default_factory=list)

    @property
    def result(self) -> Sheet | None:
        """The sheet whose result counts."""
        return next((s for s in (self.sheet, self.second) if s is not None and s.counts), None)

    @property
    def differs(self) -> bool:
        """Whether two people have checked it, neither result counts, and it is still in use."""
        both = [s for s in (self.sheet, self.second) if s is not None and s.state == SheetState.SUBMITTED]
        return len(both) == 2 and self.result is None and not self.gone

    @property
    def gone(self) -> bool:
        """Whether it has no result and gets none: it is no longer in use, or not of the district."""
        account = self.sheet.account
        in_use = account.state in WATCHED and account.unit.scope == Scope.BOUND
        return self.result is None and not in_use

    @property
    def word(self) -> str:
        """The result in a word, as the tabs are called."""
        if self.result is not None:
            return "合格" if self.result.passed else "不合格"
        return "已不在运行" if self.gone else "两人不一致" if self.differs else "未核"

    @property
    def checkers(self) -> str:
        names = [str(s.checker or "未分配") for s in (self.sheet, self.second) if s is not None]
        return "、".join(names)

    @property
    def scores(self) -> str:
        """Of two that differ: 「94 / 否决」."""
        if not self.differs or self.second is None:
            return ""
        return " / ".join("否决" if s.vetoed else f"{float(s.score or 0):g}" for s in (self.sheet, self.second))


def of_check(check: SpotCheck, units: Iterable[int] | None) -> QuerySet[Sheet]:
    """Its accounts (their first sheets), of these units only; None: all."""
    rows = Sheet.objects.filter(spot_check=check, part=1)
    return rows if units is None else rows.filter(unit__in=set(units))


def counted(passed: bool | None = None) -> Q:
    """First sheets of accounts whose result that counts is this; None: any."""
    same = Sheet.objects.filter(spot_check=OuterRef("spot_check"), account=OuterRef("account"), counts=True)
    return Q(Exists(same if passed is None else same.filter(passed=passed)))


def without_result() -> Q:
    """First sheets of accounts in use without a result that counts, on which no two people differ."""
    return IN_USE & ~counted() & ~differing()


def gone() -> Q:
    """First sheets of accounts without a result that counts, which are no longer in use: nobody judges them."""
    return ~IN_USE & ~counted()


def in_order(rows: QuerySet[Sheet]) -> QuerySet[Sheet]:
    """What asks for something first: failed, differing, passed, not yet checked, gone; then by unit and account."""
    rank = Case(
        When(counted(passed=False), then=Value(0)),
        When(differing(), then=Value(1)),
        When(counted(passed=True), then=Value(2)),
        When(gone(), then=Value(4)),
        default=Value(3),
        output_field=IntegerField(),
    )
    return rows.annotate(rank=rank).order_by("rank", "unit__name", "account__platform__order", "account__name", "pk")


def lines(sheets: Sequence[Sheet]) -> list[Line]:
    """The lines of these first sheets (with account, platform, unit and checker): two queries more."""
    found = {(s.spot_check_id, s.account_id): Line(s) for s in sheets}
    seconds = Sheet.objects.filter(
        part=2, spot_check__in={s.spot_check_id for s in sheets}, account__in=[s.account_id for s in sheets]
    )
    for second in seconds.select_related("checker"):
        found[(second.spot_check_id, second.account_id)].second = second
    of_result = {line.result.pk: line for line in found.values() if line.result is not None}
    problems = Finding.objects.filter(sheet__in=list(of_result), withdrawn_at__isnull=True).select_related("indicator")
    for finding in problems.order_by("indicator__order", "pk"):
        line, indicator = of_result[finding.sheet_id], finding.indicator
        times = "" if indicator.kind == "veto" else f" {finding.count} {indicator.unit_word}"
        line.problems.append(f"{indicator.code} {indicator.name}{times}")
    return list(found.values())


READ = ("account__platform", "account__unit", "unit", "checker")


@dataclass(frozen=True)
class Known:
    """Of how many accounts the data reach to the last midnight, and how far the newest reach."""

    accounts: int
    posts: int
    messages: int
    until: datetime | None


def known(rows: QuerySet[Sheet], now: datetime) -> Known:
    """Until when the accounts of these first sheets are known: one query."""
    midnight = start_of(day_of(now))
    accounts = Account.objects.filter(pk__in=rows.order_by().values("account"))
    return Known(
        **accounts.aggregate(
            accounts=Count("pk"),
            posts=Count("pk", filter=Q(posts_known_until__gte=midnight)),
            messages=Count("pk", filter=Q(messages_known_until__gte=midnight)),
            until=Max("posts_known_until"),
        )
    )


def export(check: SpotCheck, rows: QuerySet[Sheet], target: IO[bytes], *, office: bool, above: str) -> None:
    """The results as a workbook, all or those of a unit, which does not see who checks and why one was added."""
    heads = HEADS if office else (*HEADS[:9], *HEADS[10:12])
    write_xlsx(target, [SheetOut(f"{check.code} 抽查", heads, _cells(rows, office), (above,))])


def _cells(rows: QuerySet[Sheet], office: bool) -> Iterable[Sequence[object]]:
    ids = list(in_order(rows).values_list("pk", flat=True))
    for first in range(0, len(ids), A_CHUNK):
        held = Sheet.objects.select_related(*READ).in_bulk(ids[first : first + A_CHUNK])
        for line in lines([held[pk] for pk in ids[first : first + A_CHUNK] if pk in held]):
            yield _row(line, office)


def _row(line: Line, office: bool) -> Sequence[object]:
    sheet, result = line.sheet, line.result
    account = sheet.account
    word = line.word if office or not line.differs else "未核"
    cells: list[object] = [account.name, account.platform.name, sheet.unit.name, _kind_of(sheet), sheet.platform_group]
    cells += [word, result.score if result else None, result.vetoed if result else None, "；".join(line.problems)]
    cells += [line.checkers] if office else []
    cells += [result.as_of if result else None, result.known_until if result else None]
    return [*cells, sheet.added_reason] if office else cells


def _kind_of(sheet: Sheet) -> str:
    return str(UnitKind(sheet.unit_kind).label) if sheet.unit_kind in UnitKind.values else ""
