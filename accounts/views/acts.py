"""What else may be done with an account from its page: acts whose pages belong to higher apps, by URL name."""

from dataclasses import dataclass

from django.urls import reverse

from accounts.models import Account
from accounts.models.account import GONE, ORDERABLE
from accounts.policy import Action, may
from zhonglou_media.core.models import User


@dataclass(frozen=True)
class Act:
    """A line of the panel 其他办理: its words, its page, and when it is for."""

    label: str
    url: str
    why: str


def acts(user: User, account: Account, *, ordered: bool) -> list[Act]:
    """The acts `user` may begin; `ordered`: a closure order of the account stands."""
    orderable, lost = account.state in ORDERABLE, account.lost_control_since is not None
    why = "没有备案、整改不到位或被上级通报的账号"
    offered = (
        (Action.ORDER, orderable and not ordered, "inspections:issue_order", "责令关停", why),
        (Action.REPORT_LOST, orderable and not lost, "inspections:report_lost", "报告账号失控", "密码遗失、账号被盗的"),
        (Action.DECLARE_LOST, orderable and not lost, "inspections:declare_lost", "认定失控", "核实确已失控的"),
        (Action.DECLARE_LOST, lost, "inspections:recover", "恢复控制", "账号已经找回的"),
        (Action.MERGE_ACCOUNTS, account.state not in GONE, "filings:merge", "合并重复账号", "一个账号登记了两次的"),
    )
    return [
        Act(label, reverse(name, args=[account.pk]), why)
        for action, open_now, name, label, why in offered
        if open_now and may(user, action, account)
    ]
