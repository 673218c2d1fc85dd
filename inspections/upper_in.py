"""Findings from above as a batch: a list of theirs is read, shown as it would be written, and written at once or not.

`prepare` keeps the file as a job that waits; `plan` judges every row by the findings and the register as they stand,
without writing; `apply` writes the acceptable rows in one transaction if they are still as they were shown. The same
list again changes nothing. A fixed number of queries to judge, however many rows.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction

from accounts import policy
from accounts.models import Account
from accounts.policy import Action
from accounts.register_rows import PlatformWords
from inspections import upper
from inspections.models import Issuer, UpperFinding
from inspections.upper import Typed
from inspections.upper_accounts import called, read, sure
from zhonglou_media.core import events, files
from zhonglou_media.core.clock import SHANGHAI, day_of, db_now, start_of
from zhonglou_media.core.countdown import due24
from zhonglou_media.core.day_field import read_day
from zhonglou_media.core.errors import Incomplete, Refused, StaleReading, WrongState
from zhonglou_media.core.models import Event, Job, JobState, User
from zhonglou_media.core.tables_in import Column, as_file, find_header, read_table

KIND, DISCARDED = "upper_findings", "discard_upper_findings"
MAX_ROWS = 300
CSV = "text/csv"
NEW, UNCHANGED, REFUSED = "new", "unchanged", "refused"
WORDS = {NEW: "登记", UNCHANGED: "已登记过，不变", REFUSED: "不予导入"}
COLUMNS = (
    Column("number", "编号", ("编号", "工单编号", "问题编号", "序列号"), ("编号",), without="账号", required=True),
    Column("due", "答复期限", ("答复期限", "期限", "截止日期", "办理期限"), ("期限", "截止"), required=True),
    Column("received", "收到日期", ("收到日期", "下发日期", "收文日期"), ("收到", "下发日期", "收文"), if_clear=True),
    Column("office", "下发单位", ("下发单位", "发文单位", "检查单位"), ("下发单位", "发文单位"), if_clear=True),
    Column("issuer", "来源", ("来源", "检查类别", "级别"), ("来源", "检查类别"), if_clear=True),
    Column("platform", "平台", ("平台", "账号平台"), ("平台",), without="名称", if_clear=True),
    Column("account", "账号", ("账号", "账号名称", "新媒体名称", "名称"), ("账号", "新媒体"), required=True),
    Column("text", "问题", ("问题", "问题描述", "存在问题", "具体问题"), ("问题",), required=True),
    Column("named", "公开通报点名", ("点名", "公开通报", "是否通报"), ("点名", "通报"), if_clear=True),
)
LABELS = {column.name: column.label for column in COLUMNS}
# What names a level. 「国」 alone does not: 市国资委 is a city's.
LEVELS: tuple[tuple[str, str], ...] = (
    *((mark, Issuer.NATIONAL.value) for mark in ("全国", "国家", "国务院", "国办", "中央")),
    ("省", Issuer.PROVINCE.value),
    ("市", Issuer.CITY.value),
)
YES, NO = ("是", "有", "已点名", "已通报", "√", "1"), ("", "否", "无", "没有", "0", "×")
_MOMENT = re.compile(r"(.+?)[\sT]+(\d{1,2})[:：](\d{2})(?:[:：]\d{2}(?:\.\d+)?)?$")


@dataclass(frozen=True)
class Line:
    """A row of the list: what becomes of it; of a refused one which field and what to do."""

    number: int
    outcome: str
    values: dict[str, str]
    typed: Typed | None = None
    account: Account | None = None
    field: str = ""
    reason: str = ""
    there: int | None = None  # the finding that stands already

    @property
    def label(self) -> str:
        return WORDS[self.outcome]


def prepare(content: bytes, *, name: str, issuer: str, received_on: date, by: User, now: datetime) -> Job:
    """Read a list without writing a finding. `issuer`, `received_on` are of rows that do not say it themselves.

    Raises NotAllowed; Refused when the file is no such list or longer than `MAX_ROWS`; Incomplete.
    """
    policy.require(by, Action.UPPER_FINDINGS)
    if received_on > day_of(now):
        raise Incomplete("收到日期不对。", {"received_on": [upper.AHEAD]})
    with as_file(content) as path:
        header = find_header(read_table(path), COLUMNS)
    if not header.rows:
        raise Refused("表头下面没有工单，请检查后重新选择。")
    if len(header.rows) > MAX_ROWS:
        raise Refused(f"清单有 {len(header.rows)} 行，一次最多导入 {MAX_ROWS} 行，请分成几个文件。")
    job = Job(kind=KIND, state=JobState.PREPARED, by=by, created_at=now, source_name=name[:200])
    job.params = {
        "issuer": issuer,
        "received_on": received_on.isoformat(),
        "rows": [[row.number, dict.fromkeys(LABELS, "") | row.values] for row in header.rows],
        "unused": [h.strip() for i, h in enumerate(header.heads) if h.strip() and i not in header.columns.values()],
    }
    job.result = {"file": job.source_name, "read": len(header.rows)}
    with transaction.atomic():
        job.source = files.keep(content, files.XLSX if content.startswith(b"PK") else CSV)
        job.save()
    return job


def plan(job: Job, now: datetime) -> list[Line]:
    """What would become of each row now: six queries."""
    words = PlatformWords()
    rows: list[tuple[int, dict[str, str]]] = [(number, values) for number, values in job.params["rows"]]
    meant = [read(values.get("account", ""), values.get("platform", ""), words) for _, values in rows]
    accounts = [sure(found) for found in called(meant)]
    numbers = [values.get("number", "").strip() for _, values in rows]
    there = {(row.issuer, row.number): row for row in UpperFinding.objects.filter(number__in=numbers)}
    first: dict[tuple[str, str], int] = {}
    lines = []
    for (number, values), account in zip(rows, accounts, strict=True):
        line = _line(number, values, account, job, words, now)
        typed = line.typed
        if typed is not None:
            key = (typed.issuer, typed.number)
            if key in first:
                why = f"与第 {first[key]} 行的来源、编号相同，请删去重复的一行，或改正编号"
                line = Line(number, REFUSED, values, field=LABELS["number"], reason=why)
            elif key in there:
                line = _again(line, typed, there[key])
            first.setdefault(key, number)
        lines.append(line)
    return lines


def _line(
    number: int, values: dict[str, str], account: Account | None, job: Job, words: PlatformWords, now: datetime
) -> Line:
    def refused(name: str, reason: str) -> Line:
        return Line(number, REFUSED, values, field=LABELS[name], reason=reason)

    issuer = issuer_of(values.get("issuer", "")) if values.get("issuer") else job.params["issuer"]
    if not issuer:
        return refused("issuer", f"“{values['issuer']}”看不出是哪一级，请写“全国抽查”“省检查”或“市检查”")
    text = values.get("received", "")
    received = _day(text) if text else date.fromisoformat(job.params["received_on"])
    if received is None:
        return refused("received", f"“{text}”读不懂，请写成 2026-11-24 的样子")
    if not values.get("due"):
        return refused("due", "没有填写，请补上上级要求的答复期限")
    due_at = read_due(values["due"])
    if due_at is None:
        return refused("due", f"“{values['due']}”读不懂，请写成 2026-11-24 或 2026-11-24 12:00 的样子")
    if values.get("platform") and words.get(values["platform"]) is None:
        return refused("platform", f"不认识平台“{values['platform']}”，请改写；不清楚的留空")
    named = values.get("named", "").strip()
    if named not in (*YES, *NO):
        return refused("named", f"“{named}”看不出是不是点名，请写“是”或“否”")
    called_ = values.get("account", "").strip()
    if values.get("platform") and called_ and values["platform"] not in called_:
        called_ = f"{called_}（{values['platform'].strip()}）"
    typed = Typed(
        issuer=issuer,
        number=values.get("number", "").strip(),
        received_on=received,
        due_at=due_at,
        account_text=called_,
        text=values.get("text", "").strip(),
        account_id=account.pk if account else None,
        issuer_name=values.get("office", "").strip(),
        named=named in YES,
    )
    for name, sentences in upper.errors_of(typed, now, known=True).items():
        ours = {"issuer_name": "office", "account_text": "account", "received_on": "received", "due_on": "due"}
        return refused(ours.get(name, name), sentences[0].rstrip("。"))
    return Line(number, NEW, values, typed, account)


def _again(line: Line, typed: Typed, there: UpperFinding) -> Line:
    """A number that stands already: the same in all that the paper says is no change, another content is refused."""
    said = (("text", "问题"), ("due_at", "答复期限"), ("account_text", "账号"))
    other = [label for name, label in said if getattr(there, name) != getattr(typed, name)]
    if not other:
        return Line(line.number, UNCHANGED, line.values, typed, line.account, there=there.pk)
    why = f"已登记过，{'、'.join(other)}与登记的不同；要更正的，请打开那一件更正"
    return Line(line.number, REFUSED, line.values, field=LABELS["number"], reason=why, there=there.pk)


def issuer_of(text: str) -> str:
    """The level that a cell names, of several the last one (江苏省常州市政府办: 市); '' when it names none."""
    text = text.replace("市场", "").replace("城市", "")  # 国家市场监督管理总局, 省城市管理局: no city
    named = [(text.rfind(mark), issuer) for mark, issuer in LEVELS if mark in text]
    return max(named)[1] if named else ""


def _day(text: str) -> date | None:
    found = _MOMENT.match(text.strip())
    return read_day(found[1] if found else text.strip())


def read_due(text: str) -> datetime | None:
    """A due time as lists have it, exclusive: a day is its 24:00, also one that a workbook shows as 00:00:00."""
    found = _MOMENT.match(text.strip())
    day = read_day(found[1] if found else text.strip())
    if day is None:
        return None
    hour, minute = (int(found[2]), int(found[3])) if found else (24, 0)
    if hour > 24 or minute > 59 or (hour == 24 and minute):
        return None
    whole_day = (hour, minute) in ((0, 0), (24, 0))
    return start_of(day + timedelta(days=1)) if whole_day else start_of(day) + timedelta(hours=hour, minutes=minute)


def reading(lines: Sequence[Line]) -> str:
    """What a confirmation stands on: what becomes of each row, and of which account it is."""
    told = [[line.number, line.outcome, line.account and line.account.pk, line.reason] for line in lines]
    return events.sm3(repr(told))[:16]


def apply(job_id: int, *, read: str, by: User, now: datetime) -> Job:
    """Write the new rows, all or nothing. Raises NotAllowed, WrongState, StaleReading, Refused when there is none."""
    role = policy.require(by, Action.UPPER_FINDINGS)
    with transaction.atomic():
        job = _locked(job_id)
        lines = plan(job, now)
        if reading(lines) != read:
            raise StaleReading("没有导入：您看预览以后，工单或台账有变动。请看过现在的预览再导入。", [])
        new = [line for line in lines if line.outcome == NEW]
        if not new:
            raise Refused("没有可以登记的行：都已登记过，或不予导入。")
        made = [
            upper.write(line.typed, by=by, role=role, now=now, detail={"job": job.pk})
            for line in new
            if line.typed is not None
        ]
        counts = {outcome: sum(line.outcome == outcome for line in lines) for outcome in WORDS}
        detail = {"file": job.source_name, "read": len(lines), **counts, "uppers": [row.pk for row in made]}
        job.state, job.started_at, job.finished_at = JobState.DONE, now, db_now()
        job.result = {**detail, "alone": sum(row.account_id is None for row in made)}
        job.save()
        events.append(job, KIND, by=by, role=role, at=now, detail=detail)
    return job


def import_file(
    content: bytes, *, name: str, issuer: str, received_on: date, by: User, now: datetime
) -> tuple[Job, list[Line]]:
    """`prepare` and `apply` in one: for what needs no second look. The lines as they were judged. Raises as both."""
    job = prepare(content, name=name, issuer=issuer, received_on=received_on, by=by, now=now)
    lines = plan(job, now)
    return apply(job.pk, read=reading(lines), by=by, now=now), lines


def discard(job_id: int, *, by: User, now: datetime) -> Job:
    """不导入: the list ends, nothing is written. Raises NotAllowed, WrongState."""
    role = policy.require(by, Action.UPPER_FINDINGS)
    with transaction.atomic():
        job = _locked(job_id)
        job.state, job.finished_at = JobState.STOPPED, now
        job.save()
        events.append(job, DISCARDED, by=by, role=role, at=now, detail={"file": job.source_name})
    return job


def _locked(job_id: int) -> Job:
    """The job, locked and still waiting. Raises WrongState that says who was first."""
    job = Job.objects.select_for_update(of=("self",)).get(pk=job_id, kind=KIND)
    if job.state == JobState.PREPARED:
        return job
    of_job = Event.objects.filter(subject_kind="job", subject_id=job.pk, verb__in=(KIND, DISCARDED))
    done = of_job.select_related("actor").first()
    who = done.actor.name if done and done.actor else "系统"
    when = f"{(done.at if done else job.created_at).astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    did = "导入" if job.state == JobState.DONE else "决定不导入"
    raise WrongState(f"这份清单{who}已于 {when} {did}，没有再次导入。")


def due_words(line: Line) -> str:
    """The due time of a row as it would stand."""
    return due24(line.typed.due_at) if line.typed else ""
