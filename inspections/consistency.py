"""Whether the figures of a circular agree with each other: pure, over one entry in the shape of `data/circulars.json`.

Published circulars disagree with themselves now and then (常州2022Q4: 96.6 % of 87 are 84, their parts give 83); ours
must not. A rate is possible of n accounts when some whole number of them gives it, half-up to its own decimals; so each
rate is an interval of passed accounts, and the intervals of one number must meet. What has no denominator is 无法核对.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

AGREES, DIFFERS, UNKNOWN = "一致", "不一致", "无法核对"
DIMENSIONS = (("owner", "按开设主体分"), ("type", "按类型分"))
MOST_DIGITS, MOST_DECIMALS = 12, 6
_WORDS = re.compile(r"[和与及、\s]")
_BRACKETS = str.maketrans(dict.fromkeys("()[]{}<>〔〕【】〈〉《》「」『』“”‘’\"'"))
_BRACKETED = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|〔[^〔〕]*〕|【[^【】]*】")


@dataclass(frozen=True)
class Verdict:
    """What came of one entry: sentences of what disagrees, and of what cannot be judged."""

    id: str
    differs: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def state(self) -> str:
        return DIFFERS if self.differs else UNKNOWN if self.unknown else AGREES

    @property
    def line(self) -> str:
        """`ID 一致`, `ID 不一致: …` or `ID 无法核对: …`, on one line."""
        said = "；".join(self.differs or self.unknown)
        if self.differs and self.unknown:
            said += f"；另有{UNKNOWN}: {'；'.join(self.unknown)}"
        return clean(f"{self.id} {self.state}{f': {said}' if said else ''}")


def clean(text: str) -> str:
    """One line without controls, marks of direction or halves of a surrogate pair: what a terminal or a file prints."""
    kept = "".join(" " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c)[0] != "C")
    return " ".join(kept.split())


def half_up(part: int, whole: int, decimals: int = 1) -> Decimal:
    """`part` of `whole` in percent, half-up. Raises ZeroDivisionError without a whole."""
    return rounded(Fraction(100 * part, whole), decimals)


def rounded(value: Fraction, decimals: int = 1) -> Decimal:
    """Half-up, away from zero, with just so many decimals."""
    scaled = abs(value) * 10**decimals
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return (Decimal(whole) * (-1 if value < 0 else 1)).scaleb(-decimals)


def possible(rate: Decimal, whole: int) -> range:
    """How many of `whole` may have passed when the rate in percent is `rate`, half-up to its decimals; maybe none."""
    half = Fraction(1, 2 * 10 ** decimals_of(rate))
    low = _ceil((Fraction(rate) - half) * whole / 100)
    high = _ceil((Fraction(rate) + half) * whole / 100)
    return range(max(low, 0), min(high, whole + 1))


def decimals_of(rate: Decimal) -> int:
    """95.20 has two, 100 has none."""
    exponent = rate.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def name_key(name: str) -> str:
    """A part's name as it is compared: without 和、与、及 and brackets."""
    return _WORDS.sub("", unicodedata.normalize("NFKC", name).translate(_BRACKETS)).casefold()


def judge_all(entries: Sequence[Any]) -> list[Verdict]:
    """A verdict for each entry, in their order."""
    return [judge(entry, number) for number, entry in enumerate(entries, 1)]


def judge(entry: Any, number: int = 1) -> Verdict:
    """The verdict on one entry; without an id it is 「第N条」. Never raises over what a file may hold."""
    if not isinstance(entry, Mapping):
        return Verdict(f"第{number}条", ("不是一个对象",))
    named = entry.get("id")
    told = " ".join(str(named).split()) if isinstance(named, str | int) and not isinstance(named, bool) else ""
    found = _Judge(entry)
    found.all()
    unknown = found.unknown if found.compared or found.unknown else ["没有可以互相核对的数字"]
    return Verdict(told or f"第{number}条", tuple(found.differs), tuple(unknown))


def _ceil(value: Fraction) -> int:
    return -(-value.numerator // value.denominator)


def _shown(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 40 else f"{text[:40]}…"


def _span(span: range) -> str:
    return f"{span[0]}个" if len(span) == 1 else f"{span[0]}至{span[-1]}个"


class _Judge:
    """Goes through an entry once, and notes what it finds."""

    def __init__(self, entry: Mapping[str, Any]) -> None:
        self.entry = entry
        self.differs: list[str] = []
        self.unknown: list[str] = []
        self.compared = 0
        self.whole: int | None = None  # how many were checked
        self.spans: list[tuple[str, range]] = []  # how many of them passed, by what says so

    def all(self) -> None:
        self._census()
        self._lists()
        self._change()
        self._tables()
        self._originals()

    def _agree(self, agrees: bool, otherwise: str) -> bool:
        """One comparison was made; `otherwise` says what is wrong."""
        self.compared += 1
        if not agrees and otherwise not in self.differs:
            self.differs.append(otherwise)
        return agrees

    # --- reading ----------------------------------------------------------------------------------------------------

    def _decimal(self, value: Any, label: str) -> Decimal | None:
        """A JSON number; anything else but null is a disagreement that names it."""
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            self._agree(False, f"{label}不是数字（{_shown(value)}）")
            return None
        found = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
        if not found.is_finite() or (found and found.adjusted() > MOST_DIGITS) or decimals_of(found) > MOST_DECIMALS:
            self._agree(False, f"{label}不是合理的数")
            return None
        return found

    def _count(self, value: Any, label: str) -> int | None:
        found = self._decimal(value, label)
        if found is None:
            return None
        if found != found.to_integral_value() or found < 0:
            self._agree(False, f"{label}{found}不是非负整数")
            return None
        return int(found)

    def _rate(self, value: Any, label: str) -> Decimal | None:
        found = self._decimal(value, label)
        if found is not None and not 0 <= found <= 100:
            self._agree(False, f"{label}{found}%不在0至100之间")
            return None
        return found

    def _parts(self, key: str, label: str) -> Mapping[str, Any]:
        value = self.entry.get(key)
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            self._agree(False, f"{label}应为名称和数字的对应")
            return {}
        return value

    def _whole(self, parts: Mapping[str, Any], label: str) -> dict[str, int] | None:
        """The counts of all parts; None when there are none, or one is not known."""
        counts = {name: self._count(value, f"{label}的{name}") for name, value in parts.items()}
        known = {name: count for name, count in counts.items() if count is not None}
        return known if known and len(known) == len(counts) else None

    # --- the census -------------------------------------------------------------------------------------------------

    def _census(self) -> None:
        entry = self.entry
        total, checked = self._count(entry.get("total"), "总数"), self._count(entry.get("checked"), "检查数")
        passed, failed = self._count(entry.get("passed"), "合格数"), self._count(entry.get("failed"), "不合格数")
        rate = self._rate(entry.get("rate_total"), "合格率")
        by = self._sums(total, checked)
        if total is not None and checked is not None:
            self._agree(checked <= total, f"检查数{checked}多于总数{total}")
        both = passed + failed if passed is not None and failed is not None else None
        sums = [sum(counts.values()) for counts in by.values()]
        whole = next((n for n in (checked, total, both, *sums) if n is not None), None)
        self.whole = whole
        if whole is not None:
            named = f"检查数{whole}" if checked is not None else f"总数{whole}"
            if both is not None:
                self._agree(both == whole, f"合格{passed} + 不合格{failed} = {both} ≠ {named}")
            if rate is not None:
                self._of_rate("合格率", rate, whole)
            self._counted(passed, failed, whole, named)
        elif rate is not None:
            self.unknown.append("合格率没有检查数作分母")
        for key, label in DIMENSIONS:
            self._rates(key, label, by.get(key), total)

    def _counted(self, passed: int | None, failed: int | None, whole: int, named: str) -> None:
        """What passed and what failed, of `whole`."""
        for count, word in ((passed, "合格数"), (failed, "不合格数")):
            if count is not None:
                self._agree(count <= whole, f"{word}{count}多于{named}")
        if passed is not None and passed <= whole:
            self._meets(f"合格数{passed}", range(passed, passed + 1))
        if failed is not None and failed <= whole and passed is None:
            self._meets(f"不合格数{failed}", range(whole - failed, whole - failed + 1))

    def _sums(self, total: int | None, checked: int | None) -> dict[str, dict[str, int]]:
        """The parts by owner and by type where all are known; each comes to the total."""
        sums: dict[str, int] = {}
        by: dict[str, dict[str, int]] = {}
        for key, label in DIMENSIONS:
            counts = self._whole(self._parts(f"by_{key}", label), label)
            if counts is None:
                continue
            by[key], sums[label] = counts, sum(counts.values())
            told = " + ".join(map(str, counts.values()))
            if total is not None:
                self._agree(sums[label] == total, f"{label}合计 {told} = {sums[label]} ≠ 总数{total}")
            elif checked is not None:
                self._agree(sums[label] >= checked, f"{label}合计 {told} = {sums[label]}，少于检查数{checked}")
        if total is None and len(sums) == 2:
            (one, first), (other, second) = sums.items()
            self._agree(first == second, f"{one}合计{first} ≠ {other}合计{second}")
        return by

    def _of_rate(self, label: str, rate: Decimal, whole: int) -> None:
        span = self._possible(label, rate, whole)
        if span:
            self._meets(f"{label}{rate}%", span)

    def _possible(self, label: str, rate: Decimal, whole: int) -> range | None:
        """The passed accounts that give `rate`; None, and said so, when there are none."""
        if whole == 0:
            self.unknown.append(f"{label}的分母为0")
            return None
        span = possible(rate, whole)
        below = int(Fraction(rate) * whole / 100)
        near = [k for k in (below, below + 1) if k <= whole]
        told = "，".join(f"{k}个为{half_up(k, whole, max(1, decimals_of(rate)))}%" for k in near)
        ok = self._agree(bool(span), f"{label}{rate}%不可能：{whole}个中{told}")
        return span if ok else None

    def _meets(self, label: str, span: range) -> None:
        """`span` of the accounts that passed must meet those known before."""
        for other, known in self.spans:
            low, high = max(span[0], known[0]), min(span[-1], known[-1])
            said = f"{other}折合合格{_span(known)}，{label}折合合格{_span(span)}"
            if not self._agree(low <= high, said):
                break
        self.spans.append((label, span))

    def _rates(self, key: str, label: str, counts: Mapping[str, int] | None, total: int | None) -> None:
        rates = {
            name: rate
            for name, value in self._parts(f"rate_by_{key}", f"{label}的合格率").items()
            if (rate := self._rate(value, f"{name}合格率")) is not None
        }
        sampled = self._sampled(key, label, counts)
        full = counts is not None and self.whole in (sum(counts.values()), total)
        of = sampled if sampled is not None else counts if full else None
        if not rates:
            return
        if of is None:
            why = "没有各部分的账号数" if counts is None else "只检查了一部分，没有各部分的检查数"
            self.unknown.append(f"{'、'.join(rates)}的合格率没有分母（{why}）")
            return
        found, lost = _matched(rates, of)
        if lost:
            self.unknown.append(f"{'、'.join(lost)}的合格率没有分母（没有它的账号数）")
        low = high = 0
        whole = True
        for name, count in of.items():
            told = found.get(name)
            span = self._possible(f"{told}合格率", rates[told], count) if told is not None else range(count + 1)
            whole = whole and span is not None
            low, high = low + (span[0] if span else 0), high + (span[-1] if span else count)
        if whole and sum(of.values()) == self.whole:
            self._meets(f"{label}的合格率", range(low, high + 1))

    def _sampled(self, key: str, label: str, counts: Mapping[str, int] | None) -> dict[str, int] | None:
        """`checked_by_…`: how many of each part were checked, which our own circulars say of a sample."""
        found = self._whole(self._parts(f"checked_by_{key}", f"{label}的检查数"), f"{label}的检查数")
        if found is None:
            return None
        if self.whole is not None:
            self._agree(sum(found.values()) == self.whole, f"{label}的检查数合计{sum(found.values())} ≠ {self.whole}")
        for name, count in found.items():
            if counts is not None and name in counts:
                self._agree(count <= counts[name], f"{name}检查{count}个，多于总数{counts[name]}个")
        return found

    # --- lists of accounts, and the rest -----------------------------------------------------------------------------

    def _lists(self) -> None:
        """What is named one by one: 否决 and 扣分 name all, problems give examples."""
        vetoed: set[str] = set()
        for key, label, complete in (("veto", "否决", True), ("deduct", "扣分", True), ("problems", "问题", False)):
            rows = self.entry.get(key)
            if rows is None:
                continue
            if not isinstance(rows, Sequence) or isinstance(rows, str) or not all(isinstance(r, Mapping) for r in rows):
                self._agree(False, f"{label}应为一列对象")
                continue
            for row in rows:
                names = self._of_list(row, label, complete)
                vetoed |= names if key == "veto" else set()
        if vetoed and self.whole is not None:
            low = max((span[0] for _, span in self.spans), default=0)
            most = self.whole - low
            self._agree(len(vetoed) <= most, f"单项否决的账号{len(vetoed)}个，多于不合格的{most}个")

    def _of_list(self, row: Mapping[str, Any], label: str, complete: bool) -> set[str]:
        what = _shown(row.get("type") or label)
        count = self._count(row.get("count"), f"{what}的个数")
        accounts = row.get("accounts")
        listed = isinstance(accounts, Sequence) and not isinstance(accounts, str)
        if accounts is not None and not (listed and all(isinstance(name, str) for name in accounts)):
            self._agree(False, f"{what}的账号应为一列名称")
            accounts = None
        names = {" ".join(unicodedata.normalize("NFKC", name).split()) for name in accounts or ()}
        if count is not None and self.whole is not None:
            self._agree(count <= self.whole, f"{what}{count}个，多于检查的{self.whole}个")
        if count is not None and accounts is not None:
            agrees = len(names) == count if complete else len(names) <= count
            self._agree(agrees, f"{what}文中{count}个 ≠ 点名{len(names)}个")
        return names

    def _change(self) -> None:
        """较上期: the difference of two published rates."""
        change = self._decimal(self.entry.get("delta_prev_pp"), "较上期变化")
        if change is None:
            return
        rate, before = (self._rate(self.entry.get(key), "") for key in ("rate_total", "rate_prev"))
        if rate is None or before is None:
            self.unknown.append("较上期变化没有上期的合格率")
        else:
            self._agree(rate - before == change, f"较上期{change}个百分点 ≠ {rate} - {before} = {rate - before}")

    def _tables(self) -> None:
        """Monthly tables: rows whose last cell is a number, and what the text says they come to."""
        for name, table in self._parts("tables", "各表").items():
            rows = table.get("rows") if isinstance(table, Mapping) else None
            if not isinstance(rows, Sequence) or isinstance(rows, str):
                self._agree(False, f"{name}不是一张表")
                continue
            stated = self._count(table.get("stated_count"), f"{name}的行数")
            if stated is not None:
                self._agree(stated == len(rows), f"{name} 文中{stated}行 ≠ 表中{len(rows)}行")
            cells = [row[-1] if isinstance(row, Sequence) and row else None for row in rows]
            counts = [self._count(cell, f"{name}第{n}行") for n, cell in enumerate(cells, 1)]
            total, known = self._count(table.get("stated_sum"), f"{name}的合计"), [c for c in counts if c is not None]
            if total is None:
                continue
            if len(known) == len(counts):
                self._agree(total == sum(known), f"{name} 文中合计{total} ≠ 各行合计{sum(known)}")
            elif self._agree(total >= sum(known), f"{name} 文中合计{total} ≠ 各行合计至少{sum(known)}"):
                self.unknown.append(f"{name}有的行没有数字")

    def _originals(self) -> None:
        """原创率: originals of posts."""
        posts, original = (self._count(self.entry.get(k), w) for k, w in (("posts", "发布数"), ("original", "原创数")))
        rate = self._rate(self.entry.get("rate_published"), "原创率")
        if posts is not None and original is not None:
            self._agree(original <= posts, f"原创{original}条多于发布{posts}条")
        if rate is None:
            return
        if not posts or original is None:
            self.unknown.append("原创率没有分母")
        else:
            true = half_up(original, posts, decimals_of(rate))
            shown = half_up(original, posts, max(1, decimals_of(rate)))
            self._agree(rate == true, f"原创率{rate}% ≠ {original}/{posts} = {shown}%（四舍五入）")


def _matched(rates: Iterable[str], of: Iterable[str]) -> tuple[dict[str, str], list[str]]:
    """Part → the name under which its rate stands, and the rates that belong to no part, or to two."""
    found: dict[str, str] = {}
    lost = []
    for name in rates:
        hits = [part for part in of if name_key(part) == name_key(name)]
        hits = hits or [part for part in of if _bare(part) == _bare(name) != ""]
        if len(hits) == 1 and hits[0] not in found:
            found[hits[0]] = name
        else:
            lost.append(name)
    return found, lost


def _bare(name: str) -> str:
    """Without what stands in brackets: 微信(公众号/服务号) is 微信."""
    return name_key(_BRACKETED.sub("", unicodedata.normalize("NFKC", name)))
