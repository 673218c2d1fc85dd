"""Who may do what, to what: role × action × scope, for all apps.

Buttons, refusals, the URL walk and the docs come from `RULES`; nothing else decides it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Protocol, runtime_checkable

from django.db import models

from accounts.models import Account, Membership, Role, Unit
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.errors import NotAllowed
from zhonglou_media.core.events import SYSTEM
from zhonglou_media.core.models import User


class Action(models.TextChoices):
    """What can be done; the label completes 「您不能…」."""

    SIGNED_IN = "signed_in", "使用本平台"
    VIEW_REGISTER = "view_register", "查阅账号台账"
    VIEW_FILING = "view_filing", "查阅备案"
    DRAFT = "draft", "填写备案"
    SUBMIT = "submit", "提交领导审批"
    RECALL = "recall", "撤回修改"
    RECORD_PAPER = "record_paper", "登记书面批准"
    REPORT = "report", "报送区政府办公室"
    REOPEN = "reopen", "重新填报"
    SUPPLEMENT = "supplement", "补充材料"
    WITHDRAW = "withdraw", "撤回备案"
    LEADER_APPROVE = "leader_approve", "批准备案"
    LEADER_RETURN = "leader_return", "退回填报员"
    ACCEPT = "accept", "审核通过备案"
    RETURN = "return", "退回单位修改"
    REFUSE = "refuse", "作出不予备案决定"
    UPPER_RETURN = "upper_return", "登记上级退回"
    CHECK_PAPER = "check_paper", "核对纸质批准件"
    NOT_OCCURRED = "not_occurred", "确认事项未发生"
    IMPORT = "import", "导入账号台账"
    EXPORT = "export", "导出备案到上级系统"
    RECEIPT = "receipt", "登记上级回执"
    EXPORT_LAYOUT = "export_layout", "编排导出格式"
    RECONCILE = "reconcile", "与上级平台核对"
    REMIND = "remind", "催办备案"
    TEMPLATES = "templates", "管理打印模板"
    UNACCEPT = "unaccept", "撤销审核通过"
    NOT_APPLICABLE = "not_applicable", "登记上级系统不适用"
    VIEW_ACTIVITY = "view_activity", "查阅发布和留言"
    RECORD_ACTIVITY = "record_activity", "登记发布和留言"
    IMPORT_ACTIVITY = "import_activity", "导入发布和留言数据"
    VIEW_FLAGS = "view_flags", "查阅预警"
    VIEW_RUNS = "view_runs", "查看后台任务"
    THRESHOLDS = "thresholds", "修改本区设定"
    WAIVE = "waive", "决定免于追究"
    VOID = "void", "作废账号"
    MERGE_ACCOUNTS = "merge_accounts", "合并重复账号"
    ANNOUNCE = "announce", "发布公告"
    HAND_OVER = "hand_over", "移交备案"
    OBJECT = "object", "对主办单位变更提出异议"
    VIEW_PREAPPROVALS = "view_preapprovals", "查阅前置申请"
    ASK_PREAPPROVAL = "ask_preapproval", "提出前置申请"
    DECIDE_PREAPPROVAL = "decide_preapproval", "决定前置申请"
    SIGHT = "sight", "登记发现的账号"
    VIEW_ORDERS = "view_orders", "查阅责令关停"
    ORDER = "order", "下达责令关停"
    PROVE_ORDER = "prove_order", "报送关停证明"
    REPORT_LOST = "report_lost", "报告账号失控"
    DECLARE_LOST = "declare_lost", "认定账号失控"
    PEOPLE = "people", "登记管理人员和委托运维"
    CONFIRM = "confirm", "确认本季度信息"
    VIEW_CONFIRMATIONS = "view_confirmations", "查看季度确认"
    URGE = "urge", "催办季度确认"
    USERS = "users", "管理用户"
    UNITS = "units", "管理单位"
    VIEW_EVENTS = "view_events", "查阅操作记录"
    CALENDAR = "calendar", "维护工作日历"
    VIEW_CHECKS = "view_checks", "查阅抽查和整改"
    INDICATORS = "indicators", "修订检查指标"
    CHECK = "check", "开展抽查"
    DECIDE_CHECK = "decide_check", "认定抽查结果"
    DRAFT_CHECK = "draft_check", "起草抽查名单"
    SELF_CHECK = "self_check", "开展季度自查"
    ISSUE_RECTIFICATION = "issue_rectification", "下达整改通知"
    ANSWER_RECTIFICATION = "answer_rectification", "答复整改"
    VERIFY_RECTIFICATION = "verify_rectification", "复核整改"
    DECIDE_RECTIFICATION = "decide_rectification", "决定整改不到位的处理"
    UPPER_FINDINGS = "upper_findings", "办理上级工单"
    CIRCULAR = "circular", "起草通报"
    PUBLISH_CIRCULAR = "publish_circular", "审定并公开通报"
    VIEW_DASHBOARD = "view_dashboard", "查阅看板"
    VIEW_ASSESSMENT = "view_assessment", "查阅年度考核"
    ASSESS = "assess", "定稿年度考核"
    VETO = "veto", "作出一票否决"
    VIEW_INCIDENTS = "view_incidents", "查阅突发情况"
    RECORD_INCIDENT = "record_incident", "登记突发情况"
    PASS_INCIDENT = "pass_incident", "转送突发情况"
    INCIDENT_ROUTES = "incident_routes", "修订转送程序"
    SWEEP = "sweep", "运行规则检查"


class Scope(models.TextChoices):
    ALL = "all", "全区"
    OWN = "own", "本单位"
    HEIR = "heir", "本单位及并入本单位的单位"
    FAMILY = "family", "本单位及所属单位"


OFFICE = {Role.OFFICER: Scope.ALL, Role.SUPERVISOR: Scope.ALL}
SUPERVISOR = {Role.SUPERVISOR: Scope.ALL}
OPERATOR = {Role.OPERATOR: Scope.OWN}
LEADER = {Role.LEADER: Scope.OWN}
# What a unit had under way when it was merged away (备案, 责令关停, what it keeps of its accounts), the receiving unit
# carries on.
OPERATOR_OR_HEIR = {Role.OPERATOR: Scope.HEIR}
LEADER_OR_HEIR = {Role.LEADER: Scope.HEIR}
ADMIN = {Role.ADMIN: Scope.ALL}
READERS = {
    Role.OPERATOR: Scope.FAMILY,
    Role.LEADER: Scope.FAMILY,
    Role.PARENT: Scope.FAMILY,
    Role.OFFICER: Scope.ALL,
    Role.SUPERVISOR: Scope.ALL,
    Role.AUDITOR: Scope.ALL,
}

A = Action
RULES: Mapping[Action, Mapping[Role, Scope]] = MappingProxyType(
    {
        A.SIGNED_IN: dict.fromkeys(Role, Scope.ALL),
        A.VIEW_REGISTER: READERS | ADMIN,
        A.VIEW_FILING: READERS,
        A.DRAFT: OPERATOR_OR_HEIR,
        A.SUBMIT: OPERATOR_OR_HEIR,
        A.RECALL: OPERATOR_OR_HEIR,
        A.RECORD_PAPER: OPERATOR_OR_HEIR,
        A.REPORT: OPERATOR_OR_HEIR,
        A.REOPEN: OPERATOR_OR_HEIR,
        A.SUPPLEMENT: OPERATOR_OR_HEIR | OFFICE,
        A.WITHDRAW: OPERATOR_OR_HEIR,
        A.LEADER_APPROVE: LEADER_OR_HEIR,
        A.LEADER_RETURN: LEADER_OR_HEIR,
        A.ACCEPT: OFFICE,
        A.RETURN: OFFICE,
        A.REFUSE: OFFICE,
        A.UPPER_RETURN: OFFICE,
        A.CHECK_PAPER: OFFICE,
        A.NOT_OCCURRED: OFFICE,
        A.IMPORT: OFFICE,
        A.EXPORT: OFFICE,
        A.RECEIPT: OFFICE,
        A.EXPORT_LAYOUT: OFFICE,
        A.RECONCILE: OFFICE,
        A.REMIND: OFFICE,
        A.TEMPLATES: OFFICE,
        A.UNACCEPT: SUPERVISOR,
        A.NOT_APPLICABLE: SUPERVISOR,
        A.VIEW_ACTIVITY: READERS,
        A.RECORD_ACTIVITY: OPERATOR_OR_HEIR,
        A.IMPORT_ACTIVITY: OPERATOR_OR_HEIR | OFFICE,
        A.VIEW_FLAGS: READERS,
        A.VIEW_RUNS: OFFICE | ADMIN,
        A.THRESHOLDS: SUPERVISOR,
        A.WAIVE: SUPERVISOR,
        A.VOID: SUPERVISOR,
        A.MERGE_ACCOUNTS: SUPERVISOR,
        A.ANNOUNCE: OPERATOR_OR_HEIR,
        A.HAND_OVER: OPERATOR_OR_HEIR,
        A.OBJECT: OPERATOR | LEADER,
        A.VIEW_PREAPPROVALS: READERS,
        A.ASK_PREAPPROVAL: OPERATOR,
        A.DECIDE_PREAPPROVAL: SUPERVISOR,
        A.SIGHT: OFFICE,
        A.VIEW_ORDERS: READERS,
        A.ORDER: SUPERVISOR,
        A.PROVE_ORDER: OPERATOR_OR_HEIR,
        A.REPORT_LOST: OPERATOR_OR_HEIR,
        A.DECLARE_LOST: SUPERVISOR,
        A.PEOPLE: OPERATOR_OR_HEIR,
        A.CONFIRM: OPERATOR_OR_HEIR,
        A.VIEW_CONFIRMATIONS: READERS,
        A.URGE: OFFICE,
        A.USERS: ADMIN,
        A.UNITS: ADMIN,
        A.VIEW_EVENTS: {Role.AUDITOR: Scope.ALL, Role.ADMIN: Scope.ALL},
        A.CALENDAR: ADMIN,
        A.VIEW_CHECKS: READERS,
        A.INDICATORS: SUPERVISOR,
        A.CHECK: OFFICE,
        A.DECIDE_CHECK: SUPERVISOR,
        A.DRAFT_CHECK: OFFICE,
        A.SELF_CHECK: OPERATOR_OR_HEIR,
        A.ISSUE_RECTIFICATION: OFFICE,
        A.ANSWER_RECTIFICATION: OPERATOR_OR_HEIR,
        A.VERIFY_RECTIFICATION: OFFICE,
        A.DECIDE_RECTIFICATION: SUPERVISOR,
        A.UPPER_FINDINGS: OFFICE,
        A.CIRCULAR: OFFICE,
        A.PUBLISH_CIRCULAR: SUPERVISOR,
        A.VIEW_DASHBOARD: READERS,
        A.VIEW_ASSESSMENT: READERS,
        A.ASSESS: SUPERVISOR,
        A.VETO: SUPERVISOR,
        A.VIEW_INCIDENTS: READERS,
        A.RECORD_INCIDENT: OPERATOR_OR_HEIR | OFFICE,
        A.PASS_INCIDENT: OFFICE,
        A.INCIDENT_ROUTES: SUPERVISOR,
        A.SWEEP: {},
    }
)

# Commands without --as and sweeps act as 系统: they move data, they decide nothing.
SYSTEM_MAY = frozenset(
    {A.IMPORT, A.IMPORT_ACTIVITY, A.EXPORT, A.RECEIPT, A.UPPER_RETURN, A.CALENDAR, A.DRAFT_CHECK, A.SWEEP}
)


@runtime_checkable
class OfUnit(Protocol):
    """A thing that belongs to a unit: an account, a filing."""

    unit_id: int


Subject = Unit | Account | OfUnit


@dataclass
class Grants:
    """What one person holds now: unit ids by role; by role the units merged into those, and all that are below them.

    `held` are all memberships of today with their units, by the unit's name, also where one of them is chosen.
    `read_at` is the database's clock when they were read; None of an inactive person.
    """

    read_at: datetime | None = None
    held: list[Membership] = field(default_factory=list)
    own: dict[Role, set[int]] = field(default_factory=dict)
    merged: dict[Role, set[int]] = field(default_factory=dict)
    children: dict[Role, set[int]] = field(default_factory=dict)  # `merged` among them


def grants_of(user: User) -> Grants:
    """The person's current memberships: read once a user object, so once a request.

    Where one is chosen on top of the page (`user.acting_as`), that one alone, as long as it holds.
    """
    cached: Grants | None = user.__dict__.get("_grants")
    if cached is not None:
        return cached
    grants = Grants()
    if user.is_active:
        grants.read_at = db_now()
        current = Membership.objects.current(day_of(grants.read_at)).filter(user=user).select_related("unit")
        grants.held = list(current.order_by("unit__name", "id"))
        chosen = [row for row in grants.held if row.pk == user.acting_as]
        for row in chosen or grants.held:
            grants.own.setdefault(Role(row.role), set()).add(row.unit_id)
        members_of = set().union(*grants.own.values())
        below = models.Q(parent_id__in=members_of) | models.Q(merged_into_id__in=members_of)
        for pk, parent, into in Unit.objects.filter(below).values_list("id", "parent_id", "merged_into_id"):
            for role, units in grants.own.items():
                if units & {parent, into}:
                    grants.children.setdefault(role, set()).add(pk)
                if into in units:
                    grants.merged.setdefault(role, set()).add(pk)
    user.__dict__["_grants"] = grants
    return grants


def roles_of(user: User) -> set[Role]:
    """Roles held now, in whatever unit."""
    return set(grants_of(user).own)


def units_of(user: User, *roles: Role) -> list[Unit]:
    """Units in which the person holds one of `roles` now (any role, when none is named), by name."""
    own = grants_of(user).own
    ids = set().union(*(own.get(role, set()) for role in roles or own))
    return list(Unit.objects.filter(id__in=ids))


def carried_on(user: User, *roles: Role) -> set[int]:
    """Ids of the units whose filings the person handles as one of `roles`: own ones, and what was merged into them."""
    grants = grants_of(user)
    return set().union(*(held.get(role, set()) for role in roles for held in (grants.own, grants.merged)))


def could(user: User, *actions: Action) -> bool:
    """Whether some object could exist to which the person may do one of `actions`: who may open the page at all."""
    return any(roles_of(user) & set(RULES[action]) for action in actions)


def allowing_role(user: User | None, action: Action, subject: Subject | None = None) -> str:
    """The role that lets `user` do `action` to `subject`, '' when none does. `None` is 系统."""
    if user is None:
        return SYSTEM if action in SYSTEM_MAY else ""
    grants = grants_of(user)
    unit_id = subject.pk if isinstance(subject, Unit) else subject.unit_id if subject is not None else None
    for role, scope in RULES[action].items():
        units = grants.own.get(role)
        if units is None:
            continue
        in_own = unit_id is None or unit_id in units
        more = {Scope.FAMILY: grants.children, Scope.HEIR: grants.merged}.get(scope, {})
        if scope == Scope.ALL or in_own or unit_id in more.get(role, ()):
            return role.value
    return ""


def may(user: User | None, action: Action, subject: Subject | None = None) -> bool:
    """Whether `user` may do `action` to `subject`."""
    return bool(allowing_role(user, action, subject))


def holders(action: Action) -> str:
    """Whose it is to do `action`: the labels of the roles, 系统 where nobody's."""
    return "、".join(role.label for role in RULES[action]) or "系统"


def require(user: User | None, action: Action, subject: Subject | None = None) -> str:
    """The role that allows it, for the history; raises NotAllowed with a sentence."""
    role = allowing_role(user, action, subject)
    if not role:
        raise NotAllowed(f"您不能{action.label}：须由{holders(action)}办理。")
    return role
