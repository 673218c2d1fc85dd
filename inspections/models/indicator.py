"""附件1 检查指标: versioned sets. A draft is edited; a published set holds from a day on and changes no more."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class SetState(models.TextChoices):
    DRAFT = "draft", "草稿"
    PUBLISHED = "published", "已发布"


class IndicatorKind(models.TextChoices):
    VETO = "veto", "单项否决"
    DEDUCTION = "deduction", "扣分"
    BONUS = "bonus", "加分"


class Measure(models.TextChoices):
    """Which facts of the portal can judge an indicator beforehand (`inspections/prejudging.py`)."""

    MANUAL = "", "人工核对"
    GAP = "gap", "距最近一次更新的天数"
    WEEKS = "weeks", "没有更新的自然周"
    QUOTA = "quota", "服务号未达每月次数"
    REPLIES = "replies", "超时的咨询"
    FILINGS = "filings", "逾期的备案"
    RECORDS = "records", "备案信息与实际不符"
    NAMES = "names", "名称不一致"
    DOUBLED = "doubled", "同平台多账号"
    FOLLOWERS = "followers", "粉丝数异常变化"
    ORIGINALS = "originals", "原创比例"
    APP = "app", "不是移动客户端的不适用"


class IndicatorSet(models.Model):
    """One version of 附件1, with the numbers by which it is scored."""

    name = models.CharField("名称", max_length=60, unique=True, error_messages={"unique": "已有同名的一版。"})
    state = models.CharField("状态", max_length=16, choices=SetState, default=SetState.DRAFT)
    from_date = models.DateField("施行日期", null=True, unique=True, error_messages={"unique": "这一天已有一版施行。"})
    source = models.CharField("依据", max_length=200, blank=True)
    pass_mark = models.PositiveSmallIntegerField("合格线", default=60)  # below it: 不合格
    bonus_above = models.PositiveSmallIntegerField("加分门槛", default=80)  # bonuses count for who is above it
    bonus_cap = models.PositiveSmallIntegerField("加分合计上限", default=20)
    version = models.PositiveIntegerField(default=1)  # of the draft: a page opened before is stale
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField("起草时间")
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField("发布时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "检查指标"
        ordering = ["-from_date", "-id"]
        constraints = [
            models.CheckConstraint(name="indicator_set_state_known", condition=Q(state__in=SetState.values)),
            models.CheckConstraint(
                name="indicator_set_published_complete",
                condition=Q(state="draft", published_at__isnull=True, from_date__isnull=True)
                | Q(state="published", published_at__isnull=False, from_date__isnull=False),
                violation_error_message="发布一版指标须写明施行日期。",
            ),
            models.CheckConstraint(
                name="indicator_set_numbers",
                condition=Q(pass_mark__lte=100, bonus_above__lte=100, bonus_cap__lte=20),
                violation_error_message="合格线、加分门槛不超过 100，加分合计不超过 20。",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Indicator(models.Model):
    """A line of a set. `points` is what one finding costs, or one bonus gives; `cap` the most that they add up to."""

    indicator_set = models.ForeignKey(IndicatorSet, models.PROTECT, related_name="indicators")
    code = models.CharField("代码", max_length=8)
    kind = models.CharField("类型", max_length=16, choices=IndicatorKind)
    name = models.CharField("指标", max_length=80)
    group = models.CharField("类别", max_length=40, blank=True)  # N2.1 and N2.2 are of one: 内容不更新
    check_text = models.CharField("检查内容", max_length=300, blank=True)
    threshold = models.CharField("标准", max_length=80, blank=True)
    limit = models.PositiveSmallIntegerField("界限", null=True, blank=True)  # N2.1: more than so many days
    points = models.DecimalField("每次分值", max_digits=4, decimal_places=1, default=0)
    cap = models.DecimalField("分值上限", max_digits=4, decimal_places=1, default=0)
    unit_word = models.CharField("计数单位", max_length=4, default="项")
    articles = models.CharField("条款", max_length=20, blank=True)  # 「11,12,20」
    measure = models.CharField("系统预判", max_length=16, choices=Measure, blank=True, default=Measure.MANUAL)
    to_rectify = models.BooleanField("须整改", default=True)  # a late filing cannot be put right
    order = models.PositiveSmallIntegerField("顺序", default=0)
    state = models.CharField(max_length=16, choices=SetState, default=SetState.DRAFT)  # as its set's: the trigger's

    class Meta:
        verbose_name = verbose_name_plural = "指标"
        ordering = ["indicator_set", "order", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["indicator_set", "code"],
                name="indicator_code_once",
                violation_error_message="本版已有这个代码。",
            ),
            models.CheckConstraint(name="indicator_kind_known", condition=Q(kind__in=IndicatorKind.values)),
            models.CheckConstraint(
                name="indicator_points",
                condition=Q(kind="veto", points=0, cap=0)
                | (~Q(kind="veto") & Q(points__gt=0, cap__gte=models.F("points"))),
                violation_error_message="扣分和加分须有每次分值，上限不小于每次分值；单项否决不记分。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"
