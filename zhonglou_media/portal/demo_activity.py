"""What the demo's accounts published and were asked: a year of it, and one of each thing that goes wrong.

The facts are written in bulk; what follows from them is computed as for any other facts.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from accounts import activity_days, due_times, hints
from accounts.models import Account, Followers, Message, MessageKind, Publication, Source
from accounts.rules import reply_due
from zhonglou_media.core.clock import day_of, start_of

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
YEAR = 365
TITLES = (
    "便民服务：社保资格认证怎么办",
    "社区食堂本周菜单",
    "周末文艺演出预告",
    "老旧小区改造进度",
    "防汛提示：低洼路段请绕行",
    "图书馆新到图书",
    "垃圾分类知识问答",
    "政务服务窗口开放时间",
)
QUESTIONS = ("老年卡在哪里办理？", "周末可以办理居住证吗？", "社区健身房什么时候开放？", "停车位怎么申请？")


@dataclass(frozen=True)
class Habit:
    """How an account published: on which weekdays (Monday is 0) or days of the month, from and until which day ago."""

    account: str
    since: int
    until: int = 0
    weekdays: Sequence[int] = (0, 1, 2, 3, 4, 5, 6)
    days: Sequence[int] = ()  # a 服务号: on these days of the month
    hour: int = 9
    known: int = 0  # data known until so many days ago
    followers: int = 0


HABITS = (
    Habit("示例甲街道 weibo", YEAR, weekdays=(0, 1, 2, 3, 4), followers=12_400),
    Habit("示例甲街道发布 wechat", YEAR, weekdays=(0, 2, 4), hour=16, followers=8_600),
    Habit("示例甲街道 douyin", 80, until=11, weekdays=(1, 4), known=10),  # 数据待确认
    Habit("示例甲街道文旅 channels", 38, weekdays=(2, 5), hour=10),
    Habit("示例甲街道资讯 bilibili", 90, weekdays=(0, 2, 4), hour=14, followers=1_318),  # 拟关停，照常更新
    Habit("示例乙局旅游 baijiahao", 120, until=32, weekdays=(1, 4)),  # 已关停
    Habit("示例乙局 weibo", 120, until=17, weekdays=(0, 1, 2, 3, 4, 5, 6)),  # 超期未更新
    Habit("示例乙局服务 wechat", 200, days=(3, 10, 17, 24), hour=11),
    Habit("示例乙局图书馆 weibo", 90, weekdays=(1, 3, 5), hour=15),
)


@dataclass
class Facts:
    """What is written, before it is."""

    publications: list[Publication] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    followers: list[Followers] = field(default_factory=list)


def fill(accounts: Mapping[str, Account], now: datetime) -> None:
    """Write it all, as of `now`; `accounts` by 「name platform」. The caller holds the transaction."""
    facts = Facts()
    for habit in HABITS:
        account = accounts[habit.account]
        facts.publications += _published(habit, account, now)
        facts.followers += _counted(habit, account, day_of(now))
    facts.messages += _asked(accounts, now)
    ids = [accounts[habit.account].pk for habit in HABITS]
    due_times.lock(ids)
    Publication.objects.bulk_create(facts.publications)
    Message.objects.bulk_create(facts.messages)
    Followers.objects.bulk_create(facts.followers)
    for habit in HABITS:
        known = now - habit.known * DAY
        rows = Account.objects.filter(pk=accounts[habit.account].pk)
        rows.update(posts_known_until=known, messages_known_until=known, followers=habit.followers or None)
    due_times.recompute(ids)
    first, last = day_of(now - (YEAR + 1) * DAY), day_of(now)
    activity_days.recount_posts(ids, first, last)
    activity_days.recount_messages(ids, first, last)
    hints.refresh(now)


def _published(habit: Habit, account: Account, now: datetime) -> Iterator[Publication]:
    today = day_of(now)
    for ago in range(habit.since, habit.until - 1, -1):
        day = today - ago * DAY
        fits = day.day in habit.days if habit.days else day.weekday() in habit.weekdays
        at = start_of(day) + habit.hour * HOUR + (day.toordinal() * 7 % 50) * timedelta(minutes=1)
        # The last day of a habit that ended always has a post, so that what follows is the same on every weekday.
        if (fits or (habit.until and ago == habit.until)) and at < now:
            yield Publication(
                account=account,
                external_id=f"demo-{day:%Y%m%d}",
                title=f"{TITLES[day.toordinal() % len(TITLES)]}（示例）",
                published_at=at,
                original=day.toordinal() % 3 != 0,
                source=Source.IMPORT,
            )


def _counted(habit: Habit, account: Account, today: date) -> Iterator[Followers]:
    """A slow rise, counted on the first of each month."""
    if not habit.followers:
        return
    firsts = [day for ago in range(YEAR, -1, -1) if (day := today - ago * DAY).day == 1]
    for left, day in enumerate(reversed(firsts)):
        yield Followers(account=account, day=day, count=habit.followers - 60 * left, source=Source.IMPORT)


def _asked(accounts: Mapping[str, Account], now: datetime) -> Iterator[Message]:
    """Questions of a year, answered in some hours; lately one in time, one late, one never, one still open."""
    weibo, wechat = accounts["示例甲街道 weibo"], accounts["示例甲街道发布 wechat"]
    for number, ago in enumerate(range(350, 9, -17)):
        account = (weibo, wechat)[number % 2]
        yield _question(account, f"y{number}", QUESTIONS[number % len(QUESTIONS)], now - ago * DAY, 2 + number % 9)
    yield _question(weibo, "in-time", QUESTIONS[0], now - 2 * DAY, 3)
    yield _question(weibo, "late", QUESTIONS[1], now - 5 * DAY, 40)
    yield _question(wechat, "late-open", QUESTIONS[2], now - 30 * HOUR)
    yield _question(wechat, "open", QUESTIONS[3], now - 5 * HOUR)
    bureau = accounts["示例乙局服务 wechat"]
    yield _question(bureau, "praise", "讲座办得很好", now - 3 * DAY, kind=MessageKind.OTHER)


def _question(
    account: Account,
    key: str,
    words: str,
    asked: datetime,
    answered_after: int | None = None,
    kind: MessageKind = MessageKind.INQUIRY,
) -> Message:
    return Message(
        account=account,
        external_id=f"demo-{key}",
        kind=kind,
        body=f"{words}（示例）",
        asked_at=asked,
        received_at=asked,
        first_reply_at=None if answered_after is None else asked + answered_after * HOUR,
        reply_due_at=reply_due(kind, asked),
        source=Source.IMPORT,
    )
