"""What each kind of filing says beyond the common head (附件2–4)."""

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
