"""The register of new-media accounts (政务新媒体, 第二条)."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from zhonglou_media.core.models import File


class AccountState(models.TextChoices):
    """账号状态 (`accounts/lifecycle.py` is the only writer)."""

    PENDING = "pending", "待备案"
    ACTIVE = "active", "正常运行"
    UNFILED = "unfiled", "未备案"
    CLOSING = "closing", "拟关停"
    CLOSED = "closed", "已关停"
    CANCELLED = "cancelled", "已注销"
    VOID = "void", "作废"


class AccountKind(models.TextChoices):
    """账号类型, of 微信公众号 only."""

    SUBSCRIPTION = "subscription", "订阅号"
    SERVICE = "service", "服务号"


class Origin(models.TextChoices):
    FILING = "filing", "备案"
    BASELINE = "baseline", "存量"
    FOUND = "found", "发现"


class OperationMode(models.TextChoices):
    SELF = "self", "自运维"
    OUTSOURCED = "outsourced", "委托运维"


class Verification(models.TextChoices):
    VERIFIED = "verified", "已认证"
    UNVERIFIED = "unverified", "未认证"
    EXPIRED = "expired", "认证过期"


WATCHED = (AccountState.ACTIVE, AccountState.CLOSING)
ON_PLATFORM = (AccountState.PENDING, AccountState.ACTIVE, AccountState.CLOSING)
ENDED = (AccountState.CLOSED, AccountState.CANCELLED)
GONE = (AccountState.CANCELLED, AccountState.VOID)
OPENABLE = (AccountState.UNFILED, AccountState.CLOSED)  # an opening may be filed for it
ORDERABLE = (AccountState.UNFILED, AccountState.ACTIVE, AccountState.CLOSING)  # it may be ordered closed


class AccountQuerySet(models.QuerySet["Account"]):
    def standing(self) -> "AccountQuerySet":
        """Accounts whose identity is taken: neither cancelled nor void."""
        return self.exclude(state__in=GONE)

    def holding(self) -> "AccountQuerySet":
        """Accounts that hold their unit's place on a platform (第七条): on it, and under its control (第十八条)."""
        return self.filter(state__in=ON_PLATFORM, lost_control_since__isnull=True)


class Account(models.Model):
    """政务新媒体账号: identity is the platform and its own id, until known the platform and `name_key`."""

    State: ClassVar = AccountState

    platform = models.ForeignKey("accounts.Platform", models.PROTECT, related_name="accounts", verbose_name="平台")
    uid = models.CharField("账号ID", max_length=128, blank=True)
    name = models.CharField("账号名称", max_length=60)
    name_key = models.CharField(max_length=120, db_index=True, editable=False)
    look_key = models.CharField(max_length=120, db_index=True, editable=False)
    unit = models.ForeignKey("accounts.Unit", models.PROTECT, related_name="accounts", verbose_name="主办单位")
    state = models.CharField("状态", max_length=16, choices=AccountState, editable=False)
    state_since = models.DateTimeField("状态自", editable=False)
    origin = models.CharField("来源", max_length=16, choices=Origin, editable=False)
    source_document = models.CharField("来源文件", max_length=200, blank=True)

    # Filed fields (`accounts/fields.py`): only a change filing alters them.
    link = models.CharField("账号链接", max_length=300, blank=True)
    avatar = models.ForeignKey(File, models.PROTECT, null=True, blank=True, related_name="+", verbose_name="头像")
    intro = models.CharField("简介", max_length=300, blank=True)
    kind = models.CharField("账号类型", max_length=16, choices=AccountKind, blank=True)
    verified_entity = models.CharField("认证主体", max_length=120, blank=True)
    operation_mode = models.CharField("运维方式", max_length=16, choices=OperationMode, blank=True)
    vendor = models.CharField("运维单位", max_length=120, blank=True)
    leader_in_charge = models.CharField("分管领导", max_length=40, blank=True)
    department_in_charge = models.CharField("责任科室", max_length=60, blank=True)
    custodian = models.CharField("管理员", max_length=40, blank=True)
    custodian_phone = models.CharField("管理员电话", max_length=32, blank=True)
    purpose = models.TextField("功能定位", blank=True)
    services = models.TextField("服务项目", blank=True)

    same_platform_reason = models.CharField("同平台多账号说明", max_length=300, blank=True)
    followers = models.PositiveBigIntegerField("粉丝数", null=True, blank=True)
    remarks = models.TextField("备注", blank=True)
    number = models.CharField("备案编号", max_length=32, unique=True, null=True, blank=True)
    national_no = models.CharField("全国系统编号", max_length=64, blank=True)
    provincial_no = models.CharField("全省平台编号", max_length=64, blank=True)
    found_at = models.DateTimeField("发现时间", null=True, blank=True)
    monitored_from = models.DateField("监测自", null=True, blank=True)
    posts_known_until = models.DateTimeField("发布数据截至", null=True, blank=True)
    messages_known_until = models.DateTimeField("留言数据截至", null=True, blank=True)
    last_published_at = models.DateTimeField("最近更新", null=True, blank=True)
    next_update_due_at = models.DateTimeField("下次应更新", null=True, blank=True)
    due_after_removal = models.BooleanField("删除后", default=False)  # a removed publication was the latest one
    # Since when a hint stands: written each night by `accounts/hints.py`.
    name_differs_since = models.DateTimeField("名称不一致自", null=True, blank=True)
    doubled_since = models.DateTimeField("同平台多账号自", null=True, blank=True)
    reborn_of = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="reborn_as")
    successor = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="承接账号"
    )
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")
    lost_control_since = models.DateTimeField("失控自", null=True, blank=True)  # 密码遗失、账号被盗
    confirmed_on = models.DateField("最近确认属实", null=True, blank=True)
    # Since when nobody is named as custodian (第十八条): written by `accounts/custodians.py` and `lifecycle`.
    no_custodian_since = models.DateTimeField("无管理人员自", null=True, blank=True)

    objects = AccountQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "账号"
        ordering = ["unit__name", "platform__order", "name"]
        constraints = [
            models.CheckConstraint(name="account_state_known", condition=Q(state__in=AccountState.values)),
            models.UniqueConstraint(
                fields=["platform", "uid"],
                name="account_id_unique",
                condition=~Q(uid="") & ~Q(state__in=[s.value for s in GONE]),
                violation_error_message="该平台上已登记同一账号ID的账号。",
            ),
            models.UniqueConstraint(
                fields=["platform", "name_key"],
                name="account_name_unique",
                condition=Q(uid="") & ~Q(state__in=[s.value for s in GONE]),
                violation_error_message="该平台上已登记同名账号，请填写账号ID加以区分。",
            ),
            models.UniqueConstraint(
                fields=["unit", "platform"],
                name="account_one_per_platform",
                condition=Q(same_platform_reason="", lost_control_since__isnull=True)
                & Q(state__in=[s.value for s in ON_PLATFORM]),
                violation_error_message="本单位在该平台已有账号，须写明理由（第七条）。",
            ),
            models.CheckConstraint(
                name="account_due_only_while_watched",
                condition=Q(next_update_due_at__isnull=True) | Q(state__in=[s.value for s in WATCHED]),
            ),
            models.CheckConstraint(
                name="account_unfiled_has_found_at", condition=~Q(state="unfiled") | Q(found_at__isnull=False)
            ),
        ]
        indexes = [
            models.Index(fields=["unit", "state"], name="account_unit_state"),
            models.Index(fields=["found_at"], name="account_unfiled", condition=Q(state="unfiled")),
            models.Index(
                fields=["next_update_due_at"],
                name="account_update_due",
                condition=Q(next_update_due_at__isnull=False),
            ),
            models.Index(
                fields=["state_since"],
                name="account_revived",
                condition=Q(state__in=[s.value for s in ENDED]) & Q(last_published_at__gt=F("state_since")),
            ),
            models.Index(
                fields=["name_differs_since"],
                name="account_name_differs",
                condition=Q(name_differs_since__isnull=False),
            ),
            models.Index(fields=["doubled_since"], name="account_doubled", condition=Q(doubled_since__isnull=False)),
            models.Index(
                fields=["no_custodian_since"],
                name="account_no_custodian",
                condition=Q(no_custodian_since__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}（{self.platform}）"


class AccountName(models.Model):
    """All names an account ever had: the register's search reads these."""

    account = models.ForeignKey(Account, models.PROTECT, related_name="names")
    name = models.CharField("名称", max_length=60)
    name_key = models.CharField(max_length=120, db_index=True)
    look_key = models.CharField(max_length=120, db_index=True)
    since = models.DateTimeField("自何时起")

    class Meta:
        verbose_name = verbose_name_plural = "账号名称"
        ordering = ["since", "id"]
        constraints = [models.UniqueConstraint(fields=["account", "name"], name="account_name_once")]

    def __str__(self) -> str:
        return self.name
