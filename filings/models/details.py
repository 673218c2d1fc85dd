"""What each kind of filing says beyond the common head (附件2–4).

Each table names its `CONTACTS` and `LATE_FACTS`: not part of what the leader approves (`filings/content.py`).
"""

from typing import ClassVar

from django.db import models

from accounts.models import AccountKind
from accounts.models.account import OperationMode, Verification


class OpeningBasis(models.TextChoices):
    """开设依据."""

    NEW = "new", "工作需要新设"
    RETAIN = "retain", "保留（第九条）"
    ABOVE = "above", "上级要求"
    REFORM = "reform", "机构改革"
    FOUND = "found", "补报已有账号"


class OpeningDetails(models.Model):
    """附件2 新开办备案表: written by `drafting.freeze`, together with a revision."""

    filing = models.OneToOneField("filings.Filing", models.PROTECT, primary_key=True, related_name="opening")
    platform = models.ForeignKey("accounts.Platform", models.PROTECT, related_name="+", verbose_name="平台")
    kind = models.CharField("账号类型", max_length=16, choices=AccountKind, blank=True)
    name = models.CharField("账号名称", max_length=60)
    basis = models.CharField("开设依据", max_length=16, choices=OpeningBasis)
    intro = models.CharField("简介", max_length=300, blank=True)
    verified_entity = models.CharField("认证主体全称", max_length=120, blank=True)
    purpose = models.TextField("功能定位、开设理由")
    columns = models.TextField("主要栏目", blank=True)
    interactions = models.JSONField("互动功能", default=list)
    services = models.TextField("服务事项", blank=True)
    update_frequency = models.CharField("计划更新频次", max_length=60, blank=True)
    first_reviewer = models.CharField("初审人", max_length=40, blank=True)
    second_reviewer = models.CharField("复审人", max_length=40, blank=True)
    final_reviewer = models.CharField("终审人", max_length=40, blank=True)
    leader_in_charge = models.CharField("分管领导", max_length=40, blank=True)
    department_in_charge = models.CharField("责任科室", max_length=60, blank=True)
    operation_mode = models.CharField("运维方式", max_length=16, choices=OperationMode, blank=True)
    vendor = models.CharField("运维单位", max_length=120, blank=True)
    vendor_until = models.DateField("委托合同到期日", null=True, blank=True)
    vendor_nda = models.BooleanField("已签保密协议", default=False)
    same_platform_reason = models.CharField("同平台已有账号的理由", max_length=300, blank=True)
    preapproval_no = models.CharField("前置申请批准文号", max_length=60, blank=True)
    is_flagship = models.BooleanField("主账号", default=False)
    # contacts and remarks: not part of what the leader approves
    operator_phone = models.CharField("填报人手机", max_length=32, blank=True)
    custodian = models.CharField("管理员", max_length=40, blank=True)
    custodian_phone = models.CharField("管理员电话", max_length=32, blank=True)
    remarks = models.TextField("备注", blank=True)
    # late facts: optional at report, added by `supplement`
    uid = models.CharField("账号ID", max_length=128, blank=True)
    link = models.CharField("账号链接", max_length=300, blank=True)
    verification = models.CharField("认证状态", max_length=16, choices=Verification, blank=True)

    CONTACTS: ClassVar = ("operator_phone", "custodian", "custodian_phone", "remarks")
    LATE_FACTS: ClassVar = ("uid", "link", "verification")

    class Meta:
        verbose_name = verbose_name_plural = "新开办备案表"

    def __str__(self) -> str:
        return f"{self.name}（{self.platform}）"


class ChangeDetails(models.Model):
    """附件4 变更报备表: which values change stands in `ChangeItem`."""

    filing = models.OneToOneField("filings.Filing", models.PROTECT, primary_key=True, related_name="change")
    reason = models.TextField("变更原因")
    same_platform_reason = models.CharField("同平台已有账号的理由", max_length=300, blank=True)
    # Written at the freeze where the sponsor changes: the unit that gives the account away reads this filing.
    giving_unit = models.ForeignKey(
        "accounts.Unit", models.PROTECT, null=True, related_name="+", verbose_name="原主办单位"
    )
    notice_text = models.TextField("社会公告", blank=True)
    notice_on = models.DateField("公告日期", null=True, blank=True)
    notice_place = models.CharField("公告发布渠道", max_length=120, blank=True)
    notice_link = models.CharField("公告链接", max_length=300, blank=True)
    operator_phone = models.CharField("填报人手机", max_length=32, blank=True)
    remarks = models.TextField("备注", blank=True)

    CONTACTS: ClassVar = ("operator_phone", "remarks")
    LATE_FACTS: ClassVar = ("notice_link",)

    class Meta:
        verbose_name = verbose_name_plural = "变更报备表"

    def __str__(self) -> str:
        return f"变更 {self.filing_id}"

    # What a form says before it is frozen; None: as the table holds them.
    unsaved_items: "list[ChangeItem] | None" = None

    @property
    def change_items(self) -> "list[ChangeItem]":
        """变更事项, those of a form not frozen yet where it is one."""
        return self.unsaved_items if self.unsaved_items is not None else list(self.filing.items.all())

    def write_items(self) -> None:
        """The table holds what the form said; what it held before stands in the revision that froze it."""
        if self.unsaved_items is None:
            return
        ChangeItem.objects.filter(filing=self.filing).delete()
        for item in self.unsaved_items:
            item.filing = self.filing
        self.unsaved_items = ChangeItem.objects.bulk_create(self.unsaved_items)


class ChangeItem(models.Model):
    """变更事项: one filed field of the account, as it was when the change was frozen and as it shall be.

    Values as `accounts.fields.stored` writes them: text, a platform's code, a unit's or file's key.
    """

    filing = models.ForeignKey("filings.Filing", models.PROTECT, related_name="items")
    field = models.CharField("事项", max_length=32)
    old = models.TextField("变更前", blank=True)
    new = models.TextField("变更后", blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "变更事项"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["filing", "field"], name="change_item_once"),
            models.CheckConstraint(name="change_item_differs", condition=~models.Q(old=models.F("new"))),
        ]

    def __str__(self) -> str:
        return f"{self.field}：{self.old} → {self.new}"


class ClosingMode(models.TextChoices):
    """关停方式; 移交 is a change of sponsor, filed by the receiving unit."""

    STOP = "stop", "关停（停止更新，账号保留）"
    CANCEL = "cancel", "注销（在平台上注销）"
    MERGE = "merge", "迁移（并入另一账号）"


class ClosingReason(models.TextChoices):
    """关停原因."""

    SIMILAR = "similar", "功能相近整合"
    UNUSED = "unused", "用户关注度低、利用率低"
    UNABLE = "unable", "无力维护"
    REFORM = "reform", "机构改革、主办单位撤并"
    DOUBLE = "double", "同平台多账号清理"
    PLATFORM = "platform", "平台停止服务"
    UNFILED = "unfiled", "未备案（区府办责令）"
    RECTIFY = "rectify", "整改不到位（责令）"
    NAMED = "named", "市级及以上检查被通报（责令）"
    RETENTION = "retention", "不予保留（第九条）"
    LOST = "lost", "账号密码遗失、失控"
    INCIDENT = "incident", "内容、安全事故"
    BURDEN = "burden", "为基层减负"
    OTHER = "other", "其他"


class Disposal(models.TextChoices):
    """历史内容处置."""

    KEEP = "keep", "保留在原账号"
    ARCHIVE = "archive", "归档保存"
    MIGRATE = "migrate", "迁移到承接账号"


class ClosingDetails(models.Model):
    """附件3 关停报备表: of a closure and of a cancellation."""

    filing = models.OneToOneField("filings.Filing", models.PROTECT, primary_key=True, related_name="closing")
    mode = models.CharField("关停方式", max_length=8, choices=ClosingMode)
    reasons = models.JSONField("原因", default=list)
    explanation = models.TextField("说明", blank=True)
    ordered = models.BooleanField("责令关停", default=False)
    order_no = models.CharField("责令关停文号", max_length=60, blank=True)
    due_on = models.DateField("应办结日期", null=True, blank=True)  # of a refused retention or an order
    notice_text = models.TextField("停更公告")
    notice_on = models.DateField("公告发布日期", null=True, blank=True)
    notice_days = models.PositiveSmallIntegerField("公告期（天）", null=True, blank=True)
    notice_place = models.CharField("公告发布渠道", max_length=120, blank=True)
    notice_link = models.CharField("公告链接", max_length=300, blank=True)
    successor = models.ForeignKey(
        "accounts.Account", models.PROTECT, null=True, blank=True, related_name="+", verbose_name="承接账号"
    )
    successor_channel = models.CharField("承接渠道", max_length=120, blank=True)
    disposal = models.CharField("历史内容处置", max_length=8, choices=Disposal, blank=True)
    archive_place = models.CharField("归档位置", max_length=120, blank=True)
    followers = models.PositiveBigIntegerField("关停时粉丝数", null=True, blank=True)
    follower_care = models.CharField("粉丝的告知与引导", max_length=300, blank=True)
    personal_data = models.CharField("用户个人信息处置", max_length=300, blank=True)
    operator_phone = models.CharField("填报人手机", max_length=32, blank=True)
    remarks = models.TextField("备注", blank=True)
    # late facts; the date done on the platform is the filing's `effective_on`, the proof an attachment of that kind
    applied_on = models.DateField("平台注销申请日", null=True, blank=True)

    CONTACTS: ClassVar = ("operator_phone", "remarks")
    LATE_FACTS: ClassVar = ("notice_link", "applied_on")

    class Meta:
        verbose_name = verbose_name_plural = "关停报备表"

    def __str__(self) -> str:
        return f"关停 {self.filing_id}"
