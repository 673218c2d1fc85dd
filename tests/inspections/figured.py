"""Facts of twelve months, made in bulk from a seed, with the edges that a figure could get wrong."""

from datetime import date, datetime, timedelta
from random import Random
from typing import Any

from accounts import activity_days
from accounts.models import Account, Flag, Message, Platform, Publication, Unit
from filings.models import Filing
from inspections.models import IndicatorSet, Rectification, Sheet, SpotCheck, UpperFinding
from tests.factories import at, user
from zhonglou_media.core.clock import SHANGHAI, day_of, start_of
from zhonglou_media.core.models import User

NOW = at("2026-11-24 14:05")
FIRST = date(2025, 11, 1)  # of the thirteen months kept
DAY = timedelta(days=1)
MOMENTS = (timedelta(), timedelta(microseconds=1), timedelta(hours=9), DAY - timedelta(microseconds=1))
KINDS = ("subdistrict", "department", "town", "affiliated", "")


class World:
    """`size` accounts of `size // 20` units and all that the figures count of them."""

    def __init__(self, size: int = 200, *, seed: int = 11, now: datetime = NOW) -> None:
        self.random, self.now = Random(seed), now
        self.people: list[User] = [user() for _ in range(3)]
        self.units = self._units(max(size // 20, 4))
        self.accounts = self._accounts(size)
        self._posts()
        self._questions()
        self._filings(size * 3)
        self._checks()
        self._rectifications(size)

    def _units(self, count: int) -> list[Unit]:
        rows = [Unit(name=f"示例单位{n}", kind=KINDS[n % len(KINDS)]) for n in range(count)]
        rows[1].scope = "guided"
        made = Unit.objects.bulk_create(rows)
        made[2].status, made[2].merged_into = "merged", made[0]
        made[2].save()
        return made

    def day(self) -> date:
        """Any day of the thirteen months and some before; often the first or the last of a month."""
        day = FIRST - 20 * DAY + self.random.randrange((day_of(self.now) - FIRST).days + 20) * DAY
        if self.random.random() < 0.3:
            first = day.replace(day=1)
            day = self.random.choice((first, first - DAY))
        return day

    def moment(self) -> datetime:
        """Any moment up to now; often at midnight or just before."""
        return min(start_of(self.day()) + self.random.choice(MOMENTS), self.now)

    def _accounts(self, size: int) -> list[Account]:
        platforms = list(Platform.objects.filter(code__in=("douyin", "weibo", "wechat", "app")))
        rows = []
        for n in range(size):
            platform = platforms[n % len(platforms)]
            state = self.random.choice(
                ("active",) * 14 + ("closing", "closed", "cancelled", "pending", "unfiled", "void")
            )
            facts: dict[str, Any] = {"state_since": self.moment(), "found_at": self.now if state == "unfiled" else None}
            if self.random.random() < 0.8:
                facts["monitored_from"] = self.day() - 150 * DAY
            elif self.random.random() < 0.5:
                facts["monitored_from"] = self.day()
            facts["posts_known_until"] = self.random.choice((self.now, self.now, self.moment(), None))
            facts["messages_known_until"] = self.random.choice((self.now, self.moment(), None))
            facts["lost_control_since"] = self.moment() if self.random.random() < 0.04 else None
            name = f"示例账号{n}"
            rows.append(
                Account(
                    platform=platform,
                    unit=self.random.choice(self.units),
                    uid=f"uid-{n}",
                    name=name,
                    name_key=name,
                    look_key=name,
                    same_platform_reason="示例",
                    kind=("service", "subscription")[n % 3 == 0] if platform.code == "wechat" else "",
                    state=state,
                    origin="baseline",
                    **facts,
                )
            )
        return Account.objects.bulk_create(rows)

    def _posts(self) -> None:
        rows = []
        for account in self.accounts:
            often = self.random.choice((1, 3, 3, 5, 9, 9, 9, 15))
            for n in range(often * 6):
                moment = self.moment()
                removed = moment + DAY if self.random.random() < 0.05 else None
                facts = {"published_at": moment, "removed_at": removed, "source": "import"}
                rows.append(Publication(account=account, external_id=str(n), **facts))
            if often == 9:  # one each week: all is in order
                day, n = FIRST - 20 * DAY, 1000
                while day <= day_of(self.now):
                    rows.append(
                        Publication(
                            account=account, external_id=str(n), source="import",
                            published_at=min(start_of(day) + self.random.choice(MOMENTS), self.now),
                        )
                    )  # fmt: skip
                    day, n = day + 7 * DAY, n + 1
        Publication.objects.bulk_create(rows, batch_size=2000)
        everybody = [account.pk for account in self.accounts]
        activity_days.recount_posts(everybody, FIRST - 40 * DAY, day_of(self.now))

    def _questions(self) -> None:
        rows = []
        for account in self.accounts:
            for n in range(self.random.randrange(8)):
                asked = self.moment()
                kind = self.random.choice(("inquiry", "inquiry", "inquiry", "other"))
                due = asked + DAY if kind == "inquiry" else None
                after = self.random.choice((timedelta(), DAY, DAY + timedelta(microseconds=1), timedelta(hours=7)))
                replied = min(asked + after, self.now) if self.random.random() < 0.7 else None
                rows.append(
                    Message(
                        account=account,
                        external_id=str(n),
                        kind=kind,
                        asked_at=asked,
                        received_at=asked,
                        reply_due_at=due,
                        first_reply_at=replied,
                        withdrawn_at=self.now if self.random.random() < 0.05 else None,
                        handed_to=self.random.choice(self.accounts) if self.random.random() < 0.05 else None,
                        source=self.random.choice(("import", "typed")),
                    )
                )
        Message.objects.bulk_create(rows, batch_size=2000)
        everybody = [account.pk for account in self.accounts]
        activity_days.recount_messages(everybody, FIRST - 40 * DAY, day_of(self.now))

    def _filings(self, count: int) -> None:
        rows, pick = [], self.random
        for n in range(count):
            due = start_of(self.day() + DAY) if pick.random() < 0.95 else None
            base = due or self.moment()
            near = base + pick.choice((-3 * DAY, -timedelta(microseconds=1), timedelta(), timedelta(hours=30)))
            state = pick.choice(("completed",) * 6 + ("withdrawn", "to_report", "refused"))
            author, leader, officer = self.people
            facts: dict[str, Any] = {"author": author, "created_at": base - 9 * DAY, "report_due_at": due}
            if state in ("completed", "to_report"):
                facts |= {"approved_on": day_of(base), "first_approved_on": day_of(base), "leader": leader}
                facts["approval_recorded_at"] = base - 4 * DAY
            if state in ("completed", "refused"):
                facts |= {"number": f"示例-{n:05d}", "first_reported_at": near, "reported_at": near}
                facts |= {"officer": officer, "accepted_revision": 1}
            if state in ("completed", "withdrawn", "refused"):
                facts["ended_at"] = near
            facts |= {"provisional": pick.random() < 0.05, "not_occurred": pick.random() < 0.05}
            rows.append(Filing(kind="change", unit=pick.choice(self.units), state=state, revision=1, **facts))
        made = Filing.objects.bulk_create(rows, batch_size=1000)
        ended = [row for row in made if row.state in ("withdrawn", "refused") and row.report_due_at]
        for old, new in zip(ended[::3], (row for row in made if row.state == "completed"), strict=False):
            new.replaces, new.unit_id = old, old.unit_id
            new.report_due_at = old.report_due_at if pick.random() < 0.8 else new.report_due_at
            new.save(update_fields=["replaces", "unit", "report_due_at"])
        flags = []
        for row in made:
            due = row.report_due_at
            if due is not None and pick.random() < 0.1:
                waived = {"waived_at": self.now, "waived_by": self.people[0], "waive_reason": "示例"}
                facts = waived if pick.random() < 0.6 else {}
                of = {"rule": "overdue_filing", "level": "breach", "fact_kind": "filing", "fact_id": row.pk}
                flags.append(Flag(unit_id=row.unit_id, due_at=due, raised_at=due, **of, **facts))
        Flag.objects.bulk_create(flags)

    def _checks(self) -> None:
        of_set, month = IndicatorSet.objects.create(name="示例指标", made_at=self.now), FIRST
        sheets = []
        while month <= day_of(self.now):
            check = SpotCheck.objects.create(
                month=month, state="confirmed", indicator_set=of_set, seed="示例", drawn="{}", digest="0",
                due_at=self.now, drafted_at=self.now, confirmed_at=self.now,
            )  # fmt: skip
            for account in self.random.sample(self.accounts, len(self.accounts) // 2):
                passed, submitted = self.random.random() < 0.9, self.random.random() < 0.9
                double = submitted and self.random.random() < 0.1
                which = self.random.choice((1, 2)) if double else 1
                for part in (1, 2) if double else (1,):
                    done = {
                        "as_of": self.now,
                        "submitted_at": self.now,
                        "vetoed": not passed,
                        "passed": passed,
                        "score": 80,
                    }
                    done |= {"state": "submitted", "counts": part == which}
                    of = {"spot_check": check, "account": account, "unit": account.unit, "part": part}
                    sheets.append(Sheet(platform_group="其他", **of, **(done if submitted else {})))
            month = (month + 31 * DAY).replace(day=1)
        Sheet.objects.bulk_create(sheets, batch_size=2000)

    def _rectifications(self, count: int) -> None:
        uppers, rows, pick = [], [], self.random
        for n in range(count):
            due = start_of(self.day() + DAY) + pick.choice((timedelta(), timedelta(), timedelta(hours=10)))
            unit = pick.choice(self.units)
            facts = {"issuer": "city", "number": f"示例{n}", "received_on": day_of(due), "account_text": "示例"}
            uppers.append(
                UpperFinding(
                    due_at=due, unit=unit, state="handed", recorded_at=due, handed_at=due, text="示例", **facts
                )
            )
            state = pick.choice(("verified", "verified", "issued", "submitted", "revoked"))
            facts = {"revoked_at": self.now, "revoked_reason": "示例"} if state == "revoked" else {}
            if state in ("submitted", "verified"):
                facts = {"answer": "示例", "answered_at": due, "answered_by": self.people[0]}
            if state == "verified":
                facts |= {"verified_at": due, "verified_by": self.people[1]}
            of = {
                "number": f"示例〔{n}〕号",
                "problem": "示例",
                "unit": unit,
                "due_at": due,
                "issued_at": due - 5 * DAY,
            }
            rows.append(Rectification(state=state, **of, **facts))
        for row, upper in zip(rows, UpperFinding.objects.bulk_create(uppers), strict=True):
            row.upper = upper
        Rectification.objects.bulk_create(rows, batch_size=1000)


def local(moment: datetime) -> date:
    """Its Shanghai date."""
    return moment.astimezone(SHANGHAI).date()
