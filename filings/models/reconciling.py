"""与上级平台核对: one run compares the register with the list a system above exported, and is kept."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from zhonglou_media.core.clock import SHANGHAI
from zhonglou_media.core.models import File, Job

from .exchange import System


class Reconciliation(models.Model):
    """One run. It remembers the mapping of columns: the next run of the same system starts from it."""

    system = models.CharField("系统", max_length=16, choices=System)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField("核对时间")
    job = models.OneToOneField(Job, models.PROTECT, related_name="reconciliation")
    source = models.ForeignKey(File, models.PROTECT, related_name="+", verbose_name="清单")
    source_name = models.CharField("文件名", max_length=200)
    columns = models.JSONField("列的对应")  # {a field of the register: the head of their column}
    states = models.JSONField("状态的对应", default=dict)  # {what they write: alive | closed}
    previous = models.OneToOneField("self", models.PROTECT, null=True, related_name="following")
    rows = models.PositiveIntegerField("清单行数")
    counts = models.JSONField(
        "结果", default=dict
    )  # matched by id, link, names; lines by list; new, gone since previous

    class Meta:
        verbose_name = verbose_name_plural = "核对"
        ordering = ["-at", "-id"]
        indexes = [models.Index(fields=["system", "-at"], name="reconciliation_latest")]

    def __str__(self) -> str:
        return f"{self.get_system_display()}核对 {self.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"


class LineKind(models.TextChoices):
    """The four lists."""

    ONLY_HERE = "only_here", "只在本区台账"
    ONLY_THERE = "only_there", "只在上级系统"
    DIFFERS = "differs", "字段不一致"
    ALIVE_THERE = "alive_there", "本区已关停，对方仍正常"


class ReconciliationLine(models.Model):
    """One difference; `key` names it across runs: what it is about, not what it says."""

    run = models.ForeignKey(Reconciliation, models.PROTECT, related_name="lines")
    kind = models.CharField("清单", max_length=16, choices=LineKind)
    key = models.CharField(max_length=160)
    account = models.ForeignKey("accounts.Account", models.PROTECT, null=True, related_name="+")
    row = models.PositiveIntegerField("清单的行", null=True)
    theirs = models.JSONField("对方的内容", default=dict)  # {a field of the register: what they have}
    differences = models.JSONField("不一致", default=list)  # [[field, ours, theirs]]
    since = models.DateTimeField("首次发现")  # the moment of the first run in a row that had it
    note = models.CharField("说明", max_length=300, blank=True)
    noted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    noted_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = verbose_name_plural = "核对差异"
        ordering = ["run", "kind", "id"]
        constraints = [
            models.UniqueConstraint(fields=["run", "key"], name="reconciliation_line_once"),
            models.CheckConstraint(
                name="reconciliation_line_is_about_something",
                condition=Q(account__isnull=False) | Q(row__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.key}"
