"""The demo's month of the office (第二十四条): last month checked, put right and published, this month's under way.

Everything is done by the use cases, at the moments it would have had.
"""

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import cast

from django.core.files.base import ContentFile

from accounts.models import Account, Unit
from accounts.quarter import Quarter
from inspections import (
    assessing,
    checks,
    circulars,
    deciding,
    figures,
    incidents,
    rectifying,
    selfchecks,
    sharing,
    sheets,
    upper,
)
from inspections.incidents import Report
from inspections.indicators import lines_of
from inspections.judging import Typed
from inspections.models import Rectification, Sheet, SpotCheck
from inspections.rectifying import Proof
from zhonglou_media.core import files
from zhonglou_media.core.clock import day_of, start_of
from zhonglou_media.core.models import File, User

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
PICTURE = b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAABgAAAAQCAIAAACDRijCAAAAGklEQVR42mO4++ILVRDDqEGjBo0aNGoQZQgAec8Vvd/5AgcAAAAASUVORK5CYII="
)
# What last month's checkers found, by 「name platform」: code → how often and what.
LAST: dict[str, dict[str, tuple[int, str]]] = {
    "示例甲街道 douyin": {"N3.1": (1, "没有开通评论和私信，测试留言发不出（示例）")},
    "示例甲街道发布 wechat": {"Z07": (2, "推文两处错别字（示例）"), "Z08": (1, "菜单“办事预约”打不开（示例）")},
    "示例乙局 weibo": {"Z09": (2, "两条转载没有注明来源（示例）")},
    "示例乙局图书馆 weibo": {"Z10": (1, "一条推文带商品链接（示例）")},
}
# Of this month: what the two checkers of one account disagree about, and a problem of another.
TWO = "示例乙局图书馆 weibo"
THIS: dict[str, dict[str, tuple[int, str]]] = {
    "示例甲街道发布 wechat": {"Z07": (1, "推文一处错别字（示例）")},
    "示例甲街道 weibo": {},
}


@dataclass(frozen=True)
class People:
    """Who plays: two officers, the supervisor, and the operators of the two units."""

    officer: User
    officer2: User
    supervisor: User
    street: User
    bureau: User


def fill(accounts: Mapping[str, Account], people: People, now: datetime) -> None:
    """Last month first, then this one; what came from above, an incident, self-checks, and the figures of it all."""
    month = SpotCheck.month_of(day_of(now))
    last = (month - DAY).replace(day=1)
    _last_month(checks.draft(last, seed=f"ZL-{last:%Y-%m}-示例", by=None, now=_at(last, 1, now)), people, now)
    _this_month(month, people, now)
    _from_above(accounts, people, now)
    _incident(accounts["示例甲街道发布 wechat"], people, now)
    _self_checks(accounts, people, now)
    figures.refresh(now)
    assessing.tick(now)


# --- the checks -----------------------------------------------------------------------------------------------------


def _last_month(check: SpotCheck, people: People, now: datetime) -> None:
    """All checked, problems put right or not, published in the first days of this month."""
    checks.confirm(check.pk, by=people.officer, now=_at(check.month, 2, now))
    for sheet in check.sheets.select_related("account__platform", "checker").order_by("pk"):
        _judge(sheet, LAST.get(_name(sheet), {}), now=_at(check.month, 22, now))
    orders = {
        code: Rectification.objects.get(finding__indicator__code=code) for code in ("Z07", "Z08", "N3.1", "Z09", "Z10")
    }
    answered, checked = _at(check.month, 26, now), _at(check.month, 27, now)
    for code, by in (("Z07", people.street), ("Z08", people.street), ("N3.1", people.street), ("Z09", people.bureau)):
        _answer(orders[code], "已经改正，并补了值班和审核安排（示例）。", by=by, now=answered)
    for code in ("Z07", "Z08", "N3.1"):
        rectifying.verify(orders[code].pk, by=people.officer, now=checked)
    reason = "只补注了一条的来源，另一条还没有（示例）。"
    rectifying.send_back(orders["Z09"].pk, reason=reason, by=people.officer, now=checked)
    _answer(orders["Z09"], "第二条也已注明来源（示例）。", by=people.bureau, now=now - 2 * HOUR)
    late = orders["Z10"]
    rectifying.remind(late.pk, by=people.officer, now=max(late.due_at, checked) + HOUR)
    deciding.refer(late.pk, reason="催办后仍没有答复（示例）。", by=people.officer, now=now - 3 * HOUR)
    circular = circulars.draft(check.pk, by=people.officer, now=min(check.due_at + 9 * HOUR, now - 6 * HOUR))
    circulars.publish(circular.pk, version=circular.version, by=people.supervisor, now=now - 5 * HOUR)


def _this_month(month: date, people: People, now: datetime) -> None:
    """Drafted and confirmed; one account handed in clean, one with a problem, one on which two checkers disagree."""
    first = _at(month, 1, now)
    check = checks.draft(month, seed=f"ZL-{month:%Y-%m}-示例", by=None, now=first)
    checks.confirm(check.pk, by=people.officer, now=max(first, now - 4 * HOUR))
    rows = {_name(sheet): sheet for sheet in check.sheets.select_related("account__platform", "checker")}
    for name, found in THIS.items():
        _judge(rows[name], found, now=now - 2 * HOUR)
    one = rows[TWO]
    others = [user for user in (people.officer, people.officer2) if user.pk != one.checker_id]
    two = sharing.second_checker(one.pk, to=others[0].pk, by=people.supervisor, now=now - 3 * HOUR)
    _judge(one, {}, now=now - 2 * HOUR)
    _judge(two, {"Z09": (1, "一条转载没有注明来源（示例）")}, now=now - HOUR)


def _judge(sheet: Sheet, found: Mapping[str, tuple[int, str]], *, now: datetime) -> None:
    """The sheet's checker fills it in and hands it in: `found`, besides what the facts say."""
    sheet.refresh_from_db()
    by = cast(User, sheet.checker)
    sheet = sheets.begin(sheet.pk, by=by, now=now - HOUR)
    typed = {}
    for line in lines_of(sheet.spot_check.indicator_set):
        pre = sheet.answers[line.code]["pre"]
        count, note = found.get(line.code, (pre or 0, ""))
        reason = "打开账号看过，以所见为准（示例）。" if pre is not None and count != pre else ""
        typed[line.code] = Typed(count, reason=reason, note=note)
    sheet = sheets.save(sheet.pk, typed, version=sheet.version, by=by, now=now)
    sheets.submit(sheet.pk, version=sheet.version, by=by, now=now)


def _answer(order: Rectification, text: str, *, by: User, now: datetime) -> None:
    rectifying.answer(order.pk, text=text, proofs=[Proof(_picture(), "改后截图（示例）.png")], by=by, now=now)


# --- from above, incidents, self-checks -----------------------------------------------------------------------------


def _from_above(accounts: Mapping[str, Account], people: People, now: datetime) -> None:
    """One that is late, one answered, one without an owner."""
    late = _upper(
        accounts["示例乙局 weibo"], "省查〔示例〕018", "province", "推文把地名写错，请核实整改（示例）。", -3, now
    )
    _hand(late, accounts["示例乙局 weibo"].unit, people, now - 12 * DAY)
    quiet = _upper(
        accounts["示例甲街道 douyin"], "市查〔示例〕042", "city", "长时间没有更新，请核实反馈（示例）。", 1, now
    )
    _hand(quiet, accounts["示例甲街道 douyin"].unit, people, now - 5 * DAY)
    text = "已恢复更新；原因是值班人员调整，已补排值班表（示例）。"
    _answer(Rectification.objects.get(upper=quiet), text, by=people.street, now=now - 4 * HOUR)
    _upper(None, "国查〔示例〕007", "national", "两个菜单打不开（示例）。", 4, now)


def _upper(account: Account | None, number: str, issuer: str, text: str, days: int, now: datetime) -> int:
    """Received two weeks ago at most, due in so many days."""
    received = now - 13 * DAY
    typed = upper.Typed(
        issuer=issuer,
        issuer_name={"province": "省政府办公厅", "city": "市政府办公室", "national": "国务院办公厅"}[issuer],
        number=number,
        received_on=day_of(received),
        due_at=start_of(day_of(now) + (days + 1) * DAY),
        account_id=account.pk if account else None,
        account_text=str(account) if account else "示例便民服务（微信公众号）",
        text=text,
    )
    return upper.record(typed, by=User.objects.get(username="officer"), now=received).pk


def _hand(pk: int, unit: Unit, people: People, when: datetime) -> None:
    row = upper.locked(pk)
    upper.hand(pk, unit_id=unit.pk, due_at=row.due_at - DAY, read=upper.reading(row), by=people.officer, now=when)


def _incident(account: Account, people: People, now: datetime) -> None:
    """One that is closed, one that was passed on."""
    old, new = now - 20 * DAY, now - 5 * HOUR
    fake = Report("fake", "有账号冒用本街道名称和头像（示例）。", old - HOUR, first_measure="已截图保存（示例）")
    first = incidents.record(account.unit, fake, by=people.street, now=old)
    given = incidents.pass_on(
        first.pk, office="区委网信办", how="电话和书面（示例）", passed_at=old, by=people.officer, now=old + HOUR
    )
    incidents.receive(given.pk, received_at=old + HOUR, received_by="示例孙九", by=people.officer, now=old + 2 * HOUR)
    incidents.close(first.pk, result="平台已删除仿冒账号（示例）。", by=people.officer, now=old + 2 * DAY)
    talk = Report("outcry", "一条推文的评论中出现大量投诉（示例）。", new, first_measure="已暂停评论（示例）")
    incidents.record(account.unit, talk, account=account, by=people.street, now=new + HOUR)


def _self_checks(accounts: Mapping[str, Account], people: People, now: datetime) -> None:
    """One handed in, one begun; the rest is still to be done."""
    one, two = accounts["示例甲街道 weibo"], accounts["示例甲街道发布 wechat"]
    moment = max(start_of(Quarter.of(now).start), now - 6 * HOUR)
    row = selfchecks.begin(one.pk, by=people.street, now=moment)
    typed = {}
    for line in lines_of(row.indicator_set):
        typed[line.code] = Typed(row.answers[line.code]["pre"] or 0)
    row = selfchecks.save(row.pk, typed, version=row.version, by=people.street, now=moment)
    selfchecks.submit(row.pk, version=row.version, by=people.street, now=moment)
    selfchecks.begin(two.pk, by=people.street, now=moment)


# --- what they share ------------------------------------------------------------------------------------------------


def _at(month: date, day: int, now: datetime) -> datetime:
    """09:30 of that day of the month of `month`, but never later than five hours ago."""
    return min(start_of(month.replace(day=day)) + 9.5 * HOUR, now - 5 * HOUR)


def _name(sheet: Sheet) -> str:
    return f"{sheet.account.name} {sheet.account.platform.code}"


def _picture() -> File:
    return files.store(ContentFile(PICTURE, name="改后截图（示例）.png"))
