"""公告: what a unit tells the public of a closing or of a new sponsor or name (第八条)."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from .filing import DECIDED


class AnnouncementState(models.TextChoices):
    DRAFT = "draft", "草稿"
    PUBLISHED = "published", "已公告"


class Announcement(models.Model):
    """草稿 → 已公告, then immutable by trigger; a correction is a new one that names the old."""

    filing = models.ForeignKey("filings.Filing", models.PROTECT, related_name="announcements")
    state = models.CharField("状态", max_length=16, choices=AnnouncementState, default=AnnouncementState.DRAFT)
    text = models.TextField("公告内容")
    on = models.DateField("公告日期", null=True)
    days = models.PositiveSmallIntegerField("公告期（天）", null=True)
    place = models.CharField("发布渠道", max_length=120, blank=True)
    link = models.CharField("链接", max_length=300, blank=True)
    corrects = models.OneToOneField(
        "self", models.PROTECT, null=True, related_name="corrected_by", verbose_name="更正的公告"
    )
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    published_at = models.DateTimeField("公布时间", null=True)

    class Meta:
        verbose_name = verbose_name_plural = "公告"
        ordering = ["-published_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["filing"], name="announcement_one_draft", condition=Q(state="draft")),
            models.CheckConstraint(
                name="announcement_published_has_time",
                condition=Q(state="draft", published_at__isnull=True)
                | Q(state="published", published_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"公告 {self.pk}"

    @property
    def title(self) -> str:
        """What a list calls it: 「更正：关于抖音账号“示例街道发布”停止更新的公告」."""
        return f"{'更正：' if self.corrects_id else ''}{self.heading}"

    @property
    def heading(self) -> str:
        """What stands above its text: its own first line where that is a title, else one of the account's name then."""
        first = self.text.strip().partition("\n")[0].strip()
        if first.startswith("关于") and first.endswith("公告"):
            return first
        what = str(self.filing.get_kind_display()).removesuffix("报备")
        return f"关于“{self._name_then}”{what}的公告"

    @property
    def _name_then(self) -> str:
        """What the account was called when this was published: a new name is the account's from the completion on."""
        names = list(self.filing.registered.names.all())
        before = [row for row in names if self.published_at is not None and row.since < self.published_at]
        return str((before or names)[-1 if before else 0]) if names else self.filing.registered.name

    @property
    def lines(self) -> list[str]:
        """Its paragraphs, without that title."""
        lines = [line.strip() for line in self.text.splitlines() if line.strip()]
        return lines[1:] if lines and lines[0] == self.heading else lines

    @property
    def corrected(self) -> "Announcement | None":
        """The announcement that corrects this one."""
        return getattr(self, "corrected_by", None)

    @property
    def doubt(self) -> str:
        """What the public is told once the acceptance behind it was undone; '' while it stands."""
        if self.filing.state in DECIDED:
            return ""
        return "该事项正在重新办理" if self.filing.is_live else "该事项不再办理"

    @property
    def web_link(self) -> str:
        """Its link where that is an address."""
        return self.link if self.link.startswith(("https://", "http://")) else ""
