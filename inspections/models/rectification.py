"""整改 (第二十四条): one order a problem, from the month's check or from above, and what the supervisor decides."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from zhonglou_media.core.models import File

from .check import Finding
from .order import ClosureOrder


class RectificationState(models.TextChoices):
    ISSUED = "issued", "待整改"
    SUBMITTED = "submitted", "待复核"
    VERIFIED = "verified", "整改完成"
    REVOKED = "revoked", "已撤销"  # ordered in error: its finding was withdrawn


RECTIFICATION_PAIRS = frozenset(
    {
        (RectificationState.ISSUED, RectificationState.SUBMITTED),
        (RectificationState.SUBMITTED, RectificationState.VERIFIED),
        (RectificationState.SUBMITTED, RectificationState.ISSUED),
        (RectificationState.ISSUED, RectificationState.REVOKED),
        (RectificationState.SUBMITTED, RectificationState.REVOKED),
    }
)
OPEN_RECTIFICATIONS = (RectificationState.ISSUED, RectificationState.SUBMITTED)


class Rectification(models.Model):
    """整改通知 of one problem; what it answers for is a finding of the check, or one from above."""

    number = models.CharField("文号", max_length=60, unique=True, error_messages={"unique": "该文号已用过。"})
    finding = models.OneToOneField(Finding, models.PROTECT, null=True, related_name="rectification")
    upper = models.OneToOneField("inspections.UpperFinding", models.PROTECT, null=True, related_name="rectification")
    account = models.ForeignKey(
        "accounts.Account", models.PROTECT, null=True, related_name="rectifications", verbose_name="账号"
    )  # null: from above, of an account the register does not hold
    unit = models.ForeignKey("accounts.Unit", models.PROTECT, related_name="rectifications", verbose_name="单位")
    problem = models.CharField("问题", max_length=300)
    demand = models.TextField("整改要求", blank=True)
    state = models.CharField("状态", max_length=16, choices=RectificationState, default=RectificationState.ISSUED)
    issued_at = models.DateTimeField("下达时间")
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    due_at = models.DateTimeField("整改期限")  # exclusive
    provisional = models.BooleanField("暂定", default=False)  # a year's paper may still move it: `rectify_due`
    answer = models.TextField("整改情况", blank=True)
    answered_at = models.DateTimeField("答复时间", null=True)  # of the answer that stands
    first_answered_at = models.DateTimeField("首次答复时间", null=True)
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    sent_back = models.PositiveSmallIntegerField("退回次数", default=0)
    sent_back_reason = models.TextField("退回理由", blank=True)
    reminded = models.PositiveSmallIntegerField("催办次数", default=0)
    reminded_at = models.DateTimeField("最近催办", null=True)
    verified_at = models.DateTimeField("复核时间", null=True)
    verified_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    extended_from = models.DateTimeField("延期前的期限", null=True)  # extended once at most
    referred_at = models.DateTimeField("转负责人时间", null=True)  # 整改不到位: the supervisor decides
    referred_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    referred_reason = models.TextField("转负责人的理由", blank=True)
    decided_at = models.DateTimeField("决定时间", null=True)
    closure_order = models.ForeignKey(ClosureOrder, models.PROTECT, null=True, related_name="rectifications")
    revoked_at = models.DateTimeField("撤销时间", null=True)
    revoked_reason = models.TextField("撤销理由", blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "整改"
        ordering = ["due_at", "id"]
        constraints = [
            models.CheckConstraint(name="rectification_state_known", condition=Q(state__in=RectificationState.values)),
            models.CheckConstraint(
                name="rectification_one_source",
                condition=Q(finding__isnull=False, upper__isnull=True) | Q(finding__isnull=True, upper__isnull=False),
            ),
            models.CheckConstraint(
                name="rectification_answered",
                condition=~Q(state__in=("submitted", "verified"))
                | (Q(answered_at__isnull=False, answered_by__isnull=False) & ~Q(answer="")),
                violation_error_message="请写明整改情况。",
            ),
            models.CheckConstraint(
                name="rectification_verified",
                condition=~Q(state="verified") | Q(verified_at__isnull=False, verified_by__isnull=False),
            ),
            models.CheckConstraint(
                name="rectification_two_people",
                condition=~Q(state="verified") | Q(verified_by__isnull=True) | ~Q(verified_by=F("answered_by")),
                violation_error_message="复核人不能是答复人。",
            ),
            models.CheckConstraint(
                name="rectification_revoked_with_reason", condition=~Q(state="revoked") | ~Q(revoked_reason="")
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="rectification_open_due",
                condition=Q(state__in=[s.value for s in OPEN_RECTIFICATIONS]),
            ),
            models.Index(
                fields=["unit"],
                name="rectification_open_unit",
                condition=Q(state__in=[s.value for s in OPEN_RECTIFICATIONS]),
            ),
        ]

    def __str__(self) -> str:
        return self.number


class RectificationProof(models.Model):
    """A file that shows how a problem was put right; those of an answer sent back stay, marked by its time."""

    rectification = models.ForeignKey(Rectification, models.PROTECT, related_name="proofs")
    file = models.ForeignKey(File, models.PROTECT, related_name="+")
    name = models.CharField("文件名", max_length=200)
    added_at = models.DateTimeField("上传时间")
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = "整改证明"
        ordering = ["added_at", "id"]

    def __str__(self) -> str:
        return self.name


class VetoGround(models.TextChoices):
    """年度考核一票否决的依据 (第二十四条)."""

    NOT_RECTIFIED = "not_rectified", "问题整改不到位"
    NAMED = "named", "在市级及以上检查中被通报"
    SERIOUS = "serious", "出现严重问题（第二十五条）"


class AnnualVeto(models.Model):
    """一票否决 of a unit's year, decided by the supervisor; revoked with a reason, never deleted."""

    year = models.PositiveSmallIntegerField("年度")
    unit = models.ForeignKey("accounts.Unit", models.PROTECT, related_name="vetoes", verbose_name="单位")
    account = models.ForeignKey("accounts.Account", models.PROTECT, null=True, related_name="vetoes")
    ground = models.CharField("依据", max_length=16, choices=VetoGround)
    rectification = models.ForeignKey(Rectification, models.PROTECT, null=True, related_name="vetoes")
    upper = models.ForeignKey("inspections.UpperFinding", models.PROTECT, null=True, related_name="vetoes")
    reason = models.TextField("事由")
    decided_at = models.DateTimeField("决定时间")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField("撤销时间", null=True)
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    revoked_reason = models.TextField("撤销理由", blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "一票否决"
        ordering = ["-decided_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["rectification"],
                name="veto_once_a_rectification",
                condition=Q(rectification__isnull=False, revoked_at__isnull=True),
                violation_error_message="这件整改已作出一票否决。",
            ),
            models.UniqueConstraint(
                fields=["upper"],
                name="veto_once_a_finding_from_above",
                condition=Q(upper__isnull=False, rectification__isnull=True, revoked_at__isnull=True),
                violation_error_message="这件上级工单已作出一票否决。",
            ),
            models.CheckConstraint(name="veto_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="veto_revoked_complete",
                condition=Q(revoked_at__isnull=True)
                | (Q(revoked_at__isnull=False, revoked_by__isnull=False) & ~Q(revoked_reason="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit} {self.year}年度一票否决"
