"""The small district of the random driver: its people, and every move they can make, as calls of use cases."""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from accounts import custodians, lifecycle, sightings
from accounts.models import Account, Membership, Role, Unit
from accounts.sightings import Choice, Seen
from filings import (
    approving,
    drafting,
    exchange,
    export_batches,
    handing_over,
    merging,
    preapprovals,
    preapproving,
    reporting,
    reviewing,
    unit_merging,
    urging,
)
from filings.models import Filing, FilingState, PreApproval
from filings.reading import Reading, latest
from inspections import losing, ordering
from inspections.models import ClosureOrder, OrderState
from inspections.models.order import STANDING
from inspections.ordering import Terms
from tests.factories import NOW, account, office, platform, scan, unit, user
from zhonglou_media.core.clock import day_of
from zhonglou_media.core.models import File, User

PLATFORMS = ("douyin", "weibo", "kuaishou", "wechat")
NAMES = ("钟楼甲发布", "钟楼乙发布", "钟楼丙发布", "鈡樓甲发布", "钟楼甲发布 ")
UIDS = ("", "id-1", "id-2", "id-3", "ID-1")
KINDS = ("open", "change", "close", "cancel")
O, L, F, V = Role.OPERATOR, Role.LEADER, Role.OFFICER, Role.SUPERVISOR  # noqa: E741


@dataclass
class World:
    """Three units, people with one role and people with several, some accounts; a clock that goes on."""

    now: datetime = NOW
    people: list[User | None] = field(default_factory=list)
    holders: dict[tuple[Role, int | None], list[User]] = field(default_factory=dict)  # None: whatever unit
    units: list[Unit] = field(default_factory=list)
    paper: File = field(default_factory=scan)
    seen: int = 7  # what the next move has read: 0 nothing, 1 the first revision, else what stands

    def __post_init__(self) -> None:
        street, town, bureau = self.units = [unit("示例甲街道"), unit("示例乙镇"), unit("示例丙局", kind="department")]
        for own in self.units:
            self._person((O, own))
            self._person((L, own))
        self._person((O, street))
        self._person((O, street), (L, street))  # a unit of one person
        for role in (F, F, V, Role.ADMIN, Role.AUDITOR):
            self._person((role, office()))
        self._person((O, town), (F, office()))  # two seats, which must not both be taken in one filing
        self._person((L, bureau), (V, office()))
        self.people.append(None)  # 系统
        accounts = [(street, "douyin"), (street, "weibo"), (town, "weibo"), (bureau, "wechat"), (bureau, "douyin")]
        for n, (own, code) in enumerate(accounts):
            account(own, platform=platform(code), name=f"示例存量{n}", uid=f"old-{n}")
        for code in ("kuaishou", "weibo"):  # the second may be a row too many
            account(town, found=True, platform=platform(code), name="示例发现", uid="")

    def tick(self) -> None:
        """Some hours later."""
        self.now += timedelta(hours=2)

    def _person(self, *seats: tuple[Role, Unit]) -> None:
        person = user(*seats[0])
        for role, of in seats[1:]:
            Membership.objects.create(user=person, unit=of, role=role)
        self.people.append(person)
        for role, of in seats:
            for key in ((role, of.pk), (role, None)):
                self.holders.setdefault(key, []).append(person)

    def who(self, n: int, role: Role, unit_id: int | None = None) -> Any:
        """Mostly somebody whose turn it may be, else anybody."""
        right = self.holders.get((role, unit_id if role in (O, L) else None))
        return right[n % len(right)] if right and n < 12 else self.people[n % len(self.people)]

    def filing(self, n: int, *, live: bool = False) -> Filing | None:
        """One of the last eight, or of those under way."""
        rows = list((Filing.objects.live() if live else Filing.objects.all()).order_by("-pk")[:8])
        return rows[n % len(rows)] if rows else None

    def account(self, n: int) -> Account:
        rows = list(Account.objects.order_by("-pk")[:12])
        return rows[n % len(rows)]

    def unit(self, n: int) -> Unit:
        return self.units[n % len(self.units)]

    def read(self, filing: Filing) -> Reading:
        """What somebody has open: mostly what stands."""
        if filing.revision == 0 or self.seen == 0:
            return Reading(0, "")
        found = latest(filing) if self.seen > 1 else filing.revisions.earliest("number")
        return Reading(found.number, found.sm3)


Move = Callable[[World, Filing, int, int], Any]  # world, filing, who, how


def _today(world: World, how: int) -> date:
    return day_of(world.now) - timedelta(days=how % 3) + timedelta(days=how == 7)


def typed(world: World, filing: Filing, how: int) -> dict[str, Any]:
    """What is typed into the form of this kind: mostly complete, sometimes colliding, sometimes nothing."""
    if how == 0:
        return {"name": ""}
    day = "" if how == 5 else _today(world, how if how != 7 else 0).isoformat()
    if filing.kind == "open":
        return {
            "platform": PLATFORMS[how % 4],
            "kind": "subscription" if how % 4 == 3 else "",
            "name": NAMES[how % 5] if how < 6 else f"示例新号{filing.pk}",
            "uid": UIDS[how % 5] if how < 6 else f"n-{filing.pk}",
            "purpose": "发布政务信息",
            "effective_on": day if how % 2 else "",
            "same_platform_reason": "服务不同的群众（示例）" if how % 3 == 0 else "",
        }
    if filing.kind == "change":
        changed = {
            1: {"name": NAMES[0]}, 2: {"platform": "douyin"}, 3: {"uid": "id-1"}, 4: {"custodian": "示例管理员"},
            5: {"name": f"示例改名{filing.pk}"}, 6: {"same_platform_reason": "另有分工（示例）"},
        }.get(how, {"intro": f"新简介{how}"})  # fmt: skip
        return {"reason": "工作需要", "effective_on": day, "notice_text": "关于变更的公告", **changed}
    mode = "cancel" if filing.kind == "cancel" else "merge" if how == 4 else "stop"
    told = {"notice_text": "停止更新公告", "successor_channel": "政务服务网"}
    return {"mode": mode, "reasons": ["unused"], "disposal": "keep", "effective_on": day, **told}


def _supplement(world: World, filing: Filing, by: Any, how: int) -> None:
    if filing.kind == "open":
        data = {"uid": UIDS[how % 5] if how < 4 else f"n-{filing.pk}"}
    else:
        data = {"effective_on": _today(world, 0).isoformat()}
    reporting.supplement(filing.pk, by=by, data={"remarks": f"补充{how}", **data}, now=world.now)


def _attach(world: World, filing: Filing, by: Any, how: int) -> None:
    reporting.attach(filing.pk, by=by, file=world.paper, name="证明.pdf", kind="proof" if how else "", now=world.now)


def _receipt(world: World, filing: Filing, by: Any, how: int) -> None:
    result = ("refused", "n/a", "refused", *["taken"] * 5)[how]
    exchange.take_receipt(
        filing.pk, system=("national", "provincial")[how % 2], result=result, number=f"{how}-{filing.pk}",
        reason="" if result == "taken" else "材料不清（示例）", on=_today(world, 7 if how == 3 else 0), by=by,
        now=world.now,
    )  # fmt: skip


def export(world: World, by: Any, how: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        export_batches.export(("national", "provincial")[how % 2], by=by, now=world.now, out=Path(folder) / "out.xlsx")


def _paper(world: World, filing: Filing, by: Any, how: int, *, again: bool = False) -> None:
    record = approving.correct_paper_approval if again else approving.record_paper_approval
    record(filing.pk, by=by, leader_name="示例领导", approved_on=_today(world, how), scan=world.paper, now=world.now)


def _read_move(function: Any, **said: Any) -> Callable[[World, Filing, Any, int], Any]:
    return lambda w, f, by, how: function(f.pk, by=by, read=w.read(f), now=w.now, **said)


# Each move of a filing: whose turn it may be, and the use case.
OF_FILING: dict[str, tuple[Role, Callable[[World, Filing, Any, int], Any]]] = {
    "save": (O, lambda w, f, by, how: drafting.save_draft(f.pk, by=by, data=typed(w, f, how), now=w.now)),
    "submit": (O, lambda w, f, by, how: drafting.submit(f.pk, by=by, now=w.now)),
    "recall": (O, lambda w, f, by, how: drafting.recall(f.pk, by=by, now=w.now)),
    "reopen": (O, lambda w, f, by, how: drafting.reopen(f.pk, by=by, now=w.now)),
    "leader_approve": (L, _read_move(approving.leader_approve)),
    "leader_return": (L, _read_move(approving.leader_return, comment="请改")),
    "record_paper": (O, _paper),
    "correct_paper": (O, lambda w, f, by, how: _paper(w, f, by, how, again=True)),
    "report": (O, lambda w, f, by, how: reporting.report(f.pk, by=by, now=w.now)),
    "supplement": (O, _supplement),
    "attach": (O, _attach),
    "withdraw": (
        O, lambda w, f, by, how: reporting.withdraw(f.pk, by=by, reason="不办了", on_platform=how > 3, now=w.now),
    ),
    "hand_over": (O, lambda w, f, by, how: handing_over.hand_over(
        f.pk, to=(w.who(how, O, f.unit_id) or by).pk, by=by, now=w.now
    )),
    "open_for_review": (F, lambda w, f, by, how: reviewing.open_for_review(f.pk, by=by, now=w.now)),
    "check_paper": (F, _read_move(reviewing.check_paper)),
    "accept": (F, _read_move(reviewing.accept)),
    "return": (F, _read_move(reviewing.return_, comment="请补充")),
    "refuse": (F, lambda w, f, by, how: reviewing.refuse(
        f.pk, by=by, read=w.read(f), comment="第七条", on_platform=how > 3, now=w.now
    )),
    "unaccept": (V, _read_move(reviewing.unaccept, comment="有误")),
    "receipt": (F, _receipt),
    "urge": (F, lambda w, f, by, how: urging.urge(f.pk, by=by, now=w.now)),
    "not_occurred": (F, lambda w, f, by, how: reviewing.confirm_not_occurred(f.pk, by=by, comment="没有开", now=w.now)),
}  # fmt: skip
# What leads a filing on from each state; the driver takes these more often than chance would.
ONWARD: dict[str, tuple[str, ...]] = {
    FilingState.DRAFT: ("save", "submit"),
    FilingState.LEADER_REVIEW: ("leader_approve", "record_paper"),
    FilingState.TO_REPORT: ("report",),
    FilingState.OFFICE_REVIEW: ("check_paper", "accept"),
    FilingState.RETURNED: ("report", "submit"),
    FilingState.ACCEPTED: ("supplement", "attach", "receipt", "receipt"),
}
# What may come between.
SIDEWAYS: dict[str, tuple[str, ...]] = {
    FilingState.DRAFT: ("hand_over", "withdraw"),
    FilingState.LEADER_REVIEW: ("leader_return", "recall", "record_paper"),
    FilingState.TO_REPORT: ("reopen", "correct_paper", "supplement", "withdraw"),
    FilingState.OFFICE_REVIEW: ("return", "refuse", "supplement", "return"),
    FilingState.RETURNED: ("attach", "withdraw", "save"),
    FilingState.ACCEPTED: ("unaccept", "receipt"),
    FilingState.WITHDRAWN: ("not_occurred",),
    FilingState.REFUSED: ("not_occurred",),
}


def start(world: World, kind: int, which: int, who: int) -> None:
    own = world.account(which)
    if kind == 0 and which > 6:
        of = world.unit(which)
        drafting.start("open", by=world.who(who, O, of.pk), unit=of, now=world.now)
        return
    of = world.unit(which) if kind == 1 and who % 4 == 0 else own.unit  # 主办单位变更: by the one that receives
    drafting.start(KINDS[kind], by=world.who(who, O, of.pk), unit=of, account=own, now=world.now)


def on_account(world: World, what: str, which: int, who: int, how: int) -> None:
    """What the office, or the unit, does about an account without a filing."""
    row, now, today = world.account(which), world.now, day_of(world.now)
    by = world.who(who, O if what in ("report_lost", "custodian") else V, row.unit_id)
    match what:
        case "void":
            lifecycle.void(row, reason="登记错误", by=by, now=now)
        case "order closed":
            ground = "unfiled" if row.state == "unfiled" else "other"
            ordering.issue(row.pk, Terms(ground, "责令关停", cancel=how > 5), by=by, now=now)
        case "report_lost":
            losing.report(row.pk, since=today, what="密码被改", by=by, now=now)
        case "declare_lost":
            losing.declare(row.pk, since=today, reason="失控", due_on=today, by=by, now=now)
        case "recover":
            losing.recover(row.pk, reason="已找回", by=by, now=now)
        case "custodian":
            custodians.name(row.pk, name=f"管理员{how}", phone="13900000000", from_date=today, by=by, now=now)
        case "merge":
            found = Account.objects.filter(state="unfiled").order_by("pk")
            near = [(one, other) for one in found for other in merging.candidates(one)] if how > 1 else []
            keep, drop = merging.choose(*(near[0] if near else (row, world.account(how))))
            merging.merge_accounts(keep.pk, drop.pk, reason="同一账号", by=by, now=now)


def on_order(world: World, who: int, how: int) -> None:
    """The next thing about the latest standing order, or any."""
    order = ClosureOrder.objects.filter(state__in=STANDING).last() or ClosureOrder.objects.last()
    if order is None:
        return
    by, now = world.who(who, V), world.now
    if how == 0:
        ordering.revoke(order.pk, reason="误发", by=by, now=now)
    elif how == 1:
        ordering.send_back(order.pk, reason="看不清", by=by, now=now)
    elif order.state == OrderState.ISSUED and how < 5:
        by = world.who(who, O, order.unit_id)
        ordering.prove(order.pk, file=world.paper, name="截图.pdf", by=by, now=now)
    else:
        ordering.execute(order.pk, reason="已核实", by=by, now=now)


def see(world: World, which: int, who: int, how: int) -> None:
    """Something is seen on a platform, perhaps what is known, or what was cancelled."""
    row = world.account(which) if how > 2 else None
    seen = Seen(
        platform=row.platform if row else platform(PLATFORMS[which % 4]), name=row.name if row else NAMES[how],
        uid=row.uid if row else UIDS[which % 5], source="检索", found_on=day_of(world.now),
    )  # fmt: skip
    verdict = ("unfiled", "unfiled", "fake", "unfiled", "known", "unfiled", "known", "fake")[how]
    named = row.pk if row and (verdict != "unfiled" or row.state in ("unfiled", "cancelled")) else None
    choice = Choice(seen, verdict, account=named, unit=row.unit_id if row else world.unit(which).pk)
    sightings.sort(choice, by=world.who(who, F), now=world.now)


def ask(world: World, who: int, how: int) -> None:
    """前置申请 of the department, asked or decided."""
    bureau, waiting = world.units[2], PreApproval.objects.filter(state="asked").last()
    if waiting is None or how < 2:
        preapprovals.ask_new(
            by=world.who(who, O, bureau.pk), unit=bureau, platform=platform("wechat"), account_name=f"丙局{how}",
            reason="服务群众", now=world.now,
        )  # fmt: skip
    elif how < 6:
        preapproving.grant(waiting.pk, by=world.who(who, V), document_no=f"文{waiting.pk}", now=world.now)
    else:
        preapproving.refuse(waiting.pk, by=world.who(who, V), decision="不需要", now=world.now)


def merge_units(world: World, which: int, who: int) -> None:
    """One unit goes up in another, whose people carry on what it had under way."""
    old, into = world.unit(which), world.unit(which + 1)
    by = world.who(who, Role.ADMIN)
    unit_merging.merge(old.pk, into.pk, document="示例文件", on=day_of(world.now), by=by, now=world.now)
    for role in (O, L):
        world.holders[(role, old.pk)] += world.holders[(role, into.pk)]
    for person in filter(None, world.people):
        vars(person).pop("_grants", None)  # what one may do is read once a request
