"""What was handed to the two systems above (第八条), and what they answered."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from zhonglou_media.core.models import File


class System(models.TextChoices):
    """上级系统."""

    NATIONAL = "national", "全国"
    PROVINCIAL = "provincial", "全省"


class ReceiptResult(models.TextChoices):
    TAKEN = "taken", "已备案"
    REFUSED = "refused", "退回"
    NOT_APPLICABLE = "n/a", "不适用"


class ExportLayout(models.Model):
    """导出格式: the columns of one system's file as the office arranged them; the highest version is the one in use.

    Without a row the columns that ship with the portal are (`filings/exporting/`), which count as version 0.
    """

    system = models.CharField("系统", max_length=16, choices=System)
    version = models.PositiveIntegerField("版次")
    # In order: {"heading": what stands above, "value": a key of `exporting.VALUES`, "codes": {what it says: its code}}.
    columns = models.JSONField("列")
    title = models.CharField("表头上面的一行", max_length=100, blank=True, default="")
    note = models.CharField("说明", max_length=200, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "导出格式"
        ordering = ["system", "-version"]
        constraints = [models.UniqueConstraint(fields=["system", "version"], name="export_layout_once")]

    def __str__(self) -> str:
        return f"{self.get_system_display()}导出格式第{self.version}版"


class ExportBatch(models.Model):
    """One export for one system: who, when, which filings at which revision, and the file that was made."""

    system = models.CharField("系统", max_length=16, choices=System)
    at = models.DateTimeField("时间")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    sm3 = models.CharField("文件摘要", max_length=64)
    layout = models.PositiveIntegerField("导出格式的版次", default=0)
    # No file where a command made it: it lies where its user wanted it.
    file = models.ForeignKey(File, models.PROTECT, null=True, related_name="+", verbose_name="文件")
    name = models.CharField("文件名", max_length=200, blank=True)
    downloads = models.PositiveIntegerField("下载次数", default=0)

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


class ExportMark(models.TextChoices):
    """What the upper system does with a row (操作)."""

    NEW = "open", "新增"
    CHANGE = "change", "变更"
    CLOSE = "close", "关停"
    CANCEL = "cancel", "注销"
    UPDATE = "update", "更新"


class ExportRequest(models.Model):
    """补报: an account that goes to a system outside of any filing, since its list and the register differ."""

    system = models.CharField("系统", max_length=16, choices=System)
    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="export_requests")
    mark = models.CharField("操作", max_length=8, choices=ExportMark)
    why = models.CharField("原因", max_length=200)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField("时间")
    batch = models.ForeignKey(ExportBatch, models.PROTECT, null=True, related_name="requests", verbose_name="导出")
    dropped_at = models.DateTimeField("取消时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "补报"
        ordering = ["at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["system", "account"],
                name="export_request_one_waits",
                condition=Q(batch__isnull=True, dropped_at__isnull=True),
                violation_error_message="这个账号已在待导出的补报里。",
            ),
            models.CheckConstraint(
                name="export_request_exported_or_dropped",
                condition=Q(batch__isnull=True) | Q(dropped_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_system_display()}{self.get_mark_display()} {self.account_id}"


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
