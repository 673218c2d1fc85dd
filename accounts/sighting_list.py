"""发现清单: a list of what was seen on platforms is compared row by row; a person decides what each row is.

The list waits as a `Job` in the state 待确认 and is read against the register each time it is shown. Applying names
what was shown (the digest of each row) and writes every decision in one transaction, or none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db import IntegrityError, transaction
from django.db.models import Count

from accounts import policy, sightings
from accounts.models import Sighting, Verdict
from accounts.register_rows import COLUMNS, Line, PlatformWords, read_line
from accounts.sighting_match import Candidate, Finding, Suggestion, Units, match_all, suggest
from zhonglou_media.core import events, files
from zhonglou_media.core.clock import SHANGHAI, day_of, db_now
from zhonglou_media.core.day_field import read_day
from zhonglou_media.core.errors import Difference, Incomplete, Refused, StaleReading, WrongState
from zhonglou_media.core.models import Event, Job, JobState, User
from zhonglou_media.core.tables_in import Column, Row, as_file, find_header, read_table

KIND, DISCARDED = "sightings", "discard_sightings"  # verbs of its events; the first is the kind of job as well
MAX_ROWS = 300  # a person looks at each
SEEN_COLUMNS = (
    *(replace(column, required=column.required and column.name != "unit") for column in COLUMNS),
    Column("source", "发现途径", ("发现途径", "途径", "来源", "发现来源"), ("发现途径", "线索来源"), if_clear=True),
    Column("found_on", "发现日期", ("发现日期", "发现时间", "日期"), ("发现日期", "发现时间"), if_clear=True),
)
SOURCE_WIDTH = 200
CSV = "text/csv"


@dataclass(frozen=True)
class SeenRow:
    """A row of the list: what was seen, what it may be and what the portal would say; or why it cannot be read."""

    number: int
    line: Line
    seen: sightings.Seen | None
    candidates: list[Candidate]
    suggestion: Suggestion | None
    problem: str = ""

    @property
    def digest(self) -> str:
        """What a decision about this row stands on, in 12 characters."""
        told = [candidate.told for candidate in self.candidates]
        why = self.suggestion and [self.suggestion.verdict.value, self.suggestion.why]
        return events.sm3(repr([self.number, told, why, self.problem]))[:12]


@dataclass(frozen=True)
class Decision:
    """What a person chose for a row: `unit` as it was written."""

    verdict: str
    account: int | None = None
    unit: str = ""


def prepare(content: bytes, *, name: str, source: str, found_on: date, by: User, now: datetime) -> Job:
    """Read a list without writing to the register; the job returned holds it and waits for decisions.

    Raises NotAllowed; Refused when the file holds no such list, or more than `MAX_ROWS` rows; Incomplete.
    """
    policy.require(by, policy.Action.SIGHT)
    if found_on > day_of(now):
        raise Incomplete("发现日期不对。", {"found_on": ["发现日期不能晚于今天。"]})
    with as_file(content) as path:
        header = find_header(read_table(path), SEEN_COLUMNS)
    if not header.rows:
        raise Refused("表头下面没有账号，请检查后重新选择。")
    if len(header.rows) > MAX_ROWS:
        raise Refused(f"清单有 {len(header.rows)} 行，一次最多比对 {MAX_ROWS} 行，请分成几个文件。")
    job = Job(kind=KIND, state=JobState.PREPARED, by=by, created_at=now, source_name=name[:SOURCE_WIDTH])
    job.params = {
        "source": (source.strip() or name)[:SOURCE_WIDTH],
        "found_on": found_on.isoformat(),
        "rows": [[row.number, row.values] for row in header.rows],
        "unused": [h.strip() for i, h in enumerate(header.heads) if h.strip() and i not in header.columns.values()],
    }
    job.result = {"file": job.source_name, "read": len(header.rows)}
    with transaction.atomic():
        job.source = files.keep(content, files.XLSX if content.startswith(b"PK") else CSV)
        job.save()
    return job


def rows_of(job: Job) -> list[SeenRow]:
    """The rows of a list, compared with the register as it stands: a fixed number of queries.

    Where a row says itself how or when it was found, that counts instead of what was typed for the whole list.
    """
    words, units = PlatformWords(), Units()
    lines = [read_line(Row(number, [], values), words, {}, seen=True) for number, values in job.params["rows"]]
    days = {id(line): _found_on(line, job) for line in lines}
    read = [line for line in lines if not line.problems]
    findings = [_finding(line) for line in read]
    matched = dict(zip(map(id, read), zip(findings, match_all(findings), strict=True), strict=True))
    rows = []
    for line in lines:
        if id(line) not in matched:
            rows.append(SeenRow(line.row.number, line, None, [], None, "；".join(line.problems)))
            continue
        finding, candidates = matched[id(line)]
        seen = sightings.Seen(
            finding.platform,
            line.name,
            line.row.values.get("source", "")[:SOURCE_WIDTH] or job.params["source"],
            days[id(line)],
            line.uid,
            line.link,
            line.remarks,
        )
        rows.append(SeenRow(line.row.number, line, seen, candidates, suggest(finding, candidates, units)))
    return rows


def _found_on(line: Line, job: Job) -> date:
    """The day in the row, else that of the list; one that cannot be is a problem of the row."""
    text = line.row.values.get("found_on", "").removesuffix(" 00:00:00")
    day = read_day(text) if text else date.fromisoformat(job.params["found_on"])
    if day is None:
        line.problems.append(f"发现日期“{text}”读不懂，请写成 2026-11-24 的样子")
    elif day > day_of(job.created_at):
        line.problems.append(f"发现日期 {day} 晚于上传的日期")
    return day or date.fromisoformat(job.params["found_on"])


def _finding(line: Line) -> Finding:
    if line.platform is None:
        raise ValueError("a line without a platform has a problem")
    return Finding(line.platform, line.name, line.uid, line.link, line.unit)


def reading(rows: Sequence[SeenRow]) -> str:
    """What the page showed: the digest of each row."""
    return ",".join(f"{row.number}:{row.digest}" for row in rows)


def apply(job_id: int, decisions: Mapping[int, Decision], *, read: str, by: User, now: datetime) -> Job:
    """Keep every decision, all or nothing; the units of unfiled accounts are told.

    Raises NotAllowed; WrongState when it was done already; StaleReading when the register has moved on since `read`;
    Incomplete, by field and row (`unit-17`).
    """
    role = policy.require(by, policy.Action.SIGHT)
    try:
        with transaction.atomic():
            job = _locked(job_id)
            rows = rows_of(job)
            _same(rows, read)
            kept = [row for row in rows if row.seen is not None]
            if not kept:
                raise Refused("这份清单没有能认定的行，请改好文件后重新上传。")
            done = sightings.write(_choices(kept, decisions), by=by, role=role, now=now)
            counts = {verdict: sum(one.sighting.verdict == verdict for one in done) for verdict in Verdict.values}
            detail = {
                "file": job.source_name,
                "source": job.params["source"],
                "read": len(rows),
                "refused": len(rows) - len(kept),
                **counts,
            }
            job.state, job.started_at, job.finished_at = JobState.DONE, now, db_now()
            ids = [one.sighting.pk for one in done]
            told = sum({one.sighting.unit_id: one.told or 0 for one in done}.values())
            silent = sorted({str(one.sighting.unit) for one in done if one.told == 0})
            job.result = {**detail, "sightings": ids, "told": told, "silent": silent}
            job.save()
            events.append(job, KIND, by=by, role=role, at=now, detail={**detail, "sightings": ids})
    except IntegrityError as error:
        raise Refused(sightings.BEATEN) from error
    except Incomplete as incomplete:
        numbers = [row.number for row in kept]
        by_row = {_at_row(field, numbers): told for field, told in incomplete.errors.items()}
        raise Incomplete(str(incomplete), by_row) from None
    return job


def rehearse(
    job_id: int, decisions: Mapping[int, Decision], *, read: str, by: User, now: datetime
) -> list[tuple[str, int]]:
    """The units that `apply` would tell, each with how many accounts are found unfiled; nothing stays of it.

    Raises as `apply`.
    """
    with transaction.atomic():
        job = apply(job_id, decisions, read=read, by=by, now=now)
        unfiled = Sighting.objects.filter(pk__in=job.result["sightings"], verdict=Verdict.UNFILED)
        units = list(unfiled.order_by("unit__name").values_list("unit__name").annotate(Count("pk")))
        transaction.set_rollback(True)
    return units


def sure(decisions: Mapping[int, Decision]) -> str:
    """What a second look at these decisions confirms: others are to be looked at again."""
    return events.sm3(repr(sorted(decisions.items(), key=lambda item: item[0])))[:16]


@transaction.atomic
def discard(job_id: int, *, by: User, now: datetime) -> Job:
    """不认定了: nobody wants this list; it ends without a word in the register. Raises NotAllowed, WrongState."""
    role = policy.require(by, policy.Action.SIGHT)
    job = _locked(job_id)
    job.state, job.finished_at = JobState.STOPPED, now
    job.save()
    events.append(job, DISCARDED, by=by, role=role, at=now, detail={"file": job.source_name})
    return job


def ended(job: Job) -> Event | None:
    """Who decided about this list, or discarded it, and when; None while it waits."""
    of_job = Event.objects.filter(subject_kind="job", subject_id=job.pk, verb__in=(KIND, DISCARDED))
    return of_job.select_related("actor").first()


def _locked(job_id: int) -> Job:
    """The job, locked and still waiting. Raises WrongState that says who was first."""
    job = Job.objects.select_for_update(of=("self",)).get(pk=job_id, kind=KIND)
    if job.state == JobState.PREPARED:
        return job
    done = ended(job)
    who = done.actor.name if done and done.actor else "系统"
    when = f"{(done.at if done else job.created_at).astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    if job.state == JobState.STOPPED:
        raise WrongState(f"{who}已于 {when} 决定不认定这份清单；要认定的，请重新上传。")
    raise WrongState(f"这份清单已由{who}于 {when} 认定，不用再办。")


def _same(rows: Sequence[SeenRow], read: str) -> None:
    """Raises StaleReading, naming the rows, when one is not as it was shown."""
    before = set(read.split(","))
    moved = [row for row in rows if f"{row.number}:{row.digest}" not in before]
    if moved:
        told = [Difference(f"第 {row.number} 行 {row.line.name}", "", _in_words(row)) for row in moved]
        raise StaleReading("没有登记：您看这份清单以后台账有变动。请看过变动的行，再认定；您选好的都还在。", told)


def _in_words(row: SeenRow) -> str:
    return row.suggestion.why if row.suggestion else row.problem


def _choices(rows: Sequence[SeenRow], decisions: Mapping[int, Decision]) -> list[sightings.Choice]:
    """What `sightings.write` takes. Raises Incomplete (by place) for a unit that nobody knows."""
    units, unknown, choices = Units(), {}, []
    for place, row in enumerate(rows):
        chosen = decisions.get(row.number, Decision(""))
        unit = units.get(chosen.unit)
        if chosen.verdict == Verdict.UNFILED and chosen.unit and unit is None:
            unknown[f"unit-{place}"] = [f"台账里没有单位“{chosen.unit}”，请写全称。"]
        if row.seen is None or row.suggestion is None:
            raise ValueError("a row that cannot be read is left out before")
        account = row.suggestion.names(chosen.verdict, chosen.account)
        choices.append(sightings.Choice(row.seen, chosen.verdict, account, unit.pk if unit else None))
    if unknown:
        raise Incomplete("还有没认定清楚的，请按提示改好。", unknown)
    return choices


def _at_row(field: str, numbers: Sequence[int]) -> str:
    name, _, place = field.rpartition("-")
    return f"{name}-{numbers[int(place)]}"
