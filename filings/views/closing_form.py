"""关停, 注销 on the form: open questions, what becomes of the account, the announcement drafted anew."""

from dataclasses import dataclass
from typing import Any

from accounts.models import Account, AccountState
from filings import closing
from filings.forms.closing import drafted
from filings.models import Filing, FilingKind

QUESTIONS_SHOWN = 3


@dataclass(frozen=True)
class Stage:
    """A state of the account on its way out, as the panel 账号状态怎么变 shows it."""

    when: str
    account: Account
    note: str = ""
    status: str = ""


def closing_context(filing: Filing) -> dict[str, Any]:
    """What the form of a closing shows beside its fields."""
    rows = closing.open_questions(filing.registered).order_by("reply_due_at", "pk")
    count = rows.count()
    return {
        "questions": list(rows[:QUESTIONS_SHOWN]),
        "question_count": count,
        "more_questions": max(count - QUESTIONS_SHOWN, 0),
        "stages": _stages(filing),
        "ends_by": closing.due_at(filing),
    }


def _stages(filing: Filing) -> list[Stage]:
    account, cancels = filing.registered, filing.kind == FilingKind.CANCEL
    target = AccountState.CANCELLED if cancels else AccountState.CLOSED
    found = [Stage("现在", account, status="now")]
    if account.state == AccountState.ACTIVE:
        closing_ = Account(state=AccountState.CLOSING)
        found.append(Stage("区府办审核通过、公告公布后", closing_, "办结前仍须正常更新、按时回复"))
    when = "补齐注销证明、咨询办完、两个系统都备案后" if cancels else "到停止更新日期、咨询办完、两个系统都备案后"
    return [*found, Stage(when, Account(state=target))]


def redrafted(filing: Filing, typed: dict[str, Any]) -> dict[str, str]:
    """按填写内容重新起草: the announcement from what is `typed`, in the place of what was written."""
    return {"notice_text": drafted(filing, typed)}
