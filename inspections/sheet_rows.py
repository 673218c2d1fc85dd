"""What the use cases of check sheets share: rows and their locks, who may write, what the facts say, the event.

Locks: the check, then the sheets of the account in the order of their parts.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Max

from accounts import policy
from accounts.policy import Action
from inspections import judging, prejudging
from inspections.models import CheckState, Indicator, Sheet, SheetState, SpotCheck
from zhonglou_media.core import events
from zhonglou_media.core.clock import SHANGHAI
from zhonglou_media.core.errors import NotAllowed, Refused, StaleReading, WrongState
from zhonglou_media.core.models import Event, User

USUAL = timedelta(days=30)  # 检查期 of an account that was never checked
LONGEST = timedelta(days=92)


def locked_check(check_id: int) -> SpotCheck:
    """The check, its row locked: hand-ins of one month follow each other, and its closing waits for them."""
    rows = SpotCheck.objects.select_for_update(of=("self",), no_key=True).select_related("indicator_set")
    return rows.defer("drawn").get(pk=check_id)


def locked_of(sheet_id: int) -> tuple[SpotCheck, list[Sheet]]:
    """The check of a sheet and all sheets of its account in it, locked, in the order of their parts."""
    check_id, account_id = Sheet.objects.values_list("spot_check", "account").get(pk=sheet_id)
    check = locked_check(check_id)
    return check, sheets_of(check, [account_id])


def sheets_of(check: SpotCheck, accounts: Any) -> list[Sheet]:
    """The sheets of these accounts in `check`, locked."""
    rows = Sheet.objects.select_for_update(of=("self",), no_key=True).filter(spot_check=check, account__in=accounts)
    found = list(with_names(rows).order_by("account", "part"))
    for row in found:
        row.spot_check = check
    return found


def with_names(rows: Any) -> Any:
    """With all that a page and the facts need of a sheet."""
    names = ("spot_check__indicator_set", "account__platform", "account__unit", "unit", "checker")
    return rows.select_related(*names).defer("spot_check__drawn")  # that file names every account of the month


def locked_sheet(sheet_id: int) -> Sheet:
    """One sheet with its check, its own row locked."""
    sheet: Sheet = with_names(Sheet.objects.select_for_update(of=("self",), no_key=True)).get(pk=sheet_id)
    return sheet


def mine(sheet_id: int, by: User, *, version: int | None = None) -> tuple[Sheet, str]:
    """His open sheet, locked, and the role by which it is his; raises as `as_checker`."""
    sheet = locked_sheet(sheet_id)
    return sheet, as_checker(sheet, by, version)


def as_checker(sheet: Sheet, by: User, version: int | None) -> str:
    """The role of the checker whose open sheet it is, as he read it; raises."""
    role = policy.require(by, Action.CHECK, sheet)
    if sheet.checker_id != by.pk:
        whose = f"由{sheet.checker}核对" if sheet.checker is not None else "还没有分给检查人"
        raise NotAllowed(f"这张检查单{whose}，您不能填写；需要您来核的，请先在本月抽查页转给您。")
    must_run(sheet.spot_check)
    if sheet.state != SheetState.OPEN:
        raise WrongState(f"账号“{sheet.account.name}”的检查单已经提交；需要修改的，请区政府办公室负责人重开。")
    if version is not None and version != sheet.version:
        at = f"（{sheet.saved_at.astimezone(SHANGHAI):%H:%M}）" if sheet.saved_at is not None else ""
        raise StaleReading(
            f"没有保存：您打开页面以后，这张检查单在别处保存过{at}，请刷新页面，在现在的内容上再填。", []
        )
    return role


def must_run(check: SpotCheck) -> None:
    """Raises WrongState unless the check was confirmed and is not closed."""
    if check.state != CheckState.CONFIRMED:
        why = "名单还没有确定" if check.state == CheckState.DRAFTED else "已经结束"
        raise WrongState(f"{check}{why}，不能办理检查单。")


def need(reason: str, what: str) -> str:
    """The reason without spaces around; Refused where it lacks."""
    if not reason.strip():
        raise Refused(f"请写明{what}。")
    return reason.strip()


def record(
    sheet: Sheet,
    verb: str,
    *,
    by: User,
    role: str,
    now: datetime,
    from_state: str = "",
    comment: str = "",
    detail: dict[str, Any] | None = None,
) -> Event:
    """Its one event."""
    return events.append(
        sheet,
        verb,
        by=by,
        role=role,
        at=now,
        from_state=from_state or sheet.state,
        to_state=sheet.state,
        comment=comment,
        detail=detail,
    )


def prejudge(sheets: Sequence[Sheet], lines: Sequence[Indicator], *, now: datetime) -> None:
    """Write what the facts say as of `now` into `sheets` (unsaved), with their accounts and platforms at hand.

    A constant number of queries, however many there are.
    """
    since = periods(sheets, now)
    accounts = [sheet.account for sheet in sheets]
    told = prejudging.prejudge(accounts, lines, since=since, as_of=now)
    for sheet in sheets:
        posts, messages = sheet.account.posts_known_until, sheet.account.messages_known_until
        sheet.period_from, sheet.as_of = since[sheet.account_id], now
        sheet.known_until = min(posts, messages) if posts is not None and messages is not None else None
        sheet.answers = judging.prejudged(sheet.answers, lines, told.get(sheet.account_id, {}))


def periods(sheets: Iterable[Sheet], as_of: datetime) -> dict[int, datetime]:
    """Since when each account is looked at: the moment of its last result that counts, else 30 days, at most 92."""
    of = {sheet.account_id: sheet.spot_check_id for sheet in sheets}
    before = Sheet.objects.results().filter(account__in=of, as_of__lt=as_of).exclude(spot_check__in=set(of.values()))
    last = dict(before.values_list("account").annotate(Max("as_of")))
    return {pk: max(last.get(pk, as_of - USUAL), as_of - LONGEST) for pk in of}


def result_of(sheet: Sheet) -> dict[str, Any]:
    """What an event keeps of a result."""
    counts = {code: answer["count"] for code, answer in sheet.answers.items() if answer.get("count")}
    return {
        "account": sheet.account_id,
        "score": str(sheet.score),
        "vetoed": sheet.vetoed,
        "passed": sheet.passed,
        "found": counts,
    }
