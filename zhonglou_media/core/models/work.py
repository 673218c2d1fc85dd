"""Small tables shared by all apps: settings with an effective date, notices, files, jobs, numbers."""

from django.conf import settings
from django.db import models


class Setting(models.Model):
    """本区设定: a value from a date on; older values stay, so that a past day is judged by what held then."""

    key = models.CharField("设定", max_length=48)
    from_date = models.DateField("自何日起")
    value = models.JSONField("值")
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, verbose_name="修改人")

    class Meta:
        verbose_name = verbose_name_plural = "本区设定"
        constraints = [models.UniqueConstraint(fields=["key", "from_date"], name="setting_once_a_day")]

    def __str__(self) -> str:
        return f"{self.key}={self.value}（{self.from_date}）"


class Notice(models.Model):
    """通知: exactly once for a user and a key, written in the transaction of its cause."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="notices")
    key = models.CharField(max_length=96)
    text = models.CharField("内容", max_length=300)
    link = models.CharField("网址", max_length=200, blank=True)
    at = models.DateTimeField("时间")
    read_at = models.DateTimeField("阅读时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "通知"
        ordering = ["-at", "-id"]
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="notice_once")]
        indexes = [
            models.Index(fields=["user"], name="notice_unread", condition=models.Q(read_at__isnull=True)),
        ]

    def __str__(self) -> str:
        return self.text


class File(models.Model):
    """An uploaded file, stored once by its SM3 digest under MEDIA_ROOT."""

    sm3 = models.CharField(max_length=64, unique=True)
    size = models.PositiveBigIntegerField("大小")
    type = models.CharField("类型", max_length=80)

    class Meta:
        verbose_name = verbose_name_plural = "文件"

    def __str__(self) -> str:
        return self.sm3[:12]


class Job(models.Model):
    """任务: a piece of work that took or takes a while, with what came of it."""

    kind = models.CharField("种类", max_length=32)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, verbose_name="发起人")
    started_at = models.DateTimeField("开始")
    finished_at = models.DateTimeField("结束", null=True)
    result = models.JSONField("结果", default=dict)
    error = models.TextField("错误", blank=True)
    file = models.ForeignKey(File, models.PROTECT, null=True, verbose_name="产生的文件")

    class Meta:
        verbose_name = verbose_name_plural = "任务"
        ordering = ["-started_at"]

    def __str__(self) -> str:
        return f"{self.kind} {self.started_at:%Y-%m-%d %H:%M}"


class Counter(models.Model):
    """The last number given for a key (备案编号 of a year); its row is locked while one is taken."""

    key = models.CharField(max_length=32, unique=True)
    last = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = verbose_name_plural = "编号"

    def __str__(self) -> str:
        return f"{self.key} {self.last}"
