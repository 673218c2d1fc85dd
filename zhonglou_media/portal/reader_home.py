"""The homes of those who decide nothing: what auditors and parent units read, and whether the portal is in order."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from django.db.models import Case, Count, Q, QuerySet, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from accounts import units
from accounts.access import visible_accounts, visible_flags, visible_units
from accounts.models import AccountState, Level, Membership, Role, RuleRun, Unit
from accounts.models.unit import UnitStatus
from accounts.policy import roles_of
from accounts.wording import SINCE
from filings.access import visible_filings
from filings.models import Filing, FilingState
from filings.models.filing import FilingQuerySet
from filings.wording import Running, running
from inspections import sweep
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.models import Invitation, Job, User, Year
from zhonglou_media.portal.flag_rows import flag_rows

from . import event_checks
from .jobs import label_of

SHOWN = 20
WARN_OF_NEXT_YEAR_FROM = 11  # November: the State Council's paper comes out then
IN_OFFICE = (FilingState.OFFICE_REVIEW, FilingState.ACCEPTED)


@dataclass(frozen=True)
class Problem:
    """Something the admin should see to: what, what to do, and where."""

    title: str
    text: str
    link: str = ""
    link_text: str = ""


@dataclass(frozen=True)
class Tally:
    """How many are in a state."""

    state: str
    label: str
    count: int


def reader_home(request: HttpRequest) -> HttpResponse:
    """The home of an admin, an auditor or a parent unit; called by the view `home`, which says who may see it."""
    user = cast(User, request.user)
    tabs = {"tabs": getattr(request, "home_tabs", [])}  # the person's other homes
    if Role.ADMIN in roles_of(user):
        return render(request, "portal/home_admin.html", in_order(db_now()) | tabs)
    return render(request, "portal/home_reader.html", to_read(user, db_now()) | tabs)


def to_read(user: User, now: datetime) -> dict[str, Any]:
    """Open flags, live filings and accounts of the units `user` reads (第三条, 第五条, 第二十三条)."""
    units = visible_units(user)
    flags = visible_flags(user).open()
    oldest = flags.select_related("unit", "account__platform").order_by(SINCE.asc(), "id")[:SHOWN]
    live = visible_filings(user).live()
    filings = tally(live, FilingState)
    accounts = tally(visible_accounts(user), AccountState)
    return {
        "units": units.count(),
        "flags": flag_rows(list(oldest), now),
        "flag_count": flags.count(),
        "breach_count": flags.filter(level=Level.BREACH).count(),
        "live": by_due(live),
        "live_count": sum(row.count for row in filings),
        "filings": filings,
        "accounts": accounts,
        "account_count": sum(row.count for row in accounts),
    }


def tally(rows: QuerySet[Any], states: type[AccountState] | type[FilingState]) -> list[Tally]:
    """How many of `rows` are in each state, in the order of the machine; states without any are left out."""
    found = dict(rows.order_by().values("state").annotate(n=Count("pk")).values_list("state", "n"))
    return [Tally(state.value, str(state.label), found[state.value]) for state in states if state.value in found]


def by_due(live: FilingQuerySet) -> list[tuple[Filing, Running | None]]:
    """The first live filings by the limit that runs now, each with it; those without one come last."""
    ends = Case(
        When(state__in=IN_OFFICE, then="office_due_at"),
        When(correction_due_at__isnull=False, then="correction_due_at"),
        When(first_reported_at__isnull=True, then="report_due_at"),
    )
    rows = live.for_lists().order_by(ends.asc(nulls_last=True), "id")[:SHOWN]
    return [(filing, running(filing) or in_office(filing)) for filing in rows]


def in_office(filing: Filing) -> Running | None:
    """The office's own limit, while the filing lies there."""
    if filing.state not in IN_OFFICE or filing.office_due_at is None:
        return None
    return Running(filing.office_due_at, "转上级平台", filing.provisional)


def in_order(now: datetime) -> dict[str, Any]:
    """People, units, calendar, sweeps and jobs; what needs the admin comes first."""
    today = day_of(now)
    years = list(Year.objects.filter(confirmed_at__isnull=False).select_related("confirmed_by"))
    runs = list(RuleRun.objects.order_by("rule"))
    people = User.objects.filter(is_active=True)
    problems = [*calendar_problems(today, {year.year for year in years}), *sweep_problems(runs, now)]
    problems += people_problems(people, now)
    problems = [*history_problems(), *problems]
    return {
        "problems": problems,
        "people": people.count(),
        "disabled": User.objects.filter(is_active=False).count(),
        "units": Unit.objects.count(),
        "unconfirmed": Unit.objects.filter(status=UnitStatus.UNCONFIRMED),
        "years": years,
        "runs": runs,
        "sweeps": f"{sweep.OFTEN}一次",
        "sweeps_come": f"后台任务启动后，每条规则{sweep.OFTEN}检查一次，结果在这里。",
        "last_sweep": max((run.last_run_at for run in runs if run.last_run_at), default=None),
        "jobs": [(label_of(job), job) for job in Job.objects.select_related("by")[:SHOWN]],
    }


def history_problems() -> list[Problem]:
    """A fault of the history that nobody has closed."""
    job = event_checks.standing()
    if job is None:
        return []
    text = "请保存现场，联系维护人员；查明以后写明原因了结。"
    link = reverse("events_checked", args=[job.pk])
    return [Problem(f"操作记录核验发现{job.result['faults']}处不符，还没有了结", text, link, "看每一处")]


def people_problems(people: QuerySet[User], now: datetime) -> list[Problem]:
    """Who cannot work as things stand: without a membership, without a password; units that lack somebody."""
    today = day_of(now)
    users_url, found = reverse("users"), []
    without_role = people.exclude(pk__in=Membership.objects.current(today).values("user")).count()
    if without_role:
        text = "没有任职的用户登录后看不到任何单位，请登记任职或停用。"
        found.append(Problem(f"{without_role}名用户没有任职", text, f"{users_url}?show=none", "看是哪几名"))
    lacking = units.with_people(Unit.objects.order_by(), today).filter(Q(lacking=True)).count()
    if lacking:
        text = "没有填报员的不能填报备案；没有可在线审批的主要领导的，备案须书面签批后登记。"
        found.append(Problem(f"{lacking}个单位缺填报员或领导", text, f"{reverse('units')}?show=lacking", "看是哪几个"))
    works = Invitation.objects.filter(used_at__isnull=True, withdrawn_at__isnull=True, expires_at__gt=now)
    unset = people.filter(password__startswith="!").aggregate(  # noqa: S106  (a password that does not exist)
        all=Count("pk"), ended=Count("pk", filter=~Q(pk__in=works.values("user")))
    )
    if unset["all"]:
        ended = f"其中{unset['ended']}名的链接已过期或作废，请重新生成。" if unset["ended"] else ""
        text = f"一次性链接还没有用，设好密码才能登录，请提醒本人。{ended}"
        found.append(Problem(f"{unset['all']}名用户还没有设密码", text, f"{users_url}?show=link", "看是哪几名"))
    return found


def calendar_problems(today: date, confirmed: set[int]) -> list[Problem]:
    """The years without which due times are 暂定: this one always, the next from November on (第八条的工作日)."""
    wanted = [today.year] if today.month < WARN_OF_NEXT_YEAR_FROM else [today.year, today.year + 1]
    text = "国务院办公厅发布放假安排后请导入；导入前，涉及该年的期限只能“暂定”，不提出预警。"
    return [Problem(f"{year}年工作日历还没有确认", text) for year in wanted if year not in confirmed]


def sweep_problems(runs: list[RuleRun], now: datetime) -> list[Problem]:
    """Rules that have not run for some minutes: their flags would come too late."""
    late = [run for run in runs if run.last_run_at is None or now - run.last_run_at > sweep.OVERDUE]
    if runs and not late:
        return []
    text = f"规则应{sweep.OFTEN}检查一次。请确认后台任务（worker 和 beat）正在运行。"
    return [Problem(f"{len(late)}条规则超过 {sweep.OVERDUE_WORDS}没有检查" if late else "规则检查还没有运行过", text)]
