"""预警: one row a missed due time; only `accounts/flags.py` writes them."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class Level(models.TextChoices):
    BREACH = "breach", "违反规定"
    HINT = "hint", "提示"


class FlagQuerySet(models.QuerySet["Flag"]):
    def open(self) -> "FlagQuerySet":
        """Neither cleared nor waived."""
        return self.filter(cleared_at__isnull=True, waived_at__isnull=True)


class Flag(models.Model):
    """The fact is named by kind and id: one insert serves all rules, and no key points up to another app."""

    rule = models.CharField("规则", max_length=32)
    level = models.CharField("级别", max_length=8, choices=Level)
    unit = models.ForeignKey("accounts.Unit", models.PROTECT, related_name="flags", verbose_name="单位")
    account = models.ForeignKey(
        "accounts.Account", models.PROTECT, null=True, related_name="flags", verbose_name="账号"
    )
    fact_kind = models.CharField(max_length=16)
    fact_id = models.BigIntegerField()
    due_at = models.DateTimeField("期限")
    raised_at = models.DateTimeField("提出时间")
    cleared_at = models.DateTimeField("消除时间", null=True)
    reopened = models.PositiveIntegerField("重新提出次数", default=0)
    waived_at = models.DateTimeField("免于追究时间", null=True)
    waived_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    waive_reason = models.TextField("免于追究理由", blank=True)

    objects = FlagQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "预警"
        ordering = ["due_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["rule", "fact_kind", "fact_id", "due_at"], name="flag_once_a_due_time"),
            models.CheckConstraint(
                name="flag_waiver_complete",
                condition=Q(waived_at__isnull=True, waived_by__isnull=True, waive_reason="")
                | (Q(waived_at__isnull=False, waived_by__isnull=False) & ~Q(waive_reason="")),
                violation_error_message="免于追究须写明理由和决定人。",
            ),
            models.CheckConstraint(name="flag_level_known", condition=Q(level__in=Level.values)),
        ]
        indexes = [
            models.Index(
                fields=["rule", "due_at"],
                name="flag_open",
                condition=Q(cleared_at__isnull=True, waived_at__isnull=True),
            ),
            models.Index(fields=["unit"], name="flag_open_unit", condition=Q(cleared_at__isnull=True)),
            models.Index(fields=["fact_kind", "fact_id"], name="flag_fact"),
        ]

    def __str__(self) -> str:
        return f"{self.rule} {self.fact_kind} {self.fact_id}"


class RuleRun(models.Model):
    """The row each sweep locks before it runs a rule, with what the last run did."""

    rule = models.CharField("规则", max_length=32, unique=True)
    last_run_at = models.DateTimeField("最近运行", null=True)
    duration_ms = models.PositiveIntegerField("用时（毫秒）", default=0)
    opened = models.PositiveIntegerField("提出", default=0)
    cleared = models.PositiveIntegerField("消除", default=0)

    class Meta:
        verbose_name = verbose_name_plural = "规则运行"

    def __str__(self) -> str:
        return self.rule
