"""上级工单: what the city, the province or the nation found (第二十四条). Its answer is the unit's rectification."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from zhonglou_media.core.models import File


class Issuer(models.TextChoices):
    NATIONAL = "national", "全国抽查"
    PROVINCE = "province", "省检查"
    CITY = "city", "市检查"


class UpperState(models.TextChoices):
    RECEIVED = "received", "没有承办单位"
    HANDED = "handed", "已交办"
    REPORTED = "reported", "已上报"
    DROPPED = "dropped", "不属本区"  # with a reason: not an account of the district, or entered twice


UPPER_PAIRS = frozenset(
    {
        (UpperState.RECEIVED, UpperState.HANDED),
        (UpperState.HANDED, UpperState.REPORTED),
        (UpperState.RECEIVED, UpperState.DROPPED),
    }
)
OPEN_UPPER = (UpperState.RECEIVED, UpperState.HANDED)


class UpperFinding(models.Model):
    """One finding from above. Handed to a unit it has a `Rectification`: 待答复, 已答复待核, 已核实."""

    issuer = models.CharField("来源", max_length=16, choices=Issuer)
    issuer_name = models.CharField("下发单位", max_length=60, blank=True)
    number = models.CharField("编号", max_length=60)
    received_on = models.DateField("收到日期")
    due_at = models.DateTimeField("上级要求的答复期限")  # exclusive
    account = models.ForeignKey(
        "accounts.Account", models.PROTECT, null=True, related_name="upper_findings", verbose_name="账号"
    )
    account_text = models.CharField("上级所称的账号", max_length=120)  # 「示例应急（新浪微博）」
    unit = models.ForeignKey(
        "accounts.Unit", models.PROTECT, null=True, related_name="upper_findings", verbose_name="承办单位"
    )
    text = models.TextField("问题")
    named = models.BooleanField("公开通报点名", default=False)  # art. 24's evidence: 在市级及以上检查中被通报
    state = models.CharField("状态", max_length=16, choices=UpperState, default=UpperState.RECEIVED)
    recorded_at = models.DateTimeField("登记时间")
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    handed_at = models.DateTimeField("交办时间", null=True)
    handed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    reported_at = models.DateTimeField("上报时间", null=True)
    reported_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    dropped_reason = models.TextField("不属本区的理由", blank=True)
    decided_at = models.DateTimeField("第二十四条决定时间", null=True)  # of what was named: see `AnnualVeto`, orders
    decided_reason = models.TextField("第二十四条的决定", blank=True)
    closure_order = models.ForeignKey(
        "inspections.ClosureOrder", models.PROTECT, null=True, related_name="upper_findings"
    )

    class Meta:
        verbose_name = verbose_name_plural = "上级工单"
        ordering = ["due_at", "id"]
        constraints = [
            models.CheckConstraint(name="upper_state_known", condition=Q(state__in=UpperState.values)),
            models.UniqueConstraint(
                fields=["issuer", "number"],
                name="upper_number_once",
                violation_error_message="该来源的这个编号已登记过。",
            ),
            models.CheckConstraint(
                name="upper_handed_has_unit",
                condition=~Q(state__in=("handed", "reported")) | Q(unit__isnull=False, handed_at__isnull=False),
                violation_error_message="请指定承办单位。",
            ),
            models.CheckConstraint(
                name="upper_reported_has_time", condition=~Q(state="reported") | Q(reported_at__isnull=False)
            ),
            models.CheckConstraint(
                name="upper_dropped_with_reason", condition=~Q(state="dropped") | ~Q(dropped_reason="")
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"], name="upper_open_due", condition=Q(state__in=[s.value for s in OPEN_UPPER])
            ),
        ]

    def __str__(self) -> str:
        return self.number


class UpperPicture(models.Model):
    """A picture that came with a finding from above."""

    upper = models.ForeignKey(UpperFinding, models.PROTECT, related_name="pictures")
    file = models.ForeignKey(File, models.PROTECT, related_name="+")
    name = models.CharField("文件名", max_length=200)

    class Meta:
        verbose_name = verbose_name_plural = "上级工单的图片"
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name
