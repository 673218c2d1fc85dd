"""What pages say of a filing: its clock that runs now, what happens next and by when, how far it is."""

from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from accounts.models import Membership, Role, Unit
from filings import applying, approving, closing, kind_words, kinds, replacing
from filings.models import Filing, FilingState, ReceiptResult, System
from filings.models.filing import CLOSINGS, UNDER_CORRECTION
from filings.timeline import verb_label
from zhonglou_media.core.clock import SHANGHAI, day_of
from zhonglou_media.core.countdown import due24
from zhonglou_media.core.events import SYSTEM
from zhonglou_media.core.models import Event
from zhonglou_media.core.settings_at import setting
from zhonglou_media.core.words import SYSTEMS

S = FilingState
OTHER = {System.NATIONAL.value: "等全国系统", System.PROVINCIAL.value: "等省平台"}
RETURNS = ("leader_return", "return_for_correction", "upper_return")


@dataclass(frozen=True)
class Running:
    """The unit's clock that runs now: when it ends (exclusive), and what must be done by then."""

    due: datetime
    verb: str
    provisional: bool
    why: str = ""  # what it is counted from, for the page that explains it

    @property
    def until(self) -> str:
        """The due time in a sentence: 「2026-11-26 24:00」, with （暂定） while it is."""
        return due24(self.due, provisional=self.provisional)

    def is_over(self, now: datetime) -> bool:
        return not self.provisional and self.due <= now

    def ends_on(self, day: date) -> bool:
        """Whether `day` (Shanghai) is its last one: due times are 00:00 of the day after."""
        return not self.provisional and day_of(self.due - timedelta(microseconds=1)) == day


def running(filing: Filing) -> Running | None:
    """The correction's clock while under correction, else the report's until the first report; None if neither."""
    if filing.state in UNDER_CORRECTION and filing.correction_due_at is not None:
        verb = "改好再报" if filing.returns else "报送"
        return Running(filing.correction_due_at, verb, filing.provisional, _correction_why(filing))
    if filing.is_live and filing.first_reported_at is None and filing.report_due_at is not None:
        of_old = "上一件的" if filing.replaces_id and replacing.inherits(filing) else ""
        why = f"按{of_old}首次批准日 {filing.first_approved_on} 计算，批准当日不计；退回再批不重新起算。"
        return Running(filing.report_due_at, "报送", filing.provisional, why)
    return None


def asked(filing: Filing) -> Running | None:
    """What `running` says, else by when a decision (责令, 不予保留) wants it done: what lists are sorted by."""
    clock = running(filing)
    if clock is not None or not filing.is_live or filing.kind not in CLOSINGS:
        return clock
    due = closing.due_at(filing)
    return Running(due, "办结", provisional=False, why="决定要求办结的日期。") if due else None


def _correction_why(filing: Filing) -> str:
    day = filing.correction_from
    if day is None:
        return ""
    if filing.returns:
        return f"自退回之日（{day}）起算，当日不计；首次报送是否按期不受退回影响。"
    return f"所承接的一件已报送过，自本件批准之日（{day}）起算，当日不计。"


def if_approved(filing: Filing, *, on: date, now: datetime) -> Running | None:
    """The clock that would run if `filing`, not approved yet, were approved on that Shanghai date; None: none would."""
    trial = copy(filing)
    approving.write_approval(trial, on=on, now=now)
    return running(trial)


@dataclass(frozen=True)
class Succession:
    """What a filing stands on (row 12): the old one, and what of it counts here."""

    old: Filing
    name: str
    words: str


def succession(filing: Filing) -> Succession | None:
    """「承接 ZLXMT-2026-0007（不予备案），沿用其首次报送」; None when it stands on no other filing."""
    old, base = filing.replaces, replacing.base_of(filing)
    if old is None:
        return None
    if base is None:
        return Succession(old, _named(old), "该件已确认未发生，期限不沿用")
    further = "" if base == old else f"该件已确认未发生，承接更早的 {_named(base)}，"
    if base.first_reported_at is not None:
        words = f"沿用其首次报送{'（迟报）' if base.is_late else ''}"
    else:
        words = "沿用其报送期限" if base.report_due_at else "该件没有经主要领导批准，期限从本件的批准起算"
    return Succession(old, _named(old), further + words)


def _named(old: Filing) -> str:
    return f"{old.number}（{old.get_state_display()}）" if old.number else str(old)


def inherits_report(filing: Filing) -> bool:
    """Whether the first report that counts is the old filing's, and this one has not been reported itself."""
    return filing.first_reported_at is not None and filing.reported_at is None


def verdict(filing: Filing) -> str:
    """迟报 or 按期报送 of a filing that was reported, or ended late without (row 11); '' before, and while 暂定."""
    if filing.not_occurred:
        return "未发生，不计"
    if filing.report_due_at is None or filing.provisional:
        return ""
    if filing.is_late:
        return "迟报"
    if inherits_report(filing):
        return ""
    return "按期报送" if filing.first_reported_at else ""


def day(of: datetime | date | None, now: datetime) -> str:
    """11-24, with its year when that is not this one (Shanghai); '' for none."""
    if of is None:
        return ""
    local = day_of(of) if isinstance(of, datetime) else of
    return f"{local:%m-%d}" if local.year == day_of(now).year else f"{local}"


def moment(at: datetime, now: datetime) -> str:
    """11-24 14:05, with its year when that is not this one (Shanghai)."""
    return f"{day(at, now)} {at.astimezone(SHANGHAI):%H:%M}"


def leaders_of(unit: Unit, on: date) -> str:
    """Who approves for `unit` on that day, as a sentence names them; '' when nobody can online."""
    held = Membership.objects.current(on).filter(unit=unit, role=Role.LEADER, user__is_active=True)
    return "、".join(held.order_by("id").values_list("user__name", flat=True))


def report_days(on: date) -> int:
    """Working days to report an approved matter (第八条), as set on that day."""
    return int(setting("report_days", on))


def after_approval(filing: Filing, now: datetime) -> str:
    """By when the unit reports once the leader has approved; a clock that runs already is not started anew."""
    clock = running(filing)
    if clock is not None:
        return f"期限不重新起算，批准后请在 {clock.until} 前{clock.verb}。"
    return f"批准后请在 {report_days(day_of(now))} 个工作日内报送。"


def half_way(done: str, result: str, open_: str) -> str:
    """What an accepted filing that one system has answered waits for, e.g. 「全国已备案，等省平台」."""
    return f"{SYSTEMS[done]}{'不适用' if result == ReceiptResult.NOT_APPLICABLE else '已备案'}，{OTHER[open_]}"


def _passing_on(filing: Filing, now: datetime) -> str:
    answered = {system: applying.standing_receipt(filing, system) for system in System.values}
    done = [(system, receipt) for system, receipt in answered.items() if receipt]
    if len(done) == 1:
        (system, receipt) = done[0]
        (open_,) = [other for other in answered if other != system]
        return f"{half_way(system, receipt.result, open_)}，两个系统都备案后自动办结。"
    if len(done) == len(answered):
        lacks = kinds.of(filing).lacks(filing, now)
        return (
            still_lacks(filing, lacks) if lacks else "两个系统都已答复，即将办结；没有自动办结的，请区政府办公室再试。"
        )
    return "区政府办公室正在全国、全省两个系统办理备案，两个系统都备案后自动办结。"


def still_lacks(filing: Filing, lacks: str) -> str:
    """What a filing that both systems have answered waits for, and who gives it."""
    return f"两个系统都已答复，还缺：{lacks}。由{filing.unit.name}在“补充材料”里补齐，齐了自动办结。"


def next_step(filing: Filing, leaders: str, *, now: datetime) -> str:
    """What happens next with `filing`, who does it, and by when."""
    clock = running(filing)
    by = f"请在 {clock.until} 前" if clock else ""
    match filing.state:
        case S.DRAFT:
            decided = asked(filing)
            kept = f"期限不重新起算，{by}{clock.verb}。" if clock else "主要领导批准前不计时。"
            kept += f"决定要求在 {decided.until} 前办结。" if decided and not clock else ""
            return f"填好后提交{leaders or '本单位主要领导'}审批。{kept}"
        case S.LEADER_REVIEW:
            who = f"等待{leaders}审批" if leaders else "本单位没有可在线审批的主要领导，请登记书面批准"
            return f"{who}。{after_approval(filing, now)}"
        case S.TO_REPORT:
            late = clock is not None and clock.is_over(now)
            return (
                f"主要领导已批准，报送期限 {clock.until} 已过，请尽快报送，迟报会如实记录。"
                if clock and late
                else f"主要领导已批准，{by}报送区政府办公室。缺的附件、账号ID可先报送、后补齐。"
            )
        case S.OFFICE_REVIEW:
            return "区政府办公室正在审核。审核期间单位可以补充材料，结果会通知填报员。"
        case S.RETURNED:
            return f"{by or '请'}按退回意见改好再报；只改联系方式、附件、备注和后补内容的，不需再经领导审批。"
        case S.ACCEPTED:
            return filing.conflict or _passing_on(filing, now)
        case S.COMPLETED:
            return f"已办结，{kind_words.of(filing).done}。{kind_words.of(filing).afterwards}"
        case S.REFUSED:
            return "区政府办公室不予备案，本件已结束。"
        case _:
            return "本单位已撤回，本件已结束。需要时可以重新填报。"


# --- how far it is --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """One place of the step bar."""

    name: str
    status: str
    when: str = ""


WAY = (S.DRAFT, S.LEADER_REVIEW, S.TO_REPORT, S.OFFICE_REVIEW, S.ACCEPTED, S.COMPLETED)
LEFT_BY = {
    S.DRAFT: ("submit",),
    S.LEADER_REVIEW: ("leader_approve", "record_paper_approval"),
    S.TO_REPORT: ("report",),
    S.OFFICE_REVIEW: ("accept",),
    S.ACCEPTED: ("complete",),
    S.COMPLETED: ("complete",),
}


def steps(filing: Filing, history: Sequence[Event], now: datetime) -> list[Step]:
    """The way of a filing, where it stands and when it passed each place."""
    state = FilingState(filing.state)
    if state in WAY:
        at = WAY.index(state)
        ended = state == S.COMPLETED
        return [
            Step(
                place.label,
                "done" if i < at or ended else "now" if i == at else "todo",
                _left(place, i, at, history, now),
            )
            for i, place in enumerate(WAY)
        ]
    if state == S.RETURNED:
        names = [Step(place.label, "done", _left(place, 0, 1, history, now)) for place in WAY[:3]]
        back = Step(state.label, "now", f"第{filing.returns}次退回")
        return [*names, back, *(Step(place.label, "todo") for place in WAY[4:])]
    last = next((event for event in reversed(history) if event.to_state == state), None)
    came_from = FilingState(last.from_state) if last and last.from_state else S.DRAFT
    passed = WAY[: WAY.index(came_from) + 1] if came_from in WAY else WAY[:4]
    when = moment(last.at, now) if last else ""
    return [
        *(Step(place.label, "done", _left(place, 0, 1, history, now)) for place in passed),
        Step(state.label, "now", when),
    ]


def _left(place: FilingState, number: int, at: int, history: Sequence[Event], now: datetime) -> str:
    if number > at or (number == at and place != S.COMPLETED):
        return ""
    last = next((event for event in reversed(history) if event.verb in LEFT_BY[place]), None)
    return moment(last.at, now) if last else ""


# --- what happened --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Entry:
    """One line of the history."""

    what: str
    who: str
    at: datetime
    comment: str
    status: str


GOOD = frozenset(
    {"leader_approve", "record_paper_approval", "report", "accept", "complete", "receipt", "check_paper", "submit"}
)
BACK = frozenset({*RETURNS, "refuse", "completion_blocked", "unaccept", "withdraw"})


def entries(history: Iterable[Event], *, for_office: bool) -> list[Entry]:
    """办理经过, newest first; who opened it for review is the office's own matter."""
    shown = [event for event in history if for_office or event.verb != "read"]
    return [_entry(event, newest=event is shown[-1]) for event in reversed(shown)]


def _entry(event: Event, *, newest: bool) -> Entry:
    status = "back" if event.verb in BACK else "now" if newest else "done" if event.verb in GOOD else ""
    return Entry(verb_label(event.verb), who(event), event.at, _said(event), status)


def _said(event: Event) -> str:
    if "approved_on" not in event.detail:
        return event.comment
    was = event.detail.get("was")
    leader = event.detail.get("paper_leader")
    facts = f"签批件日期 {event.detail['approved_on']}"
    facts += f"（原录入 {was}）" if was else ""
    return f"{facts}，{leader}签批" if leader else facts


def who(event: Event) -> str:
    """「张三（填报员）」."""
    if event.actor is None or event.role == SYSTEM:
        return "系统"
    return f"{event.actor}（{Role(event.role).label}）" if event.role in Role.values else str(event.actor)
