"""What differs between kinds of filings in a sentence: what they are for, what completing them did, what was early."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from filings.models import Filing, FilingKind


@dataclass(frozen=True)
class KindWords:
    """`done` completes 「已办结，…」; `act` is what happens on the platform: 「平台上已先…」."""

    annex: str
    what_for: str
    icon: str
    act: str
    early: str  # what it is called when that came before the approval
    done: str
    afterwards: str


WORDS: Mapping[str, KindWords] = MappingProxyType(
    {
        FilingKind.OPEN: KindWords(
            annex="附件 2",
            what_for="新设账号，或补报已有账号",
            icon="plus",
            act="开通",
            early="未批先建",
            done="账号正常运行",
            afterwards="以后名称、主办单位、人员等有变化的，请办理变更报备。",
        ),
        FilingKind.CHANGE: KindWords(
            annex="附件 4",
            what_for="名称、主办单位、人员等有变化",
            icon="edit",
            act="变更",
            early="先变更、后批准",
            done="台账已改成变更后的内容",
            afterwards="以后再有变化的，请另行办理变更报备。",
        ),
        FilingKind.CLOSE: KindWords(
            annex="附件 3",
            what_for="停止更新，账号保留或迁移",
            icon="player-stop",
            act="停止更新",
            early="先停止更新、后批准",
            done="账号已关停",
            afterwards="关停后不再更新；在平台上注销的，请另行办理注销报备。",
        ),
        FilingKind.CANCEL: KindWords(
            annex="附件 3",
            what_for="账号在平台上注销",
            icon="circle-x",
            act="注销",
            early="先注销、后批准",
            done="账号已注销",
            afterwards="本账号的备案到此全部办完。",
        ),
    }
)


@dataclass(frozen=True)
class Choice:
    """A kind as a list offers it."""

    code: str
    label: str
    words: KindWords


CHOICES = tuple(Choice(kind.value, kind.label, WORDS[kind]) for kind in FilingKind)


def of(filing: Filing) -> KindWords:
    """The words of the kind of `filing`."""
    return WORDS[filing.kind]
