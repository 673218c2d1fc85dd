"""批量: the same act on many filings, each by itself, so that a bad one stops only itself.

What may be done to one is the single act's matter (`reviewing`, `urging`); here stands what many of them need: that
nobody passes or returns what he has not opened, that a faulty row ends alone, and that nobody waits for ever.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, OperationalError, connection, models, transaction
from django.db.models import F

from accounts import audience, policy
from accounts.policy import Action
from filings import moves, reviewing, urging
from filings.models import Filing, FilingState, Revision
from filings.reading import Reading
from filings.timeline import verb_label
from zhonglou_media.core import events, jobs
from zhonglou_media.core.clock import SHANGHAI, day_of, start_of
from zhonglou_media.core.commands import log_fault
from zhonglou_media.core.errors import Refused, StaleReading, WrongState
from zhonglou_media.core.models import Event, Job, User

KIND = "bulk"
AT_ONCE = 100  # filings of one press: a transaction each, while somebody waits
PATIENCE = timedelta(seconds=3)  # for a row that a colleague's transaction holds
IN_ALL = timedelta(seconds=25)  # for one press; what is left then is told so
UNREAD = "未阅，打开看过才能办理。"
DONE, SKIPPED, FAILED = "done", "skipped", "failed"


class Act(models.TextChoices):
    """What can be done to many at once; the value is what the page sends."""

    ACCEPT = "accept", "批量通过"
    RETURN = "return", "批量退回"
    URGE = "urge", "批量催办"


ACTION = {Act.ACCEPT: Action.ACCEPT, Act.RETURN: Action.RETURN, Act.URGE: Action.REMIND}
VERB = {Act.ACCEPT: "accept", Act.RETURN: "return_for_correction", Act.URGE: urging.VERB}
DECISIONS = (Act.ACCEPT, Act.RETURN)


class Unread(Refused):
    """This officer has not opened the revision he decides on."""


class Again(Refused):
    """This person has done the same already: pressed twice, or gone back and pressed once more."""


@dataclass(frozen=True)
class Chosen:
    """A ticked row: the filing, and its revision and digest when the page was drawn."""

    filing_id: int
    read: Reading

    def __str__(self) -> str:
        return f"{self.filing_id}:{self.read.revision}:{self.read.sm3}"

    @classmethod
    def of(cls, text: str) -> "Chosen | None":
        """A row as the page sends it; None for anything else."""
        pk, _, rest = text.partition(":")
        revision, _, sm3 = rest.partition(":")
        with suppress(ValueError):
            if len(pk) < 19 and len(revision) < 10 and len(sm3) in (0, 64):
                return cls(int(pk), Reading(int(revision), sm3))
        return None


def choices(filings: Sequence[Filing]) -> dict[int, Chosen]:
    """What a page puts into the rows' boxes, in one query: each filing as it stands."""
    present = Revision.objects.filter(filing__in=filings, number=F("filing__revision"))
    sm3 = dict(present.values_list("filing_id", "sm3"))
    return {f.pk: Chosen(f.pk, Reading(f.revision, sm3.get(f.pk, ""))) for f in filings}


@dataclass(frozen=True)
class Told:
    """What came of a filing: `outcome`, what it is called, and what followed or why not."""

    filing_id: int
    filing: str
    outcome: str
    said: str


def run(act: Act, chosen: Sequence[Chosen], *, by: User, now: datetime, comment: str = "") -> Job:
    """Do `act` to each of `chosen`, a transaction each, and keep what came of them as a job that has ended.

    `comment` is the one reason of all. Raises NotAllowed; Refused when none or too many are chosen, or a reason lacks.
    """
    policy.require(by, ACTION[act])
    check(act, chosen, comment)
    began, told = time.monotonic(), []
    for row in {row.filing_id: row for row in chosen}.values():
        if time.monotonic() - began > IN_ALL.total_seconds():
            told.append(Told(row.filing_id, name_of(row.filing_id), FAILED, "等得太久，这一件还没有办，请再选一次。"))
        else:
            told.append(_one(act, row, by=by, now=now, comment=comment))
    count = {outcome: sum(one.outcome == outcome for one in told) for outcome in (DONE, SKIPPED, FAILED)}
    rows = [{"filing_id": t.filing_id, "filing": t.filing, "outcome": t.outcome, "said": _ended(t.said)} for t in told]
    params, result = {"act": act.value, "comment": comment.strip()}, {"all": len(told), **count, "rows": rows}
    return jobs.done_at_once(KIND, by=by, now=now, params=params, result=result, rows=len(told))


def check(act: Act, chosen: Sequence[Chosen], comment: str | None = None) -> None:
    """Whether so many may be done at once, and the reason that a return needs is there. Raises Refused."""
    check_many([row.filing_id for row in chosen])
    if act == Act.RETURN and comment is not None:
        moves.need_comment(comment, "退回的理由")


def check_many(ids: Iterable[int]) -> None:
    """Whether so many may be done at once. Raises Refused."""
    many = len(set(ids))
    if not many:
        raise Refused("请先勾选备案。")
    if many > AT_ONCE:
        raise Refused(f"一次最多办理 {AT_ONCE} 件，选了 {many} 件，请分几次办理。")


def _one(act: Act, row: Chosen, *, by: User, now: datetime, comment: str) -> Told:
    try:
        with transaction.atomic():
            _no_longer_than(PATIENCE)
            said = DO[act](row, by=by, now=now, comment=comment)
        outcome = DONE
    except Filing.DoesNotExist:
        outcome, said = FAILED, "没有这件备案。"
    except (Unread, Again) as skipped:
        outcome, said = SKIPPED, str(skipped)
    except StaleReading:
        outcome, said = FAILED, _changed(row)
    except Refused as refused:
        outcome, said = FAILED, str(refused)
    except Exception as fault:  # whatever it is, what came of the other rows is kept
        log_fault(f"{__name__}: filing {row.filing_id}")
        outcome, said = FAILED, _fault(fault)
    return Told(row.filing_id, name_of(row.filing_id), outcome, said)


def _no_longer_than(patience: timedelta) -> None:
    """A row that a colleague's transaction holds is waited for so long, no longer (SQLite: as its settings say)."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = %s", [f"{int(patience.total_seconds() * 1000)}ms"])


def _fault(fault: Exception) -> str:
    if not isinstance(fault, DatabaseError):
        return "系统出错，这一件没有办理，请稍后重试。"
    held = isinstance(fault, OperationalError) and ("lock timeout" in str(fault) or "locked" in str(fault))
    return "同事正在办理这一件，没有等到，请稍后再试。" if held else "数据库出错，这一件没有办理，请稍后重试。"


# --- the acts ---------------------------------------------------------------------------------------------------------


def _accept(row: Chosen, *, by: User, now: datetime, comment: str) -> str:
    _opened(row, Act.ACCEPT, by=by)
    filing = reviewing.accept(row.filing_id, by=by, read=row.read, now=now, comment=comment)
    return f"现为“{FilingState(filing.state).label}”"


def _return(row: Chosen, *, by: User, now: datetime, comment: str) -> str:
    _opened(row, Act.RETURN, by=by)
    filing = reviewing.return_(row.filing_id, by=by, read=row.read, now=now, comment=comment)
    asked = urging.asked_of(filing, now)
    return asked.words if asked else f"现为“{FilingState(filing.state).label}”"


def _urge(row: Chosen, *, by: User, now: datetime, comment: str) -> str:
    try:
        return urging.urge(row.filing_id, by=by, now=now).said
    except WrongState as urged:
        if urged.at is not None:
            raise Again(str(urged)) from None
        raise


DO: dict[Act, Callable[..., str]] = {Act.ACCEPT: _accept, Act.RETURN: _return, Act.URGE: _urge}


def _opened(row: Chosen, act: Act, *, by: User) -> None:
    """Lock the filing; what waits for a decision must have been opened by this officer, at the revision he decides on.

    One that waits no longer is left to the act itself, which says who was first. Raises Unread, Again, NotAllowed.
    """
    filing = Filing.objects.for_decision(row.filing_id)
    policy.require(by, ACTION[act], filing)
    if filing.state != FilingState.OFFICE_REVIEW:
        last = events.timeline(filing).exclude(to_state="").last()
        if (
            last is not None
            and last.actor_id == by.pk
            and last.verb == VERB[act]
            and last.revision == row.read.revision
        ):
            at = last.at.astimezone(SHANGHAI)
            raise Again(f"您 {at:%m-%d %H:%M} 已办理“{verb_label(last.verb)}”，没有重复办理。")
        return
    moves.officer_is_another(filing, by)
    if row.filing_id not in opened_by(by, [row]):
        raise Unread(UNREAD)


def opened_by(user: User, chosen: Iterable[Chosen]) -> set[int]:
    """Which of `chosen` this person has opened at the revision and digest that the row names."""
    wanted = {row.filing_id: row.read for row in chosen}
    found = Event.objects.filter(subject_kind="filing", subject_id__in=list(wanted), verb="read", actor=user)
    seen = set(found.order_by().values_list("subject_id", "revision", "digest"))
    return {pk for pk, read in wanted.items() if (pk, read.revision, read.sm3) in seen}


# --- words ------------------------------------------------------------------------------------------------------------


def _changed(row: Chosen) -> str:
    """What moved a filing on since the page was drawn, and when: 「单位 14:01 重新报送过，请重新审阅。」."""
    since = Event.objects.filter(subject_kind="filing", subject_id=row.filing_id, revision__gt=row.read.revision)
    last = since.exclude(verb="read").order_by("seq").last()
    if last is None:
        return "您勾选以后内容有改动，请重新审阅。"
    at = last.at.astimezone(SHANGHAI)
    who = "单位" if last.role in audience.UNIT else str(last.actor or "系统")
    what = "重新报送过" if last.verb == "report" else f"办理过“{verb_label(last.verb)}”"
    return f"{who} {at:%m-%d %H:%M} {what}，请重新审阅。"


def name_of(filing_id: int) -> str:
    """A filing as people name it; by what the page sent, where there is none."""
    filing = Filing.objects.for_lists().filter(pk=filing_id).first()
    if filing is None:
        return f"编号 {filing_id}"
    return f"{(filing.number or '').removeprefix('ZLXMT-')} {filing.account_label}".strip()


def foreseen(
    act: Act, chosen: Sequence[Chosen], filings: Mapping[int, Filing], *, by: User, now: datetime
) -> dict[int, str]:
    """Of `chosen` those that will not be done, and why, as far as that can be seen before: for the page that asks."""
    seen = opened_by(by, chosen)
    urged = urging.last_urged(filings.values())
    found = {
        row.filing_id: _in_the_way(act, row, filings.get(row.filing_id), seen, urged, by=by, now=now) for row in chosen
    }
    return {pk: _ended(why) for pk, why in found.items() if why}


def _ended(said: str) -> str:
    """What is said of a row, as a sentence: its words come from many places, with a full stop or without."""
    return f"{said.rstrip('。')}。"


def _in_the_way(
    act: Act,
    row: Chosen,
    filing: Filing | None,
    seen: set[int],
    urged: Mapping[int, datetime],
    *,
    by: User,
    now: datetime,
) -> str:
    if filing is None:
        return "没有这件备案"
    if act == Act.URGE:
        if urging.asked_of(filing, now) is None:
            return urging.waits_for_nobody(filing)
        at = urged.get(filing.pk)
        return "今天已经催办过" if at and at >= start_of(day_of(now)) else ""
    if filing.state != FilingState.OFFICE_REVIEW:
        return f"现为“{FilingState(filing.state).label}”，不在待审之列"
    if by.pk in (filing.author_id, filing.last_editor_id, filing.leader_id):
        return "您填报或批准过，须由其他同志审核"
    if filing.revision != row.read.revision:
        return _changed(row)
    if row.filing_id not in seen:
        return UNREAD
    wants_paper = act == Act.ACCEPT and filing.paper_leader and filing.paper_checked_by_id is None
    return "书面批准，须先核对纸质批准件" if wants_paper else ""


def summary(job: Job) -> str:
    """「刚才批量通过 5 件：成功 2 件，跳过 2 件，未成功 1 件。」."""
    counts: dict[str, Any] = job.result
    return (
        f"刚才{Act(job.params['act']).label} {counts['all']} 件：成功 {counts[DONE]} 件，"
        f"跳过 {counts[SKIPPED]} 件，未成功 {counts[FAILED]} 件。"
    )


def followed(act: Act) -> str:
    """What became of those that were done."""
    return {
        Act.ACCEPT: "成功的已转入“待上级平台备案”，单位会收到通知。",
        Act.RETURN: "成功的已转“退回修改”，理由和期限已通知单位。",
        Act.URGE: "成功的已通知单位，同一件一天只催一次。",
    }[act]
