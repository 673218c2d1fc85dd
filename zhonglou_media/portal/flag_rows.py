"""Flags as pages list them: the name of the fact and a link to it, the fact in one sentence, age, 数据截至."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse

from accounts.flags import RuleCode
from accounts.models import Flag
from accounts.wording import Facts, Known, age, early, since
from filings.models import Filing, PreApproval, PreApprovalState

LONG = timedelta(days=7)  # a flag that stands longer is shown in red
# Where the fact under a flag of an account is shown, if not on its first page.
PAGES: dict[str, str] = {
    RuleCode.SLOW_REPLY: "accounts:activity",
    RuleCode.NO_CUSTODIAN: "accounts:people",
    RuleCode.VENDOR_LAPSED: "accounts:people",
}


@dataclass(frozen=True)
class FlagRow:
    """A flag, what it is about, where that is shown, and what was found."""

    flag: Flag
    name: str
    link: str
    title: str  # the name alone, where the platform stands in `sub`
    sub: str
    fact: str
    age: str
    long: bool
    known: Known


def flag_rows(flags: Sequence[Flag], now: datetime) -> list[FlagRow]:
    """`flags` with their facts as of `now`: as many queries for any number of them."""
    retained = [flag.fact_id for flag in flags if flag.fact_kind == "preapproval"]
    asked = PreApproval.objects.in_bulk(retained) if retained else {}
    ids = [flag.fact_id for flag in flags if flag.fact_kind == "filing"]
    filings = {filing.pk: filing for filing in Filing.objects.filter(pk__in=ids).for_lists()} if ids else {}
    facts = Facts.of(flags, now)
    return [
        _row(flag, filings.get(flag.fact_id) if flag.fact_kind == "filing" else None, facts, asked) for flag in flags
    ]


def _row(flag: Flag, filing: Filing | None, facts: Facts, asked: Mapping[int, PreApproval]) -> FlagRow:
    if filing is not None:
        name, link = f"{filing.get_kind_display()}·{filing.account_label}", reverse("filings:detail", args=[filing.pk])
        title, sub, fact = filing.account_label, f"{filing.get_kind_display()}·{flag.unit}", _filed(flag, filing, facts)
    elif flag.account is not None:
        page = PAGES.get(flag.rule, "accounts:detail")
        name, link = str(flag.account), reverse(page, args=[flag.account.pk])
        title, sub, fact = flag.account.name, f"{flag.account.platform}·{flag.unit}", facts.sentence(flag)
        if flag.fact_kind == "closureorder":
            link = reverse("inspections:order", args=[flag.fact_id])
        if flag.fact_kind == "rectification":
            link = reverse("inspections:rectification", args=[flag.fact_id])
        if flag.fact_kind == "preapproval":
            link = reverse("filings:preapproval", args=[flag.fact_id])
            fact = _retained(flag, asked[flag.fact_id], facts)
    else:
        name = title = str(flag.unit)
        link, sub, fact = "", "", facts.sentence(flag)
        if flag.fact_kind == "rectification":  # from above, of an account that the register does not hold
            link = reverse("inspections:rectification", args=[flag.fact_id])
    long = facts.now - since(flag) > LONG and flag.cleared_at is None and flag.waived_at is None
    return FlagRow(flag, name, link, title, sub, fact, age(flag, facts.now), long, facts.known(flag))


# --- the sentence of each rule of filings (第八条) -------------------------------------------------------------------


def _filed(flag: Flag, filing: Filing, facts: Facts) -> str:
    return SENTENCES[flag.rule](flag, filing, facts)


def _overdue_filing(flag: Flag, filing: Filing, facts: Facts) -> str:
    approved = f"{facts.day(filing.first_approved_on)} 批准，" if filing.first_approved_on else ""
    return f"{approved}应于 {facts.until(flag.due_at)} 前报送{_but(filing.first_reported_at, '报送', flag, facts)}"


def _overdue_correction(flag: Flag, filing: Filing, facts: Facts) -> str:
    begun = f"{facts.day(filing.correction_from)} " if filing.correction_from else ""
    why = f"{begun}退回，" if filing.returns else f"所承接的一件已报送过，{begun}批准，"
    return f"{why}应于 {facts.until(flag.due_at)} 前改好再报{_but(filing.reported_at, '再报', flag, facts)}"


def _unapproved_event(flag: Flag, filing: Filing, facts: Facts) -> str:
    """Also of an opening that has no account yet."""
    return early(facts, filing.kind, filing.effective_on, filing.first_approved_on)


def _retained(flag: Flag, row: PreApproval, facts: Facts) -> str:
    """第九条: never asked for by the missed due time, or refused and still there."""
    if row.state == PreApprovalState.REFUSED and row.act_by == flag.due_at:
        return f"不予保留，应于 {facts.until(flag.due_at)} 前办结关停"
    return f"应于 {facts.until(flag.due_at)} 前申请保留{_but(row.asked_at, '申请', flag, facts)}"


def _but(at: datetime | None, verb: str, flag: Flag, facts: Facts) -> str:
    """What came of it after the missed due time: 「，11-23 10:00 才报送」."""
    return f"，{facts.moment(at)} 才{verb}" if at is not None and at >= flag.due_at else ""


SENTENCES: dict[str, Callable[[Flag, Filing, Facts], str]] = {
    RuleCode.OVERDUE_FILING: _overdue_filing,
    RuleCode.OVERDUE_CORRECTION: _overdue_correction,
    RuleCode.UNAPPROVED_EVENT: _unapproved_event,
}
