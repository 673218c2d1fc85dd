"""Of filings that were ticked for an export, why some cannot go: 已办结, 不适用, 缺账号ID …"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import F, QuerySet

from filings.filed import lacks_id
from filings.models import ExportItem, Filing, FilingState, Receipt, ReceiptResult

NAMED = 3  # in a sentence; the others are counted


@dataclass(frozen=True)
class LeftOut:
    """One that does not go, and why."""

    filing: Filing
    why: str

    @property
    def called(self) -> str:
        return f"{self.filing.number or self.filing.account_label}（{self.why}）"


def left_out(system: str, ids: Collection[int]) -> list[LeftOut]:
    """The filings `ids`, none of which can go to `system` now, each with the first reason against it. Five queries."""
    found = Filing.objects.for_lists().filter(pk__in=ids).order_by("number", "pk")
    sent = set(_now(ExportItem.objects.filter(system=system, filing__in=ids)))
    answers = Receipt.objects.filter(system=system, filing__in=ids)
    taken = set(_now(answers.filter(result=ReceiptResult.TAKEN)))
    # Of whatever revision: accepted ones are asked about only once they cannot go for another reason.
    not_applicable = set(answers.filter(result=ReceiptResult.NOT_APPLICABLE).values_list("filing", flat=True))
    lacking = set(Filing.objects.filter(lacks_id(), pk__in=ids).values_list("pk", flat=True))

    def why(filing: Filing) -> str:
        if filing.state != FilingState.ACCEPTED:
            return f"现为“{filing.get_state_display()}”"
        if filing.pk in sent:
            return "现在这一版已经导出过"
        if filing.pk in taken:
            return "已登记“已备案”"
        if filing.pk in lacking:
            return "缺账号ID"
        return "已登记“不适用”" if filing.pk in not_applicable else "刚有变动"

    return [LeftOut(filing, why(filing)) for filing in found]


def _now(rows: QuerySet[Any]) -> Iterable[int]:
    """The filings of those that are about the present revision."""
    return rows.filter(revision=F("filing__revision")).values_list("filing", flat=True)


def in_words(rows: Collection[LeftOut]) -> str:
    """甲（缺账号ID）、乙（现为“办结”）等 5 件."""
    said = "、".join(row.called for row in list(rows)[:NAMED])
    return f"{said}等 {len(rows)} 件" if len(rows) > NAMED else said
