"""打印模板: the official forms (附件2–4) as Word files that the office supplies."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from zhonglou_media.core.models import File

from .filing import FilingKind


class PrintForm(models.TextChoices):
    """Which form is printed: a closure and a cancellation share one."""

    OPENING = "opening", "附件2 新开办备案表"
    CLOSING = "closing", "附件3 关停报备表"
    CHANGE = "change", "附件4 变更报备表"


FORM_OF = {
    FilingKind.OPEN: PrintForm.OPENING,
    FilingKind.CHANGE: PrintForm.CHANGE,
    FilingKind.CLOSE: PrintForm.CLOSING,
    FilingKind.CANCEL: PrintForm.CLOSING,
}


class PrintTemplate(models.Model):
    """One uploaded version of a form: prepared (待启用), in use, or retired; with none in use the built-in prints."""

    form = models.CharField("表单", max_length=16, choices=PrintForm)
    version = models.PositiveIntegerField("版次")
    file = models.ForeignKey(File, models.PROTECT, related_name="+", verbose_name="文件")
    name = models.CharField("文件名", max_length=200)
    note = models.CharField("说明", max_length=200, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField("上传时间")
    adopted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    adopted_at = models.DateTimeField("启用时间", null=True)
    retired_at = models.DateTimeField("停用时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "打印模板"
        ordering = ["form", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["form", "version"], name="print_template_once"),
            models.UniqueConstraint(
                fields=["form"],
                name="print_template_one_in_use",
                condition=Q(adopted_at__isnull=False, retired_at__isnull=True),
            ),
            models.CheckConstraint(
                name="print_template_retired_after_adopted",
                condition=Q(retired_at__isnull=True) | Q(retired_at__gte=F("adopted_at")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_form_display()}第{self.version}版"

    @property
    def in_use(self) -> bool:
        """Whether this is what is printed now."""
        return self.adopted_at is not None and self.retired_at is None
