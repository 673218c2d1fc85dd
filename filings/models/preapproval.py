"""前置申请 (第九条, 第十条): a 区级部门 asks before it opens or keeps a WeChat account, or opens an app."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from zhonglou_media.core.models import File


class PreApprovalPurpose(models.TextChoices):
    NEW = "new", "新建"
    RETAIN = "retain", "保留"


class PreApprovalState(models.TextChoices):
    NOT_ASKED = "not_asked", "尚未申请"
    ASKED = "asked", "待区府办决定"
    GRANTED = "granted", "已批准"
    REFUSED = "refused", "不予批准"


class PreApproval(models.Model):
    """One application; one granted is used by one opening filing. A retention names its account."""

    unit = models.ForeignKey("accounts.Unit", models.PROTECT, related_name="preapprovals", verbose_name="单位")
    platform = models.ForeignKey("accounts.Platform", models.PROTECT, related_name="+", verbose_name="平台")
    purpose = models.CharField("事项", max_length=8, choices=PreApprovalPurpose)
    account = models.ForeignKey(
        "accounts.Account", models.PROTECT, null=True, related_name="preapprovals", verbose_name="账号"
    )
    account_name = models.CharField("拟用名称", max_length=60, blank=True)
    state = models.CharField("状态", max_length=16, choices=PreApprovalState)
    reason = models.TextField("申请理由", blank=True)
    paper = models.ForeignKey(File, models.PROTECT, null=True, related_name="+", verbose_name="申请文件")
    paper_name = models.CharField("文件名", max_length=200, blank=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    asked_at = models.DateTimeField("申请时间", null=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField("决定时间", null=True)
    document_no = models.CharField("批准文号", max_length=60, blank=True)
    decision = models.TextField("决定意见", blank=True)
    # A retention: asked by then, and when refused, closed by then (exclusive, 00:00 Shanghai).
    act_by = models.DateTimeField("应办理期限", null=True)
    used_by = models.OneToOneField(
        "filings.Filing", models.PROTECT, null=True, related_name="preapproval", verbose_name="使用的备案"
    )

    class Meta:
        verbose_name = verbose_name_plural = "前置申请"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(name="preapproval_state_known", condition=Q(state__in=PreApprovalState.values)),
            models.CheckConstraint(
                name="preapproval_asked_says_why",
                condition=Q(state="not_asked") | (Q(asked_at__isnull=False) & ~Q(reason="")),
                violation_error_message="请写明申请理由。",
            ),
            models.CheckConstraint(
                name="preapproval_decided_by_somebody",
                condition=Q(state__in=["not_asked", "asked"]) | Q(decided_at__isnull=False, decided_by__isnull=False),
            ),
            models.CheckConstraint(
                name="preapproval_granted_has_number",
                condition=~Q(state="granted") | ~Q(document_no=""),
                violation_error_message="批准的须填写批准文号。",
            ),
            models.CheckConstraint(
                name="preapproval_only_granted_is_used", condition=Q(used_by__isnull=True) | Q(state="granted")
            ),
            models.CheckConstraint(
                name="preapproval_retention_names_account",
                condition=~Q(purpose="retain") | Q(account__isnull=False, act_by__isnull=False),
            ),
            models.UniqueConstraint(
                fields=["account"],
                name="preapproval_one_open_retention",
                condition=Q(purpose="retain") & ~Q(state="refused"),
                violation_error_message="该账号的保留申请已经提出。",
            ),
        ]
        indexes = [
            models.Index(
                fields=["act_by"],
                name="preapproval_retention_due",
                condition=Q(purpose="retain", state__in=["not_asked", "refused"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.unit}{self.get_purpose_display()}{self.platform}"
