"""Moves of the random driver beside the filing's own: questions, sweeps, contracts, confirmations, people."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from accounts import outsourcing, quarter, questions
from accounts.models import Account, Membership, Message, Role
from accounts.quarter import Quarter
from filings import (
    announcing,
    closing,
    completing,
    handing_over,
    handing_questions,
    objecting,
    preapprovals,
    preapproving,
)
from filings.models import Announcement, Filing
from filings.models.filing import CLOSINGS
from inspections import losing, ordering
from tests.factories import user
from tests.portal import machine_exchange
from tests.portal.machine_world import O, V, World
from zhonglou_media.core.clock import day_of


def asked(world: World, which: int, who: int, how: int) -> Any:
    """Somebody asks; a closing account as likely as not."""
    rows = [f.account for f in Filing.objects.live().filter(kind__in=CLOSINGS).select_related("account") if f.account]
    row = rows[-1] if rows and how > 3 else world.account(which)
    by = world.who(who, O, row.unit_id)
    return questions.ask(row.pk, body=f"几点开门{world.now}", asked_at=world.now, by=by, now=world.now)


def replied(world: World, which: int, who: int, how: int) -> Any:
    waiting = Message.objects.filter(first_reply_at__isnull=True, withdrawn_at__isnull=True)
    row = (waiting or Message.objects.all()).last()
    if row is None:
        return 0
    unit = (row.handed_to or row.account).unit_id
    return questions.reply(row.pk, by=world.who(who, O, unit), now=world.now)


def handed_over(world: World, which: int, who: int, how: int) -> Any:
    """The open questions of the last closing that has some."""
    for filing in Filing.objects.live().filter(kind__in=CLOSINGS, account__isnull=False).order_by("-pk"):
        ids = list(closing.open_questions(filing.registered).values_list("pk", flat=True))
        taker = handing_questions.takers(filing).first()
        if ids and taker is not None:
            by = world.who(who, O, filing.unit_id)
            return handing_questions.hand_over(filing.pk, messages=ids, to=taker.pk, by=by, now=world.now)
    return 0


def objection(world: World, which: int, who: int, how: int) -> Any:
    for filing in Filing.objects.live().filter(kind="change").order_by("-pk"):
        giving = objecting.giving_unit(filing)
        if giving is not None or how == 7:
            by = world.who(who, O, giving.pk if giving else filing.unit_id)
            return objecting.object_(filing.pk, reason="仍由本单位使用", by=by, now=world.now)
    return 0


def announcement(world: World, which: int, who: int, how: int) -> Any:
    rows = list(Announcement.objects.select_related("filing").order_by("-pk")[:4])
    if not rows:
        return 0
    row = rows[which % len(rows)]
    by = world.who(who, O, row.filing.unit_id)
    return announcing.correct(row.filing_id, corrects=row.pk, text=f"更正{how}", by=by, now=world.now)


def membership(world: World, which: int, who: int, how: int) -> Any:
    """An operator's ends, who may be the last; a colleague comes first. What he may do is read once a request."""
    of = world.unit(which)
    new = user(O, of)
    world.people.append(new)
    for key in ((O, of.pk), (O, None)):
        world.holders[key].append(new)
    rows = Membership.objects.filter(unit=of, role=O, to_date__isnull=True).order_by("pk")
    row = rows[how % max(1, len(rows) - 1)]
    by = world.who(who, Role.ADMIN)
    yesterday = day_of(world.now) - timedelta(days=1)
    handing_over.end_membership(row.pk, last_day=yesterday, to=new.pk, by=by, now=world.now)
    for key in ((O, of.pk), (O, None)):
        world.holders[key] = [person for person in world.holders[key] if person.pk != row.user_id]
    for person in filter(None, world.people):
        vars(person).pop("_grants", None)
    return row


def dismissed(world: World, which: int, who: int, how: int) -> Any:
    told = losing.waiting().last()
    row = told.subject_id if told is not None and told.subject_id else world.account(which).pk
    return losing.dismiss(row, reason="可以登录", by=world.who(who, V), now=world.now)


def contract(world: World, which: int, who: int, how: int) -> Any:
    """委托运维 begins, is amended, ends."""
    row, today = world.account(which), day_of(world.now)
    by, held = world.who(who, O, row.unit_id), outsourcing.current(row)
    said = {"reviewer": f"示例审核{how}", "nda": True, "starts_on": today, "ends_on": None, "by": by, "now": world.now}
    if held is None:
        return outsourcing.begin(row.pk, vendor=f"示例公司{how}", **said)
    if how < 5:
        return outsourcing.amend(row.pk, held.pk, vendor=held.vendor, **said)
    return outsourcing.end(row.pk, held.pk, ended_on=today, by=by, now=world.now)


def confirmation(world: World, which: int, who: int, how: int) -> Any:
    of = world.unit(which)
    of.refresh_from_db()
    sheet = quarter.read(of, world.now)
    if how == 7:
        Account.objects.filter(unit=of).update(remarks=f"{world.now}")
    key = Quarter.of(world.now).key
    by, digest = world.who(who, O, of.pk), sheet.digest if how else "0" * 64
    return quarter.confirm(of.pk, quarter=key, digest=digest, shown=sheet.text, by=by, now=world.now)


def retention(world: World, which: int, who: int, how: int) -> Any:
    """申请保留; the next one is decided by `machine_world.ask`, or here: refused, so that it must be closed."""
    waiting = preapprovals.waiting().filter(purpose="retain").last()
    if waiting is not None:
        due = day_of(world.now) + timedelta(days=5)
        return preapproving.refuse(waiting.pk, decision="不需要", act_by=due, by=world.who(who, V), now=world.now)
    rows = Account.objects.filter(platform__code="wechat", unit__kind="department")
    row = rows.order_by("pk").first() or world.account(which)
    by = world.who(who, O, row.unit_id)
    return preapprovals.ask_retention(row.pk, reason="服务群众", by=by, now=world.now)


Other = Callable[[World, int, int, int], Any]
# A move that answers 0 found nothing to do.
OTHER: dict[str, Other] = {
    "question asked": asked,
    "question answered": replied,
    "questions handed over": handed_over,
    "objection": objection,
    "announcement corrected": announcement,
    "membership ended": membership,
    "report dismissed": dismissed,
    "contract": contract,
    "quarter confirmed": confirmation,
    "retention": retention,
    "waiting ones completed": lambda w, *_: completing.complete_waiting(w.now),
    "orders superseded": lambda w, *_: ordering.supersede(w.now),
    "closures started": lambda w, *_: preapproving.start_closures(w.now),
    **machine_exchange.MOVES,
}
