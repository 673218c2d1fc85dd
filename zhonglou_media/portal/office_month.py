"""What of the month waits for a person of the office (第二十四条): the list, the sheets, the circular."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q
from django.urls import reverse

from accounts import policy
from accounts.policy import Action
from inspections import check_progress
from inspections.models import CheckState, Circular, CircularState, SpotCheck
from zhonglou_media.core.models import User


@dataclass(frozen=True)
class MonthTodo:
    """A row: what waits, until when (None: no clock), and its one button."""

    title: str
    why: str
    due: datetime | None
    verb: str
    url: str


def month_todos(user: User) -> list[MonthTodo]:
    """In the order of the work: checks that have not ended, then circulars. Four queries, and one a running check."""
    rows: list[MonthTodo] = []
    drafts = policy.may(user, Action.DRAFT_CHECK)
    checks = SpotCheck.objects.exclude(state=CheckState.CLOSED).defer("drawn").order_by("month")
    mine = dict(check_progress.own(user).order_by().values_list("spot_check").annotate(n=Count("pk")))
    for check in checks:
        page = reverse("inspections:check", args=[check.code])
        if check.state == CheckState.DRAFTED:
            if drafts:
                rows.append(MonthTodo(f"{check}名单待确定", "确定后公开名单，分给检查人", None, "去确定", page))
            continue
        if n := mine.get(check.pk, 0):
            clean = reverse("inspections:clean_sheets", args=[check.code])
            why = "没有发现问题的可以一次提交"
            rows.append(MonthTodo(f"{check}：您还有 {n} 个账号待核", why, check.due_at, "去核对", clean))
        progress = check_progress.progress(check)
        if progress.differing and policy.may(user, Action.DECIDE_CHECK):
            rows.append(
                MonthTodo(
                    f"{check}：{progress.differing} 个账号两人不一致",
                    "由负责人认定以哪一份为准",
                    check.due_at,
                    "去认定",
                    f"{page}?show=differing",
                )
            )
        if progress.accounts and not progress.open:
            why = f"{progress.done} 个账号都有结果，{progress.failed} 个不合格"
            rows.append(MonthTodo(f"{check}可以起草通报", why, None, "去起草", reverse("inspections:circulars_office")))
    return rows + _circulars(user)


def _circulars(user: User) -> list[MonthTodo]:
    """A month that ended without one, and those that wait for the supervisor."""
    rows = []
    ended = SpotCheck.objects.filter(state=CheckState.CLOSED, circulars__isnull=True).defer("drawn").order_by("month")
    office = reverse("inspections:circulars_office")
    rows += [MonthTodo(f"{check}可以起草通报", "抽查已结束", None, "去起草", office) for check in ended]
    if policy.may(user, Action.PUBLISH_CIRCULAR):
        waiting = Circular.objects.filter(Q(state=CircularState.REVIEW)).select_related("submitted_by").order_by("pk")
        rows += [
            MonthTodo(
                f"{row.title}待审定",
                f"{row.submitted_by}送审",
                None,
                "去审定",
                reverse("inspections:circular_preview", args=[row.pk]),
            )
            for row in waiting
        ]
    return rows
