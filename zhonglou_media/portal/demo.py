"""The demo: people, units and filings in every state, made through the use cases, all marked 示例."""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

from django.core.files.base import ContentFile
from django.db import transaction

from accounts import lifecycle
from accounts.models import Account, Membership, Origin, Platform, Role, Unit, UnitKind, UnitName
from filings import approving, drafting, exchange, reporting, reviewing
from filings.models import Filing, System
from filings.reading import Reading, latest
from inspections import sweep
from zhonglou_media.core import calendar, files
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.models import User, Year
from zhonglou_media.portal import demo_activity, demo_exchange, demo_month, demo_orders, demo_preapprovals

HOUR = timedelta(hours=1)
PASSWORD = "Zhonglou-demo-2021"  # noqa: S105  (made only where DEBUG is on; printed in the README)

# login, name, role, unit
PEOPLE = (
    ("operator", "示例张三", Role.OPERATOR, "street"),
    ("leader", "示例王五", Role.LEADER, "street"),
    ("operator2", "示例周八", Role.OPERATOR, "bureau"),
    ("leader2", "示例郑十", Role.LEADER, "bureau"),
    ("officer", "示例李四", Role.OFFICER, "office"),
    ("officer2", "示例赵六", Role.OFFICER, "office"),
    ("supervisor", "示例钱七", Role.SUPERVISOR, "office"),
    ("auditor", "示例孙九", Role.AUDITOR, "cyberspace"),
    ("admin", "示例管理员", Role.ADMIN, "office"),
    ("parent", "示例吴一", Role.PARENT, "above"),
)
# What is typed into 附件3 and 附件4.
ENDING: dict[str, object] = {
    "mode": "stop",
    "reasons": ["similar", "burden"],
    "disposal": "keep",
    "notice_days": "10",
    "notice_place": "本账号置顶、本单位网站（示例）",
    "follower_care": "置顶公告引导关注承接账号（示例）",
}
MERGES = ENDING | {
    "mode": "merge",
    "disposal": "archive",
    "archive_place": "单位档案室（示例）",
    "successor": "示例乙局 weibo",
}
PLATFORM_ENDS = ENDING | {"reasons": ["platform"]}
CHANGED: dict[str, object] = {
    "department_in_charge": "公共服务科",
    "reason": "内设科室调整（示例）",
    "open": ["department_in_charge"],
}
SIGNED_PAPER = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Count 0/Kids[]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
)


class Demo:
    """Builds the demo at `now`; the past is played with the moments it would have had."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.units = {
            "office": _unit("区政府办公室（示例）", "区政府办公室", UnitKind.DEPARTMENT),
            "cyberspace": _unit("区委网信办（示例）", "区委网信办", UnitKind.DEPARTMENT),
            "street": _unit("示例甲街道办事处", "示例甲街道", UnitKind.SUBDISTRICT),
            "above": _unit("示例行业主管局", "示例主管局", UnitKind.DEPARTMENT),
        }
        self.units["bureau"] = _unit("示例乙文体和旅游局", "示例乙局", UnitKind.DEPARTMENT, parent=self.units["above"])
        self.people = {login: self._person(login, name, role, unit) for login, name, role, unit in PEOPLE}

    def _person(self, login: str, name: str, role: Role, unit: str) -> User:
        person = User.objects.create_user(login, PASSWORD, name=name)
        Membership.objects.create(user=person, unit=self.units[unit], role=role)
        return person

    def load(self) -> None:
        """The register first, then filings from the oldest to the newest, what accounts published, then one sweep."""
        self._register()
        days = timedelta(days=1)
        self._file("cancel", "示例乙局影像 xiaohongshu", self.now - 60 * days, self._to_completed, **PLATFORM_ENDS)
        self._play("示例甲街道文旅", "channels", self.now - 40 * days, self._to_completed)
        self._file("close", "示例乙局旅游 baijiahao", self.now - 30 * days, self._to_completed, **MERGES)
        self._play("示例甲街道便民", "xiaohongshu", self.now - 25 * days, self._to_refused)
        self._play("示例甲街道安全", "toutiao", self.now - 20 * days, self._to_withdrawn)
        approved = self._play("示例乙局发布厅", "bilibili", self.now - 12 * days, self._to_approved, who="bureau")
        video = self._play("示例乙局视频", "kuaishou", self.now - 9 * days, self._to_reported, who="bureau")
        first = self._play("示例甲街道百家", "baijiahao", self.now - 6 * days, self._to_reported)
        second = self._play("示例甲街道直播", "weishi", self.now - 5 * days, self._to_reported)
        self._many_at_once(approved, video, [first, second])
        planned = {"effective_on": (day_of(self.now) + 10 * days).isoformat(), "successor": "示例甲街道发布 wechat"}
        self._file("close", "示例甲街道资讯 bilibili", self.now - 4 * days, self._to_accepted, **ENDING | planned)
        self._file("change", "示例乙局图书馆 weibo", self._last_working_day(), self._to_reported, **CHANGED)
        self._play("示例甲街道科普", "dayu", self._last_working_day(), self._to_reported)
        self._play("示例乙局非遗", "tieba", self._last_working_day(), self._on_paper, who="bureau")
        self._play("示例甲街道发布厅", "sohu", self._last_working_day(), self._to_approved)
        self._play("示例甲街道跨年", "netease", self.now, self._submitted, planned=self._provisional_day())
        self._play("示例乙局讲堂", "penguin", self.now, self._submitted, who="bureau")
        self._play("示例甲街道问政", "yidian", self.now, self._drafted)
        accounts, bureau = self._accounts(), Cast(self, "bureau")
        demo_activity.fill(accounts, self.now)
        people = {"operator": bureau.operator, "supervisor": self.people["supervisor"]}
        demo_preapprovals.fill(accounts["示例乙局服务 wechat"], bureau.unit, **people, now=self.now)
        self._order(accounts["示例乙局图书馆 weibo"])
        demo_exchange.use_a_template(by=self.people["supervisor"], now=self.now - 20 * days)
        demo_exchange.reconcile(by=self.people["officer"], now=self.now)
        self._month()
        sweep.sweep(self.now)

    def _month(self) -> None:
        """The office's month, on the register as it stands now."""
        names = {"street": "operator", "bureau": "operator2"}
        logins = {name: names.get(name, name) for name in ("officer", "officer2", "supervisor", "street", "bureau")}
        people = demo_month.People(**{name: self.people[login] for name, login in logins.items()})
        demo_month.fill(self._accounts(), people, self.now)

    def _many_at_once(self, approved: Filing, video: Filing, reported: Sequence[Filing]) -> None:
        """Two accepted and one left unread, then exported; the third is returned, and what is not reported is urged."""
        officer, moment = self.people["officer"], self.now - timedelta(days=5) + 3 * HOUR
        demo_exchange.accept_at_once(reported, video, by=officer, now=moment)
        demo_exchange.export(System.NATIONAL, by=officer, now=moment + HOUR)
        self._receipt(reported[-1], System.NATIONAL, moment + 2 * HOUR)
        last = max(self._last_working_day(), moment + 2 * HOUR)
        self._return(video, last)
        demo_exchange.urge_at_once([approved, video, *reported], by=officer, now=last)

    def _order(self, doubtful: Account) -> None:
        sides = {
            name: demo_orders.Side(cast.unit, cast.operator)
            for name, cast in (("street", Cast(self, "street")), ("bureau", Cast(self, "bureau")))
        }
        proof = files.store(ContentFile(SIGNED_PAPER + b"%%\n", name="停用截图（示例）.pdf"))

        def opened(name: str, when: datetime) -> None:
            keeper = {"custodian": "示例管理人", "custodian_phone": "0519-00000000"}
            self._file("open", name, when, self._to_completed, purpose="预约办事、排队取号（示例）。", **keeper)

        by = self.people["supervisor"]
        demo_orders.fill(doubtful, **sides, supervisor=by, proof=proof, opened=opened, now=self.now)

    def _accounts(self) -> dict[str, Account]:
        """The register by 「name platform」."""
        return {f"{row.name} {row.platform.code}": row for row in Account.objects.select_related("platform")}

    def _register(self) -> None:
        filed = [
            self._account("street", "weibo", "示例甲街道", "demo-weibo-1"),
            self._account("street", "wechat", "示例甲街道发布", "gh_demo00000001", kind="subscription"),
            self._account("street", "douyin", "示例甲街道", "demo-douyin-1"),
            self._account("bureau", "weibo", "示例乙局", "demo-weibo-2"),
            self._account("bureau", "wechat", "示例乙局服务", "gh_demo00000002", kind="service"),
            self._account(
                "bureau", "weibo", "示例乙局图书馆", "demo-weibo-3", same_platform_reason="服务馆内读者，拟于年内整合"
            ),
            self._account("street", "bilibili", "示例甲街道资讯", "demo-bilibili-1"),
            self._account("bureau", "baijiahao", "示例乙局旅游", "demo-baijiahao-2"),
            self._account("bureau", "xiaohongshu", "示例乙局影像", "demo-xiaohongshu-2"),
        ]
        for account in filed:
            if account.uid != "demo-douyin-1":  # of one nobody is named (第十八条)
                account.custodian, account.custodian_phone = "示例管理人", "0519-00000000"
        lifecycle.register(filed, origin=Origin.BASELINE, now=self.now - timedelta(days=400))
        found = [self._account("bureau", "douyin", "示例乙局小视频", "demo-douyin-2")]
        lifecycle.register(found, origin=Origin.FOUND, now=self.now - timedelta(days=3))

    def _account(self, unit: str, platform: str, name: str, uid: str, **fields: str) -> Account:
        owner = self.units[unit]
        return Account(
            unit=owner,
            platform=_platform(platform),
            name=name,
            uid=uid,
            verified_entity=owner.name,
            source_document="示例存量台账",
            **fields,
        )

    def _last_working_day(self) -> datetime:
        """This time of the latest working day before today, so that a demo on a Monday is not born late."""
        moment = self.now - timedelta(days=1)
        while not calendar.is_working_day(day_of(moment))[0]:
            moment -= timedelta(days=1)
        return moment

    def _provisional_day(self) -> date:
        """A planned day whose clock touches a year that nobody has confirmed yet."""
        last = Year.objects.filter(confirmed_at__isnull=False).latest("year").year
        return date(max(last, self.now.year), 12, 30)

    def _play(
        self,
        name: str,
        platform: str,
        when: datetime,
        to: Callable[[Filing, "Cast", datetime], None],
        *,
        who: str = "street",
        planned: date | None = None,
    ) -> Filing:
        """The opening of an account that nobody knew."""
        cast = Cast(self, who)
        filing = drafting.start("open", by=cast.operator, unit=cast.unit, now=when)
        typed = {
            "platform": platform,
            "name": name,
            "uid": f"demo-{filing.pk:06d}",
            "link": "无",
            "verified_entity": cast.unit.name,
            "purpose": "发布本单位政务信息，回应群众关切（示例）。",
            "interactions": ["留言", "评论"],
            "update_frequency": "每周2次",
            "leader_in_charge": "示例副职",
            "department_in_charge": "党政办公室",
            "custodian": "示例管理人",
            "custodian_phone": "0519-00000000",
            "operator_phone": "0519-00000001",
            "first_reviewer": "示例初审",
            "second_reviewer": "示例复审",
            "final_reviewer": "示例终审",
            "operation_mode": "self",
            "effective_on": planned.isoformat() if planned else "",
        }
        drafting.save_draft(filing.pk, by=cast.operator, data=typed, now=when)
        to(filing, cast, when)
        return filing

    def _file(
        self, kind: str, name: str, when: datetime, to: Callable[[Filing, "Cast", datetime], None], **typed: object
    ) -> None:
        """A change, closure or cancellation of the registered account `name` (「name platform」); done when filed."""
        account = self._accounts()[name]
        cast = Cast(self, "street" if account.unit_id == self.units["street"].pk else "bureau")
        filing = drafting.start(kind, by=cast.operator, unit=cast.unit, account=account, now=when)
        if kind == "cancel":
            proof = files.store(ContentFile(SIGNED_PAPER + b"%\n", name="注销证明（示例）.pdf"))
            name = "注销证明（示例）.pdf"
            reporting.attach(filing.pk, by=cast.operator, file=proof, name=name, kind="proof", now=when)
        if "successor" in typed:
            typed["successor"] = str(self._accounts()[str(typed["successor"])].pk)
        done = day_of(when + timedelta(days=1))  # never before the approval, however late in the day
        data = {"effective_on": "" if kind == "change" else done.isoformat(), "operator_phone": "0519-00000001"} | typed
        drafting.save_draft(filing.pk, by=cast.operator, data=data, now=when)
        to(filing, cast, when)

    def _drafted(self, filing: Filing, cast: "Cast", when: datetime) -> None:
        drafting.save_draft(filing.pk, by=cast.operator, data={"purpose": "", "effective_on": "2026-13-40"}, now=when)

    def _submitted(self, filing: Filing, cast: "Cast", when: datetime) -> None:
        drafting.submit(filing.pk, by=cast.operator, now=when)

    def _to_approved(self, filing: Filing, cast: "Cast", when: datetime) -> None:
        self._submitted(filing, cast, when)
        approving.leader_approve(filing.pk, by=cast.leader, read=_read(filing), now=when + timedelta(minutes=40))

    def _on_paper(self, filing: Filing, cast: "Cast", when: datetime) -> None:
        self._submitted(filing, cast, when)
        scan = files.store(ContentFile(SIGNED_PAPER, name="签批件（示例）.pdf"))
        approving.record_paper_approval(
            filing.pk, by=cast.operator, leader_name="示例郑十", approved_on=day_of(when), scan=scan, now=when
        )
        reporting.report(filing.pk, by=cast.operator, now=when + timedelta(hours=1))

    def _to_reported(self, filing: Filing, cast: "Cast", when: datetime) -> None:
        self._to_approved(filing, cast, when)
        reporting.report(filing.pk, by=cast.operator, now=when + timedelta(hours=1))

    def _return(self, filing: Filing, when: datetime) -> None:
        why = "认证主体与主办单位名称不一致，请核对平台认证信息。"
        reviewing.return_(filing.pk, by=self.people["officer"], read=_read(filing), now=when, comment=why)

    def _to_accepted(self, filing: Filing, cast: "Cast", when: datetime) -> None:
        self._to_reported(filing, cast, when)
        reviewing.accept(filing.pk, by=cast.officer, read=_read(filing), now=when + timedelta(hours=3))

    def _to_half_received(self, filing: Filing, cast: "Cast", when: datetime) -> None:
        self._to_accepted(filing, cast, when)
        self._receipt(filing, System.NATIONAL, when + timedelta(hours=5))

    def _to_completed(self, filing: Filing, cast: "Cast", when: datetime) -> None:
        self._to_half_received(filing, cast, when)
        self._receipt(filing, System.PROVINCIAL, when + timedelta(days=1))

    def _receipt(self, filing: Filing, system: System, when: datetime) -> None:
        exchange.take_receipt(
            filing.pk,
            system=system,
            result="taken",
            number=f"示例-{filing.pk:04d}",
            on=day_of(when),
            by=self.people["officer"],
            now=when,
        )

    def _to_refused(self, filing: Filing, cast: "Cast", when: datetime) -> None:
        self._to_reported(filing, cast, when)
        reviewing.refuse(
            filing.pk,
            by=cast.officer,
            read=_read(filing),
            now=when + timedelta(hours=4),
            comment="与本单位微信公众号功能相近，依据第七条不予备案。",
            on_platform=False,
        )

    def _to_withdrawn(self, filing: Filing, cast: "Cast", when: datetime) -> None:
        self._to_approved(filing, cast, when)
        reporting.withdraw(
            filing.pk, by=cast.operator, reason="暂不开设（示例）", on_platform=False, now=when + timedelta(hours=2)
        )


class Cast:
    """Who files for one of the two demo units, and the officer who reviews it."""

    def __init__(self, demo: Demo, unit: str) -> None:
        second = "" if unit == "street" else "2"
        self.unit = demo.units[unit]
        self.operator = demo.people[f"operator{second}"]
        self.leader = demo.people[f"leader{second}"]
        self.officer = demo.people["officer"]


def load(now: datetime) -> None:
    """Fill an empty portal with the demo, in one transaction. `now` is the database's clock."""
    with transaction.atomic():
        Demo(now).load()


def _unit(name: str, short: str, kind: UnitKind, parent: Unit | None = None) -> Unit:
    unit = Unit.objects.create(name=name, short_name=short, kind=kind, parent=parent)
    UnitName.objects.create(unit=unit, name=name)
    return unit


def _platform(code: str) -> Platform:
    return Platform.objects.get(code=code)


def _read(filing: Filing) -> Reading:
    filing.refresh_from_db()
    revision = latest(filing)
    return Reading(revision.number, revision.sm3)
