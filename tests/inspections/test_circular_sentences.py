"""数字核对 sentence by sentence: true ones pass, false ones stop, those of other matters are 无法核对. Pure."""

from datetime import date
from typing import Any

import pytest

from inspections import circular_text
from inspections.circular_checking import Checked, check, corrected
from inspections.consistency import half_up

A, B, C = "甲（微信）", "乙（微博）", "戊（微信）"
PLATFORMS = ("微信", "微博")


def facts(**more: Any) -> dict[str, Any]:
    """30 checked, 28 passed, after 94.5 % last month; A and B have no updates, B fails by points too."""
    said: dict[str, Any] = {
        "id": "2026-10",
        "as_of": "2026-11-01T00:00+08:00",
        "method": "all",
        "pass_mark": 60,
        "units": 5,
        "total": 30,
        "checked": 30,
        "passed": 28,
        "failed": 2,
        "rate_total": half_up(28, 30),
        "by_owner": {"区级部门": 20, "街道": 10},
        "passed_by_owner": {"区级部门": 19, "街道": 9},
        "by_type": {"微信": 22, "微博": 8},
        "passed_by_type": {"微信": 21, "微博": 7},
        "veto": [{"code": "N2.1", "type": "两周内无更新", "count": 2, "accounts": [A, B]}],
        "deduct": [],
        "findings": 2,
        "accounts_found": 2,
        "full_marks": [C],
        "low": [],
        "in_time": [],
        "month_prev": "2026-09",
        "rate_prev": half_up(945, 1000),
        "waiting": 0,
        **more,
    }
    for key in ("owner", "type"):
        good = said[f"passed_by_{key}"]
        said[f"rate_by_{key}"] = {name: half_up(good[name], n) for name, n in said[f"by_{key}"].items()}
    if said.get("rate_prev") is not None:
        said["delta_prev_pp"] = said["rate_total"] - said["rate_prev"]
    return said


def drafted(said: dict[str, Any]) -> dict[str, str]:
    return {
        "basis": "",
        "overview": circular_text.overview(said),
        "work": "",
        "problems": circular_text.problems(said),
        "praise": circular_text.praise(said),
        "demands": circular_text.demands(None, date(2026, 11, 2)),
    }


def judged(section: str, sentence: str, *, instead: bool = False, **more: Any) -> Checked:
    """The drafted circular with `sentence` added to `section`, or in its place."""
    said = facts(**more)
    texts = drafted(said)
    texts[section] = sentence if instead else f"{texts[section]}\n{sentence}".strip()
    return check(texts, said, platforms=PLATFORMS)


def test_what_is_drafted_stands() -> None:
    said = facts()
    found = check(drafted(said), said, platforms=PLATFORMS)
    assert (found.stopping, found.unknown) == ([], [])


TRUE = [
    ("overview", "合格率93.3%，较上月下降1.2个百分点。"),
    ("overview", "合格率是93.3%，较上月下降了1.2个百分点。"),
    ("overview", "合格率93.3%，与2026年9月相比回落1.2个百分点。"),
    ("overview", "不合格率6.7%。"),
    ("overview", "不合格率较上月提升1.2个百分点。"),
    ("overview", "93.3%的账号合格，6.7%的账号不合格。"),
    ("overview", "合格28家，不合格2家。"),
    ("overview", "合格账号共28个，不合格的有2个。"),
    ("overview", "合格28，不合格2，合格率93.3%。"),
    ("overview", "合格率约93%，超过90%。"),
    ("overview", "合格率在90%以上，不合格率低于7%。"),
    ("overview", "全区共有30个账号参加检查。"),
    ("overview", "28个账号合格，2个账号不合格。"),
    ("overview", "检查30个，其中合格28个，不合格2个。"),
    ("overview", "抽查了30个政务新媒体账号。"),
    ("overview", "不合格2个，其中微信1个、微博1个。"),
    ("overview", "不合格2个，涉及2个单位。"),
    ("overview", "微信合格率较上月提升2.0个百分点。"),
    ("overview", "微信公众号22个，合格21个，合格率95.5%。"),
    ("overview", "全年累计检查账号45个，合格率91.1%。"),
    ("overview", "上月合格率94.5%，本月合格率93.3%。"),
    ("overview", "合格率由上月的94.5%下降到93.3%。"),
    ("overview", "合格28个（上月30个），不合格2个。"),
    ("overview", "全市合格率98.1%，我区合格率93.3%。"),
    ("overview", "合格率同比提升3.1个百分点。"),
    ("overview", "邹区镇、各街道共检查10个，合格9个。"),
    ("work", "全年累计检查账号45个，合格率91.1%。"),
    ("work", "本季度全区政务新媒体账号25个，组织培训3次，约谈单位2家。"),
    ("problems", "3个单位投诉。"),
    ("problems", "检查发现问题2项，涉及2个账号。其中1个账号已整改。"),
    ("problems", "街道账号没有发现问题。"),
    ("problems", "微信合格率95.5%，微博合格率87.5%。"),
    ("praise", "整改合格率99.9%。"),
    ("demands", "不合格账号9个要整改。"),
    ("demands", "2026年12月31日前完成全年自查。"),
    ("basis", "有关内容需要更正：合格数由27改为28。"),
]


@pytest.mark.parametrize(("section", "sentence"), TRUE, ids=[s for _, s in TRUE])
def test_a_true_sentence_stops_nothing(section: str, sentence: str) -> None:
    found = judged(section, sentence)
    assert [mark.sentence for mark in found.stopping] == []
    assert list(found.within) == []


# Section, sentence, and what is told of it.
FALSE = [
    ("overview", "合格率99.9%。", "合格率：文中99.9，记录93.3"),
    ("overview", "合格率是99.9%。", "合格率：文中99.9，记录93.3"),
    ("overview", "不合格率93.3%。", "不合格率：文中93.3，记录6.7"),
    ("overview", "93.9%的账号合格。", "合格率：文中93.9，记录93.3"),
    ("overview", "合格账号共29个。", "合格：文中29，记录28"),
    ("overview", "合格29家。", "合格：文中29，记录28"),
    ("overview", "合格1,028个。", "合格：文中1028，记录28"),
    ("overview", "29个账号合格，2个账号不合格。", "合格：文中29，记录28"),
    ("overview", "27个账号不合格。", "不合格：文中27，记录2"),
    ("overview", "合格率与上月持平。", "较上期：文中变化 0.0 个百分点，记录 -1.2 个百分点"),
    ("overview", "合格率较上月提升了1.2个百分点。", "较上期：文中变化 1.2 个百分点，记录 -1.2 个百分点"),
    ("overview", "合格率较上月增长1.2个百分点。", "较上期：文中变化 1.2 个百分点，记录 -1.2 个百分点"),
    ("overview", "合格率环比回落2.0个百分点。", "较上期：文中变化 -2.0 个百分点，记录 -1.2 个百分点"),
    ("overview", "合格率超过95%。", "合格率：文中≥95，记录93.3"),
    ("overview", "合格率约95%。", "合格率：文中约95，记录93.3"),
    ("overview", "微信公众号22个，合格20个。", "微信合格：文中20，记录21"),
    ("overview", "微博不合格率22.5%。", "微博不合格率：文中22.5，记录12.5"),
    ("overview", "全区共有31个账号参加检查。", "检查：文中31，记录30"),
    ("overview", "合格28个（上月30个），不合格3个。", "不合格：文中3，记录2"),
    ("overview", "达标99.9%。", "“99.9%”没有对应的记录"),
    ("overview", "运行良好的77个。", "“77个”没有对应的记录"),
    ("overview", "合格率百分之九十九。", "“百分之九十九”没有对应的记录"),
    ("problems", "本次检查没有发现问题。", "检查发现问题2项，文中写“没有发现问题”"),
    ("problems", "（二）互动回应差。丙（微博）。", "点名的“丙（微博）”不在检查结果里"),
    ("problems", "（二）互动回应差。3个账号存在。", "“互动回应差”不是检查发现的问题名称"),
    ("problems", "丙（微博）泄密。", "点名的“丙（微博）”不在检查结果里"),
    ("problems", "甲（微信）泄密。", "没有记录说明对“甲（微信）”的说法"),
    ("praise", "丁（微博）得满分。", "得满分：点名的“丁（微博）”不在检查结果里"),
    ("praise", "丁（微博）运行规范，予以表扬。", "没有记录说明对“丁（微博）”的说法"),
    ("praise", "本次检查合格率99.9%。", "合格率：文中99.9，记录93.3"),
    ("basis", "有关内容需要更正：合格数由28改为27。", "合格：文中27，记录28"),
]  # fmt: skip


@pytest.mark.parametrize(("section", "sentence", "told"), FALSE, ids=[s for _, s, _ in FALSE])
def test_a_false_sentence_stops_it(section: str, sentence: str, told: str) -> None:
    found = judged(section, sentence)
    assert any(told in mark.sentence for mark in found.stopping), [mark.sentence for mark in found.stopping]


@pytest.mark.parametrize(
    ("problems", "told"),
    [
        ("本次检查没有发现问题。", "存在问题里没有写：两周内无更新"),
        ("检查发现问题2项，涉及2个账号。", "存在问题里没有写：两周内无更新"),
        ("略", "存在问题里没有写：两周内无更新"),
        ("（一）两周内无更新。1个账号：甲（微信）。", "没有点名“乙（微博）”"),
    ],
)
def test_what_is_left_out_stops_it(problems: str, told: str) -> None:
    found = judged("problems", problems, instead=True)
    assert any(told in mark.sentence for mark in found.stopping)


def test_a_month_with_nothing_found_says_so() -> None:
    nothing = facts(veto=[], findings=0, accounts_found=0)
    texts = drafted(nothing)
    assert texts["problems"] == circular_text.NO_PROBLEM
    assert check(texts, nothing, platforms=PLATFORMS).stopping == []
    texts["praise"] = "3个账号得满分。"
    assert check(texts, nothing, platforms=PLATFORMS).stops == 1


def test_a_heading_in_other_words_is_confirmed_once() -> None:
    """Two accounts under words that are no indicator's: nobody is left out, and a person answers for the words."""
    found = judged("problems", f"（一）两个星期没有更新。2个账号：{A}、{B}。", instead=True)
    (mark,) = found.stopping
    assert (mark.ask, mark.fixable) == (True, False)


def test_what_is_put_right_is_true() -> None:
    """改成 over all false sentences: what it wrote agrees, and it writes nothing where the words do not bind."""
    said = facts()
    for section, sentence, _ in FALSE:
        texts = {**drafted(said), section: sentence}
        marks = [m for m in check(texts, said, platforms=PLATFORMS).off if m.fixable]
        again = check(corrected(texts, marks), said, platforms=PLATFORMS)
        assert [m.sentence for m in again.off if m.fixable] == [], sentence


@pytest.mark.parametrize(
    ("said", "becomes"),
    [
        ("不合格率93.3%。", "不合格率6.7%。"),
        ("合格率与上月持平。", "合格率较上月下降1.2个百分点。"),
        ("合格率较上月提升了3个百分点。", "合格率较上月下降1.2个百分点。"),
        ("合格1,028个。", "合格28个。"),
        ("29个账号合格，2个账号不合格。", "28个账号合格，2个账号不合格。"),
    ],
)
def test_how_it_is_put_right(said: str, becomes: str) -> None:
    texts = {**drafted(facts()), "overview": said}
    assert corrected(texts, check(texts, facts()).off)["overview"] == becomes


def test_each_that_stops_can_be_answered() -> None:
    """Whatever stops it has a key of its own that an explanation in the text, or a confirmation, takes away."""
    said = facts()
    for section, sentence, _ in FALSE:
        texts = drafted(said)
        texts[section] = f"{texts[section]}\n{sentence}".strip()
        rows: list[dict[str, Any]] = []
        for mark in check(texts, said, platforms=PLATFORMS).stopping:
            why = f"经核实无误之{len(rows)}。"
            texts[mark.section] += why
            rows.append({"key": mark.key, "text": why})
        found = check(texts, said, rows, platforms=PLATFORMS)
        assert [m.sentence for m in found.stopping] == [], sentence


def test_a_confirmation_holds_for_its_sentence_and_its_facts_and_for_no_difference() -> None:
    said = facts()
    texts = {**drafted(said), "overview": "达标99.9%。"}
    (asked,) = check(texts, said).stopping
    rows = [{"key": asked.key, "text": "", "confirmed": True}]
    assert check(texts, said, rows).stopping == []
    assert check({**texts, "overview": "达标99.8%。"}, said, rows).stops == 1
    moved = facts(passed=27, failed=3)
    assert any(mark.ask for mark in check({**texts}, moved, rows).stopping)
    texts["overview"] = "合格29个。"
    (off,) = check(texts, said).stopping
    assert check(texts, said, [{"key": off.key, "text": "", "confirmed": True}]).stops == 1


def test_one_explained_difference_does_not_hide_what_disagrees_within() -> None:
    """单位 is explained; 街道 has no figure of its own in the facts, and does not fit the whole."""
    said = facts()
    texts = {**drafted(said), "overview": "全区6个单位，检查30个。按开设主体分，区级部门20个；街道10个。"}
    (units,) = check(texts, said).stopping
    texts["overview"] += "含新设单位。"
    rows = [{"key": units.key, "text": "含新设单位。"}]
    assert check(texts, said, rows).stopping == []
    texts["overview"] = texts["overview"].replace("检查30个", "检查31个")
    assert [m.sentence for m in check(texts, said, rows).off] == ["检查：文中31，记录30"]
    assert any("31" in m.sentence for m in check(texts, said, rows).within)


def test_the_sentence_that_explains_is_not_read() -> None:
    said = facts()
    texts = {**drafted(said), "overview": "合格29个。"}
    (mark,) = check(texts, said).stopping
    why = "含复核后改判的99个。"
    texts["overview"] += why
    assert check(texts, said, [{"key": mark.key, "text": why}]).stopping == []
