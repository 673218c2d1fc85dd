"""What accounts publish and what citizens ask (arts. 14, 15)."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce

from zhonglou_media.core.sealed import SealedTextField

if TYPE_CHECKING:
    from .account import Account
    from .unit import Unit


class Source(models.TextChoices):
    TYPED = "typed", "手工登记"
    IMPORT = "import", "导入"
    COLLECTED = "collected", "采集"


class Publication(models.Model):
    """发布: one row an account and the platform's own id of it. A removed one stays, as a tombstone."""

    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="publications")
    external_id = models.CharField("外部编号", max_length=128)
    title = models.CharField("标题", max_length=200, blank=True)
    url = models.CharField("链接", max_length=500, blank=True)
    published_at = models.DateTimeField("发布时间")
    original = models.BooleanField("原创", default=False)
    reviewers = models.CharField("审核人", max_length=80, blank=True)
    removed_at = models.DateTimeField("删除时间", null=True)
    source = models.CharField("来源", max_length=16, choices=Source)

    class Meta:
        verbose_name = verbose_name_plural = "发布"
        constraints = [models.UniqueConstraint(fields=["account", "external_id"], name="publication_once")]
        indexes = [models.Index(fields=["account", "published_at"], name="publication_by_time")]

    def __str__(self) -> str:
        return self.title or "（无标题）"


class MessageKind(models.TextChoices):
    INQUIRY = "inquiry", "咨询"
    SUGGESTION = "suggestion", "建议"
    COMPLAINT = "complaint", "投诉"
    HELP = "help", "求助"
    OTHER = "other", "其他"


ANSWERER = Coalesce("handed_to", "account")  # whose it is to answer, in SQL: see `Message.answerer`


class MessageQuerySet(models.QuerySet["Message"]):
    def to_answer(self, units: "Iterable[Unit] | Iterable[int]") -> "MessageQuerySet":
        """Those with a due time that accounts of `units` should answer, also those handed to one of them."""
        theirs = Q(handed_to__isnull=True, account__unit__in=units) | Q(handed_to__unit__in=units)
        return self.filter(theirs, reply_due_at__isnull=False, first_reply_at__isnull=True, withdrawn_at__isnull=True)

    def owed_by(self, accounts: "Iterable[Account] | Iterable[int]") -> "MessageQuerySet":
        """As `to_answer`, of these accounts."""
        theirs = Q(handed_to__isnull=True, account__in=accounts) | Q(handed_to__in=accounts)
        return self.filter(theirs, reply_due_at__isnull=False, first_reply_at__isnull=True, withdrawn_at__isnull=True)

    def unanswered(self) -> "MessageQuerySet":
        """With a due time, no reply, neither withdrawn nor handed to another account: the rows of the partial index."""
        return self.filter(
            reply_due_at__isnull=False,
            first_reply_at__isnull=True,
            withdrawn_at__isnull=True,
            handed_to__isnull=True,
        )


class Message(models.Model):
    """留言: only 咨询 has a due time, 24 hours after it was asked (第十五条). `asked_at` never changes."""

    Kind: ClassVar = MessageKind

    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="messages")
    external_id = models.CharField("外部编号", max_length=128)
    kind = models.CharField("类型", max_length=16, choices=MessageKind)
    body = SealedTextField("内容", blank=True)
    asked_at = models.DateTimeField("留言时间")
    received_at = models.DateTimeField("收到时间")
    first_reply_at = models.DateTimeField("首次回复时间", null=True)
    withdrawn_at = models.DateTimeField("撤回时间", null=True)
    handed_to = models.ForeignKey(
        "accounts.Account", models.PROTECT, null=True, related_name="taken_over", verbose_name="转由账号"
    )
    reply_due_at = models.DateTimeField("应回复", null=True)
    reclassified_at = models.DateTimeField(
        "改类型时间", null=True
    )  # by hand: what an import says of the kind counts no more
    source = models.CharField("来源", max_length=16, choices=Source)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "留言"
        constraints = [
            models.UniqueConstraint(fields=["account", "external_id"], name="message_once"),
            models.CheckConstraint(
                name="message_reply_after_question",
                condition=Q(first_reply_at__isnull=True) | Q(first_reply_at__gte=F("asked_at")),
                violation_error_message="回复时间不能早于留言时间。",
            ),
            models.CheckConstraint(
                name="message_asked_before_received",
                condition=Q(asked_at__lte=F("received_at")),
                violation_error_message="留言时间不能晚于收到时间。",
            ),
        ]
        indexes = [
            models.Index(
                fields=["reply_due_at"],
                name="message_unanswered",
                condition=Q(
                    reply_due_at__isnull=False,
                    first_reply_at__isnull=True,
                    withdrawn_at__isnull=True,
                    handed_to__isnull=True,
                ),
            ),
            models.Index(fields=["account", "asked_at"], name="message_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.asked_at:%Y-%m-%d %H:%M}"

    @property
    def is_open(self) -> bool:
        """Nobody has answered, and it has not been withdrawn or handed over."""
        return self.first_reply_at is None and self.withdrawn_at is None and self.handed_to_id is None

    @property
    def waits(self) -> bool:
        """Nobody has answered and it has not been withdrawn; who should answer is the `answerer`."""
        return self.first_reply_at is None and self.withdrawn_at is None

    @property
    def answerer(self) -> "Account":
        """The account whose it is to answer: the one it was handed to, else the one it was asked."""
        return self.handed_to or self.account

    @property
    def keeps_due(self) -> bool:
        """Not a 咨询 any more, but it was one when its due time passed: that stays."""
        return self.reply_due_at is not None and self.kind != MessageKind.INQUIRY

    def is_late(self, now: datetime) -> bool:
        """Answered after its due time, or not answered by `now` though due."""
        if self.reply_due_at is None:
            return False
        return self.reply_due_at < (self.first_reply_at or now)


class Followers(models.Model):
    """粉丝数 of a day."""

    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="follower_counts")
    day = models.DateField("日期")
    count = models.PositiveBigIntegerField("粉丝数")
    source = models.CharField("来源", max_length=16, choices=Source)
    jumped_at = models.DateTimeField("异常变化时间", null=True)  # 00:00 of its day; `accounts/hints.py` writes it

    class Meta:
        verbose_name = verbose_name_plural = "粉丝数"
        constraints = [models.UniqueConstraint(fields=["account", "day"], name="followers_once_a_day")]
        indexes = [
            models.Index(fields=["jumped_at"], name="followers_jumped", condition=Q(jumped_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.count}"


class ActivityDay(models.Model):
    """What an account did on a day (Shanghai): pages and charts read this, never millions of rows.

    Only `accounts/activity_days.py` writes it, from the facts.
    """

    account = models.ForeignKey("accounts.Account", models.PROTECT, related_name="days")
    day = models.DateField("日期")
    posts = models.PositiveIntegerField("发布", default=0, db_default=0)
    originals = models.PositiveIntegerField("原创", default=0, db_default=0)
    asked = models.PositiveIntegerField("咨询", default=0, db_default=0)
    answered_in_time = models.PositiveIntegerField("按时回复", default=0, db_default=0)

    class Meta:
        verbose_name = verbose_name_plural = "每日活动"
        constraints = [models.UniqueConstraint(fields=["account", "day"], name="activity_once_a_day")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.day}"
