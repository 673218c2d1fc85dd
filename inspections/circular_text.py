"""The sentences of a circular as they are drafted from its figures, in the official layout (第二十四条).

The words are data of the office's practice; what is drafted is edited. `circular_checking` reads the figures back.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from inspections.models import Method, SpotCheck

ISSUER = "常州市钟楼区人民政府办公室"
PUBLISHER = "钟楼区人民政府办公室"
ADDRESSED = "开发区、高新园（邹区镇）、各街道，区各办局、直属单位："  # as the regulation is addressed
NUMERALS = "一二三四五六七八九十"
MOST_NAMED = 30  # accounts with full marks; more are counted
NO_PROBLEM = "本次检查没有发现问题。"
CONTINUE = (
    "各单位要继续落实《钟楼区政务新媒体管理实施细则（试行）》，每周更新不少于1次，咨询类留言在24小时内回复，"
    "坚持先审后发，保持账号规范运行。"
)


def title(check: SpotCheck) -> str:
    return f"关于{check.month.year}年{check.month.month}月全区政务新媒体抽查情况的通报"


def basis(check: SpotCheck) -> str:
    return (
        f"根据《钟楼区政务新媒体管理实施细则（试行）》第二十四条，区政府办公室于{check.month.year}年{check.month.month}月"
        "对全区政务新媒体运行情况进行了抽查。现将有关情况通报如下："
    )


def correcting(title_: str, document_no: str, reason: str) -> str:
    """The basis of a correction, which names what it corrects."""
    of = f"《{title_}》（{document_no}）" if document_no else f"《{title_}》"
    return f"{of}有关内容需要更正：{reason.rstrip('。')}。现将更正后的情况通报如下："


def overview(said: Mapping[str, Any]) -> str:
    """一、总体情况: a paragraph, then one by owner and one by type."""
    sampled = said["method"] == Method.SAMPLE
    what = f"本次抽样检查{said['checked']}个" if sampled else f"本次全面检查{said['checked']}个"
    whole = "全区" if sampled else f"全区{said['units']}个单位"
    first = f"{_until(said['as_of'])}{whole}在册运行政务新媒体账号{said['total']}个，{what}"
    first += f"，涉及{said['units']}个单位。" if sampled else "。"
    if said["checked"]:
        first += f"合格{said['passed']}个，不合格{said['failed']}个，合格率{said['rate_total']}%{_change(said)}。"
    lines = [first]
    for key, words in (("owner", "按开设主体分"), ("type", "按类型分")):
        counts = said.get(f"checked_by_{key}") or said[f"by_{key}"]
        parts = [
            f"{name}{'检查' if sampled else ''}{count}个，合格{said[f'passed_by_{key}'][name]}个，"
            f"合格率{said[f'rate_by_{key}'][name]}%"
            for name, count in counts.items()
            if count
        ]
        lines += [f"{words}，{'；'.join(parts)}。"] if parts else []
    return "\n".join(lines)


def problems(said: Mapping[str, Any]) -> str:
    """存在问题: by type, the accounts named."""
    if not said["findings"] and not said["low"]:
        return NO_PROBLEM
    lines = [f"检查发现问题{said['findings']}项，涉及{said['accounts_found']}个账号；一个账号有多项问题的，只计一次。"]
    rows = [(row["type"], row["accounts"]) for row in (*said["veto"], *said["deduct"])]
    if said["low"]:
        rows.append((f"得分低于{said['pass_mark']}分", said["low"]))
    lines += [
        f"（{numeral(n)}）{what}。{len(accounts)}个账号：{'、'.join(accounts)}。"
        for n, (what, accounts) in enumerate(rows, 1)
    ]
    return "\n".join(lines)


def praise(said: Mapping[str, Any]) -> str:
    """表扬: full marks, and who put right in time what was found last."""
    lines = []
    full: Sequence[str] = said["full_marks"]
    if full:
        named = f"：{'、'.join(full)}" if len(full) <= MOST_NAMED else ""
        lines.append(f"{len(full)}个账号得满分{named}，予以表扬。")
    if said["in_time"]:
        lines.append(f"{'、'.join(said['in_time'])}按期完成上次检查发现问题的整改，予以表扬。")
    return "\n".join(lines)


def demands(rectify_by: date | None, today: date) -> str:
    """下一步要求, with the day by which problems are to be put right; one that is over by `today` is no demand."""
    if rectify_by is None:
        return CONTINUE
    told = f"有关单位要对照问题立即整改，于{in_words(rectify_by)}前在本平台提交整改情况。"
    if rectify_by < today:
        told = f"整改期限（{in_words(rectify_by)}）已过，还没有整改到位的单位要立即整改，并在本平台提交整改情况。"
    return told + "整改不到位的，依照实施细则第二十四条予以关停，年度考核一票否决。"


def numeral(n: int) -> str:
    """1 … 99 in Chinese: 一, 十, 十一, 二十, 二十一."""
    tens, ones = divmod(n, 10)
    head = "" if not tens else "十" if tens == 1 else f"{NUMERALS[tens - 1]}十"
    return head + (NUMERALS[ones - 1] if ones else "")


def in_words(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _until(as_of: str) -> str:
    """「数据截至2026年10月31日24:00，」."""
    if not as_of:
        return ""
    moment = datetime.fromisoformat(as_of)
    day, clock = moment.date(), f"{moment:%H:%M}"
    if clock == "00:00":
        day, clock = date.fromordinal(day.toordinal() - 1), "24:00"
    return f"数据截至{in_words(day)}{clock}，"


def _change(said: Mapping[str, Any]) -> str:
    change: Decimal | None = said.get("delta_prev_pp")
    if change is None:
        return ""
    year, month = map(int, said["month_prev"].split("-"))
    now_year, now_month = map(int, said["id"].split("-"))
    since = "上月" if (now_year - year) * 12 + now_month - month == 1 else f"{year}年{month}月"
    if not change:
        return f"，与{since}持平"
    return f"，较{since}{'提升' if change > 0 else '下降'}{abs(change)}个百分点"
