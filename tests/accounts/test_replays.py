"""No false alarm: facts played in the order in which they become known, with a sweep after each step.

After every sweep the open flags are compared with a literal table and with plain Python over the raw facts
(`plain_rules.py`). Two sweeps a day are played even where nothing happens.
"""

import csv
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from io import StringIO
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from accounts import activity, activity_in
from accounts.activity_rows import read_known_until
from accounts.flags import Rule, run_rule
from accounts.models import Account, Flag, Message, MessageKind, Platform, Publication, Role
from accounts.rules import RULES
from inspections import sweep
from tests.accounts import plain_rules
from tests.accounts.activity import service, watched
from tests.flag_rows import at, make_unit, make_user
from zhonglou_media.core.clock import SHANGHAI
from zhonglou_media.core.errors import Refused
from zhonglou_media.core.models import User

pytestmark = pytest.mark.django_db

ACTIVITY = [rule for rule in RULES if rule.code in ("inactive", "no_data", "slow_reply", "revived")]
HEADS = {
    "publications": ("平台", "账号名称", "外部编号", "发布时间"),
    "messages": ("平台", "账号名称", "外部编号", "类型", "留言时间", "回复时间"),
}
LATER = at("2030-01-01 00:00")  # where the clock does not matter
_numbers = count(1)
Flags = set[tuple[str, int, datetime, str]]


def open_flags() -> Flags:
    return set(Flag.objects.open().values_list("rule", "fact_id", "due_at", "level"))


def words(found: Flags) -> list[str]:
    """「inactive 2021-03-30 00:00」, with 「(hint)」 behind what accuses nobody."""
    return sorted(
        f"{rule} {due.astimezone(SHANGHAI):%Y-%m-%d %H:%M}{' (hint)' * (level == 'hint')}"
        for rule, _, due, level in found
    )


class Replay:
    """Time goes on only forward. `until` plays the days before it, on which nothing may change, then what happens."""

    def __init__(self, start: str, *, hours: int = 24, rules: Sequence[Rule] = ACTIVITY) -> None:
        self.now, self.pause, self.rules = at(start), timedelta(hours=hours), rules
        self.expected: list[str] = []

    def until(self, when: str, act: Callable[[], Any] | None = None, expected: list[str] | None = None) -> None:
        """Sweep every `hours` until `when`, the flags as they were; then `act`, and sweep with `expected` if given."""
        while self.now < at(when):
            self.look()
            self.now = min(self.now + self.pause, at(when))
        if act is not None:
            act()
        if expected is not None:
            self.expected = expected
        self.look()

    def look(self) -> None:
        for rule in self.rules:
            run_rule(rule, self.now)
        found = open_flags()
        assert found == plain_rules.in_breach(self.now), self.now
        assert words(found) == self.expected, self.now


def bring(kind: str, *rows: tuple[str, ...], until: datetime) -> activity_in.ActivityResult:
    """A file of `kind` imported, complete until then; its rows follow `HEADS`."""
    text = StringIO()
    csv.writer(text).writerows([HEADS[kind], *rows])
    with TemporaryDirectory() as folder:
        path = Path(folder) / "示例.csv"
        path.write_text(text.getvalue(), encoding="utf-8")
        return activity_in.import_activity(path, kind=kind, by=None, now=until, known_until=until)


def arrive(account: Account, *posts: str, until: str) -> Callable[[], None]:
    """What a collector or an import brings at once: publications, and until when they are all; none: 本期无发布.

    `until` is a moment, or a bare day: 24:00 of it.
    """

    def act() -> None:
        who = (account.platform.name, account.name)
        rows = [(*who, f"外部{next(_numbers)}", when) for when in posts] or [(*who, "", "")]
        result = bring("publications", *rows, until=read_known_until(until, LATER))
        assert result.refused == 0

    return act


# --- article 14 ---------------------------------------------------------------------------------------------------


def test_data_that_comes_a_day_late_accuses_nobody() -> None:
    """It posts on the 7th day, as it may; the collector tells it the morning after: until then a hint, no breach."""
    account = watched("2021-03-22")
    play = Replay("2021-03-22 08:00", rules=sweep.RULES)
    for day in range(23, 30):
        play.until(f"2021-03-{day} 08:00", arrive(account, until=f"2021-03-{day} 00:00"))
    play.until("2021-03-30 00:00", expected=["no_data 2021-03-30 00:00 (hint)"])
    play.until("2021-03-30 08:00", arrive(account, "2021-03-29 23:50", until="2021-03-30 00:00"), [])
    play.until("2021-04-05 08:00", arrive(account, until="2021-04-05 00:00"))
    play.until("2021-04-06 00:00", expected=["no_data 2021-04-06 00:00 (hint)"])
    play.until("2021-04-06 08:00", arrive(account, until="2021-04-06 00:00"), ["inactive 2021-04-06 00:00"])
    play.until("2021-04-06 09:00", arrive(account, "2021-04-06 08:59", until="2021-04-06 09:00"), [])


def test_a_monthly_import_names_only_who_is_quiet_in_it() -> None:
    keeps, stops = watched("2021-03-22"), watched("2021-03-22")
    play = Replay("2021-03-22 09:00")
    both = ["no_data 2021-03-30 00:00 (hint)"] * 2
    play.until("2021-03-30 00:00", expected=both)

    def march() -> None:
        arrive(keeps, "2021-03-24 10:00", "2021-03-30 10:00", until="2021-04-01 00:00")()
        arrive(stops, "2021-03-23 10:00", until="2021-04-01 00:00")()

    play.until("2021-04-05 10:00", march, ["inactive 2021-03-31 00:00"])
    play.until("2021-04-07 00:00", expected=["inactive 2021-03-31 00:00", "no_data 2021-04-07 00:00 (hint)"])

    def april() -> None:
        weekly = ("2021-04-06 10:00", "2021-04-13 10:00", "2021-04-20 10:00", "2021-04-27 10:00")
        arrive(keeps, *weekly, until="2021-05-01 00:00")()
        arrive(stops, *weekly[:2], until="2021-05-01 00:00")()

    play.until("2021-05-05 10:00", april, ["inactive 2021-04-21 00:00", "no_data 2021-05-05 00:00 (hint)"])


def test_an_import_that_does_not_come_is_a_breach_after_35_days() -> None:
    account = watched("2021-03-22")
    play = Replay("2021-03-22 09:00")
    play.until("2021-03-30 00:00", expected=["no_data 2021-03-30 00:00 (hint)"])
    play.until("2021-04-05 10:00", arrive(account, "2021-03-30 10:00", until="2021-04-01 00:00"), [])
    play.until("2021-04-07 00:00", expected=["no_data 2021-04-07 00:00 (hint)"])
    play.until("2021-05-07 00:00", expected=["no_data 2021-04-07 00:00"])
    play.until("2021-05-07 10:00", arrive(account, "2021-05-06 10:00", until="2021-05-07 00:00"), [])


def test_a_silent_account_of_an_import_is_quiet_from_its_watermark_on() -> None:
    """本期无发布: a row that names the account and nothing else."""
    account = watched("2021-03-22")
    play = Replay("2021-03-22 09:00")
    play.until("2021-03-29 09:00", arrive(account, until="2021-03-29 00:00"))
    play.until("2021-03-30 00:00", expected=["no_data 2021-03-30 00:00 (hint)"])
    play.until("2021-04-01 09:00", arrive(account, until="2021-04-01 00:00"), ["inactive 2021-03-30 00:00"])
    play.until("2021-05-01 09:00", arrive(account, until="2021-05-01 00:00"))


@pytest.mark.parametrize(
    ("until", "verdict"),
    [
        ("2021-03-31 23:59:59", "no_data 2021-04-01 00:00 (hint)"),
        ("2021-04-01 00:00", "inactive 2021-04-01 00:00"),
        ("2021-03-31", "inactive 2021-04-01 00:00"),  # a bare day: 24:00 of it
    ],
)
def test_a_watermark_at_the_end_of_a_month(until: str, verdict: str) -> None:
    """Posted on the 24th, due by 24:00 of the 31st: the last second of the month decides whether that is known."""
    account = watched("2021-03-22")
    play = Replay("2021-03-22 09:00")
    play.until("2021-03-25 09:00", arrive(account, "2021-03-24 10:00", until="2021-03-25 00:00"))
    play.until("2021-04-01 00:00", expected=["no_data 2021-04-01 00:00 (hint)"])
    play.until("2021-04-01 09:00", arrive(account, until=until), [verdict])


def test_a_service_account_with_four_posts_on_the_first_four_days() -> None:
    """Quiet for seven weeks and never flagged: it may push four times a month and has."""
    account = service("2021-03-01")
    play = Replay("2021-03-01 12:00", hours=72)
    for month in ("03", "04", "05"):
        for day in range(1, 5):
            when = f"2021-{month}-0{day}"
            play.until(f"{when} 12:30", arrive(account, f"{when} 09:00", until=f"{when} 12:00"))
        play.until(f"2021-{month}-28 12:00", arrive(account, until=f"2021-{month}-28 12:00"))
    for day in range(1, 4):  # three of four in June
        play.until(f"2021-06-0{day} 12:00", arrive(account, f"2021-06-0{day} 09:00", until=f"2021-06-0{day} 12:00"))
    play.until("2021-06-30 23:59", arrive(account, until="2021-06-30 23:59"))
    play.until("2021-07-01 00:00", arrive(account, until="2021-07-01 00:00"), ["inactive 2021-07-01 00:00"])
    play.until("2021-07-03 10:00", arrive(account, "2021-06-30 20:00", until="2021-07-03 00:00"), [])  # told late


def test_a_unit_that_posts_every_monday_is_never_flagged_in_a_year() -> None:
    """Rolling 7 × 24 hours would: some Mondays it posts later in the day than on the one before."""
    account = watched("2021-01-04")
    play = Replay("2021-01-04 00:00", hours=96, rules=[rule for rule in RULES if rule.code in ("inactive", "no_data")])
    monday = at("2021-01-04 00:00")
    for week in range(52):
        when = monday + timedelta(days=7 * week, hours=(9, 17, 8, 23)[week % 4])
        play.until(f"{when:%Y-%m-%d %H:%M}", arrive(account, f"{when:%Y-%m-%d %H:%M}", until=f"{when:%Y-%m-%d %H:%M}"))
    assert not Flag.objects.filter(level="breach").exists()
    play.until("2022-01-04 00:00", arrive(account, until="2022-01-04 00:00"), ["inactive 2022-01-04 00:00"])
    assert Flag.objects.filter(level="breach").count() == 1


# --- what operators type ------------------------------------------------------------------------------------------


@pytest.fixture
def operator() -> User:
    return make_user("示例填报员", Role.OPERATOR, make_unit())


@pytest.fixture
def own(operator: User) -> Account:
    return watched("2021-03-22", unit=operator.memberships.get().unit)


def test_a_publication_removed_and_restored(own: Account, operator: User) -> None:
    play = Replay("2021-03-22 09:00")
    typed: dict[str, Publication] = {}

    def publish() -> None:
        typed["one"] = activity.publish(own.pk, title="示例", published_at=play.now, by=operator, now=play.now)

    def confirm() -> None:
        activity.confirm_known(own.pk, by=operator, now=play.now)

    play.until("2021-03-29 10:00", publish)
    play.until("2021-03-31 10:00", confirm)
    play.until(  # with it went what had kept the account current
        "2021-04-01 10:00",
        lambda: activity.remove(typed["one"].pk, by=operator, now=play.now),
        ["inactive 2021-03-30 00:00"],
    )
    play.until("2021-04-02 10:00", lambda: activity.restore(typed["one"].pk, by=operator, now=play.now), [])
    play.until(
        "2021-04-03 10:00",
        lambda: activity.remove(typed["one"].pk, by=operator, now=play.now),
        ["inactive 2021-03-30 00:00"],
    )
    play.until("2021-04-04 10:00", publish, [])
    assert Flag.objects.get(rule="inactive").reopened == 1


def test_a_reply_before_its_question_ends_nothing(own: Account, operator: User) -> None:
    play = Replay("2021-03-22 10:00")
    asked: dict[str, Message] = {}

    def ask() -> None:
        asked["one"] = activity.ask(own.pk, body="示例", asked_at=at("2021-03-22 10:00"), by=operator, now=play.now)

    def answer(when: str) -> Callable[[], Any]:
        return lambda: activity.reply(asked["one"].pk, at=at(when), by=operator, now=play.now)

    def refused() -> None:
        with pytest.raises(Refused, match="不能早于留言时间"):
            answer("2021-03-22 09:59:59")()

    play.until("2021-03-22 18:00", ask)
    play.until("2021-03-22 19:00", refused)
    play.until("2021-03-23 09:59:59")
    play.until("2021-03-23 10:00", expected=["slow_reply 2021-03-23 10:00"])
    play.until("2021-03-23 11:00", refused)
    play.until("2021-03-23 12:00", answer("2021-03-23 11:30"), [])
    assert Message.objects.get().is_late(play.now)


def test_reclassified_questions(own: Account, operator: User) -> None:
    play = Replay("2021-03-22 10:00")
    asked: dict[str, Message] = {}

    def ask(name: str, when: str, kind: MessageKind) -> Callable[[], Any]:
        def act() -> None:
            asked[name] = activity.ask(own.pk, kind=kind, body=name, asked_at=at(when), by=operator, now=play.now)

        return act

    def make(name: str, kind: MessageKind) -> Callable[[], Any]:
        return lambda: activity.reclassify(asked[name].pk, kind=kind, by=operator, now=play.now)

    play.until("2021-03-22 10:00", ask("投诉", "2021-03-22 10:00", MessageKind.COMPLAINT))
    # 30 hours later it turns out to be a 咨询: it was due 6 hours ago. Making it a complaint again does not help.
    play.until("2021-03-23 16:00", make("投诉", MessageKind.INQUIRY), ["slow_reply 2021-03-23 10:00"])
    play.until("2021-03-23 17:00", make("投诉", MessageKind.COMPLAINT))
    play.until("2021-03-24 09:00", lambda: activity.reply(asked["投诉"].pk, by=operator, now=play.now), [])
    # Before it is due, another kind has no due time; a 咨询 again has its first one.
    play.until("2021-03-25 10:00", ask("咨询", "2021-03-25 10:00", MessageKind.INQUIRY))
    play.until("2021-03-25 20:00", make("咨询", MessageKind.HELP))
    play.until("2021-03-27 09:00")
    play.until("2021-03-27 09:30", make("咨询", MessageKind.INQUIRY), ["slow_reply 2021-03-26 10:00"])
    play.until("2021-03-27 10:00", lambda: activity.withdraw_message(asked["咨询"].pk, by=operator, now=play.now), [])


def test_an_imported_question_waits_for_what_is_known_and_not_for_ever() -> None:
    account = watched("2021-03-01", platform=Platform.objects.get(code="app"))  # article 14 does not judge it
    play = Replay("2021-03-01 12:00")

    def tell(*rows: tuple[str, ...], until: str) -> Callable[[], None]:
        def act() -> None:
            who = (account.platform.name, account.name)
            result = bring("messages", *((*who, *row) for row in rows), until=read_known_until(until, LATER))
            assert result.refused == sum("拒" in row[0] for row in rows)

        return act

    first, second, last = ("一", "咨询", "2021-03-04 10:00"), ("二", "咨询", "2021-03-06 10:00"), ("三", "咨询")
    play.until("2021-03-05 09:00", tell((*first, ""), until="2021-03-04"))
    play.until("2021-03-06 09:00", tell((*first, "2021-03-04 20:00"), until="2021-03-05"))  # a day late
    play.until("2021-03-07 09:00", tell((*second, ""), until="2021-03-06"))
    play.until("2021-03-08 09:00", tell(("", "", "", ""), until="2021-03-07"), ["slow_reply 2021-03-07 10:00"])
    # A reply before its question is refused, and the account's watermark with it; nothing is cleared by it.
    wrong = ("拒", "咨询", "2021-03-08 10:00", "2021-03-08 09:00")
    play.until("2021-03-09 08:00", tell(wrong, (*second, ""), until="2021-03-08"))
    play.until("2021-03-09 09:00", tell((*second, "2021-03-08 21:00"), until="2021-03-08"), [])
    # No more files come: 14 days after the last question was due it is named all the same.
    play.until("2021-03-10 09:00", tell((*last, "2021-03-09 10:00", ""), until="2021-03-09"))
    play.until("2021-03-24 09:59:59")
    play.until("2021-03-24 10:00", expected=["slow_reply 2021-03-10 10:00"])
