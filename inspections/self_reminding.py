"""The units are asked for their 季度自查 (第二十四条) once, on the quarter's first working day."""

from datetime import datetime, timedelta

from django.db.models import Count
from django.urls import reverse

from accounts import audience
from accounts.models import Role, Unit
from accounts.quarter import Quarter
from inspections import selfchecks
from zhonglou_media.core import notices
from zhonglou_media.core.calendar import Calendar
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.countdown import due24
from zhonglou_media.core.models import Notice

MADE_UP_FOR = timedelta(days=14)  # a first working day that was missed; later nobody is told of a beginning


def remind(now: datetime) -> None:
    """A notice to the operators of each unit that has accounts to check, once a quarter; none on a holiday.

    Also to the receiving unit's of one that was merged away. Six queries, however many units.
    """
    today, quarter = day_of(now), Quarter.of(now)
    if today - quarter.start >= MADE_UP_FOR or not Calendar.load().is_working_day(today)[0]:
        return
    due = selfchecks.due(quarter)
    if due <= now:
        return
    waiting = selfchecks.waiting(quarter)
    numbers = dict(waiting.order_by().values_list("unit").annotate(n=Count("pk")))
    units = list(Unit.objects.filter(pk__in=numbers).order_by("pk"))
    whose = {unit.pk: unit.merged_into_id or unit.pk for unit in units}
    operators = audience.by_unit((Role.OPERATOR,), whose.values(), now)
    link, until = reverse("inspections:self_checks"), due24(due)
    notices.leave(
        Notice(
            user_id=user_id,
            key=f"self-check-{quarter.key}-{unit.pk}",
            text=f"{quarter.label}自查：请在 {until} 前按检查指标自查{unit.name}的 {numbers[unit.pk]} 个账号。",
            link=link,
            at=now,
        )
        for unit in units
        for user_id in operators.get(whose[unit.pk], ())
    )
