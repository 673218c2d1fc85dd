"""突发情况 (第二十条, 第二十三条): harmful content, public outcry, stolen accounts; to whom passed, and when."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class IncidentKind(models.TextChoices):
    HARMFUL = "harmful", "违法有害信息"
    OUTCRY = "outcry", "重大舆情"
    HIJACKED = "hijacked", "账号被盗或被攻击"
    LEAK = "leak", "泄密"
    FAKE = "fake", "冒用或仿冒账号"
    OTHER = "other", "其他"


class IncidentState(models.TextChoices):
    RECORDED = "recorded", "待转送"
    PASSED = "passed", "已转送"
    CLOSED = "closed", "已办结"


INCIDENT_PAIRS = frozenset(
    {
        (IncidentState.RECORDED, IncidentState.PASSED),
        (IncidentState.PASSED, IncidentState.CLOSED),
        (IncidentState.RECORDED, IncidentState.CLOSED),  # dealt with on the spot, with a reason
    }
)


class IncidentRoute(models.Model):
    """The stated procedure, as data: to which office an incident of a kind goes, and within how many minutes."""

    kind = models.CharField("类型", max_length=16, choices=IncidentKind)
    office = models.CharField("转送部门", max_length=60)
    within_minutes = models.PositiveIntegerField("几分钟内转送")
    procedure = models.TextField("程序")
    from_date = models.DateField("自何日起")

    class Meta:
        verbose_name = verbose_name_plural = "转送程序"
        ordering = ["kind", "-from_date", "id"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "office", "from_date"], name="incident_route_once"),
            models.CheckConstraint(name="incident_route_time", condition=Q(within_minutes__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}转{self.office}"


class Incident(models.Model):
    """突发情况, recorded by the unit or the office. `pass_due_at` follows from `found_at` and the route of its kind."""

    number = models.CharField("编号", max_length=40, unique=True)
    kind = models.CharField("类型", max_length=16, choices=IncidentKind)
    account = models.ForeignKey(
        "accounts.Account", models.PROTECT, null=True, related_name="incidents", verbose_name="账号"
    )
    unit = models.ForeignKey("accounts.Unit", models.PROTECT, related_name="incidents", verbose_name="单位")
    text = models.TextField("情况")
    link = models.CharField("链接", max_length=500, blank=True)
    first_measure = models.TextField("已采取的措施", blank=True)  # 第一时间处理
    state = models.CharField("状态", max_length=16, choices=IncidentState, default=IncidentState.RECORDED)
    happened_at = models.DateTimeField("发生时间", null=True)
    found_at = models.DateTimeField("发现时间")
    recorded_at = models.DateTimeField("登记时间")
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    pass_due_at = models.DateTimeField("应转送时间")
    first_passed_at = models.DateTimeField("首次转送时间", null=True)
    closed_at = models.DateTimeField("办结时间", null=True)
    closed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    result = models.TextField("处置结果", blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "突发情况"
        ordering = ["-found_at", "-id"]
        constraints = [
            models.CheckConstraint(name="incident_state_known", condition=Q(state__in=IncidentState.values)),
            models.CheckConstraint(
                name="incident_passed_has_time", condition=~Q(state="passed") | Q(first_passed_at__isnull=False)
            ),
            models.CheckConstraint(
                name="incident_closed_with_result",
                condition=~Q(state="closed") | (Q(closed_at__isnull=False) & ~Q(result="")),
                violation_error_message="请写明处置结果。",
            ),
        ]
        indexes = [
            models.Index(fields=["pass_due_at"], name="incident_to_pass", condition=Q(state="recorded")),
        ]

    def __str__(self) -> str:
        return self.number


class IncidentPass(models.Model):
    """转送 to one office: when, how, and when that office said it had it."""

    incident = models.ForeignKey(Incident, models.PROTECT, related_name="passes")
    office = models.CharField("转送部门", max_length=60)
    how = models.CharField("方式", max_length=60)
    passed_at = models.DateTimeField("转送时间")
    passed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    received_at = models.DateTimeField("对方签收时间", null=True)
    received_by = models.CharField("签收人", max_length=40, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "转送记录"
        ordering = ["passed_at", "id"]
        constraints = [
            models.CheckConstraint(
                name="incident_received_after_passed",
                condition=Q(received_at__isnull=True) | Q(received_at__gte=models.F("passed_at")),
                violation_error_message="签收时间不能早于转送时间。",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.incident} {self.office}"
