"""What the rules only remark on while an opening is typed: near misses of a name, and 未批先建."""

import pytest

from filings import checks, drafting
from filings.models import Filing
from filings.page_register import PageRegister
from tests.factories import NOW, Cast, account, opening, typed

pytestmark = pytest.mark.django_db


def hints(cast: Cast, field: str, **fields: str) -> list[str]:
    """Titles of the warnings at `field`."""
    filing: Filing = drafting.start("open", by=cast.operator, unit=cast.unit, now=NOW)
    said = checks.check_typed(typed(**fields), filing=filing)
    return [check.title for check in said if check.field == field and check.level == checks.Level.WARN]


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("示例-发布", True),
        ("示例 發佈", True),
        ("「示例发布」", True),
        ("示例发布", False),  # the same name: another rule's
        ("示例教育", False),
    ],
)
def test_a_near_miss_of_a_registered_name_is_shown(name: str, near: bool) -> None:
    account(name="示例发布")
    found = [title for title in hints(Cast(), "name", name=name, platform="kuaishou") if "名称相近" in title]
    assert bool(found) is near
    assert all("示例发布" in title for title in found)


def test_a_name_that_is_free_again_is_no_near_miss() -> None:
    row = account(name="示例发布", found=True)
    type(row).objects.filter(pk=row.pk).update(state="void")
    assert hints(Cast(), "name", name="示例-发布") == []


def test_nobody_named_for_the_password_or_the_review_is_said() -> None:
    """第十八条, 第十二条: an empty step 人员与运维 does not pass silently."""
    assert hints(Cast(), "custodian", custodian="") == ["还没有写明账号管理人员"]
    assert hints(Cast(), "first_reviewer") == ["还没有写明内容审核人"]
    assert hints(Cast(), "custodian", custodian="示例张三") == []
    assert hints(Cast(), "first_reviewer", second_reviewer="示例李四") == []


@pytest.mark.parametrize(
    ("typed_day", "said"),
    [("2021-04-01", True), ("2999-01-01", False), ("2026-13-40", False), ("", False)],
)
def test_opened_before_the_approval_is_told_while_typing(typed_day: str, said: bool) -> None:
    assert ("账号开通日期早于主要领导批准，属未批先建" in hints(Cast(), "effective_on", effective_on=typed_day)) is said


def test_an_unfiled_account_of_the_unit_on_the_platform_is_told() -> None:
    """第七条: the place is free, and yet this account is not the only one there."""
    cast = Cast()
    found = account(cast.unit, name="示例旧号", found=True)
    filing = opening("office_review", cast, platform=found.platform.code)
    for register in (checks.Register(), PageRegister([filing])):
        said = checks.check_details(filing.opening, filing, register)
        titles = [check.title for check in said if check.field == "same_platform_reason"]
        assert titles == [f"本单位在{found.platform}另有未备案账号“示例旧号”"]
    assert hints(cast, "same_platform_reason", platform="kuaishou") == []
