"""What a filing says in its printed form, beyond the words that its page shows."""

import io

import pytest
from docx import Document

from filings import reporting
from filings.models import FORM_OF, Filing, FilingKind
from filings.printing import builtin, form, names, word
from filings.printing.form import Printed
from tests.factories import NOW, Cast, account, at, change, closing, opening


def printed(filing: object, **how: object) -> Printed:
    return form.printed(filing, **({"phones": True, "typed": False, "now": NOW} | how))  # type: ignore[arg-type]


def test_items_of_a_change_stand_in_the_order_of_the_fields_whatever_order_the_database_keeps() -> None:
    approved = {"form": "change", "item:name": ["甲", "乙"], "reason": "示例", "item:uid": ["1", "2"]}
    assert [item.field for item in form.frozen_items({"approved": approved})] == ["uid", "name"]


@pytest.mark.django_db
def test_a_change_that_was_applied_still_names_the_account_as_it_was() -> None:
    cast = Cast()
    on = account(cast.unit, name="示例旧名", uid="u-1")
    said = printed(change("completed", cast, on=on, name="示例新名"))
    on.refresh_from_db()
    assert on.name == "示例新名"
    assert said.values["account_name"] == "示例旧名"
    assert [(line.no, line.label, line.old, line.new) for line in said.items] == [
        (1, "账号名称", "示例旧名", "示例新名")
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "title", "event"), [("close", "关停", "停止更新日期"), ("cancel", "注销", "平台注销日期")]
)
def test_one_form_serves_closures_and_cancellations(kind: str, title: str, event: str) -> None:
    said = printed(closing("office_review", kind=kind))
    assert said.values["title"] == f"政务新媒体{title}报备表"
    assert said.values["event"] == event


@pytest.mark.django_db
def test_the_same_check_code_names_the_same_account_whatever_changed_since() -> None:
    cast = Cast()
    on = account(cast.unit, name="示例旧名", uid="u-1", number="ZLXMT-2025-0009")
    first = change("completed", cast, on=on, intro="示例新简介")
    known = {name: words for name, words in printed(first).values.items() if name.startswith("account_")}
    for day, filed in (("28", {"name": "示例新名", "uid": "u-2"}), ("30", {"name": "示例更新的名", "uid": "u-3"})):
        later = change("completed", cast, on=on, **filed)  # type: ignore[arg-type]
        Filing.objects.filter(pk=later.pk).update(ended_at=at(f"2026-11-{day} 12:00"))
    on.refresh_from_db()
    assert (on.name, on.uid) == ("示例更新的名", "u-3")
    after = printed(Filing.objects.get(pk=first.pk)).values
    assert {name: words for name, words in after.items() if name.startswith("account_")} == known
    assert known["account_name"] == "示例旧名"


MARKED = [
    ("office_review", ""),
    ("accepted", ""),
    ("returned", "修改中"),
    ("refused", "不予备案"),
    ("withdrawn", "已撤回"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("state", "mark"), MARKED)
def test_what_does_not_stand_is_marked_on_paper_and_in_word(state: str, mark: str) -> None:
    filing = opening("office_review" if state == "withdrawn" else state)
    if state == "withdrawn":
        author = filing.cast.operator  # type: ignore[attr-defined]
        filing = reporting.withdraw(filing.pk, by=author, reason="不办了", on_platform=False, now=NOW)
    said = printed(filing)
    assert (said.values["mark"], said.values["version"]) == (mark, "第1版")
    header = Document(io.BytesIO(word.fill(builtin.built_in(said.form), said.context()))).sections[0].header
    assert header.paragraphs[0].text == f"附件2\t{mark}"


LATE = [
    ("2026-11-25 10:00", "office_review", "否"),
    ("2026-11-27 00:00", "to_report", "是（尚未报送）"),
    ("2026-11-26 23:59", "to_report", ""),
    ("2026-12-01 09:00", "leader_review", ""),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("now", "state", "said"), LATE)
def test_whether_it_is_late_is_said_once_it_can_be(now: str, state: str, said: str) -> None:
    assert printed(opening(state), now=at(now)).values["late"] == said


@pytest.mark.django_db
def test_who_approved_and_what_the_office_decided_stand_beside_the_seals() -> None:
    on_paper = printed(opening("office_review", paper=NOW.date()))
    assert on_paper.values["approval"] == "示例领导 2026-11-24 书面批准"
    assert on_paper.values["opinion"] == ""
    accepted = opening("accepted")
    assert printed(accepted).values["approval"] == f"{accepted.leader} 2026-11-24 在本平台批准"
    assert printed(accepted).values["opinion"] == "审核通过 2026-11-24"
    assert printed(opening("refused")).values["opinion"] == "不予备案 2026-11-24"
    assert printed(opening("leader_review")).values["approval"] == ""


@pytest.mark.django_db
@pytest.mark.parametrize("kind", FilingKind.values)
def test_every_field_of_its_table_is_printed(kind: str) -> None:
    """A field that the form grows later must not be missing on paper unseen."""
    from filings.content import TABLES

    columns = {field.name for field in TABLES[kind]._meta.concrete_fields} - {"filing", "giving_unit"}
    assert columns <= {*names.fields(FORM_OF[FilingKind(kind)])}


@pytest.mark.parametrize(
    ("name", "words", "ticked"),
    [
        ("reasons", "用户关注度低、利用率低、其他", ["用户关注度低、利用率低", "其他"]),
        ("reasons", "机构改革、主办单位撤并", ["机构改革、主办单位撤并"]),
        ("reasons", "", []),
        ("ordered", "否", ["否"]),
        ("mode", "迁移（并入另一账号）", ["迁移（并入另一账号）"]),
    ],
)
def test_what_was_chosen_is_ticked_and_nothing_else(name: str, words: str, ticked: list[str]) -> None:
    shown = names.boxes("closing", name, words).split("\n")
    boxes = [box for line in shown for box in line.split(" ")]
    assert [box[1:] for box in boxes if box[0] == names.TICKED] == ticked
    assert len(boxes) == len(names.options("closing")[name])


def test_what_is_no_option_is_printed_as_it_was_typed() -> None:
    assert names.boxes("closing", "ordered", "不知道") == "☐是 ☐否 不知道"
