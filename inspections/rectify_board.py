"""整改 as lists: which a person may read, the board's columns, counts, and the rows of the workbook."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet

from accounts.access import seen_unit_ids
from inspections import deciding, lateness, rectify_due, rectifying
from inspections.models import AnnualVeto, OrderState, Rectification, RectificationState, UpperFinding
from inspections.models.rectification import OPEN_RECTIFICATIONS
from zhonglou_media.core.countdown import due24
from zhonglou_media.core.models import User

CHUNK = 500  # rows of a workbook in memory at a time
S = RectificationState
# By an executed closure the problem is at an end, though nobody put it right.
CLOSED = Q(closure_order__isnull=False, closure_order__state=OrderState.EXECUTED)
NOT_CLOSED = Q(closure_order__isnull=True) | ~Q(closure_order__state=OrderState.EXECUTED)
OPEN = Q(state__in=OPEN_RECTIFICATIONS) & NOT_CLOSED
ANSWERED = OPEN & Q(state=S.SUBMITTED)
BACK = OPEN & Q(sent_back__gt=0)
WAITS = OPEN & Q(referred_at__isnull=False, decided_at__isnull=True)
COLUMNS: dict[str, tuple[str, Q, tuple[str, ...]]] = {
    "issued": ("待整改", OPEN & Q(state=S.ISSUED), ("due_at", "pk")),
    "submitted": ("待复核", ANSWERED, ("answered_at", "pk")),
    "verified": (
        "整改完成",
        Q(state=S.VERIFIED) | (Q(state__in=OPEN_RECTIFICATIONS) & CLOSED),
        ("-verified_at", "-pk"),
    ),
    "revoked": ("已撤销", Q(state=S.REVOKED), ("-revoked_at", "-pk")),
}
SOURCES = {"check": ("月度抽查", Q(finding__isnull=False)), "upper": ("上级工单", Q(upper__isnull=False))}
READ = (
    *("account__platform", "unit", "finding__indicator", "finding__sheet__spot_check", "upper"),
    *("answered_by", "verified_by", "referred_by", "closure_order"),
)
HEADS = (
    *("文号", "单位", "账号", "平台", "来源", "问题", "整改要求", "状态", "是否逾期", "下达时间", "整改期限"),
    *("延期前的期限", "首次答复", "整改情况", "退回次数", "催办次数", "复核时间", "复核人", "转负责人", "责令关停"),
)


def visible_rectifications(user: User) -> QuerySet[Rectification]:
    """Those of the units whose data `user` reads (accounts.policy.READERS)."""
    ids = seen_unit_ids(user)
    return Rectification.objects.all() if ids is None else Rectification.objects.filter(unit__in=ids)


def visible_vetoes(user: User) -> QuerySet[AnnualVeto]:
    """The same of vetoes."""
    ids = seen_unit_ids(user)
    return AnnualVeto.objects.all() if ids is None else AnnualVeto.objects.filter(unit__in=ids)


def to_verify() -> QuerySet[Rectification]:
    """待复核 of the whole district, the longest waiting first."""
    return Rectification.objects.filter(ANSWERED).select_related(*READ).order_by("answered_at", "pk")


def to_decide() -> QuerySet[Rectification]:
    """转负责人决定 of the whole district, the longest waiting first."""
    return Rectification.objects.filter(WAITS).select_related(*READ).order_by("referred_at", "pk")


def titled(rows: QuerySet[Rectification]) -> list[tuple[Rectification, str]]:
    """Each with `title_of`."""
    return [(row, title_of(row)) for row in rows]


def counts(rows: QuerySet[Rectification], now: datetime) -> dict[str, int]:
    """One query: of each column, and `late`, `back`, `waits`, `check`, `upper`."""
    wanted = {key: which for key, (_, which, _) in COLUMNS.items()}
    wanted |= {"late": lateness.overdue(now), "back": BACK, "waits": WAITS}
    return rows.aggregate(**{key: Count("pk", filter=which) for key, which in wanted.items()})


@dataclass(frozen=True)
class Card:
    """A rectification on the board: `title` is its account, `source` where it comes from."""

    row: Rectification
    title: str
    source: str
    is_late: bool
    in_time: bool  # answered before the due time, and it waits
    ordered: bool  # the account is ordered closed for it
    done: str  # what stands in the place of the countdown; '' while it runs
    remind: bool  # the office may remind now
    refer: bool  # it is one for the supervisor, and nobody has referred it


def cards(rows: Sequence[Rectification], now: datetime) -> list[Card]:
    """Of rows read with `READ`."""
    return [_card(row, now) for row in rows]


def _card(row: Rectification, now: datetime) -> Card:
    remind = row.state == S.ISSUED and not rectifying.reminded_today(row, now)
    refer = not deciding.waits(row) and bool(deciding.grounds(row, now))
    return Card(
        row=row,
        title=title_of(row),
        source=source_of(row),
        is_late=lateness.is_overdue(row, now),
        in_time=rectifying.in_time(row),
        ordered=lateness.is_ordered(row),
        done=done_words(row),
        remind=remind,
        refer=refer,
    )


def title_of(row: Rectification) -> str:
    """The account, or what the issuer above called it."""
    if row.account is not None:
        return str(row.account)
    upper: UpperFinding | None = row.upper
    return upper.account_text if upper is not None else str(row.unit)


def source_of(row: Rectification) -> str:
    """「11月抽查」 or the number from above."""
    if row.finding is not None:
        month = row.finding.sheet.spot_check.month
        return f"{month.year}年{month.month}月抽查"
    return f"{row.upper.get_issuer_display()} {row.upper.number}" if row.upper is not None else ""


def done_words(row: Rectification) -> str:
    """How it ended; '' while it has not."""
    if row.closure_order is not None and row.closure_order.state == OrderState.EXECUTED and row.state != S.VERIFIED:
        return "账号已关停"
    if row.state == S.VERIFIED:
        if lateness.is_in_time(row):
            return "按期完成"
        return "整改完成" if row.provisional else "逾期完成"
    return "已撤销" if row.state == S.REVOKED else ""


def sheet_rows(ids: Sequence[int], now: datetime) -> Iterator[Sequence[Any]]:
    """The workbook's rows of these, in their order; some hundreds are in memory at a time."""
    for first in range(0, len(ids), CHUNK):
        chunk = ids[first : first + CHUNK]
        held = Rectification.objects.select_related(*READ).in_bulk(chunk)
        yield from (_cells(held[pk], now) for pk in chunk if pk in held)


def _cells(row: Rectification, now: datetime) -> Sequence[Any]:
    account, order = row.account, row.closure_order
    return (
        *(row.number, row.unit.name, account.name if account else title_of(row)),
        *(account.platform.name if account else "", source_of(row), row.problem, row.demand),
        *(row.get_state_display(), lateness.is_overdue(row, now), row.issued_at, rectify_due.until(row)),
        *(due24(row.extended_from) if row.extended_from else "", row.first_answered_at, row.answer),
        *(row.sent_back, row.reminded, row.verified_at, str(row.verified_by or "")),
        *(row.referred_at, f"{order.number}（{order.get_state_display()}）" if order else ""),
    )
