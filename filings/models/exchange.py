"""What was handed to the two systems above (第八条), and what they answered."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class System(models.TextChoices):
    """上级系统."""

    NATIONAL = "national", "全国"
    PROVINCIAL = "provincial", "全省"


class ReceiptResult(models.TextChoices):
    TAKEN = "taken", "已备案"
    REFUSED = "refused", "退回"
    NOT_APPLICABLE = "n/a", "不适用"


class ExportBatch(models.Model):
    """One file made for one system."""

    system = models.CharField("系统", max_length=16, choices=System)
    at = models.DateTimeField("时间")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    sm3 = models.CharField("文件摘要", max_length=64)

    class Meta:
        verbose_name = verbose_name_plural = "导出"
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.get_system_display()} {self.at:%Y-%m-%d %H:%M}"


class ExportItem(models.Model):
    """One filing at one revision in a batch; the same revision goes twice only when asked for again."""

    batch = models.ForeignKey(ExportBatch, models.PROTECT, related_name="items")
    filing = models.ForeignKey("filings.Filing", models.PROTECT, related_name="exports")
    system = models.CharField("系统", max_length=16, choices=System)
    revision = models.PositiveIntegerField("版次")
    again = models.BooleanField("重复导出", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "导出明细"
        constraints = [
            models.UniqueConstraint(
                fields=["filing", "system", "revision"], name="export_once", condition=Q(again=False)
            )
        ]

    def __str__(self) -> str:
        return f"{self.filing_id} {self.get_system_display()} 第{self.revision}版"


class Receipt(models.Model):
    """回执: counts while the approved part of the filing is what it was for `revision`."""

    filing = models.ForeignKey("filings.Filing", models.PROTECT, related_name="receipts")
    system = models.CharField("系统", max_length=16, choices=System)
    revision = models.PositiveIntegerField("版次")
    result = models.CharField("结果", max_length=8, choices=ReceiptResult)
    number = models.CharField("上级编号", max_length=64, blank=True)
    on = models.DateField("日期")
    reason = models.TextField("原因", blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField("登记时间")

    class Meta:
        verbose_name = verbose_name_plural = "回执"
        ordering = ["at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["filing", "system", "revision"],
                name="receipt_once",
                condition=~Q(result="refused"),
                violation_error_message="该系统的回执已登记。",
            ),
            models.CheckConstraint(
                name="receipt_reason_given",
                condition=Q(result="taken") | ~Q(reason=""),
                violation_error_message="退回或不适用须写明原因。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_system_display()}{self.get_result_display()}"
