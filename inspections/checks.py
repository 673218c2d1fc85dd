"""每月抽查 (第二十四条): its list is drafted, drawn again, confirmed; accounts are added by hand; the month is closed.

起草 → 确定 → 结束. The draft is the published file (`SpotCheck.drawn`); confirming makes a sheet of each account and
shares them among the office's people (`inspections/sharing.py`). Times are aware; a month is named by its first day.
"""

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from accounts import policy
from accounts.models.unit import UnitKind
from accounts.policy import Action
from inspections import draw, sharing, telling_checks
from inspections.check_progress import progress, waiting, without_result
from inspections.draw import Drawn
from inspections.indicators import in_force
from inspections.models import CheckState, Method, Sheet, SpotCheck
from inspections.population import checked_accounts, population
from zhonglou_media.core import events
from zhonglou_media.core.clock import day_of, start_of
from zhonglou_media.core.errors import Incomplete, Refused, StaleReading, WrongState
from zhonglou_media.core.models import User
from zhonglou_media.core.settings_at import Settings

S = CheckState
FIRST = date(2021, 3, 1)  # the rules hold from 2021-03-22 on
SEED_MOST = 80
__all__ = ("add_account", "checked_accounts", "close", "confirm", "draft", "draft_due", "progress", "redraw")


@dataclass(frozen=True)
class Terms:
    """How the list is drawn: `size` accounts (None: all), each at least once `within` months."""

    size: int | None
    within: int | None

    @classmethod
    def in_force(cls, today: date) -> "Terms":
        """As the district's settings have it on `today`."""
        settings = Settings.load()
        size = int(settings.at("check_sample_size", today))
        return cls(size, int(settings.at("check_within_months", today))) if size else cls(None, None)


@dataclass(frozen=True)
class Confirmed:
    """What came of confirming: how many accounts, how many two people check, how many of the list have gone."""

    check: SpotCheck
    accounts: int
    doubled: int
    gone: int


def next_month(month: date) -> date:
    """The first day of the month after."""
    return (month.replace(day=1) + timedelta(days=32)).replace(day=1)


def may_be_drafted(month: date, now: datetime) -> str:
    """Why the month can have no list yet, or none any more, in a sentence; '' where it can.

    Last month still can: where the schedule stood still, or nobody was there. What is older nobody can judge any more.
    """
    if month < FIRST:
        return f"{month:%Y-%m} 还没有施行《实施细则》，请从 {FIRST:%Y-%m} 起选择。"
    today = day_of(now)
    if next_month(month) < today.replace(day=1):
        return f"{month:%Y-%m} 已经过去：只能起草本月、下个月，或者没有抽查过的上个月的名单。"
    if month > next_month(today):
        return f"{month:%Y-%m} 还早：最多提前起草下个月的抽查名单。"
    return ""


def draft(month: date, *, seed: str | None = None, by: User | None, now: datetime) -> SpotCheck:
    """起草抽查名单 of the month of `month`, by the settings of today; without `seed` one is made and published.

    Raises NotAllowed, WrongState (the month has a list), Refused (a month or a seed that does not do, nobody to check).
    """
    role = policy.require(by, Action.DRAFT_CHECK)
    month = SpotCheck.month_of(month)
    if why := may_be_drafted(month, now):
        raise Refused(why)
    terms = Terms.in_force(day_of(now))
    with transaction.atomic():
        if there := SpotCheck.objects.filter(month=month).defer("drawn").first():
            raise _has_one(there)
        check = SpotCheck(
            month=month,
            indicator_set=in_force(max(month, min(day_of(now), next_month(month) - timedelta(days=1)))),
            due_at=start_of(next_month(month)),
            drafted_at=now,
            drafted_by=by,
        )
        drawn = _draw(month, _seed(seed, month), terms, now)
        _put(check, drawn)
        _insert(check)
        event = events.append(
            check, "draft", by=by, role=role, at=now, to_state=S.DRAFTED, digest=check.digest, detail=_facts(drawn)
        )
        telling_checks.drafted(check, drawn.size, event.seq, by=by, now=now)
    return check


def _insert(check: SpotCheck) -> None:
    """Of two who draft the same month at once the second is told so."""
    try:
        with transaction.atomic():
            check.save(force_insert=True)
    except IntegrityError:
        raise _has_one(SpotCheck.objects.defer("drawn").get(month=check.month)) from None


def _has_one(check: SpotCheck) -> WrongState:
    who = str(check.drafted_by or "系统")
    told = f"{check.month.year}年{check.month.month}月已有抽查名单（{who}起草，现为“{check.get_state_display()}”）"
    then = "，要换抽法或种子的，在该月的页面重新抽取。" if check.state == S.DRAFTED else "，一个月只抽查一次。"
    return WrongState(told + then, by=check.drafted_by, at=check.drafted_at)


def draft_due(now: datetime) -> SpotCheck | None:
    """The list of the current month by 系统, where it has none and there is somebody to check: each day, any number of
    times.
    """
    month = SpotCheck.month_of(day_of(now))
    if SpotCheck.objects.filter(month=month).exists() or not checked_accounts().exists():
        return None
    try:
        return draft(month, by=None, now=now)
    except WrongState:  # an officer was first
        return None


def redraw(
    check_id: int, terms: Terms, *, seed: str | None = None, read: str | None = None, by: User, now: datetime
) -> SpotCheck:
    """重新抽取 before the list is confirmed: by another method, with a new seed; the old digest stays in the history.

    `read` is the digest that the page showed. Raises NotAllowed, WrongState, StaleReading, Refused.
    """
    if terms.size is not None and terms.size < 1:
        raise Incomplete("还有1处需要修改，改好后才能重新抽取。", {"size": ["抽样数应是 1 以上的整数。"]})
    with transaction.atomic():
        check = _locked(check_id)
        role = policy.require(by, Action.DRAFT_CHECK)
        _must_be(check, S.DRAFTED, "名单已经确定，不能重新抽取；遗漏的账号可以手工增加")
        _as_read(check, read)
        was = {"was": {"seed": check.seed, "digest": check.digest}}
        drawn = _draw(check.month, _seed(seed, check.month), terms, now)
        _put(check, drawn)
        check.save()
        detail = _facts(drawn) | was
        events.append(
            check,
            "redraw",
            by=by,
            role=role,
            at=now,
            from_state=S.DRAFTED,
            to_state=S.DRAFTED,
            digest=check.digest,
            detail=detail,
        )
    return check


def confirm(check_id: int, *, read: str | None = None, by: User, now: datetime) -> Confirmed:
    """确定名单: from now on it is public and does not change; each account gets its sheet, shared among the checkers.

    An account that is no longer in use or of the district gets none. `read` is the digest that the page showed. Raises
    NotAllowed, WrongState, StaleReading.
    """
    with transaction.atomic():
        check = _locked(check_id)
        role = policy.require(by, Action.DRAFT_CHECK)
        _must_be(check, S.DRAFTED, "名单已经确定")
        _as_read(check, read)
        file = published(check)
        wanted = [int(pk) for pk in file["sample"]]
        made = _make_sheets(check, file, wanted)
        twice = sharing.share_out(check, draw.doubled(wanted, file["double_percent"], seed=check.seed), now=now)
        accounts = check.sheets.filter(part=1).count()
        gone = len(wanted) - made
        check.confirmed_at, check.confirmed_by = now, by
        detail = {"accounts": accounts, "doubled": twice, "gone": gone}
        seq = _move(check, S.CONFIRMED, "confirm", by=by, role=role, now=now, detail=detail)
        telling_checks.confirmed(check, seq, by=by, now=now)
    return Confirmed(check, accounts, twice, gone)


def _make_sheets(check: SpotCheck, file: Mapping[str, Any], wanted: list[int]) -> int:
    """A sheet of each account of the sample that is still to be checked; how many of the sample have one now."""
    by_hand = set(check.sheets.values_list("account", flat=True))
    drawn = {row["id"]: row for row in file["population"]}
    kinds = {label: value for value, label in UnitKind.choices}
    still = dict(checked_accounts().values_list("pk", "unit"))
    there = [pk for pk in wanted if pk in still]
    Sheet.objects.bulk_create(
        (
            Sheet(
                spot_check=check,
                account_id=pk,
                unit_id=still[pk],
                unit_kind=kinds.get(drawn[pk]["kind"], ""),
                platform_group=drawn[pk]["group"],
            )
            for pk in there
            if pk not in by_hand
        ),
        batch_size=1000,
    )
    return len(there)


def add_account(check_id: int, account_id: int, *, reason: str, by: User, now: datetime) -> Sheet:
    """手工增加 an account with a reason, before or after the list is confirmed; it never leaves the list.

    Raises NotAllowed, WrongState (the month is closed, it is on the list already), Refused (no reason, not in use).
    """
    with transaction.atomic():
        check = _locked(check_id)
        role = policy.require(by, Action.DRAFT_CHECK)
        if check.state == S.CLOSED:
            raise WrongState(f"{check}已经结束，不能再增加账号，请列入下个月的名单。")
        account = checked_accounts().select_related("unit", "platform").filter(pk=account_id).first()
        if account is None:
            raise Refused("这个账号不在运行，或不属本区抽查范围，不能列入抽查。")
        drawn = check.state == S.DRAFTED and account.pk in published(check)["sample"]
        if drawn or check.sheets.filter(account=account).exists():
            raise WrongState(f"“{account}”已在{check}的名单上，不用增加。")
        if not reason.strip():
            raise Incomplete("还有1处需要修改，改好后才能增加。", {"reason": ["请写明增加这个账号的理由。"]})
        sheet = Sheet.objects.create(
            spot_check=check,
            account=account,
            unit=account.unit,
            unit_kind=account.unit.kind,
            platform_group=account.platform.group,
            added_reason=reason.strip()[:200],
            checker_id=sharing.lightest(check, account.unit_id, now=now) if check.state == S.CONFIRMED else None,
        )
        detail = {"account": account.pk, "sheet": sheet.pk}
        event = events.append(
            check,
            "add_account",
            by=by,
            role=role,
            at=now,
            from_state=check.state,
            to_state=check.state,
            comment=sheet.added_reason,
            detail=detail,
        )
        telling_checks.handed(check, {sheet.checker_id: 1}, event.seq, by=by, now=now)
    return sheet


def close(check_id: int, *, by: User, now: datetime) -> SpotCheck:
    """结束抽查: each account has the result that counts, but those that are no longer in use.

    Raises NotAllowed, WrongState (not confirmed, closed already), Refused (accounts without a result).
    """
    with transaction.atomic():
        check = _locked(check_id)
        role = policy.require(by, Action.CHECK)
        _must_be(check, S.CONFIRMED, "名单还没有确定" if check.state == S.DRAFTED else "已经结束")
        open_ = waiting(check).count()
        if open_:
            raise Refused(f"还有 {open_} 个账号没有结果，核完（两人不一致的由负责人认定）后才能结束{check}。")
        check.closed_at, check.closed_by = now, by
        counted = check.sheets.results()
        detail = {
            "results": counted.count(),
            "failed": counted.filter(passed=False).count(),
            "gone": without_result(check).count(),
        }
        _move(check, S.CLOSED, "close", by=by, role=role, now=now, detail=detail)
    return check


# --- what is read ---------------------------------------------------------------------------------------------------


def published(check: SpotCheck) -> dict[str, Any]:
    """The published file, read."""
    file: dict[str, Any] = json.loads(check.drawn)
    return file


# --- what the use cases share ---------------------------------------------------------------------------------------


def _draw(month: date, seed: str, terms: Terms, now: datetime) -> Drawn:
    """Which part two people check is drawn along, by the setting of today: anybody computes it again from the file."""
    everybody = population(month, terms.within if terms.size is not None else None)
    if not everybody:
        raise Refused("没有正常运行的账号，不用起草抽查名单。")
    double = int(Settings.load().at("check_double_percent", day_of(now)))
    return draw.draw(everybody, month=month, seed=seed, size=terms.size, within=terms.within, double=double)


def _put(check: SpotCheck, drawn: Drawn) -> None:
    """What was drawn becomes the draft of `check`."""
    sampled = drawn.asked is not None
    check.method = Method.SAMPLE if sampled else Method.ALL
    check.seed, check.drawn, check.digest = drawn.seed, drawn.text, events.sm3(drawn.text)
    check.sample_size = drawn.size if sampled else None
    check.within_months = drawn.within


def _facts(drawn: Drawn) -> dict[str, Any]:
    return {"seed": drawn.seed, "asked": drawn.asked, "size": drawn.size, "population": len(drawn.population)}


def _seed(typed: str | None, month: date) -> str:
    """The seed as typed, else one that nobody could foresee."""
    if typed is None:
        return f"ZL-{month:%Y-%m}-{secrets.token_hex(8)}"
    seed = typed.strip()
    if not seed or len(seed) > SEED_MOST or not seed.isprintable():
        raise Refused(f"种子应是 1 到 {SEED_MOST} 个字的一行文字。")
    return seed


def _locked(check_id: int) -> SpotCheck:
    return SpotCheck.objects.select_for_update().get(pk=check_id)


def _must_be(check: SpotCheck, state: CheckState, otherwise: str) -> None:
    if check.state != state:
        last = events.timeline(check).last()
        who = f"（{last.actor or '系统'}办理）" if last is not None else ""
        raise WrongState(
            f"没有办成：{check}{otherwise}{who}。", by=last.actor if last else None, at=last.at if last else None
        )


def _as_read(check: SpotCheck, read: str | None) -> None:
    if read is not None and read != check.digest:
        raise StaleReading("没有办成：您打开页面以后，名单重新抽取过。请看过现在的名单再确定。", [])


def _move(
    check: SpotCheck,
    target: CheckState,
    verb: str,
    *,
    by: User | None,
    role: str,
    now: datetime,
    detail: dict[str, Any],
) -> int:
    """Save the new state with its event; the event's number."""
    source, check.state = check.state, target
    check.save()
    event = events.append(
        check,
        verb,
        by=by,
        role=role,
        at=now,
        from_state=source,
        to_state=target,
        digest=check.digest,
        detail=detail,
    )
    return event.seq
