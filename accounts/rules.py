"""The rules of the register: when an account must publish next (第十四条), and which accounts are in breach."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from types import MappingProxyType

from django.db.models import Case, F, Q, QuerySet, Value, When

from accounts.flags import Rule, RuleCode
from accounts.models import (
    Account,
    AccountKind,
    AccountState,
    Followers,
    Level,
    Message,
    MessageKind,
    Outsourcing,
    Source,
)
from accounts.models.account import ENDED, ON_PLATFORM, WATCHED
from accounts.models.activity import MessageQuerySet
from accounts.models.platform import UpdateRule
from accounts.models.unit import Scope
from zhonglou_media.core.clock import day_of, start_of
from zhonglou_media.core.settings_at import setting

DAYS_WITHOUT_UPDATE = 7
HOURS_TO_REPLY = timedelta(hours=24)
MONTHLY_QUOTA = 4  # a service account may push four times a month


def next_update_due(account: Account, posts: Mapping[date, int] = MappingProxyType({})) -> datetime | None:
    """24:00 (exclusive, Shanghai) of the last day on which the account must have published; None where not judged.

    Ordinary accounts: day 7 after the later of the last publication and the first watched day, so that a unit that
    posts every Monday is never flagged. 服务号: `posts` counts the publications of its watched days by the first day
    of their month; the end of the month after the last one whose quota is met, until then of the first one that has a
    quota. Nobody can publish on an account whose control is lost (第十八条): not judged until it is regained.
    """
    if account.monitored_from is None or account.platform.update_rule == UpdateRule.NONE:
        return None
    if account.lost_control_since is not None:
        return None
    if account.kind == AccountKind.SERVICE:
        met = [month for month, n in posts.items() if n >= quota(month, account.monitored_from) > 0]
        if met:
            return start_of(next_month(next_month(max(met))))
        month = account.monitored_from.replace(day=1)
        while not quota(month, account.monitored_from):
            month = next_month(month)
        return start_of(next_month(month))
    last = account.monitored_from
    if account.last_published_at is not None:
        last = max(last, day_of(account.last_published_at))
    return start_of(last + timedelta(days=DAYS_WITHOUT_UPDATE + 1))


def quota(month: date, monitored_from: date) -> int:
    """How often a 服务号 must publish in the month that begins on `month`: once in 7 watched days, at most 4 times."""
    return min(MONTHLY_QUOTA, (next_month(month) - max(month, monitored_from)).days // 7)


def next_month(month: date) -> date:
    """The first day of the month after the one that holds `month`."""
    return (month.replace(day=1) + timedelta(days=31)).replace(day=1)


def reply_due(kind: str, asked_at: datetime) -> datetime | None:
    """咨询类留言应在24小时内回复（第十五条）: natural hours, nights and holidays included; None for any other kind."""
    return asked_at + HOURS_TO_REPLY if kind == MessageKind.INQUIRY else None


def unfiled_account(now: datetime) -> QuerySet[Account]:
    """未备案的账号，一经发现立即处理（第八条）: from the moment it was found, also while an opening for it runs."""
    return _of_bound_units().filter(state=AccountState.UNFILED, found_at__lte=now)


def inactive(now: datetime) -> QuerySet[Account]:
    """每周更新不少于1次（第十四条）: the due time has passed, and what is known of the account reaches beyond it.

    Ends when a publication moves the due time on. Without data up to the due time nothing is said here: `no_data`.
    """
    return _due(now).filter(posts_known_until__gte=F("next_update_due_at"))


def no_data(now: datetime) -> QuerySet[Account]:
    """第十四条: the due time has passed and nobody knows whether the account published: a hint to tell it.

    A breach once the day on which the known ended (never known: the first watched day) is more than
    `no_data_breach_days` before today's. Annotation `weight` is the level.
    """
    last_good = day_of(now) - timedelta(days=setting("no_data_breach_days", day_of(now)))
    silent = Q(posts_known_until__lt=start_of(last_good))
    silent |= Q(posts_known_until__isnull=True, monitored_from__lt=last_good)
    unknown = Q(posts_known_until__isnull=True) | Q(posts_known_until__lt=F("next_update_due_at"))
    level = Case(When(silent, then=Value(Level.BREACH.value)), default=Value(Level.HINT.value))
    return _due(now).filter(unknown).annotate(weight=level)


def slow_reply(now: datetime) -> MessageQuerySet:
    """咨询类留言应在24小时内回复（第十五条）: due, not answered, neither withdrawn nor handed over.

    Judged when typed here, when what is known of the account reaches to the due time, or, though it still does not,
    once `message_silence_days` have passed since the due time. Closing the account does not end a question; a pending,
    unfiled or void one is not judged.
    """
    known = Q(source=Source.TYPED) | Q(account__messages_known_until__gte=F("reply_due_at"))
    return _waiting(now).filter(known | Q(reply_due_at__lte=_silent(now)))


def reply_unknown(now: datetime) -> MessageQuerySet:
    """The rest of the due questions: `slow_reply` says nothing of them before somebody tells how far it is known."""
    reach = F("reply_due_at")
    unknown = Q(account__messages_known_until__isnull=True) | Q(account__messages_known_until__lt=reach)
    return _waiting(now).filter(unknown, reply_due_at__gt=_silent(now)).exclude(source=Source.TYPED)


def _waiting(now: datetime) -> MessageQuerySet:
    """Due and not answered, of accounts that are judged."""
    return Message.objects.unanswered().filter(
        reply_due_at__lte=now, account__state__in=(*WATCHED, *ENDED), account__unit__scope=Scope.BOUND
    )


def judges(account: Account) -> bool:
    """Whether `slow_reply` says anything of this account's questions."""
    return account.state in (*WATCHED, *ENDED) and account.unit.scope == Scope.BOUND


def _silent(now: datetime) -> datetime:
    return now - timedelta(days=setting("message_silence_days", day_of(now)))


def revived(now: datetime) -> QuerySet[Account]:
    """关停、注销后又有发布（第八条）: a live publication is later than the state; its removal or an opening ends it."""
    return _of_bound_units().filter(state__in=ENDED, last_published_at__gt=F("state_since"), state_since__lte=now)


def name_mismatch(now: datetime) -> QuerySet[Account]:
    """不同平台上的名称原则上保持一致（第六条）: a hint, since the night that `accounts/hints.py` first saw it."""
    return _of_bound_units().filter(state__in=WATCHED, name_differs_since__lte=now)


def same_platform(now: datetime) -> QuerySet[Account]:
    """一个单位在同一平台原则上只开设一个账号（第七条）: a hint on each beyond the first, also with a reason."""
    return _of_bound_units().filter(state__in=ON_PLATFORM, doubled_since__lte=now)


def follower_jump(now: datetime) -> QuerySet[Followers]:
    """严禁购买“粉丝”等数据造假行为（第十五条）: a hint on a count that jumped, for `follower_jump_shown_days` days."""
    today = day_of(now)
    first = start_of(today - timedelta(days=setting("follower_jump_shown_days", today)))
    return Followers.objects.filter(
        jumped_at__gte=first, jumped_at__lte=now, account__state__in=WATCHED, account__unit__scope=Scope.BOUND
    )


def no_custodian(now: datetime) -> QuerySet[Account]:
    """密码应当由专门管理人员负责（第十八条）: watched, and nobody is named; `weight` is the level (`people_breach`)."""
    unkept = _of_bound_units().filter(state__in=WATCHED, no_custodian_since__lte=now)
    return unkept.annotate(weight=_weight_of_people(now))


def vendor_lapsed(now: datetime) -> QuerySet[Outsourcing]:
    """委托运维的，主办单位要加强内容审核（第十九条）: no reviewer, no agreement on secrecy, or the contract is over.

    Watched accounts only; `weight` is the level (`people_breach`).
    """
    lapsed = Outsourcing.objects.filter(
        lapses_at__lte=now, account__state__in=WATCHED, account__unit__scope=Scope.BOUND
    )
    return lapsed.annotate(weight=_weight_of_people(now))


def _weight_of_people(now: datetime) -> Value:
    breach = setting("people_breach", day_of(now)) == 1
    return Value(Level.BREACH.value if breach else Level.HINT.value)


def _of_bound_units() -> QuerySet[Account]:
    """Units that are only guided (第三条) are listed, never flagged."""
    return Account.objects.filter(unit__scope=Scope.BOUND)


def _due(now: datetime) -> QuerySet[Account]:
    """Watched accounts, only these have a due time, whose due time has passed."""
    return _of_bound_units().filter(next_update_due_at__lte=now)


HINT = Value(Level.HINT.value)
R = RuleCode
RULES = (
    Rule(R.UNFILED_ACCOUNT, 8, "account", unfiled_account, "found_at", account="id", unit_follows=True),
    Rule(R.INACTIVE, 14, "account", inactive, "next_update_due_at", account="id"),
    Rule(R.NO_DATA, 14, "account", no_data, "next_update_due_at", account="id", level=F("weight")),
    Rule(R.SLOW_REPLY, 15, "message", slow_reply, "reply_due_at", unit="account__unit_id"),
    Rule(R.REVIVED, 8, "account", revived, "state_since", account="id"),
    Rule(R.NAME_MISMATCH, 6, "account", name_mismatch, "name_differs_since", account="id", level=HINT),
    Rule(R.SAME_PLATFORM, 7, "account", same_platform, "doubled_since", account="id", level=HINT),
    Rule(R.FOLLOWER_JUMP, 15, "followers", follower_jump, "jumped_at", unit="account__unit_id", level=HINT),
    Rule(R.NO_CUSTODIAN, 18, "account", no_custodian, "no_custodian_since", account="id", level=F("weight")),
    Rule(
        R.VENDOR_LAPSED,
        19,
        "outsourcing",
        vendor_lapsed,
        "lapses_at",
        unit="account__unit_id",
        level=F("weight"),
    ),
)
