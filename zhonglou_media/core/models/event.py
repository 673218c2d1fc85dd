"""The one history of the portal: append-only, chained."""

from django.conf import settings
from django.db import models


class Event(models.Model):
    """操作记录: who did what to which object, written only by `core.events.append`."""

    seq = models.BigIntegerField("序号", unique=True)
    at = models.DateTimeField("时间")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, verbose_name="办理人")
    role = models.CharField("身份", max_length=16)
    subject_kind = models.CharField("对象", max_length=32)
    subject_id = models.BigIntegerField("对象编号", null=True)
    verb = models.CharField("动作", max_length=32)
    from_state = models.CharField("原状态", max_length=16, blank=True)
    to_state = models.CharField("新状态", max_length=16, blank=True)
    revision = models.PositiveIntegerField("版次", null=True)
    digest = models.CharField("摘要", max_length=64, blank=True)
    comment = models.TextField("意见", blank=True)
    detail = models.JSONField("详情", default=dict)
    prev = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = verbose_name_plural = "操作记录"
        ordering = ["seq"]
        indexes = [
            models.Index(fields=["subject_kind", "subject_id", "seq"], name="event_subject"),
            models.Index(fields=["verb", "seq"], name="event_verb"),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.subject_kind} {self.subject_id} {self.verb}"


class EventHead(models.Model):
    """The chain's end: one row, locked last in each transaction that appends."""

    seq = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="0" * 64)

    class Meta:
        constraints = [models.CheckConstraint(name="event_head_is_one_row", condition=models.Q(id=1))]

    def __str__(self) -> str:
        return f"{self.seq} {self.hash[:12]}"
