"""Who acts for which unit, in which role, from when to when."""

from datetime import date

from django.conf import settings
from django.db import models


class Role(models.TextChoices):
    """身份 (`accounts/policy.py` says what each may do)."""

    OPERATOR = "operator", "填报员"
    LEADER = "leader", "单位主要领导"
    OFFICER = "officer", "区政府办公室经办"
    SUPERVISOR = "supervisor", "区政府办公室负责人"
    AUDITOR = "auditor", "审计查阅"
    ADMIN = "admin", "系统管理员"
    PARENT = "parent", "行业主管部门"


class MembershipQuerySet(models.QuerySet["Membership"]):
    def current(self, on: date) -> "MembershipQuerySet":
        """Those that hold on `on` (a Shanghai date)."""
        return self.filter(models.Q(from_date__isnull=True) | models.Q(from_date__lte=on)).filter(
            models.Q(to_date__isnull=True) | models.Q(to_date__gte=on)
        )


class Membership(models.Model):
    """任职: a person may hold several."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="memberships", verbose_name="用户")
    unit = models.ForeignKey("accounts.Unit", models.PROTECT, related_name="memberships", verbose_name="单位")
    role = models.CharField("身份", max_length=16, choices=Role)
    from_date = models.DateField("自", null=True, blank=True)
    to_date = models.DateField("至", null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "任职"
        constraints = [
            models.UniqueConstraint(
                fields=["user", "unit", "role"],
                name="membership_once",
                condition=models.Q(to_date__isnull=True),
                violation_error_message="该用户在本单位已有这个身份。",
            ),
            models.CheckConstraint(name="membership_role_known", condition=models.Q(role__in=Role.values)),
        ]

    def __str__(self) -> str:
        return f"{self.unit} {self.get_role_display()}"
