"""Hints of the portal (第六条、第七条、第十五条、第十八条): shown beside the line, never counted by themselves."""

from collections import defaultdict

from accounts import custodians, doubts
from accounts.flags import RuleCode
from accounts.models import Account, Custodian, Followers, Outsourcing
from accounts.quarter import Line
from zhonglou_media.core.clock import day_of

from .owed import waived
from .pre import Ask, Pre, account_url, posts_url

ELSEWHERE = (6, 14)  # names and updates have lines of their own


def names(ask: Ask) -> dict[int, Pre]:
    """名称不一致 (第六条). Avatar and certification are looked at by a person, so without a hint nothing is judged."""
    return {account.pk: _names(account, ask) for account in ask.accounts}


def _names(account: Account, ask: Ask) -> Pre:
    url, since = account_url(account), account.name_differs_since
    if since is None or since > ask.as_of:
        return Pre(None, "名称与本单位其他平台一致；头像、认证请打开账号查看", url, ask.as_of)
    told = f"名称“{account.name}”与本单位其他平台的账号不一致（{ask.day(day_of(since))} 起提示），请核对"
    return Pre(None, told, url, ask.as_of, hint=True)


def doubled(ask: Ask) -> dict[int, Pre]:
    """同平台多账号 (第七条): whether it should have been merged with the first is for a person."""
    return {account.pk: _doubled(account, ask) for account in ask.accounts}


def _doubled(account: Account, ask: Ask) -> Pre:
    url, since = account_url(account), account.doubled_since
    if since is None or since > ask.as_of:
        return Pre(0, "同平台没有先于它登记的本单位账号", url, ask.as_of)
    reason = account.same_platform_reason
    told = f"本单位在{account.platform}已有账号，" + (f"说明的理由：{reason}" if reason else "没有说明理由")
    return Pre(None, f"{told}，请核对", url, ask.as_of, hint=True)


def followers(ask: Ask) -> dict[int, Pre]:
    """粉丝数异常变化 (第十五条): counts of the period's days that jumped (`accounts.hints`), unless let off."""
    counts: dict[int, list[Followers]] = defaultdict(list)
    rows = Followers.objects.filter(account__in=ask.accounts, day__range=(day_of(ask.earliest), day_of(ask.as_of)))
    for row in rows.annotate(let_off=waived(RuleCode.FOLLOWER_JUMP, "followers")).order_by("day"):
        if row.day >= day_of(ask.since[row.account_id]):
            counts[row.account_id].append(row)
    return {account.pk: _followers(account, counts[account.pk], ask) for account in ask.accounts}


def _followers(account: Account, counts: list[Followers], ask: Ask) -> Pre:
    url = posts_url(account)
    if not counts:
        return Pre(None, "检查期内没有粉丝数记录，请人工核对", url)
    first, last = counts[0], counts[-1]
    known = f"粉丝数 {ask.day(first.day)} {first.count:,}、{ask.day(last.day)} {last.count:,}"
    jumped = [row for row in counts if row.jumped_at is not None and not row.let_off]  # type: ignore[attr-defined]
    if not jumped:
        told = known if first != last else f"粉丝数 {ask.day(last.day)} {last.count:,}"
        return Pre(0, f"{told}，没有异常变化", url, ask.as_of)
    days = "、".join(f"{ask.day(row.day)}（{row.count:,}）" for row in jumped)
    return Pre(None, f"{known}；{days}变化异常，请核实", url, ask.as_of, hint=True)


def records(ask: Ask) -> dict[int, Pre]:
    """备案信息与实际不符: what `accounts.doubts` asks each quarter; judged by a person. Two queries."""
    rows: dict[int, list[Custodian]] = defaultdict(list)
    for row in Custodian.objects.filter(account__in=ask.accounts):
        rows[row.account_id].append(row)
    standing = Outsourcing.objects.filter(account__in=ask.accounts, ended_on__isnull=True)
    contracts = {contract.account_id: contract for contract in standing}
    today = day_of(ask.as_of)
    found: dict[int, Pre] = {}
    for account in ask.accounts:
        line = Line(account, custodians.current(rows[account.pk], today), contracts.get(account.pk))
        told = [doubt.text for doubt in doubts.of(line, ask.as_of) if doubt.article not in ELSEWHERE]
        text = f"{'；'.join(told)}，请核对" if told else "台账和登记没有出入；请打开账号核对"
        found[account.pk] = Pre(None, text, account_url(account), ask.as_of, hint=bool(told))
    return found


def app(ask: Ask) -> dict[int, Pre]:
    """移动客户端无法下载或使用 (第十条): nothing else can be downloaded."""
    return {account.pk: _app(account) for account in ask.accounts}


def _app(account: Account) -> Pre:
    if account.platform.app:
        return Pre(None, "请下载、打开，试用主要功能", account_url(account))
    return Pre(0, "不适用：不是移动客户端", account_url(account))
