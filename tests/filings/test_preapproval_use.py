"""第九条, 第十条: an opening of a 区级部门 names a granted application, and takes it from its submission on."""

from collections.abc import Callable
from typing import Any

import pytest

from filings import checks, drafting, review_queue
from filings.models import Filing, PreApproval
from filings.page_register import PageRegister
from tests.factories import NOW, Cast, account, opening, platform, preapproval, unit
from tests.filings.asking import department, wechat
from zhonglou_media.core.errors import Incomplete

pytestmark = pytest.mark.django_db

NUMBER = "示例〔2026〕7号"


def wants(cast: Cast, number: str = "", code: str = "wechat", **fields: Any) -> Filing:
    """A draft that names `number`."""
    kind = "subscription" if code == "wechat" else ""
    return opening("draft", cast, platform=code, kind=kind, preapproval_no=number, **fields)


def said(filing: Filing) -> tuple[str, str, str]:
    """What the rule says of the draft."""
    found = checks.check_opening(dict(filing.draft.data), unit=filing.unit, filing=filing)
    (check,) = [check for check in found if check.field == "preapproval_no"]
    return check.level.value, check.title, check.text


def used() -> dict[str, int | None]:
    return dict(PreApproval.objects.values_list("document_no", "used_by"))


@pytest.mark.parametrize(
    ("code", "typed", "grant", "level", "words"),
    [
        ("wechat", "", None, "stop", "区级部门原则上不再单独新建微信公众号"),
        ("mini_program", "", None, "stop", "区级部门原则上不再单独新建移动客户端"),
        ("wechat", NUMBER, {"number": NUMBER}, "pass", "前置申请已经批准"),
        ("wechat", "示例[2026] 7 号", {"number": NUMBER}, "pass", "前置申请已经批准"),
        ("wechat", "示例〔2026〕8号", {"number": NUMBER}, "stop", "没有批准文号为“示例〔2026〕8号”的前置申请"),
        ("app", NUMBER, {"number": NUMBER}, "stop", "没有批准文号"),  # granted for another platform
        ("wechat", NUMBER, {"number": NUMBER, "elsewhere": True}, "stop", "没有批准文号"),  # for another unit
        ("wechat", NUMBER, {"number": NUMBER, "retained": True}, "stop", "没有批准文号"),  # for the account that stays
    ],
)
def test_what_the_rule_says(code: str, typed: str, grant: dict[str, Any] | None, level: str, words: str) -> None:
    cast = department()
    if grant:
        of = department().unit if grant.pop("elsewhere", False) else cast.unit
        if grant.pop("retained", False):
            grant |= {"purpose": "retain", "account": wechat(cast, same_platform_reason="示例"), "act_by": NOW}
        preapproval(of, **grant)
    found = said(wants(cast, typed, code, same_platform_reason="示例"))
    assert (found[0], found[1]) == (level, found[1])
    assert words in found[1]
    assert level == "pass" or "前置申请”里" in found[2]


def test_what_could_be_named_is_told() -> None:
    cast = department()
    preapproval(cast.unit, number=NUMBER)
    assert f"可用的批准文号：“{NUMBER}”。" in said(wants(cast))[2]


@pytest.mark.parametrize(("kind", "code"), [("subdistrict", "wechat"), ("development_zone", "mini_program")])
def test_others_need_none(kind: str, code: str) -> None:
    filing = wants(Cast(unit(kind=kind)), code=code)
    drafting.submit(filing.pk, by=filing.cast.operator, now=NOW)  # type: ignore[attr-defined]


def test_a_kept_account_that_was_closed_opens_again_with_its_own_number() -> None:
    cast = department()
    kept = account(cast.unit, found=True, platform=platform("wechat"))
    preapproval(cast.unit, number=NUMBER, purpose="retain", account=kept, act_by=NOW)
    assert said(wants(cast, NUMBER, on=kept, name=kept.name, uid=kept.uid))[0] == "pass"


def test_it_is_used_from_the_submission_on_and_by_one_opening_alone() -> None:
    cast = department()
    preapproval(cast.unit, number=NUMBER)
    first, second = wants(cast, NUMBER), wants(cast, NUMBER, same_platform_reason="示例")
    assert used() == {NUMBER: None}
    drafting.submit(first.pk, by=cast.operator, now=NOW)
    assert used() == {NUMBER: first.pk}
    with pytest.raises(Incomplete) as refused:
        drafting.submit(second.pk, by=cast.operator, now=NOW)
    (words,) = refused.value.errors["preapproval_no"]
    assert words.startswith(f"批准文号“{NUMBER}”已用于备案“{Filing.objects.get(pk=first.pk).account_label}”。")
    drafting.recall(first.pk, by=cast.operator, now=NOW)
    drafting.submit(first.pk, by=cast.operator, now=NOW)  # its own still
    assert used() == {NUMBER: first.pk}


def test_another_number_leaves_the_former_one_free() -> None:
    cast = department()
    preapproval(cast.unit, number=NUMBER)
    preapproval(cast.unit, number="示例另一号")
    filing = wants(cast, NUMBER)
    drafting.submit(filing.pk, by=cast.operator, now=NOW)
    drafting.recall(filing.pk, by=cast.operator, now=NOW)
    drafting.save_draft(filing.pk, by=cast.operator, data={"preapproval_no": "示例另一号"}, now=NOW)
    drafting.submit(filing.pk, by=cast.operator, now=NOW)
    assert used() == {NUMBER: None, "示例另一号": filing.pk}


@pytest.mark.parametrize(("state", "free"), [("refused", True), ("withdrawn", True), ("returned", False)])
def test_it_is_free_again_when_the_opening_ends_without_success(state: str, free: bool) -> None:
    cast = department()
    preapproval(cast.unit, number=NUMBER)
    filing = opening(state, cast, platform="wechat", kind="subscription", preapproval_no=NUMBER)
    assert used() == {NUMBER: None if free else filing.pk}


def test_it_stays_with_the_opening_that_completed() -> None:
    cast = department()
    preapproval(cast.unit, number=NUMBER)
    filing = opening("completed", cast, platform="wechat", kind="subscription", preapproval_no=NUMBER)
    assert (filing.state, used()) == ("completed", {NUMBER: filing.pk})


def test_an_opening_approved_before_applications_were_kept_goes_on() -> None:
    """Its paper is unknown here: the office is told, nothing is stopped."""
    cast = department()
    row = preapproval(cast.unit, number=NUMBER)
    filing = opening("office_review", cast, platform="wechat", kind="subscription", preapproval_no=NUMBER)
    PreApproval.objects.filter(pk=row.pk).update(used_by=None, document_no="示例别的号")
    (check,) = [c for c in checks.check_details(filing.opening, filing) if c.field == "preapproval_no"]
    assert check.level == "warn"
    assert checks.stops([check]) == {}


def test_a_page_of_the_queue_asks_once_for_all_units(django_assert_num_queries: Callable[..., Any]) -> None:
    for number in ("示例1号", "示例2号"):
        cast = department()
        preapproval(cast.unit, number=number)
        opening("office_review", cast, platform="wechat", kind="subscription", preapproval_no=number)
    rows = list(review_queue.to_review().for_lists())
    register = PageRegister(rows)
    with django_assert_num_queries(2):  # what was granted to all of them, and what of theirs is unfiled
        found = [checks.check_details(row.opening, row, register) for row in rows]
    assert [check.level for checked in found for check in checked if check.field == "preapproval_no"] == ["pass"] * 2
