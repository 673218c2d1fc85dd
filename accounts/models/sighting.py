"""What was seen on a platform under an official-looking name, and what a person found it to be (第八条)."""

from django.conf import settings
from django.db import models
from django.db.models import Q


class Verdict(models.TextChoices):
    """认定: `known` and `unfiled` name the row of the register."""

    KNOWN = "known", "已在台账"
    UNFILED = "unfiled", "未备案"
    NOT_GOVERNMENT = "not_government", "非政务账号"
    FAKE = "fake", "假冒"


class Sighting(models.Model):
    """发现线索: kept whatever it turned out to be, so that the next list finds it sorted already."""

    platform = models.ForeignKey("accounts.Platform", models.PROTECT, related_name="+", verbose_name="平台")
    uid = models.CharField("账号ID", max_length=128, blank=True)
    name = models.CharField("账号名称", max_length=60)
    name_key = models.CharField(max_length=120, db_index=True, editable=False)
    look_key = models.CharField(max_length=120, db_index=True, editable=False)
    link = models.CharField("账号链接", max_length=300, blank=True)
    unit = models.ForeignKey(
        "accounts.Unit", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="疑似主办单位"
    )
    account = models.ForeignKey(
        "accounts.Account", models.PROTECT, null=True, blank=True, related_name="sightings", verbose_name="台账账号"
    )
    verdict = models.CharField("认定", max_length=16, choices=Verdict)
    source = models.CharField("发现途径", max_length=200)
    note = models.TextField("说明", blank=True)
    found_at = models.DateTimeField("发现时间")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name="认定人")
    at = models.DateTimeField("认定时间")

    class Meta:
        verbose_name = verbose_name_plural = "发现线索"
        ordering = ["-found_at", "-id"]
        constraints = [
            models.CheckConstraint(name="sighting_verdict_known", condition=Q(verdict__in=Verdict.values)),
            models.CheckConstraint(
                name="sighting_names_its_account",
                condition=~Q(verdict__in=[Verdict.KNOWN.value, Verdict.UNFILED.value]) | Q(account__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}（{self.platform}）"
