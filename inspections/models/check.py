"""每月抽查 (第二十四条): the draw of a month, a sheet an account and checker, and the problems found."""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Q

from zhonglou_media.core.models import File

from .indicator import Indicator, IndicatorSet


class CheckState(models.TextChoices):
    DRAFTED = "drafted", "名单待确定"
    CONFIRMED = "confirmed", "检查中"
    CLOSED = "closed", "已结束"


CHECK_PAIRS = frozenset({(CheckState.DRAFTED, CheckState.CONFIRMED), (CheckState.CONFIRMED, CheckState.CLOSED)})


class Method(models.TextChoices):
    ALL = "all", "全面检查"
    SAMPLE = "sample", "抽样检查"


class SpotCheck(models.Model):
    """抽查 of a month. `drawn` is the published file (canonical JSON) from which anyone computes the sample again."""

    month = models.DateField("月份", unique=True, error_messages={"unique": "这个月已有抽查。"})  # its first day
    state = models.CharField("状态", max_length=16, choices=CheckState, default=CheckState.DRAFTED)
    method = models.CharField("方式", max_length=8, choices=Method, default=Method.ALL)
    indicator_set = models.ForeignKey(IndicatorSet, models.PROTECT, related_name="checks", verbose_name="指标版本")
    seed = models.CharField("公开种子", max_length=80)
    sample_size = models.PositiveIntegerField("抽样数", null=True)
    within_months = models.PositiveSmallIntegerField("几个月内至少一次", null=True)
    drawn = models.TextField("抽取文件")
    digest = models.CharField("名单摘要", max_length=64)  # SM3 of `drawn`
    due_at = models.DateTimeField("核完期限")  # exclusive: 00:00 of the next month's first day
    drafted_at = models.DateTimeField("起草时间")
    drafted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    confirmed_at = models.DateTimeField("确定时间", null=True)
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField("结束时间", null=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = "抽查"
        ordering = ["-month"]
        constraints = [
            models.CheckConstraint(name="check_state_known", condition=Q(state__in=CheckState.values)),
            models.CheckConstraint(name="check_month_first_day", condition=Q(month__day=1)),
            models.CheckConstraint(
                name="check_sample_complete",
                condition=Q(method="all", sample_size__isnull=True, within_months__isnull=True)
                | Q(method="sample", sample_size__gt=0, within_months__gt=0),
            ),
            models.CheckConstraint(
                name="check_state_has_time",
                condition=Q(state="drafted", confirmed_at__isnull=True, closed_at__isnull=True)
                | Q(state="confirmed", confirmed_at__isnull=False, closed_at__isnull=True)
                | Q(state="closed", confirmed_at__isnull=False, closed_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.month.year}年{self.month.month}月抽查"

    @property
    def code(self) -> str:
        """The month as addresses and commands name it: 2026-11."""
        return f"{self.month:%Y-%m}"

    @staticmethod
    def month_of(day: date) -> date:
        """The first day of the month of `day`."""
        return day.replace(day=1)


class SheetState(models.TextChoices):
    OPEN = "open", "待核"
    SUBMITTED = "submitted", "已核"


class SheetQuerySet(models.QuerySet["Sheet"]):
    def results(self) -> "SheetQuerySet":
        """One row an account: the sheet whose result counts."""
        return self.filter(counts=True)


class Sheet(models.Model):
    """检查单 of one account by one checker; a second checker has a sheet of his own (`part` 2).

    `answers` is what was judged of each indicator, by code: {"count": 1, "pre": 1, "reason": "", "evidence": "…"}.
    A checker's page writes it while the sheet is open. `counts` marks the one whose result is the account's: set when
    the only or an agreeing sheet is submitted, or by the supervisor where two disagree.
    """

    spot_check = models.ForeignKey(SpotCheck, models.PROTECT, related_name="sheets", verbose_name="抽查")
    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="sheets", verbose_name="账号")
    unit = models.ForeignKey("accounts.Unit", models.PROTECT, related_name="sheets", verbose_name="主办单位")
    unit_kind = models.CharField("开设主体", max_length=16, blank=True)  # as it was drawn: figures never move
    platform_group = models.CharField("类型", max_length=16)
    part = models.PositiveSmallIntegerField("第几人", default=1)
    checker = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="检查人"
    )
    added_reason = models.CharField("手工增加的理由", max_length=200, blank=True)
    state = models.CharField("状态", max_length=16, choices=SheetState, default=SheetState.OPEN)
    answers = models.JSONField("逐项结果", default=dict)
    period_from = models.DateTimeField("检查期自", null=True)  # what the pre-judgement read: from here …
    as_of = models.DateTimeField("监测时间点", null=True)  # … to here
    known_until = models.DateTimeField("数据截至", null=True)  # the earlier of posts and messages; null: nothing known
    score = models.DecimalField("得分", max_digits=5, decimal_places=1, null=True)
    vetoed = models.BooleanField("单项否决", null=True)
    passed = models.BooleanField("合格", null=True)
    note = models.TextField("说明", blank=True)
    link = models.CharField("所看页面的链接", max_length=500, blank=True)
    seen_at = models.DateTimeField("查看账号的时间", null=True)
    screenshot = models.ForeignKey(File, models.PROTECT, null=True, related_name="+", verbose_name="截图")
    screenshot_name = models.CharField("文件名", max_length=200, blank=True)
    version = models.PositiveIntegerField(default=1)  # of the answers: a page opened before is stale
    saved_at = models.DateTimeField("保存时间", null=True)
    submitted_at = models.DateTimeField("提交时间", null=True)
    counts = models.BooleanField("计入结果", default=False)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_reason = models.TextField("两人不一致的认定", blank=True)

    objects = SheetQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "检查单"
        ordering = ["spot_check", "account", "part"]
        constraints = [
            models.UniqueConstraint(fields=["spot_check", "account", "part"], name="sheet_once"),
            models.UniqueConstraint(
                fields=["spot_check", "account"], name="sheet_one_result", condition=Q(counts=True)
            ),
            models.CheckConstraint(name="sheet_state_known", condition=Q(state__in=SheetState.values)),
            models.CheckConstraint(name="sheet_part", condition=Q(part__in=(1, 2))),
            models.CheckConstraint(
                name="sheet_submitted_complete",
                condition=Q(state="open", submitted_at__isnull=True, counts=False)
                | Q(
                    state="submitted",
                    submitted_at__isnull=False,
                    as_of__isnull=False,
                    score__isnull=False,
                    vetoed__isnull=False,
                    passed__isnull=False,
                ),
            ),
            models.CheckConstraint(
                name="sheet_score_range", condition=Q(score__isnull=True) | Q(score__gte=0, score__lte=120)
            ),
            models.CheckConstraint(name="sheet_veto_fails", condition=~Q(vetoed=True) | Q(passed=False)),
        ]
        indexes = [
            models.Index(fields=["checker"], name="sheet_open", condition=Q(state="open")),
            models.Index(fields=["account", "spot_check"], name="sheet_of_account"),
        ]

    def __str__(self) -> str:
        return f"{self.spot_check}：{self.account}"


class Finding(models.Model):
    """A problem of an account: one row a submitted sheet that counts and an indicator. Withdrawn, never deleted."""

    sheet = models.ForeignKey(Sheet, models.PROTECT, related_name="findings")
    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="findings", verbose_name="账号")
    unit = models.ForeignKey("accounts.Unit", models.PROTECT, related_name="findings", verbose_name="主办单位")
    indicator = models.ForeignKey(Indicator, models.PROTECT, related_name="findings", verbose_name="指标")
    count = models.PositiveSmallIntegerField("次数", default=1)
    deducted = models.DecimalField("扣分", max_digits=4, decimal_places=1, default=0)
    evidence = models.TextField("情况", blank=True)
    prejudged = models.BooleanField("系统预判", default=False)
    override_reason = models.TextField("改判理由", blank=True)
    found_at = models.DateTimeField("发现时间")
    withdrawn_at = models.DateTimeField("撤销时间", null=True)
    withdrawn_reason = models.TextField("撤销理由", blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "检查发现的问题"
        ordering = ["sheet", "indicator__order"]
        constraints = [
            models.UniqueConstraint(
                fields=["sheet", "indicator"], name="finding_once", condition=Q(withdrawn_at__isnull=True)
            ),
            models.CheckConstraint(name="finding_counts", condition=Q(count__gte=1)),
            models.CheckConstraint(
                name="finding_withdrawn_with_reason", condition=Q(withdrawn_at__isnull=True) | ~Q(withdrawn_reason="")
            ),
        ]
        indexes = [models.Index(fields=["account", "found_at"], name="finding_of_account")]

    def __str__(self) -> str:
        return f"{self.indicator} {self.count} {self.indicator.unit_word}"


class SelfCheck(models.Model):
    """季度自查 of one account by its unit (第二十四条: 定期自查自评), on the indicators of the office."""

    quarter = models.DateField("季度")  # its first day
    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="self_checks", verbose_name="账号")
    unit = models.ForeignKey("accounts.Unit", models.PROTECT, related_name="self_checks", verbose_name="主办单位")
    indicator_set = models.ForeignKey(IndicatorSet, models.PROTECT, related_name="+", verbose_name="指标版本")
    state = models.CharField("状态", max_length=16, choices=SheetState, default=SheetState.OPEN)
    answers = models.JSONField("逐项结果", default=dict)  # as `Sheet.answers`
    as_of = models.DateTimeField("监测时间点", null=True)
    score = models.DecimalField("得分", max_digits=5, decimal_places=1, null=True)
    vetoed = models.BooleanField("单项否决", null=True)
    passed = models.BooleanField("合格", null=True)
    note = models.TextField("问题和整改打算", blank=True)
    version = models.PositiveIntegerField(default=1)
    saved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    saved_at = models.DateTimeField("保存时间", null=True)
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    submitted_at = models.DateTimeField("提交时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "季度自查"
        ordering = ["-quarter", "account"]
        constraints = [
            models.UniqueConstraint(fields=["quarter", "account"], name="self_check_once"),
            models.CheckConstraint(name="self_check_state_known", condition=Q(state__in=SheetState.values)),
            models.CheckConstraint(
                name="self_check_submitted_complete",
                condition=Q(state="open", submitted_at__isnull=True)
                | Q(state="submitted", submitted_at__isnull=False, score__isnull=False, passed__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account} {self.quarter.year}年第{(self.quarter.month + 2) // 3}季度自查"
