"""The figures that a text states: which words say what of whom. Pure; `circular_checking` holds them against the facts.

A figure is `firm` when its own words tie it to this check (合格28个); `loose` when nothing does, or something stands
between (其中, 新增, 复查); `other` when it is of another time or place (全年累计, 上月, 全市). It is of a part when the
part's name stands before it. Chinese numerals are read only to be asked about. Offsets are those of the given text.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

FIRM, LOOSE, OTHER = "firm", "loose", "other"
DIGITS = str.maketrans("０１２３４５６７８９．％", "0123456789.%")
HIDDEN, DATED = "\ue000", "\ue001"
DATES = re.compile(
    r"\d{4}年(?:\d{1,2}月(?:\d{1,2}日)?(?:\d{1,2}[:：]\d{2})?|第?\d季度)?|\d{1,2}月(?:\d{1,2}日)?|〔\d+〕\d*号?"
    r"|\d{1,2}[:：]\d{2}|第\d+[条季次]|\d+小时|低于\d+分|不少于\d+次"
)
_N = r"(?P<n>\d{1,3}(?:[,，]\d{3})+(?!\d)|\d+(?:\.\d+)?)\s*"
_FIRST = rf"(?<![\d.,])(?P<q>约|近|超过|不到|不足)?{_N}"  # the number before its word
_Q = (
    r"(?P<q>(?:[\s是为达到共约计有了数：:在占]|总数|超过|高于|不低于|不少于|低于|不足|不到|不超过|逾|接近|近)*)"
    r"(?<![较比])"
)
_OF = r"(?!百分点|月|季度|单位|主办单位|方面|工作日|问题|部门|街道|镇|批次|项目|小时)"
_C = rf"(?:[个家户]{_OF}|(?=[，,、）)]|$))"
_A = r"(?:的)?(?:政务新媒体)?(?:账号|账户)?"
_NOT_RATE = rf"(?!率|{_A}[是为共有]*\s*\d)"
_RESULT = r"(?:检查|抽查)?(?:结果)?(?:被评为|评为|判为|均为|均|全部|为)?"
_PATTERNS = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        ("fail_rate", rf"不合格率{_Q}{_N}%"),
        ("rate", rf"(?<!不)合格率{_Q}{_N}%"),
        ("fail_rate", rf"{_FIRST}%{_A}{_RESULT}不合格(?!率)"),
        ("rate", rf"{_FIRST}%{_A}{_RESULT}合格(?!率)"),
        ("failed", rf"不合格(?!率){_A}{_Q}{_N}{_C}"),
        ("passed", rf"(?<!不)合格(?!率){_A}{_Q}{_N}{_C}"),
        ("failed", rf"{_FIRST}[个家户]{_A}{_RESULT}不合格{_NOT_RATE}"),
        ("passed", rf"{_FIRST}[个家户]{_A}{_RESULT}合格{_NOT_RATE}"),
        ("units", rf"(?:全区|涉及|覆盖|检查|抽查){_Q}{_N}[个家](?:主办)?单位(?!的)"),
        ("checked", rf"(?:检查|抽查|核查)(?:了|的|全区|各类|政务新媒体|账号|账户)*{_Q}{_N}{_C}"),
        ("checked", rf"{_FIRST}[个家户]{_A}(?:参加|接受|纳入|列入)了?(?:本次|此次)?(?:全面|抽样)?(?:检查|抽查)"),
        ("total", rf"(?:在册(?:运行)?|政务新媒体){_A}{_Q}{_N}{_C}"),
        ("findings", rf"(?:发现|查出)(?:了|的|各类)*问题{_Q}{_N}[项个处条]"),
        ("findings", rf"(?:发现|查出)(?:了|各类|有|共)*{_N}[项个处条](?:各类|的)?问题"),
        ("accounts", rf"涉及{_Q}{_N}[个家]账号"),
    )
)
_CHANGED = re.compile(
    r"(?P<verb>提升|提高|上升|增长|增加|上涨|下降|降低|回落|减少|下滑)(?P<q>[了约为达\s]*)" + _N + "个百分点"
)
_LEVEL = re.compile(r"(?:较|比|与|和|同)[^，。；\n]{0,12}?(?:基本)?持平")
_RISES = ("提升", "提高", "上升", "增长", "增加", "上涨")
_RATES = re.compile(r"[\u4e00-\u9fff]{0,3}率")
LOOSE_FIGURE = re.compile(r"\d[\d,，]*(?:\.\d+)?\s*(?:%|个百分点|[个项处条家次])")
_WRITTEN = re.compile(
    r"百分之[零〇一二两三四五六七八九十百点]+|[一二三四五六七八九十百千]{2,}(?:个|家)(?!月|方面|百分点)"
)
_CONTEXT = re.compile(
    r"(?<![较比与和同])(?P<other>上月|上个月|上期|上次|上季度|上半年|上年|去年|前年|同期|全年|年度|年初|累计|本季度|本年|今年|以来"
    r"|[一二三四]季度|全市|全省|全国|省级|市级|外区)"
    r"|(?P<loose>新增|新开|新备案|新注册|复查|复检|复核|整改|投诉|连续|重点|委托|第三方|自查|互查|其余|部分|注销|关停|培训|约谈"
    r"|留言|更新|回复)"
    r"|(?P<here>本次|此次|这次|本月|本期|检查结果)"
)
_WHOLE = re.compile(r"全区|总体|整体|合计|总计|全部账号")
_CLOSED = re.compile(r"（[^（）]*）|\([^()]*\)")


@dataclass(frozen=True)
class Figure:
    """One figure: of what kind, as it is written (`text`), its value, and how it is tied to the check."""

    kind: str
    text: str
    value: Decimal | None
    start: int
    end: int
    tie: str
    part: str = ""
    bound: str = ""  # 约, ≥, ≤
    put: str = "{}"  # what the text between start and end becomes, of the true value
    unit: str = ""
    sentence: str = ""
    explicit: bool = False  # 「本次检查」 stands before it


def segments(text: str) -> Iterator[tuple[int, str]]:
    """Sentences and half sentences with their offsets."""
    at = 0
    for piece in re.split(r"([。；;\n])", text):
        if piece.strip():
            yield at, piece
        at += len(piece)


def read(text: str, plain: str, parts: Sequence[str], month: str, before: str) -> Iterator[Figure]:
    """The figures of `text`, in which names and dates are covered; `plain` is the same without covers.

    `parts`: names of owners and types; `month`, `before`: 「2026-10」 of the check and of the circular before, or ''.
    """
    for at, segment in segments(text):
        found = _Segment(segment, plain[at : at + len(segment)], at, parts, month, before)
        yield from found.figures()


def number(text: str) -> Decimal:
    """1,028 is 1028."""
    return Decimal(text.replace(",", "").replace("，", ""))


class _Segment:
    def __init__(self, text: str, plain: str, at: int, parts: Sequence[str], month: str, before: str) -> None:
        self.text, self.plain, self.at, self.month, self.before = text, plain, at, month, before
        self.names = sorted((name for name in parts if name), key=len, reverse=True)
        self.hits, self.mentioned = self._parts()
        self.taken = [False] * len(text)
        self.found: list[Figure] = []

    def figures(self) -> list[Figure]:
        for kind, pattern in _PATTERNS:
            for match in pattern.finditer(self.text):
                self._take(kind, match)
        self._changes()
        for _, end, name in self.hits:
            bare = re.compile(rf"{_N}{_C}").match(self.text, end)
            if bare and name:
                self._take("part", bare, part=name)
        for match in LOOSE_FIGURE.finditer(self.text):
            if not self.taken[match.start()]:
                self._loose(match)
        for match in _WRITTEN.finditer(self.text):
            self._loose(match)
        return sorted((self._after_of_which(figure) for figure in self.found), key=lambda f: f.start)

    # --- whose, and of when -----------------------------------------------------------------------------------------

    def _parts(self) -> tuple[list[tuple[int, int, str]], list[int]]:
        """(start, end, name) where a part is spoken of; name '' where several are. And where any is mentioned."""
        if not self.names:
            return [], []
        pattern = re.compile("|".join(map(re.escape, self.names)))
        hits, mentioned = [], []
        for match in pattern.finditer(self.text):
            prior = self.text[: match.start()]
            if (
                len(match[0]) == 1
                and re.search(r"[\u4e00-\u9fff]$", prior)
                and not re.search(r"[中和与及各按]$", prior)
            ):
                continue
            mentioned.append(match.start())
            tail = re.compile(
                r"(?:公众号|类|账号|平台|端|的|中|，|：|共|有|均|检查了?|抽查了?|\s)*(?=\d|合格|不合格|较|比|与)"
            ).match(self.text, match.end())
            if tail:
                several = re.search(r"[、和与及各个]$", prior) is not None and not prior.endswith("其中")
                hits.append((match.start(), tail.end(), "" if several else match[0]))
        return hits, mentioned

    def _part(self, start: int) -> tuple[str, bool]:
        """The part that a figure at `start` is of, and whether that is certain."""
        reset = max((m.end() for m in _WHOLE.finditer(self.text, 0, start)), default=-1)
        of = [hit for hit in self.hits if reset <= hit[0] < start]
        named = [at for at in self.mentioned if reset <= at < start]
        if of and of[-1][0] == named[-1]:
            return of[-1][2], bool(of[-1][2])
        return "", not named

    def _tie(self, start: int) -> tuple[str, bool]:
        """firm, loose or other by what was said last before `start`; whether it was 「本次检查」."""
        prior = _CLOSED.sub(lambda m: HIDDEN * len(m[0]), self.text[:start])
        said, explicit, last = FIRM, False, -1
        for match in _CONTEXT.finditer(prior):
            last = match.start()
            said = OTHER if match["other"] else LOOSE if match["loose"] else FIRM
            explicit = (
                match[0] in ("本次", "此次", "这次")
                and re.match(r"(?:全面|抽样)?(?:检查|抽查)", prior[match.end() :]) is not None
            )
        for match in re.finditer(rf"(?<![较比与和同至到]){DATED}+", prior):
            dated = self.plain[match.start() : match.end()]
            if match.start() > last and not prior[: match.start()].endswith("截至") and self._elsewhen(dated):
                said, explicit = OTHER, False
        return said, explicit

    def _elsewhen(self, dated: str) -> bool:
        """A date of another month than the check's."""
        found = re.match(r"(?:(\d{4})年)?(?:(\d{1,2})月)?", dated)
        if not found or not (found[1] or found[2]):
            return "季" in dated
        year, month = self.month.split("-") if "-" in self.month else ("", "")
        return bool((found[1] and found[1] != year) or (found[2] and int(found[2]) != int(month or 0)))

    def _after_of_which(self, figure: Figure) -> Figure:
        """「新增5个，其中合格4个」: of which, of a number that is not the check's."""
        which = self.text.rfind("其中", 0, figure.start - self.at)
        if which < 0 or figure.tie != FIRM:
            return figure
        prior = [f for f in self.found if f.start - self.at < which]
        whole = max(prior, key=lambda f: f.start, default=None)
        if whole is None or whole.kind in ("checked", "total", "part"):
            return figure
        return Figure(**{**figure.__dict__, "tie": LOOSE})

    # --- what is read -----------------------------------------------------------------------------------------------

    def _take(self, kind: str, match: re.Match[str], part: str = "") -> None:
        start, end = match.span("n")
        if any(self.taken[start:end]):
            return
        self.taken[start:end] = [True] * (end - start)
        tie, explicit = self._tie(start)
        if not part:
            part, certain = self._part(start)
            tie = LOOSE if tie == FIRM and not certain else tie
        prior = self.text[:start]
        if kind == "part" and re.search(r"合格(?!率)[^率]*\d", prior):
            tie = LOOSE if tie == FIRM else tie  # 「不合格3个，其中微信2个」
        if kind == "units" and re.search(r"合格|问题", prior):
            tie = LOOSE if tie == FIRM else tie
        if kind == "accounts" and not re.search(r"(?:发现|查出)[^，。；]*问题|问题\d+|\d+[项个处条]问题", prior):
            tie = LOOSE if tie == FIRM else tie
        bound = self._bound(match.groupdict().get("q") or "", self.text[match.end("n") :])
        unit = "%" if kind.endswith("rate") else "单位" if kind == "units" else "项" if kind == "findings" else "个"
        self._add(kind, match["n"], number(match["n"]), start, end, tie, part, bound, "{}", unit, explicit)

    @staticmethod
    def _bound(before: str, after: str) -> str:
        near = re.match(r"\s*(?:%|个|家)?(以上|以下|左右|多个|余个)", after)
        word = near[1] if near else ""
        if word == "以上" or ("不超过" not in before and re.search(r"超过|高于|不低于|不少于|逾", before)):
            return "≥"
        if word == "以下" or re.search(r"(?<!不)低于|不足|不到|不超过", before):
            return "≤"
        return "约" if word or re.search(r"约|近", before) else ""

    def _changes(self) -> None:
        for match in _CHANGED.finditer(self.text):
            value = number(match["n"]) * (1 if match["verb"] in _RISES else -1)
            self._change(match, match.start(), value, "约" if "约" in match["q"] else "", match.span("n"))
        for match in _LEVEL.finditer(self.text):
            self._change(match, match.start(), Decimal(0), "平" if "基本" in match[0] else "", match.span())

    def _change(self, match: re.Match[str], start: int, value: Decimal, bound: str, span: tuple[int, int]) -> None:
        if any(self.taken[span[0] : span[1]]):
            return
        self.taken[span[0] : span[1]] = [True] * (span[1] - span[0])
        compared = self._compared(self.text[: match.end() if not value else start])
        rates = _RATES.findall(self.text[:start])
        of = rates[-1] if rates else ""
        part, certain = self._part(start)
        tie, explicit = self._tie(start)
        if part or not certain or compared is False or (of and not of.endswith("合格率")):
            tie = OTHER
        elif compared is None or not of:
            tie = LOOSE if tie == FIRM else tie
        kind = "fail_change" if of.endswith("不合格率") else "change"
        if not value:  # 「与上月持平」 as a whole is put right
            base = re.sub(r"(?:基本)?持平$", "", match[0])[1:]
            put = f"较{base}{{}}"
        else:
            put = "{}"
        self._add(kind, match[0], value, start, match.end(), tie, part, bound, put, "个百分点", explicit)

    def _compared(self, prior: str) -> bool | None:
        """Whether what it is compared with is the circular before; None when nothing is named."""
        bases = list(re.finditer(r"(?:较|比|与|和|同)(?P<base>[^，。；\n较]{1,14})|同比|环比", prior))
        if not bases:
            return None
        found = bases[-1]
        if found[0].startswith(("同比", "环比")):
            return found[0].startswith("环比") and self._is_last_month()
        base = self.plain[found.start("base") : found.end("base")]
        if re.match(r"上(?:个)?月", base):
            return self._is_last_month()
        if re.match(r"上期|上次|前次|上一期|上一次", base):
            return True
        dated = re.match(r"(?:(\d{4})年)?(\d{1,2})月", base)
        if dated and self.before:
            year, month = self.before.split("-")
            return (dated[1] or year) == year and int(dated[2]) == int(month)
        return False

    def _is_last_month(self) -> bool:
        if not (self.month and self.before):
            return False
        (year, month), (then, of) = (map(int, told.split("-")) for told in (self.month, self.before))
        return (year - then) * 12 + month - of == 1

    def _loose(self, match: re.Match[str]) -> None:
        tie, explicit = self._tie(match.start())
        part, _ = self._part(match.start())
        figure = re.match(r"[\d,，]+(?:\.\d+)?", match[0])
        value = number(figure[0].strip(",，")) if figure else None
        unit = match[0][len(figure[0]) :].strip() if figure else "写"
        follows = self.text[match.end() : match.end() + 4]
        if unit in ("个", "家") and re.match(_OF.replace("(?!", "(?:"), follows):
            unit = "处"  # 单位, 方面, 工作日: no account
        tie = OTHER if tie == OTHER else LOOSE
        self._add("loose", match[0], value, match.start(), match.end(), tie, part, "", "{}", unit, explicit)

    def _add(
        self, kind: str, text: str, value: Decimal | None, start: int, end: int, tie: str, part: str, bound: str,
        put: str, unit: str, explicit: bool,
    ) -> None:  # fmt: skip
        at = self.at
        sentence = self.plain.replace(HIDDEN, "").strip()
        self.found.append(
            Figure(kind, text, value, at + start, at + end, tie, part, bound, put, unit, sentence, explicit)
        )
