"""What the rules only remark on while an opening is typed: near misses of a name, and 未批先建."""

import pytest

from filings import checks, drafting
from filings.models import Filing
from tests.factories import NOW, Cast, account, typed

pytestmark = pytest.mark.django_db


def hints(cast: Cast, field: str, **fields: str) -> list[str]:
    """Titles of the warnings at `field`."""
    filing: Filing = drafting.start("open", by=cast.operator, unit=cast.unit, now=NOW)
    said = checks.check_opening(typed(**fields), unit=cast.unit, filing=filing)
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


@pytest.mark.parametrize(
    ("typed_day", "said"),
    [("2021-04-01", True), ("2999-01-01", False), ("2026-13-40", False), ("", False)],
)
def test_opened_before_the_approval_is_told_while_typing(typed_day: str, said: bool) -> None:
    assert ("开通日期早于主要领导批准，属未批先建" in hints(Cast(), "effective_on", effective_on=typed_day)) is said
