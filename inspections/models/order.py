"""责令关停: issued by the supervisor, ended by proof, by an opening that completes, or by revocation."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from zhonglou_media.core.models import File


class OrderGround(models.TextChoices):
    """责令关停的依据."""

    UNFILED = "unfiled", "未备案（第八条）"
    RECTIFICATION = "rectification", "问题整改不到位（第二十四条）"
    NAMED = "named", "市级及以上检查被通报（第二十四条）"
    LOST = "lost", "账号失控（第十八条）"
    OTHER = "other", "其他"


class OrderState(models.TextChoices):
    ISSUED = "issued", "已下达"
    PROVED = "proved", "已报办理证明"
    EXECUTED = "executed", "已执行"
    SUPERSEDED = "superseded", "已补办备案"
    REVOKED = "revoked", "已撤销"


STANDING = (OrderState.ISSUED, OrderState.PROVED)
PAIRS = frozenset(
    {
        (OrderState.ISSUED, OrderState.PROVED),
        (OrderState.PROVED, OrderState.ISSUED),  # the proof does not hold
        (OrderState.ISSUED, OrderState.EXECUTED),
        (OrderState.PROVED, OrderState.EXECUTED),
        (OrderState.ISSUED, OrderState.SUPERSEDED),
        (OrderState.PROVED, OrderState.SUPERSEDED),
        (OrderState.ISSUED, OrderState.REVOKED),
        (OrderState.PROVED, OrderState.REVOKED),
    }
)


class ClosureOrder(models.Model):
    """责令关停通知书 of one account."""

    number = models.CharField("文号", max_length=60, unique=True, error_messages={"unique": "该文号已用过。"})
    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="orders", verbose_name="账号")
    unit = models.ForeignKey("accounts.Unit", models.PROTECT, related_name="orders", verbose_name="主办单位")
    ground = models.CharField("依据", max_length=16, choices=OrderGround)
    reason = models.TextField("事由")
    cancel = models.BooleanField("须在平台上注销", default=False)  # else closed
    state = models.CharField("状态", max_length=16, choices=OrderState, default=OrderState.ISSUED)
    issued_at = models.DateTimeField("下达时间")
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="下达人")
    due_at = models.DateTimeField("办理期限")  # exclusive; 立即 = 24:00 of the day it was issued
    filing = models.ForeignKey("filings.Filing", models.PROTECT, null=True, related_name="+", verbose_name="补办的备案")
    proof = models.ForeignKey(File, models.PROTECT, null=True, related_name="+", verbose_name="办理证明")
    proof_name = models.CharField("文件名", max_length=200, blank=True)
    proof_note = models.TextField("办理说明", blank=True)
    proved_at = models.DateTimeField("报送证明时间", null=True)
    proved_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField("结束时间", null=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    end_reason = models.TextField("结束说明", blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "责令关停"
        ordering = ["-issued_at", "-id"]
        constraints = [
            models.CheckConstraint(name="order_state_known", condition=Q(state__in=OrderState.values)),
            models.UniqueConstraint(
                fields=["account"],
                name="order_one_standing",
                condition=Q(state__in=[s.value for s in STANDING]),
                violation_error_message="该账号已有一件未办结的责令关停。",
            ),
            models.CheckConstraint(
                name="order_proved_has_proof",
                condition=~Q(state="proved") | Q(proof__isnull=False, proved_at__isnull=False),
                violation_error_message="请上传办理证明。",
            ),
            models.CheckConstraint(
                name="order_ended_has_time",
                condition=Q(state__in=[s.value for s in STANDING]) | Q(ended_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"], name="order_standing_due", condition=Q(state__in=[s.value for s in STANDING])
            ),
        ]

    def __str__(self) -> str:
        return self.number
