"""The working-day calendar: one row a year with its source, one row a day that differs from Monday to Friday."""

from django.conf import settings
from django.db import models


class Year(models.Model):
    """年度放假安排. Confirmed once it names the State Council's paper; a missing or unconfirmed year is 暂定."""

    year = models.PositiveSmallIntegerField("年度", unique=True)
    papers = models.JSONField("文件网址", default=list)
    number = models.CharField("文号", max_length=64, blank=True)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, verbose_name="确认人")
    confirmed_at = models.DateTimeField("确认时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "年度放假安排"
        ordering = ["year"]

    def __str__(self) -> str:
        return str(self.year)


class Day(models.Model):
    """A holiday (off) or a make-up working day (not off)."""

    date = models.DateField("日期", unique=True)
    name = models.CharField("名称", max_length=32)
    off = models.BooleanField("放假")

    class Meta:
        verbose_name = verbose_name_plural = "节假日"
        ordering = ["date"]

    def __str__(self) -> str:
        return f"{self.date} {self.name}"
