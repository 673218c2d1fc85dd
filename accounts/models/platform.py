"""Platforms approved by the state (第六条), and what people call them."""

from django.db import models

WECHAT = "wechat"  # 微信公众号: the platform that articles 9 and 14 name


class UpdateRule(models.TextChoices):
    """How art. 14 is judged: by days, or not at all (apps are checked by hand)."""

    DAYS = "days", "按天"
    NONE = "none", "人工检查"


class Platform(models.Model):
    """平台."""

    code = models.CharField("代码", max_length=32, unique=True)
    name = models.CharField("名称", max_length=32, unique=True)
    group = models.CharField("通报分组", max_length=16)
    approved = models.BooleanField("核准平台", default=True, help_text="第六条：应在国家主管部门核准的平台上开设")
    update_rule = models.CharField("更新规则", max_length=8, choices=UpdateRule, default=UpdateRule.DAYS)
    app = models.BooleanField("移动客户端类", default=False, help_text="第十条所称移动客户端，含小程序、快应用")
    order = models.PositiveSmallIntegerField("排序", default=100)

    class Meta:
        verbose_name = verbose_name_plural = "平台"
        ordering = ["order", "id"]

    def __str__(self) -> str:
        return self.name

    @property
    def has_kinds(self) -> bool:
        """Only a 微信公众号 is a 订阅号 or a 服务号."""
        return self.code == WECHAT


class PlatformAlias(models.Model):
    """What people write for a platform; compared by `names.name_key` without bracketed notes."""

    platform = models.ForeignKey(Platform, models.PROTECT, related_name="aliases")
    alias = models.CharField("写法", max_length=32, unique=True)

    class Meta:
        verbose_name = verbose_name_plural = "平台别名"

    def __str__(self) -> str:
        return self.alias
