"""What accounts publish and what citizens ask (arts. 14, 15)."""

from django.db import models
from django.db.models import F, Q


class Source(models.TextChoices):
    TYPED = "typed", "手工登记"
    IMPORT = "import", "导入"
    COLLECTED = "collected", "采集"


class Publication(models.Model):
    """发布: one row an account and the platform's own id of it."""

    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="publications")
    external_id = models.CharField("外部编号", max_length=128)
    title = models.CharField("标题", max_length=200)
    url = models.CharField("链接", max_length=500, blank=True)
    published_at = models.DateTimeField("发布时间")
    original = models.BooleanField("原创", default=False)
    removed_at = models.DateTimeField("删除时间", null=True)
    source = models.CharField("来源", max_length=16, choices=Source)

    class Meta:
        verbose_name = verbose_name_plural = "发布"
        constraints = [models.UniqueConstraint(fields=["account", "external_id"], name="publication_once")]
        indexes = [models.Index(fields=["account", "published_at"], name="publication_by_time")]

    def __str__(self) -> str:
        return self.title


class MessageKind(models.TextChoices):
    INQUIRY = "inquiry", "咨询"
    SUGGESTION = "suggestion", "建议"
    COMPLAINT = "complaint", "投诉"
    HELP = "help", "求助"
    OTHER = "other", "其他"


class Message(models.Model):
    """留言: only 咨询 has a due time, 24 hours after it was asked (第十五条)."""

    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="messages")
    external_id = models.CharField("外部编号", max_length=128)
    kind = models.CharField("类型", max_length=16, choices=MessageKind)
    asked_at = models.DateTimeField("留言时间")
    received_at = models.DateTimeField("收到时间")
    first_reply_at = models.DateTimeField("首次回复时间", null=True)
    withdrawn_at = models.DateTimeField("撤回时间", null=True)
    reply_due_at = models.DateTimeField("应回复", null=True)
    source = models.CharField("来源", max_length=16, choices=Source)

    class Meta:
        verbose_name = verbose_name_plural = "留言"
        constraints = [
            models.UniqueConstraint(fields=["account", "external_id"], name="message_once"),
            models.CheckConstraint(
                name="message_reply_after_question",
                condition=Q(first_reply_at__isnull=True) | Q(first_reply_at__gte=F("asked_at")),
                violation_error_message="回复时间不能早于留言时间。",
            ),
        ]
        indexes = [
            models.Index(
                fields=["reply_due_at"],
                name="message_unanswered",
                condition=Q(first_reply_at__isnull=True) & Q(reply_due_at__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.asked_at:%Y-%m-%d %H:%M}"
