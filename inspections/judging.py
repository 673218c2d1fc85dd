"""What was judged of each indicator: pure functions over `answers` of a check sheet or a self-check.

`answers` is {code: {"count", "pre", "text", "url", "known", "hint", "unknown", "reason", "note"}}; `count` None is not
judged yet, `pre` None is what the facts do not tell: a person judges. A judgement is a count: 0 is 没有发现, or no
bonus.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from inspections.models import Indicator, IndicatorKind, IndicatorSet
from inspections.prejudging import Pre
from inspections.scoring import Score, score
from zhonglou_media.core.clock import SHANGHAI

MOST = 999  # of one indicator
REASON, NOTE = 300, 500  # characters
Answer = dict[str, Any]
Answers = dict[str, Answer]


@dataclass(frozen=True)
class Typed:
    """What a person answered to an indicator."""

    count: int | None
    reason: str = ""
    note: str = ""


def blank() -> Answer:
    """An indicator of which nothing is known and nothing was said."""
    none = {"count": None, "pre": None, "text": "", "url": "", "known": None, "hint": False, "unknown": False}
    return none | {"reason": "", "note": ""}


def prejudged(answers: Mapping[str, Any], lines: Sequence[Indicator], told: Mapping[str, Pre]) -> Answers:
    """`answers` with what the facts say now; what nobody overrode follows them, what a person judged stays."""
    found: Answers = {}
    for line in lines:
        answer = blank() | dict(answers.get(line.code, {}))
        pre = told.get(line.code) or Pre(None, "", "")
        followed = answer["count"] is None or (answer["pre"] is not None and answer["count"] == answer["pre"])
        known = pre.known_until.astimezone(SHANGHAI).isoformat() if pre.known_until is not None else None
        answer |= {"pre": pre.count, "text": pre.text, "url": pre.url, "known": known}
        answer |= {"hint": pre.hint, "unknown": pre.unknown}
        if followed:
            answer |= {"count": pre.count, "reason": ""}
        found[line.code] = answer
    return found


def answered(answers: Mapping[str, Any], lines: Sequence[Indicator], typed: Mapping[str, Typed]) -> Answers:
    """`answers` with what a person typed; what the facts said is never taken from a page."""
    found: Answers = {}
    for line in lines:
        answer = blank() | dict(answers.get(line.code, {}))
        if (given := typed.get(line.code)) is not None:
            count = None if given.count is None else max(0, min(given.count, MOST))
            answer |= {"count": count, "reason": given.reason.strip()[:REASON], "note": given.note.strip()[:NOTE]}
        found[line.code] = answer
    return found


def rest_clean(answers: Mapping[str, Any], lines: Sequence[Indicator]) -> Answers:
    """其余都没有发现: what a person has to judge and has not, is nothing; what waits for data is left open."""
    found = answered(answers, lines, {})
    for line in lines:
        if found[line.code]["count"] is None and not doubtful(line, found[line.code]):
            found[line.code]["count"] = 0
    return found


def doubtful(line: Indicator, answer: Mapping[str, Any]) -> bool:
    """数据待确认: the facts would tell, and are known only until earlier. A bonus that nobody can show is none."""
    return line.kind != IndicatorKind.BONUS and bool(answer.get("unknown"))


def unclean(lines: Sequence[Indicator], answers: Mapping[str, Any]) -> list[Indicator]:
    """The vetoes and deductions that the facts or a person found, that have a hint, or that wait for data."""
    found = []
    for line in lines:
        answer = answers.get(line.code, {})
        if line.kind != IndicatorKind.BONUS and any(answer.get(key) for key in ("count", "pre", "hint", "unknown")):
            found.append(line)
    return found


def unjudged(lines: Sequence[Indicator], answers: Mapping[str, Any]) -> list[Indicator]:
    """Those without an answer."""
    return [line for line in lines if answers.get(line.code, {}).get("count") is None]


def overridden(answer: Mapping[str, Any]) -> bool:
    """改判: a person counted otherwise than the facts."""
    return answer.get("pre") is not None and answer.get("count") is not None and answer["count"] != answer["pre"]


def errors_of(lines: Sequence[Indicator], answers: Mapping[str, Any]) -> dict[str, list[str]]:
    """What stands in the way of handing in, by code: not judged, overridden without a reason, found without a word."""
    errors: dict[str, list[str]] = {}
    for line in lines:
        answer = answers.get(line.code, {})
        if answer.get("count") is None:
            doubt = "数据待确认，系统不能判断，请" if doubtful(line, answer) else "还没有判断，请"
            errors[line.code] = [f"{line.code} {line.name}：{doubt}选择一项。"]
        elif overridden(answer) and not answer.get("reason"):
            errors[line.code] = [f"{line.code} {line.name}：与系统预判不同，请写明改判的理由。"]
        elif answer["count"] and answer.get("pre") is None and not answer.get("note"):
            errors[line.code] = [f"{line.code} {line.name}：请写明{'依据' if is_bonus(line) else '发现的问题'}。"]
    return errors


def is_bonus(line: Indicator) -> bool:
    return line.kind == IndicatorKind.BONUS


def same(lines: Sequence[Indicator], one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two checkers counted the same of every indicator."""
    return not differences(lines, one, other)


def differences(lines: Sequence[Indicator], one: Mapping[str, Any], other: Mapping[str, Any]) -> list[Indicator]:
    """The indicators of which two counted differently."""
    return [line for line in lines if one.get(line.code, {}).get("count") != other.get(line.code, {}).get("count")]


def result(lines: Sequence[Indicator], answers: Mapping[str, Any], of: IndicatorSet) -> Score:
    """What the answers come to; what is not judged counts nothing."""
    return score(lines, answers, of)


def evidence(answer: Mapping[str, Any]) -> str:
    """What a unit is told of a problem: what the facts say where they found it, and what the person wrote."""
    parts: Iterable[str] = (answer.get("text", "") if answer.get("pre") else "", answer.get("note", ""))
    return "\n".join(part for part in parts if part)
