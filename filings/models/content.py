"""What was typed, what was frozen, and the files that go with it."""

from django.conf import settings
from django.db import models

from zhonglou_media.core.file_types import DOCX, PAPER, PDF, PICTURES
from zhonglou_media.core.models import File

THUMBNAIL = 3 * 1024 * 1024
ICONS = {PDF: "file-type-pdf", DOCX: "file-type-doc"}


class Draft(models.Model):
    """What was typed, as typed: 「2026-13-40」 must survive."""

    filing = models.OneToOneField("filings.Filing", models.PROTECT, primary_key=True, related_name="draft")
    data = models.JSONField("内容", default=dict)
    saved_at = models.DateTimeField("保存时间")
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")  # 系统

    class Meta:
        verbose_name = verbose_name_plural = "草稿"

    def __str__(self) -> str:
        return f"草稿 {self.pk}"


class Revision(models.Model):
    """版次: the content at one freeze or supplement, immutable by trigger."""

    filing = models.ForeignKey("filings.Filing", models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField("版次")
    content = models.JSONField("内容")
    sm3 = models.CharField("摘要", max_length=64)
    approved_sm3 = models.CharField("批准部分摘要", max_length=64)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField("时间")

    class Meta:
        verbose_name = verbose_name_plural = "版次"
        ordering = ["filing", "number"]
        constraints = [models.UniqueConstraint(fields=["filing", "number"], name="revision_once")]

    def __str__(self) -> str:
        return f"第{self.number}版"


class FilingText(models.Model):
    """What a filing says in one string, folded by `core.names.name_key`, for the search; written with each revision."""

    filing = models.OneToOneField("filings.Filing", models.PROTECT, primary_key=True, related_name="text")
    text = models.TextField("文字")

    class Meta:
        verbose_name = verbose_name_plural = "备案文字"

    def __str__(self) -> str:
        return f"文字 {self.pk}"


class AttachmentKind(models.TextChoices):
    """What a file shows: the QR code is a fact of the account (it may come late), the rest are papers."""

    PAPER = "", "其他附件"
    QR = "qr", "二维码图"
    AVATAR = "avatar", "新头像"
    PROOF = "proof", "办理证明"


class Attachment(models.Model):
    """附件: never deleted; one taken out of a draft is marked removed."""

    filing = models.ForeignKey("filings.Filing", models.PROTECT, related_name="attachments")
    file = models.ForeignKey(File, models.PROTECT, related_name="+")
    name = models.CharField("文件名", max_length=200)
    kind = models.CharField("是什么", max_length=8, choices=AttachmentKind, blank=True)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    added_at = models.DateTimeField("上传时间")
    removed_at = models.DateTimeField("移除时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "附件"
        ordering = ["added_at", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_shown(self) -> bool:
        """Whether browsers show it; the rest are only downloaded."""
        return self.file.type in PAPER

    @property
    def thumbnail(self) -> bool:
        """A picture small enough to be fetched for a list: nothing here draws a smaller one."""
        return self.file.type in PICTURES and self.file.size <= THUMBNAIL

    @property
    def picture(self) -> str:
        """The icon that stands for it in a list."""
        return ICONS.get(self.file.type, "photo" if self.file.type in PICTURES else "file-text")
