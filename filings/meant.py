"""The filing that somebody of the office means by what was typed: its number, the end of its number, or its account."""

import re
import unicodedata
from collections.abc import Sequence

from django.db.models import Q

from filings import going_up, queues
from filings.models import Filing
from zhonglou_media.core.errors import Refused

NAMED_IN_ALL = 3
OFFERED = 20
_NUMBER = re.compile(r"([A-Z]+-\d{4}-\d+)\s*(.*)")
_TAIL = re.compile(r"[\d-]+")
_WITH_PLATFORM = re.compile(r"(.+)[（(](.+)[)）]")


class Several(Refused):
    """More than one is meant; `some` of them are offered."""

    def __init__(self, words: str, some: Sequence[Filing]) -> None:
        super().__init__(words)
        self.some = some


def called(filing: Filing) -> str:
    """How a filing is offered, and typed in full: 「ZLXMT-2026-00012 示例（抖音）」."""
    return f"{filing.number} {filing.account_label}"


def offered() -> list[Filing]:
    """The few that are next due and that a system has not answered."""
    return queues.of_keys(going_up.to_pass_on().values_list("pk", flat=True)[:OFFERED])


def meant(text: str) -> Filing:
    """The one filing that `text` means: of those that wait for the systems above, or, where none does, of all.

    So one that a colleague just dealt with is told apart from one that never was. Raises Refused that says what to
    type instead, Several.
    """
    typed = " ".join(text.split())
    numbered = _NUMBER.fullmatch(_plain(typed).upper())
    if numbered:
        return _numbered(*numbered.groups())
    named = _named(typed)
    exact = named | Q(number__endswith=_plain(typed)) if _TAIL.fullmatch(_plain(typed)) else named
    holding = Q(opening__name__icontains=typed) | Q(account__name__icontains=typed)
    waiting, every = going_up.accepted(), Filing.objects.filter(number__isnull=False).order_by("pk")
    for rows, fits in ((waiting, exact), (waiting, holding), (every, exact)):
        found = rows.filter(fits)
        some = list(found.for_lists()[:OFFERED])
        if len(some) == 1:
            return some[0]
        if some and rows is waiting:
            count = len(some) if len(some) < OFFERED else found.count()
            raise Several(_several(typed, some, count), some)
    raise Refused(f"没有待上级平台备案的“{typed}”，请核对备案编号或账号名称。")


def _numbered(number: str, label: str) -> Filing:
    """By the whole number; the account behind it must be that filing's."""
    filing = Filing.objects.for_lists().filter(number=number).first()
    if filing is None:
        raise Refused(f"没有备案编号为“{number}”的备案，请核对。")
    if label and label != " ".join(_plain(filing.account_label).upper().split()):
        raise Refused(f"{number} 是“{filing.account_label}”，与后面写的账号不一致，请核对。")
    return filing


def _named(name: str) -> Q:
    """The account is called `name`, as it is or with its platform behind: 「示例（抖音）」."""
    found = Q(opening__name__iexact=name) | Q(account__name__iexact=name)
    if of_platform := _WITH_PLATFORM.fullmatch(name):
        head, platform = of_platform.groups()
        found |= Q(opening__name__iexact=head, opening__platform__name=platform)
        found |= Q(account__name__iexact=head, account__platform__name=platform)
    return found


def _several(typed: str, some: Sequence[Filing], count: int) -> str:
    named = "、".join(called(filing) for filing in some[:NAMED_IN_ALL])
    return f"“{typed}”对得上 {count} 件：{named}{'等' if count > NAMED_IN_ALL else ''}，请写全备案编号。"


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text)
