"""The filing and its machine: one for open, change, close and cancel (`docs/architecture.md`)."""

from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django_fsm import FSMField, FSMModelMixin, transition

from accounts.models import Account
from accounts.models.unit import UnitStatus
from zhonglou_media.core.models import File

from . import matching


class FilingKind(models.TextChoices):
    OPEN = "open", "新开办备案"
    CHANGE = "change", "变更报备"
    CLOSE = "close", "关停报备"
    CANCEL = "cancel", "注销报备"


class FilingState(models.TextChoices):
    DRAFT = "draft", "草稿"
    LEADER_REVIEW = "leader_review", "待单位领导审批"
    TO_REPORT = "to_report", "待报送"
    OFFICE_REVIEW = "office_review", "区府办审核"
    RETURNED = "returned", "退回修改"
    ACCEPTED = "accepted", "待上级平台备案"
    COMPLETED = "completed", "已办结"
    REFUSED = "refused", "不予备案"
    WITHDRAWN = "withdrawn", "已撤回"


# The one-to-one table that holds what a kind says beyond the common head, by its related name.
DETAILS = {
    FilingKind.OPEN: "opening",
    FilingKind.CHANGE: "change",
    FilingKind.CLOSE: "closing",
    FilingKind.CANCEL: "closing",
}

CLOSINGS = (FilingKind.CLOSE, FilingKind.CANCEL)  # of these an account ends
S = FilingState
LIVE = (S.DRAFT, S.LEADER_REVIEW, S.TO_REPORT, S.OFFICE_REVIEW, S.RETURNED, S.ACCEPTED)
APPROVED = (S.TO_REPORT, S.OFFICE_REVIEW, S.ACCEPTED, S.COMPLETED)
REPORTED = (S.OFFICE_REVIEW, S.RETURNED, S.ACCEPTED, S.COMPLETED, S.REFUSED)
DECIDED = (S.ACCEPTED, S.COMPLETED)
SUPPLEMENTABLE = (S.TO_REPORT, S.OFFICE_REVIEW, S.ACCEPTED)
EDITED = (S.DRAFT, S.RETURNED)  # what is typed may differ from what was frozen
UNDER_CORRECTION = (S.RETURNED, S.DRAFT, S.LEADER_REVIEW, S.TO_REPORT)


# 主办单位变更 that another unit began and never reported, approved or not; what a merger of units drafted stays.
AT_THE_UNIT = (S.DRAFT, S.LEADER_REVIEW, S.TO_REPORT)
NEVER_REPORTED = Q(kind=FilingKind.CHANGE, state__in=[s.value for s in AT_THE_UNIT], first_reported_at__isnull=True)
GIVES_WAY = NEVER_REPORTED & ~Q(unit=F("account__unit")) & ~Q(account__unit__status=UnitStatus.MERGED)


class FilingQuerySet(models.QuerySet["Filing"]):
    def live(self) -> "FilingQuerySet":
        """Not completed, refused or withdrawn."""
        return self.filter(state__in=LIVE)

    def giving_way(self) -> "FilingQuerySet":
        """Filings of another unit that stop neither the account's own unit nor an order (`filings/giving_way.py`)."""
        return self.filter(GIVES_WAY)

    def in_the_way(self) -> "FilingQuerySet":
        """Live filings that must end before another one of the account begins, or an order is executed."""
        return self.live().exclude(GIVES_WAY)

    def for_lists(self) -> "FilingQuerySet":
        """With what a row of a list shows, in one query."""
        related = ("unit", "account__platform", "account__unit", "opening__platform", "change", "closing", "draft")
        return self.select_related(*related)

    def matching(self, text: str, *, few: bool = False) -> "FilingQuerySet":
        """Those in which each word of `text` is found: number, account, unit, or what they say as last frozen.

        `few`: these are a unit's, not all there are (it only changes how they are read).
        """
        return self.filter(matching.holding(text, being_written=EDITED, few=few))

    def named(self, text: str) -> "FilingQuerySet":
        """As `matching`, by number, account and unit alone: for who may know of a filing and not read it."""
        return self.filter(matching.holding(text, being_written=EDITED, said=False))

    def for_decision(self, filing_id: int) -> "Filing":
        """The filing, its row locked until the end of the transaction."""
        return self.select_for_update(of=("self",)).select_related("unit").get(pk=filing_id)


class FSMGuard(FSMModelMixin, models.Model):
    """Lets `full_clean` pass by protected fields, which Django would otherwise assign."""

    class Meta:
        abstract = True

    def clean_fields(self, exclude: Any = None) -> None:
        protected = {f.name for f in self._meta.fields if getattr(f, "protected", False)}
        super().clean_fields({*(exclude or ()), *protected})


class Filing(FSMGuard, models.Model):
    """备案. Its state changes only by the transitions below, called by use cases; a trigger holds the same pairs."""

    State: ClassVar = FilingState
    Kind: ClassVar = FilingKind

    kind = models.CharField("类型", max_length=8, choices=FilingKind)
    unit = models.ForeignKey("accounts.Unit", models.PROTECT, related_name="filings", verbose_name="主办单位")
    account = models.ForeignKey(
        "accounts.Account", models.PROTECT, null=True, blank=True, related_name="filings", verbose_name="账号"
    )
    number = models.CharField("备案编号", max_length=32, unique=True, null=True, blank=True)
    state = FSMField("状态", default=S.DRAFT, choices=FilingState, protected=True, editable=False)

    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="owned_filings")
    last_editor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    leader = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    officer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    created_at = models.DateTimeField("新建时间")
    revision = models.PositiveIntegerField("版次", default=0)
    effective_on = models.DateField("事项发生日期", null=True, blank=True)
    approved_on = models.DateField("主要领导批准日期", null=True, blank=True)
    approval_recorded_at = models.DateTimeField("批准录入时间", null=True)
    approved_revision = models.PositiveIntegerField("批准的版次", null=True)
    paper_leader = models.CharField("书面批准的领导姓名", max_length=40, blank=True)
    paper_scan = models.ForeignKey(File, models.PROTECT, null=True, related_name="+", verbose_name="签批件扫描件")
    paper_checked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    paper_checked_at = models.DateTimeField("签批件核对时间", null=True)

    first_approved_on = models.DateField("首次批准日期", null=True)
    first_approval_recorded_at = models.DateTimeField("首次批准录入时间", null=True)
    first_reported_at = models.DateTimeField("首次报送时间", null=True)
    reported_at = models.DateTimeField("最近报送时间", null=True)
    accepted_revision = models.PositiveIntegerField("通过的版次", null=True)
    correction_from = models.DateField("退回日期", null=True)
    ended_at = models.DateTimeField("终结时间", null=True)
    returns = models.PositiveSmallIntegerField("退回次数", default=0)
    replaces = models.ForeignKey("self", models.PROTECT, null=True, related_name="replaced_by")
    not_occurred = models.BooleanField("未发生", default=False)
    conflict = models.TextField("办结冲突", blank=True)

    report_due_at = models.DateTimeField("报送期限", null=True)
    correction_due_at = models.DateTimeField("改正期限", null=True)
    event_due_at = models.DateTimeField("未批先建起算", null=True)
    office_due_at = models.DateTimeField("区府办办理期限", null=True)
    provisional = models.BooleanField("暂定", default=False)

    objects = FilingQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "备案"
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(name="filing_state_known", condition=Q(state__in=S.values)),
            models.CheckConstraint(name="filing_kind_known", condition=Q(kind__in=FilingKind.values)),
            models.UniqueConstraint(
                fields=["account"],
                name="filing_one_live_per_account",
                condition=Q(state__in=[s.value for s in LIVE]),
                violation_error_message="该账号已有一件办理中的备案。",
            ),
            models.CheckConstraint(
                name="filing_three_people",
                condition=~Q(leader=F("author"))
                & ~Q(leader=F("last_editor"))
                & ~Q(officer=F("author"))
                & ~Q(officer=F("last_editor"))
                & ~Q(officer=F("leader")),
                violation_error_message="填报、批准、审核须由三个人分别办理（第八条）。",
            ),
            models.CheckConstraint(
                name="filing_leader_or_paper",
                condition=Q(leader__isnull=True) | Q(paper_leader=""),
                violation_error_message="线上批准与书面批准只能有一种。",
            ),
            models.CheckConstraint(
                name="filing_approved_holds_approval",
                condition=~Q(state__in=[s.value for s in APPROVED])
                | (
                    Q(approved_on__isnull=False, first_approved_on__isnull=False, approval_recorded_at__isnull=False)
                    & (Q(leader__isnull=False) | (~Q(paper_leader="") & Q(paper_scan__isnull=False)))
                ),
                violation_error_message="未经本单位主要领导批准，不能报送（第八条）。",
            ),
            models.CheckConstraint(
                name="filing_reported_holds_report",
                condition=~Q(state__in=[s.value for s in REPORTED])
                | Q(reported_at__isnull=False, first_reported_at__isnull=False, number__isnull=False),
            ),
            models.CheckConstraint(
                name="filing_accepted_holds_officer",
                condition=~Q(state__in=[s.value for s in DECIDED])
                | Q(officer__isnull=False, accepted_revision__isnull=False),
            ),
            models.CheckConstraint(
                name="filing_accepted_paper_checked",
                condition=~Q(state__in=[s.value for s in DECIDED])
                | Q(paper_leader="")
                | Q(paper_checked_by__isnull=False),
                violation_error_message="书面批准的，须先核对纸质批准件。",
            ),
            models.CheckConstraint(
                name="filing_ended_has_time", condition=Q(state__in=[s.value for s in LIVE]) | Q(ended_at__isnull=False)
            ),
        ]
        indexes = [
            models.Index(fields=["unit", "state"], name="filing_unit_state"),
            models.Index(
                fields=["report_due_at"],
                name="filing_report_due",
                condition=Q(report_due_at__isnull=False, first_reported_at__isnull=True, provisional=False),
            ),
            # The state leads: SQLite cannot match a partial index on a list of states with parameters.
            models.Index(
                fields=["state", "correction_due_at"],
                name="filing_correction_due",
                condition=Q(correction_due_at__isnull=False),
            ),
            models.Index(fields=["event_due_at"], name="filing_event_due", condition=Q(event_due_at__isnull=False)),
            models.Index(
                fields=["office_due_at"],
                name="filing_office_queue",
                condition=Q(state__in=[S.OFFICE_REVIEW.value, S.ACCEPTED.value]),
            ),
        ]

    def __str__(self) -> str:
        return self.number or f"{self.get_kind_display()}（{self.get_state_display()}）"

    # --- the machine: state only, the use cases hold every other effect ---

    @transition(field=state, source=[S.DRAFT, S.RETURNED], target=S.LEADER_REVIEW)
    def submit(self) -> None:
        """提交领导审批."""

    @transition(field=state, source=S.LEADER_REVIEW, target=S.TO_REPORT)
    def leader_approve(self) -> None:
        """主要领导批准（线上）."""

    @transition(field=state, source=S.LEADER_REVIEW, target=S.TO_REPORT)
    def record_paper_approval(self) -> None:
        """登记书面批准."""

    @transition(field=state, source=S.LEADER_REVIEW, target=S.DRAFT)
    def leader_return(self) -> None:
        """领导退回."""

    @transition(field=state, source=S.LEADER_REVIEW, target=S.DRAFT)
    def recall(self) -> None:
        """撤回修改."""

    @transition(field=state, source=[S.TO_REPORT, S.RETURNED], target=S.OFFICE_REVIEW)
    def report(self) -> None:
        """报送区政府办公室."""

    @transition(field=state, source=S.TO_REPORT, target=S.DRAFT)
    def reopen(self) -> None:
        """重新填报: the approval is void, the clock kept."""

    @transition(field=state, source=S.OFFICE_REVIEW, target=S.ACCEPTED)
    def accept(self) -> None:
        """审核通过."""

    @transition(field=state, source=S.OFFICE_REVIEW, target=S.RETURNED)
    def return_for_correction(self) -> None:
        """退回修改."""

    @transition(field=state, source=S.OFFICE_REVIEW, target=S.REFUSED)
    def refuse(self) -> None:
        """不予备案."""

    @transition(field=state, source=S.ACCEPTED, target=S.COMPLETED)
    def complete(self) -> None:
        """办结."""

    @transition(field=state, source=S.ACCEPTED, target=S.OFFICE_REVIEW)
    def unaccept(self) -> None:
        """撤销通过."""

    @transition(field=state, source=S.ACCEPTED, target=S.RETURNED)
    def upper_return(self) -> None:
        """上级系统退回."""

    @transition(
        field=state, source=[S.DRAFT, S.LEADER_REVIEW, S.TO_REPORT, S.OFFICE_REVIEW, S.RETURNED], target=S.WITHDRAWN
    )
    def withdraw(self) -> None:
        """撤回备案."""

    @property
    def registered(self) -> Account:
        """Its account, of a filing that has one: each but an opening before its first approval."""
        if self.account is None:
            raise LookupError(f"filing {self.pk} has no account yet")
        return self.account

    @property
    def details(self) -> Any:
        """What this kind says beyond the common head, as it was last frozen; None before the first freeze."""
        return getattr(self, DETAILS[FilingKind(self.kind)], None)

    @property
    def account_label(self) -> str:
        """The account as lists name it, from the frozen content, the account, or what was typed so far."""
        opening = getattr(self, "opening", None)
        if opening is not None:
            return str(opening)
        if self.account is not None:
            return str(self.account)
        draft = getattr(self, "draft", None)
        return (draft and draft.data.get("name")) or "未填账号名称"

    @property
    def gives_way(self) -> bool:
        """Whether it is one of `FilingQuerySet.giving_way`."""
        at_the_unit = self.state in AT_THE_UNIT and self.first_reported_at is None
        if self.account is None or self.kind != FilingKind.CHANGE or not at_the_unit:
            return False
        return self.unit_id != self.account.unit_id and self.account.unit.status != UnitStatus.MERGED

    @property
    def is_live(self) -> bool:
        return self.state in LIVE

    @property
    def is_late(self) -> bool:
        """迟报: judged by the first report the server received (第八条); stays for good, unless 未发生 or 暂定."""
        if self.report_due_at is None or self.provisional or self.not_occurred:
            return False
        judged_at: datetime | None = self.first_reported_at or self.ended_at
        return judged_at is not None and judged_at >= self.report_due_at

    @property
    def is_correction_late(self) -> bool:
        """改正迟报: reported again at or after the correction's due time (row 10)."""
        if self.correction_due_at is None or self.provisional or self.state in UNDER_CORRECTION:
            return False
        return self.reported_at is not None and self.reported_at >= self.correction_due_at
