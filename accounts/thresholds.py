"""本区设定: where the regulation is silent the office decides, from a day on; what it says itself is only shown.

A change holds from a coming day, so that nothing judged is judged again; older values stay for the days on which they
held (`zhonglou_media/core/settings_at.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from django.db import IntegrityError, transaction

from accounts.policy import Action, require
from zhonglou_media.core import events
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.errors import Incomplete, Refused, WrongState
from zhonglou_media.core.models import Event, Setting, User
from zhonglou_media.core.settings_at import Settings

FURTHEST = timedelta(days=366)
CHANGED, TAKEN_BACK = "change", "take_back"  # the verbs of the events


@dataclass(frozen=True)
class Threshold:
    """A number that the office sets: from `least` to `most`, in `unit`; `meaning` says what follows from it."""

    key: str
    label: str
    meaning: str
    unit: str
    article: int
    most: int
    of_day: str  # which day's value counts, as the rule reads it
    least: int = 1


@dataclass(frozen=True)
class Fixed:
    """What the regulation itself says, and what the district settled at the start."""

    label: str
    value: str
    article: int


EDITABLE: dict[str, Threshold] = {
    threshold.key: threshold
    for threshold in (
        Threshold(
            "office_days",
            "区府办办理时限",
            "首次批准后，应在几个工作日内向全国、全省系统备案",
            "个工作日",
            8,
            30,
            "首次批准的那一天",
        ),
        Threshold(
            "office_days_after_report",
            "报送后的办理时限",
            "报送得晚时，至少留给区府办几个工作日",
            "个工作日",
            8,
            30,
            "最近一次报送的那一天",
        ),
        Threshold(
            "replaces_days",
            "视为重新报备",
            "撤回或不予备案后几天内再报同一事项，沿用原来的时限",
            "天",
            8,
            365,
            "再报的那一天",
        ),
        Threshold(
            "submit_reminder_days",
            "提醒领导审批",
            "提交领导审批几天还没有办理，发出提醒",
            "天",
            8,
            90,
            "检查的当天",
        ),
        Threshold(
            "no_data_breach_days",
            "数据中断",
            "“数据截至”停住超过几天，“数据待确认”由提示改为违反规定",
            "天",
            14,
            365,
            "检查的当天",
        ),
        Threshold(
            "message_silence_days",
            "咨询没有后续",
            "到期后几天，数据仍没有到应回复时刻的，也按未回复判断",
            "天",
            15,
            90,
            "检查的当天",
        ),
        Threshold(
            "follower_jump_percent",
            "粉丝数异常的比例",
            "与上一次相比变化达到百分之几（且达到下一项）",
            "%",
            15,
            1000,
            "登记粉丝数的那一天",
        ),
        Threshold(
            "follower_jump_least",
            "粉丝数异常的人数",
            "变化至少多少人才提示",
            "人",
            15,
            10_000_000,
            "登记粉丝数的那一天",
        ),
        Threshold(
            "follower_jump_shown_days",
            "粉丝数异常的提示",
            "从变化的那一天起提示几天",
            "天",
            15,
            365,
            "检查的当天",
        ),
        Threshold(
            "retention_days",
            "申请保留的时限",
            "区级部门的存量微信公众号，自纳入台账起几天内申请保留",
            "天",
            9,
            365,
            "纳入台账的那一天",
        ),
        Threshold(
            "notice_days",
            "停更公告期",
            "停更公告至少公示几天，0 为不作要求",
            "天",
            8,
            90,
            "提交的那一天",
            least=0,
        ),
        Threshold(
            "confirm_days",
            "季度确认的时限",
            "每季度开始后几天内，各单位确认账号、联系人、管理人员属实",
            "天",
            8,
            60,
            "季度的第一天",
        ),
        Threshold(
            "people_breach",
            "管理人员和委托运维",
            "无专门管理人员、委托运维不合规的级别：0 为提示，1 为违反规定",
            "级",
            18,
            1,
            "检查的当天",
            least=0,
        ),
        Threshold(
            "invitation_days",
            "邀请链接的有效期",
            "发给新用户的一次性链接几天内有效",
            "天",
            18,
            30,
            "发出的那一天",
        ),
        Threshold(
            "attachments_per_filing",
            "每件备案的附件",
            "一件备案最多放几个附件",
            "个",
            8,
            100,
            "上传的那一天",
        ),
        Threshold(
            "attachments_unit_mb",
            "每个单位的附件总量",
            "一个单位的附件合计最多多少 MB",
            "MB",
            8,
            102_400,
            "上传的那一天",
            least=10,
        ),
        Threshold(
            "check_sample_size",
            "每月抽查的账号数",
            "一个月抽查多少个账号，0 为全面检查",
            "个",
            24,
            100_000,
            "起草名单的那一天",
            least=0,
        ),
        Threshold(
            "check_within_months",
            "抽样的最长间隔",
            "抽样时每个账号几个月内至少抽到一次",
            "个月",
            24,
            24,
            "起草名单的那一天",
        ),
        Threshold(
            "check_double_percent",
            "两人同查的比例",
            "抽查名单中百分之几由两人各查一遍",
            "%",
            24,
            100,
            "确定名单的那一天",
            least=0,
        ),
        Threshold(
            "rectify_days",
            "整改期限",
            "整改通知下达后几个工作日内整改并答复",
            "个工作日",
            24,
            60,
            "下达的那一天",
        ),
        Threshold(
            "rectify_again_days",
            "退回后的整改期限",
            "按期答复被退回的，至少再给几个工作日",
            "个工作日",
            24,
            30,
            "退回的那一天",
        ),
        Threshold(
            "upper_margin_days",
            "上级工单的提前量",
            "单位的答复期限比上级要求早几个工作日",
            "个工作日",
            24,
            10,
            "交办的那一天",
            least=0,
        ),
        Threshold(
            "self_check_days",
            "季度自查的时限",
            "每季度开始后几天内，各单位对照指标自查",
            "天",
            24,
            90,
            "季度的第一天",
        ),
        Threshold(
            "target_percent",
            "看板的目标",
            "按时备案、更新、24 小时回复、抽查合格的目标比例",
            "%",
            24,
            100,
            "月份的最后一天",
        ),
        Threshold(
            "rectified_target_percent",
            "整改的目标",
            "整改完成的目标比例",
            "%",
            24,
            100,
            "月份的最后一天",
        ),
        Threshold(
            "activity_ranking",
            "单位活跃度排名",
            "看板是否按活跃度给单位排名：0 为不排名（减轻基层负担），1 为排名",
            "档",
            24,
            1,
            "查看的那一天",
            least=0,
        ),
    )
}
FIXED = (
    Fixed("报送备案", "批准后 2 个工作日内", 8),
    Fixed("退回后改正再报", "退回后 2 个工作日内", 8),
    Fixed("内容更新", "每周不少于 1 次：第 7 天 24:00 前", 14),
    Fixed("微信服务号更新", "平均每周不少于 1 次，每月最多计 4 次", 14),
    Fixed("回复咨询", "留言后 24 小时内", 15),
)


@dataclass(frozen=True)
class Standing:
    """A threshold on a day: the value in force, what is planned, and all it ever was, newest first."""

    threshold: Threshold
    value: int
    planned: Sequence[Setting]
    history: Sequence[Setting]

    @property
    def pending(self) -> int:
        """How many of the planned values differ from the one before."""
        values = [self.value, *(row.value for row in self.planned)]
        return sum(before != after for before, after in pairwise(values))


def standing(today: date) -> list[Standing]:
    """Every threshold as it stands on `today`, in the order of the page: two queries."""
    rows: dict[str, list[Setting]] = {key: [] for key in EDITABLE}
    for row in Setting.objects.filter(key__in=EDITABLE).select_related("changed_by").order_by("-from_date"):
        rows[row.key].append(row)
    settings = Settings.load()
    return [
        Standing(
            threshold,
            settings.at(key, today),
            [row for row in reversed(rows[key]) if row.from_date > today],
            [row for row in rows[key] if row.from_date <= today],
        )
        for key, threshold in EDITABLE.items()
    ]


def changes() -> list[Event]:
    """What was changed, newest first: also plans that another one replaced, and those taken back."""
    of_settings = Event.objects.filter(subject_kind="setting", verb__in=(CHANGED, TAKEN_BACK)).select_related("actor")
    return list(of_settings.order_by("-seq")[:50])


def change(key: str, value: int, from_date: date, *, by: User, now: datetime) -> Setting | None:
    """Set `key` to `value` from `from_date` on, tomorrow at the earliest; replaces what was planned for that very day.

    None when that plan is taken back instead, since without it `value` holds already. Raises NotAllowed, Incomplete (by
    the form's field), or WrongState when somebody planned the same day meanwhile.
    """
    role = require(by, Action.THRESHOLDS)
    threshold = EDITABLE.get(key)
    if threshold is None:
        raise Refused("这一项不能在这里修改，请刷新页面后重新选择。")
    _check(threshold, value, from_date, day_of(now))
    try:
        with transaction.atomic():
            row = Setting.objects.select_for_update().filter(key=key, from_date=from_date).first()
            was = row.value if row is not None else None
            held = Settings.load().at(key, from_date)
            if row is not None and held != value == _without(row):
                _take_back(row, by=by, role=role, now=now)
                return None
            if held == value:
                raise Incomplete("没有改动", {"value": [f"{from_date} 起已是 {value} {threshold.unit}，不用修改。"]})
            if row is None:
                row = Setting(key=key, from_date=from_date)
            row.value, row.changed_by = value, by
            row.save()
            detail: dict[str, Any] = {"key": key, "from_date": from_date.isoformat(), "value": value, "held": held}
            detail |= {} if was is None else {"replaced": was}
            events.append(row, CHANGED, by=by, role=role, at=now, detail=detail)
    except IntegrityError:
        raise _was_first(threshold, from_date) from None
    return row


def take_back(key: str, from_date: date, *, by: User, now: datetime) -> Setting:
    """取消 what was planned for `from_date`, which has not come yet; returns the row that is gone.

    Raises NotAllowed, or WrongState when it holds already or somebody took it back first.
    """
    role = require(by, Action.THRESHOLDS)
    with transaction.atomic():
        row = Setting.objects.select_for_update().filter(key=key, from_date=from_date).first()
        if row is None or key not in EDITABLE:
            raise WrongState("这项安排已经不在了，请刷新页面后查看。")
        if from_date <= day_of(now):
            raise WrongState(f"“{EDITABLE[key].label}”的这次修改自 {from_date} 起已经生效，不能取消；请另行修改。")
        _take_back(row, by=by, role=role, now=now)
    return row


def _take_back(row: Setting, *, by: User, role: str, now: datetime) -> None:
    held = _without(row)
    Setting.objects.filter(pk=row.pk).delete()
    detail = {"key": row.key, "from_date": row.from_date.isoformat(), "value": row.value, "held": held}
    events.append(row, TAKEN_BACK, by=by, role=role, at=now, detail=detail)


def _without(row: Setting) -> int:
    """What would hold on the day of `row` without it."""
    return int(Settings.load().at(row.key, row.from_date - timedelta(days=1)))


def _check(threshold: Threshold, value: int, from_date: date, today: date) -> None:
    errors: dict[str, list[str]] = {}
    if not threshold.least <= value <= threshold.most:
        errors["value"] = [f"“{threshold.label}”应在 {threshold.least} 到 {threshold.most} {threshold.unit}之间。"]
    if from_date <= today:
        tomorrow = today + timedelta(days=1)
        errors["from_date"] = [f"最早从明天（{tomorrow}）起，已经判断过的不再改变。"]
    elif from_date > today + FURTHEST:
        errors["from_date"] = ["最多提前一年设定，请核对年份。"]
    if errors:
        raise Incomplete("请改正后再保存。", errors)


def _was_first(threshold: Threshold, from_date: date) -> WrongState:
    first = Setting.objects.select_related("changed_by").filter(key=threshold.key, from_date=from_date).first()
    if first is None or first.changed_by is None:
        return WrongState(f"“{threshold.label}”刚刚有人修改，请刷新页面后查看。")
    sentence = f"{first.changed_by}刚刚把“{threshold.label}”改为自 {from_date} 起 {first.value} {threshold.unit}"
    return WrongState(f"{sentence}，请刷新页面后再决定。", by=first.changed_by)
