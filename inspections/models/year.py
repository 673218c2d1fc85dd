"""年度考核: a unit's year, from checks, timeliness and rectification; frozen at the year's end (第二十四条)."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class YearState(models.TextChoices):
    OPEN = "open", "计算中"
    FROZEN = "frozen", "已定稿"


class AssessmentYear(models.Model):
    """The assessment of a year: its weights in percent, and the paragraph for the yearly report."""

    year = models.PositiveSmallIntegerField("年度", unique=True)
    state = models.CharField("状态", max_length=16, choices=YearState, default=YearState.OPEN)
    weight_checks = models.PositiveSmallIntegerField("抽查得分的权重", default=60)
    weight_timely = models.PositiveSmallIntegerField("按时办理的权重", default=25)
    weight_rectified = models.PositiveSmallIntegerField("整改的权重", default=15)
    paragraph = models.TextField("年度报告的段落", blank=True)
    computed_at = models.DateTimeField("计算时间", null=True)
    frozen_at = models.DateTimeField("定稿时间", null=True)
    frozen_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = "年度考核"
        ordering = ["-year"]
        constraints = [
            models.CheckConstraint(name="year_state_known", condition=Q(state__in=YearState.values)),
            models.CheckConstraint(
                name="year_frozen_has_time",
                condition=Q(state="open", frozen_at__isnull=True) | Q(state="frozen", frozen_at__isnull=False),
            ),
            models.CheckConstraint(
                name="year_weights_sum",
                condition=Q(weight_checks=100 - models.F("weight_timely") - models.F("weight_rectified")),
                violation_error_message="三项权重合计应为 100。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.year}年度考核"


class Assessment(models.Model):
    """A unit's line of a year. `parts` are the counts behind each score, by name; null: nothing to judge."""

    year = models.ForeignKey(AssessmentYear, models.PROTECT, related_name="assessments")
    unit = models.ForeignKey("accounts.Unit", models.PROTECT, related_name="assessments", verbose_name="单位")
    state = models.CharField(max_length=16, choices=YearState, default=YearState.OPEN)  # as its year's: the trigger's
    checks = models.DecimalField("抽查", max_digits=5, decimal_places=1, null=True)
    timely = models.DecimalField("按时办理", max_digits=5, decimal_places=1, null=True)
    rectified = models.DecimalField("整改", max_digits=5, decimal_places=1, null=True)
    score = models.DecimalField("总分", max_digits=5, decimal_places=1, null=True)
    vetoed = models.BooleanField("一票否决", default=False)
    parts = models.JSONField("依据", default=dict)

    class Meta:
        verbose_name = verbose_name_plural = "单位年度考核"
        ordering = ["unit__name"]
        constraints = [
            models.UniqueConstraint(fields=["year", "unit"], name="assessment_once"),
            models.CheckConstraint(
                name="assessment_score_range", condition=Q(score__isnull=True) | Q(score__gte=0, score__lte=120)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.year} {self.unit}"
