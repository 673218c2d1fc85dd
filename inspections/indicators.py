"""检查指标 (附件1): which version is in force on a day, and how the supervisor makes the next one."""

from datetime import date

from inspections.models import Indicator, IndicatorSet, SetState
from zhonglou_media.core.errors import Refused


def in_force(on: date) -> IndicatorSet:
    """The published version with the latest 施行日期 not after `on` (a Shanghai day). Raises Refused when none is."""
    published = IndicatorSet.objects.filter(state=SetState.PUBLISHED, from_date__lte=on)
    found = published.order_by("-from_date").first()
    if found is None:
        raise Refused(f"{on} 还没有施行的检查指标，请由区政府办公室负责人先发布一版。")
    return found


def lines_of(indicator_set: IndicatorSet) -> list[Indicator]:
    """Its lines in the order of the page: one query."""
    return list(Indicator.objects.filter(indicator_set=indicator_set).order_by("order", "id"))
