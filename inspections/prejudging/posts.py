"""What the publications say (第十三条、第十四条): the gap, weeks, the months of a 服务号, originals."""

from collections import Counter
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from django.db.models import Max

from accounts.models import Account, ActivityDay
from accounts.models.account import WATCHED
from accounts.models.platform import UpdateRule
from inspections import updating
from inspections.updating import Stretch, Verdict
from zhonglou_media.core.clock import day_of, start_of

from .pre import Ask, Pre, listed, posts_url

TWO_WEEKS = 14  # where the line sets no 界限


def gap(ask: Ask) -> dict[int, Pre]:
    """两周内无更新: more than `limit` days (14) from the last update to the check; exactly so many is a warning.

    Counted from 开通 where that is later. A veto only when the data reach beyond the last of those days, as `inactive`
    judges (`accounts.rules`); else 数据待确认.
    """
    last = _last_updates(ask)
    return {account.pk: _gap(account, last.get(account.pk), ask) for account in ask.accounts}


def _last_updates(ask: Ask) -> dict[int, date]:
    """The day of each account's last publication, as of the check: as it is stored, else one query."""
    stored = {
        account.pk: day_of(account.last_published_at)
        for account in ask.accounts
        if account.last_published_at is not None and account.last_published_at <= ask.as_of
    }
    later = [a.pk for a in ask.accounts if a.last_published_at is not None and a.pk not in stored]
    if later:
        days = ActivityDay.objects.filter(account__in=later, day__lte=day_of(ask.as_of), posts__gt=0)
        stored |= dict(days.order_by().values_list("account").annotate(last=Max("day")))
    return stored


def _gap(account: Account, last: date | None, ask: Ask) -> Pre:
    if (other := _not_judged(account, ask)) is not None:
        return other
    limit = ask.line.limit or TWO_WEEKS
    first = account.monitored_from or date.max
    begins = max(last, first) if last is not None else first
    due = start_of(begins + timedelta(days=limit + 1))  # `begins` and so many whole days without one
    known = ask.known(account.posts_known_until)
    what = f"最近更新 {ask.day(last)}" if last is not None else "没有更新记录"
    what += f"，{ask.day(first)} 起监测" if begins != last else ""
    url = posts_url(account)
    if ask.as_of >= due and (known is None or known < due):
        return Pre(None, f"{what}，{ask.until(known)}，此后有没有更新待确认", url, known, unknown=True)
    reach = known if known is not None and day_of(known) >= begins else ask.as_of
    days = (day_of(reach) - begins).days
    to = f"到数据截至（{ask.clock(reach)}）" if reach == known else f"到监测时间点（{ask.clock(reach)}）"
    if ask.as_of >= due:
        return Pre(1, f"{what}，{to}为 {days} 天，超过 {limit} 天", url, known)
    full = "，已满期限、没有超过，请提醒更新" if (day_of(ask.as_of) - begins).days == limit else ""
    return Pre(0, f"{what}，{to}为 {max(days, 0)} 天，限 {limit} 天{full}", url, known)


def weeks(ask: Ask) -> dict[int, Pre]:
    """每周更新不足 1 次: watched weeks from Monday to Sunday, ended in the period, known to their end, without one."""
    found = updating.weeks(ask.accounts, ask.since, ask.as_of)
    return {account.pk: _weeks(account, found[account.pk], ask) for account in ask.accounts}


def _weeks(account: Account, judged: list[Stretch], ask: Ask) -> Pre:
    if (other := _not_judged(account, ask)) is not None:
        return other
    if updating.by_service(account):
        return Pre(0, "不适用：服务号按每月次数判断", posts_url(account))
    missed = [ask.days(week.first, week.last) for week in judged if week.verdict == Verdict.MISSED]
    said = f"检查期内 {sum(map(_is_known, judged))} 周，"
    said += f"{len(missed)} 周没有更新：{listed(missed, '周')}" if missed else "每周都有更新"
    return _of(account, judged, len(missed), said, ask)


def quota(ask: Ask) -> dict[int, Pre]:
    """服务号平均每周更新不足 1 次: how many publications are missing in the months that ended in the period."""
    found = updating.months(ask.accounts, ask.since, ask.as_of)
    return {account.pk: _quota(account, found[account.pk], ask) for account in ask.accounts}


def _quota(account: Account, judged: list[Stretch], ask: Ask) -> Pre:
    if not updating.by_service(account):
        return Pre(0, "不适用：不是服务号", posts_url(account))
    if (other := _not_judged(account, ask)) is not None:
        return other
    told = [f"{month.first.month}月应 {month.asked} 次、实 {month.posts} 次" for month in judged if _is_known(month)]
    return _of(account, judged, sum(month.short for month in judged), listed(told, "个月"), ask)


def _of(account: Account, judged: list[Stretch], count: int, said: str, ask: Ask) -> Pre:
    """What weeks or months come to: those that are not known to their end are told and left out."""
    known, url = ask.known(account.posts_known_until), posts_url(account)
    unknown = [ask.days(stretch.first, stretch.last) for stretch in judged if not _is_known(stretch)]
    if not judged:
        return Pre(0, "检查期内没有满期的监测时段", url, known)
    if len(unknown) == len(judged):
        return Pre(None, f"{listed(unknown, '段')}有没有更新待确认，{ask.until(known)}", url, known, unknown=True)
    rest = f"；{listed(unknown, '段')}待确认，没有计入" if unknown else ""
    return Pre(count, f"{said}{rest}；{ask.until(known)}", url, known)


def _is_known(stretch: Stretch) -> bool:
    return stretch.verdict != Verdict.UNKNOWN


def _not_judged(account: Account, ask: Ask) -> Pre | None:
    """Of an account whose updates nobody asks for, or nobody could make."""
    if account.platform.update_rule == UpdateRule.NONE:
        return Pre(0, f"不适用：{account.platform}不按更新次数判断", posts_url(account))
    if account.monitored_from is None:
        return Pre(None, f"账号{account.get_state_display()}，没有监测更新，请人工核对", posts_url(account))
    if (gone := _gone(account, ask)) is not None:
        return gone
    if account.lost_control_since is not None and account.lost_control_since <= ask.as_of:
        return Pre(None, f"账号自 {ask.day(day_of(account.lost_control_since))} 失控，系统不作判断", posts_url(account))
    return None


def _gone(account: Account, ask: Ask) -> Pre | None:
    """Of an account that was no longer in use: what it did not publish since, nobody had to."""
    if account.state in WATCHED or account.state_since > ask.as_of:
        return None
    since = ask.day(day_of(account.state_since))
    return Pre(None, f"账号自 {since} {account.get_state_display()}，系统不作判断", posts_url(account))


def originals(ask: Ask) -> dict[int, Pre]:
    """原创比例: originals among the publications from the day of `since` on; counted where the line has a 界限.

    `limit`: for how many per cent one 档 is given, 25 → 54.5 % is 2. Without it the share is only told.
    """
    posts: Counter[int] = Counter()
    of_them: Counter[int] = Counter()
    first = {pk: day_of(moment) for pk, moment in ask.since.items()}
    span = (day_of(ask.earliest), day_of(ask.as_of))
    rows = ActivityDay.objects.filter(account__in=ask.accounts, day__range=span, posts__gt=0).order_by()
    for pk, day, n, original in rows.values_list("account", "day", "posts", "originals").iterator():
        if day >= first[pk]:
            posts[pk] += n
            of_them[pk] += original
    return {a.pk: _originals(a, posts[a.pk], of_them[a.pk], ask) for a in ask.accounts}


def _originals(account: Account, posts: int, of_them: int, ask: Ask) -> Pre:
    if (gone := _gone(account, ask)) is not None:
        return gone
    known, url = ask.known(account.posts_known_until), posts_url(account)
    if not posts:
        return Pre(0 if known else None, f"检查期内没有发布记录，{ask.until(known)}", url, known, unknown=known is None)
    told = f"{posts} 条中原创 {of_them} 条，占 {percent(of_them, posts)}%，{ask.until(known)}"
    limit = ask.line.limit
    return Pre(of_them * 100 // (posts * limit) if limit else None, told, url, known)


def percent(part: int, whole: int) -> str:
    """With one decimal, half up: 6 of 11 is 54.5."""
    return str((Decimal(part * 100) / whole).quantize(Decimal("0.1"), ROUND_HALF_UP))
