"""通报 of a month's check (第二十四条: 抽查结果予以公开通报)."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from zhonglou_media.core.models import File

from .check import SpotCheck


class CircularState(models.TextChoices):
    DRAFT = "draft", "草稿"
    REVIEW = "review", "待审定"
    PUBLISHED = "published", "已公开"


CIRCULAR_PAIRS = frozenset(
    {
        (CircularState.DRAFT, CircularState.REVIEW),
        (CircularState.REVIEW, CircularState.DRAFT),
        (CircularState.REVIEW, CircularState.PUBLISHED),
    }
)


class Circular(models.Model):
    """草稿 → 待审定 → 已公开, then immutable by trigger; a correction is a new one that names the old.

    `figures` are what its tables say, in the shape of `check_circular`: recomputed from the rows while it is edited,
    kept as they were when it was published. `explained`: the differences that its text explains,
    [{"key", "text"}], and what a person confirmed, [{"key", "text": "", "confirmed": true}].
    """

    spot_check = models.ForeignKey(SpotCheck, models.PROTECT, related_name="circulars", verbose_name="抽查")
    state = models.CharField("状态", max_length=16, choices=CircularState, default=CircularState.DRAFT)
    title = models.CharField("标题", max_length=120)
    document_no = models.CharField("文号", max_length=60, blank=True)
    index_no = models.CharField("索引号", max_length=40, blank=True)  # given when it is published
    addressed_to = models.CharField("主送", max_length=200)
    basis = models.TextField("依据")
    overview = models.TextField("总体情况")
    work = models.TextField("开展的主要工作", blank=True)
    problems = models.TextField("存在问题", blank=True)
    praise = models.TextField("表扬", blank=True)
    demands = models.TextField("下一步要求", blank=True)
    signed = models.CharField("落款", max_length=60)
    rectify_by = models.DateField("整改期限", null=True)
    figures = models.JSONField("统计", default=dict)
    explained = models.JSONField("说明过的差异", default=list)
    version = models.PositiveIntegerField(default=1)  # of the text: a page opened before is stale
    corrects = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="corrected_by", verbose_name="更正的通报"
    )
    drafted_at = models.DateTimeField("起草时间")
    drafted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    last_editor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    edited_at = models.DateTimeField("修改时间", null=True)
    submitted_at = models.DateTimeField("送审时间", null=True)
    submitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    returned_reason = models.TextField("退回理由", blank=True)
    published_at = models.DateTimeField("公开时间", null=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    word = models.ForeignKey(File, models.PROTECT, null=True, related_name="+")  # the .docx as published

    class Meta:
        verbose_name = verbose_name_plural = "通报"
        ordering = ["-spot_check__month", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["index_no"],
                name="circular_index_once",
                condition=~Q(index_no=""),
                violation_error_message="该索引号已用过。",
            ),
            models.CheckConstraint(name="circular_state_known", condition=Q(state__in=CircularState.values)),
            models.UniqueConstraint(
                fields=["spot_check"],
                name="circular_one_a_check",
                condition=Q(corrects__isnull=True),
                violation_error_message="这个月已有通报，更正请从已公开的通报开始。",
            ),
            models.CheckConstraint(
                name="circular_published_complete",
                condition=Q(published_at__isnull=True, index_no="") & ~Q(state="published")
                | Q(
                    state="published",
                    published_at__isnull=False,
                    published_by__isnull=False,
                    word__isnull=False,
                )
                & ~Q(index_no=""),
            ),
        ]

    def __str__(self) -> str:
        return self.title
