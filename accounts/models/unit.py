"""Units that run accounts (主办单位, 第五条), and every name they ever had."""

from django.db import models


class UnitKind(models.TextChoices):
    """类别: articles 9 and 10 bind 区级部门 only."""

    DEPARTMENT = "department", "区级部门"
    SUBDISTRICT = "subdistrict", "街道"
    TOWN = "town", "镇"
    DEVELOPMENT_ZONE = "development_zone", "开发区"
    AFFILIATED = "affiliated", "直属单位"
    STATIONED = "stationed", "派驻机构"


class UnitStatus(models.TextChoices):
    ACTIVE = "active", "在用"
    UNCONFIRMED = "unconfirmed", "待核"
    MERGED = "merged", "撤并"


class Scope(models.TextChoices):
    """适用 (art. 2) or 指导 (art. 3): guided units are listed, never flagged."""

    BOUND = "bound", "适用"
    GUIDED = "guided", "指导"


class Unit(models.Model):
    """主办单位."""

    name = models.CharField("名称", max_length=120, unique=True, error_messages={"unique": "已有同名单位。"})
    short_name = models.CharField("简称", max_length=60, blank=True)
    kind = models.CharField("类别", max_length=16, choices=UnitKind, blank=True)
    status = models.CharField("状态", max_length=16, choices=UnitStatus, default=UnitStatus.ACTIVE)
    scope = models.CharField("适用范围", max_length=16, choices=Scope, default=Scope.BOUND)
    internal = models.BooleanField("内设机构", default=False, help_text="内设机构不得开设账号（第七条）")
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="children", verbose_name="行业主管部门"
    )
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = "单位"
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                name="unit_not_own_parent",
                condition=~models.Q(parent=models.F("id")),
                violation_error_message="单位不能是自己的主管部门。",
            )
        ]

    def __str__(self) -> str:
        return self.short_name or self.name

    @property
    def may_own(self) -> bool:
        """Whether it may open or receive accounts: no 内设机构 (第七条), nor merged away."""
        return not self.internal and self.status != UnitStatus.MERGED


class UnitName(models.Model):
    """曾用名 and present name of a unit."""

    unit = models.ForeignKey(Unit, models.PROTECT, related_name="names")
    name = models.CharField("名称", max_length=120)
    since = models.DateField("自何日起", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "单位名称"
        constraints = [models.UniqueConstraint(fields=["unit", "name"], name="unit_name_once")]

    def __str__(self) -> str:
        return self.name
