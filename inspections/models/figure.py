"""Roll-ups of a month: the dashboard reads these, never the facts; only `inspections/figures.py` writes them."""

from django.db import models
from django.db.models import Q


class MonthFigure(models.Model):
    """What a unit's month came to: numerators and denominators of the five figures."""

    month = models.DateField("月份")  # its first day
    unit = models.ForeignKey("accounts.Unit", models.PROTECT, related_name="figures")
    filings = models.PositiveIntegerField("应报备案", default=0)
    filings_on_time = models.PositiveIntegerField("按期报送", default=0)
    accounts = models.PositiveIntegerField("应更新的账号", default=0)
    accounts_updated = models.PositiveIntegerField("更新达标的账号", default=0)
    accounts_unknown = models.PositiveIntegerField("无法判断的账号", default=0)  # not among `accounts`: no data
    asked = models.PositiveIntegerField("咨询", default=0)
    answered_in_time = models.PositiveIntegerField("24 小时内回复", default=0)
    checked = models.PositiveIntegerField("抽查的账号", default=0)
    passed = models.PositiveIntegerField("合格的账号", default=0)
    rectifications = models.PositiveIntegerField("应整改", default=0)
    rectified = models.PositiveIntegerField("整改完成", default=0)
    days = models.JSONField("每天的更新次数", default=list)  # of the 1st, the 2nd …: the calendar of updates

    class Meta:
        verbose_name = verbose_name_plural = "月度统计"
        constraints = [
            models.UniqueConstraint(fields=["month", "unit"], name="month_figure_once"),
            models.CheckConstraint(name="month_figure_month_first_day", condition=Q(month__day=1)),
        ]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.unit_id}"


class MonthDone(models.Model):
    """When a month's figures were computed, and from what: a changed mark means that they are computed again."""

    month = models.DateField("月份", unique=True)
    computed_at = models.DateTimeField("计算时间")
    mark = models.CharField("依据的变动", max_length=64, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "月度统计的计算"

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"
