"""What 数字核对 finds at one place of a circular. Pure."""

from dataclasses import dataclass
from decimal import Decimal

SECTIONS = {
    "overview": "总体情况",
    "work": "主要工作",
    "problems": "存在问题",
    "praise": "表扬",
    "demands": "下一步要求",
}
LABELS = {
    "units": "单位",
    "total": "在册账号",
    "checked": "检查",
    "passed": "合格",
    "failed": "不合格",
    "rate": "合格率",
    "fail_rate": "不合格率",
    "change": "较上期",
    "fail_change": "不合格率较上期",
    "findings": "发现问题",
    "accounts": "涉及账号",
}


@dataclass(frozen=True)
class Mark:
    """A figure (or a name) in the text: what it says, what the facts say (None: nothing), and where it stands."""

    fact: str
    label: str
    said: str
    true: str | None
    section: str
    start: int = 0
    end: int = 0
    told: str = ""  # a sentence, for what is no figure
    ask: bool = False  # nothing to hold it against: a person confirms it
    put: str = "{}"  # what the place becomes, of the truth
    firm: bool = True  # its own words tie it to this check: the truth may be put in its place

    @property
    def key(self) -> str:
        return f"{self.fact}:{self.said}≠{self.true}"

    @property
    def agrees(self) -> bool:
        return self.true is not None and self.said == self.true

    @property
    def differs(self) -> bool:
        return self.true is not None and self.said != self.true

    @property
    def fixable(self) -> bool:
        return not self.told and self.true is not None and self.firm

    @property
    def moves(self) -> bool:
        return self.fact in ("change", "fail_change")

    @property
    def replacement(self) -> str:
        """What 改成 writes."""
        true = self.true or ""
        if self.moves:
            moved = Decimal(true)
            true = "持平" if not moved else f"{'提升' if moved > 0 else '下降'}{abs(moved)}个百分点"
        return self.put.format(true)

    @property
    def sentence(self) -> str:
        """What disagrees, for a reader."""
        if self.told:
            return self.told
        if self.moves:
            return f"{self.label}：文中变化 {self.said} 个百分点，记录 {self.true} 个百分点"
        return f"{self.label}：文中{self.said}，记录{self.true}"
