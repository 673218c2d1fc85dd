"""Who keeps an account's password (第十八条), who is paid to run it (第十九条), and each quarter's confirmation."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from zhonglou_media.core.sealed import SealedTextField


class Custodian(models.Model):
    """账号管理人员: whoever kept the password, from when to when. No password is ever stored."""

    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="custodians")
    name = models.CharField("姓名", max_length=40)
    phone = SealedTextField("电话", blank=True)
    from_date = models.DateField("自")
    to_date = models.DateField("至", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "账号管理人员"
        ordering = ["from_date", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["account"],
                name="custodian_one_now",
                condition=Q(to_date__isnull=True),
                violation_error_message="该账号已有管理人员，请先写明前任的离任日期。",
            ),
            models.CheckConstraint(
                name="custodian_ends_after_it_begins",
                condition=Q(to_date__isnull=True) | Q(to_date__gte=F("from_date")),
                violation_error_message="离任日期不能早于到任日期。",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Outsourcing(models.Model):
    """委托运维: the contract by which somebody else runs an account; the sponsor reviews what is published."""

    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="outsourcings")
    vendor = models.CharField("运维单位", max_length=120)
    reviewer = models.CharField("本单位内容审核人", max_length=40, blank=True)
    nda = models.BooleanField("已签保密协议", default=False)
    starts_on = models.DateField("合同开始")
    ends_on = models.DateField("合同到期", null=True, blank=True)
    ended_on = models.DateField("停止委托", null=True, blank=True)
    # When it stopped, or will stop, to be in order (00:00 Shanghai): recomputed by `accounts/outsourcing.py`.
    lapses_at = models.DateTimeField("不合规自", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "委托运维"
        ordering = ["starts_on", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["account"],
                name="outsourcing_one_now",
                condition=Q(ended_on__isnull=True),
                violation_error_message="该账号已登记委托运维，请先写明原委托的停止日期。",
            ),
        ]
        indexes = [
            models.Index(fields=["lapses_at"], name="outsourcing_lapses", condition=Q(lapses_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.vendor


class Confirmation(models.Model):
    """季度确认: a unit declared all its records true as they were shown (`digest`)."""

    unit = models.ForeignKey("accounts.Unit", models.PROTECT, related_name="confirmations", verbose_name="单位")
    quarter = models.CharField("季度", max_length=6)  # 2026Q4
    digest = models.CharField("摘要", max_length=64)
    shown = models.JSONField("确认的内容")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="确认人")
    at = models.DateTimeField("确认时间")

    class Meta:
        verbose_name = verbose_name_plural = "季度确认"
        ordering = ["-quarter", "unit__name"]
        constraints = [
            models.UniqueConstraint(
                fields=["unit", "quarter"],
                name="confirmation_once_a_quarter",
                violation_error_message="本季度已确认过。",
            )
        ]

    def __str__(self) -> str:
        return f"{self.unit} {self.quarter}"
