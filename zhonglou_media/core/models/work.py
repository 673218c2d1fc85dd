"""Small tables shared by all apps: settings with an effective date, notices, files, jobs, numbers."""

from typing import ClassVar

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


class JobState(models.TextChoices):
    """任务状态."""

    PREPARED = "prepared", "待确认"
    QUEUED = "queued", "排队中"
    RUNNING = "running", "进行中"
    DONE = "done", "已完成"
    FAILED = "failed", "没有完成"
    STOPPED = "stopped", "已停止"


class Job(models.Model):
    """任务: a piece of work that took or takes a while, with what came of it; `core/jobs.py` runs the queued ones."""

    State: ClassVar = JobState

    kind = models.CharField("种类", max_length=32)
    state = models.CharField("状态", max_length=16, choices=JobState, default=JobState.QUEUED)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, verbose_name="发起人")
    created_at = models.DateTimeField("提交时间")
    started_at = models.DateTimeField("开始", null=True)
    finished_at = models.DateTimeField("结束", null=True)
    params = models.JSONField("参数", default=dict)
    source = models.ForeignKey(File, models.PROTECT, null=True, related_name="+", verbose_name="上传的文件")
    source_name = models.CharField("文件名", max_length=200, blank=True)
    done = models.PositiveIntegerField("已处理", default=0)
    total = models.PositiveIntegerField("共", default=0)
    note = models.CharField("正在做", max_length=60, blank=True)
    attempts = models.PositiveSmallIntegerField("第几次", default=0)
    claimed_until = models.DateTimeField("占用至", null=True)
    stop_requested = models.BooleanField("要求停止", default=False)
    result = models.JSONField("结果", default=dict)
    error = models.TextField("错误", blank=True)
    file = models.ForeignKey(File, models.PROTECT, null=True, related_name="+", verbose_name="产生的文件")

    class Meta:
        verbose_name = verbose_name_plural = "任务"
        ordering = ["-created_at", "-id"]
        constraints = [
            models.CheckConstraint(name="job_state_known", condition=models.Q(state__in=JobState.values)),
            models.CheckConstraint(
                name="job_running_is_claimed",
                condition=~models.Q(state="running") | models.Q(claimed_until__isnull=False, started_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["id"], name="job_waiting", condition=models.Q(state__in=["queued", "running"])),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.created_at:%Y-%m-%d %H:%M}"


class TaskRun(models.Model):
    """定时任务: the last run of each task of the schedule."""

    name = models.CharField("任务", max_length=48, unique=True)
    started_at = models.DateTimeField("最近开始")
    finished_at = models.DateTimeField("最近结束", null=True)
    duration_ms = models.PositiveIntegerField("用时（毫秒）", null=True)
    succeeded_at = models.DateTimeField("最近成功", null=True)
    failed_at = models.DateTimeField("最近出错", null=True)
    error = models.TextField("错误", blank=True)  # of `failed_at`; a later success does not wipe it out

    class Meta:
        verbose_name = verbose_name_plural = "定时任务运行"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Counter(models.Model):
    """The last number given for a key (备案编号 of a year); its row is locked while one is taken."""

    key = models.CharField(max_length=32, unique=True)
    last = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = verbose_name_plural = "编号"

    def __str__(self) -> str:
        return f"{self.key} {self.last}"
