"""登记回执: which filing is meant by what the office types, and what it is told when none or several are."""

import pytest

from filings import meant
from filings.models import Filing
from tests.factories import Cast, change, closing, opening, unit
from tests.filings.many import accepted
from zhonglou_media.core.errors import Refused

pytestmark = pytest.mark.django_db


@pytest.fixture
def one() -> Filing:
    """Waits for the systems above, beside others that do not: one done of the same name, one under review."""
    filing = opening("accepted", name="示例健康（东门）", uid="a")
    Filing.objects.filter(pk=filing.pk).update(number="ZLXMT-2026-00123")
    done = opening("completed", Cast(unit()), name="示例健康（东门）", uid="b", platform="weibo")
    Filing.objects.filter(pk=done.pk).update(number="ZLXMT-2025-00123")
    opening("office_review", Cast(unit()), name="示例健康（东门）旧号", uid="c", platform="kuaishou")
    return Filing.objects.get(pk=filing.pk)


TYPED = [
    "ZLXMT-2026-00123",
    " zlxmt-2026-00123 ",
    "ＺＬＸＭＴ－２０２６－００１２３",
    "ZLXMT-2026-00123 示例健康（东门）（抖音）",
    "ZLXMT-2026-00123  示例健康(东门)(抖音)",
    "00123",
    "123",
    "１２３",
    "2026-00123",
    "示例健康（东门）",
    "示例健康（东门）（抖音）",
    "健康",
]


def test_what_means_it(one: Filing) -> None:
    assert {typed: meant.meant(typed) for typed in TYPED} == dict.fromkeys(TYPED, one)


WRONG = {
    "ZLXMT-2026-99999": "没有备案编号为“ZLXMT-2026-99999”的备案，请核对。",
    "ZLXMT-2026-00123 示例别的号（抖音）": (
        "ZLXMT-2026-00123 是“示例健康（东门）（抖音）”，与后面写的账号不一致，请核对。"
    ),
    "99999": "没有待上级平台备案的“99999”，请核对备案编号或账号名称。",
    "示例没有的": "没有待上级平台备案的“示例没有的”，请核对备案编号或账号名称。",
    "%": "没有待上级平台备案的“%”，请核对备案编号或账号名称。",
    "旧号": "没有待上级平台备案的“旧号”，请核对备案编号或账号名称。",
}


def test_what_means_none(one: Filing) -> None:
    assert {typed: refused(typed) for typed in WRONG} == WRONG


def refused(typed: str) -> str:
    with pytest.raises(Refused) as caught:
        meant.meant(typed)
    return str(caught.value)


def test_several_are_counted_and_offered() -> None:
    accepted(30)
    with pytest.raises(meant.Several) as several:
        meant.meant("示例2")
    assert str(several.value).startswith("“示例2”对得上 10 件：ZLXMT-2026-01002 示例2号账号")
    assert str(several.value).endswith("等，请写全备案编号。")
    assert len(several.value.some) == 10
    with pytest.raises(meant.Several, match="对得上 29 件"):
        meant.meant("号账号")
    assert meant.meant("示例2号账号").opening.name == "示例2号账号"  # 示例12号账号 holds it, and is not called so


def test_a_name_of_digits_and_an_end_of_a_number_are_both_looked_for() -> None:
    hotline = opening("accepted", name="12345", uid="a")
    assert meant.meant("12345") == hotline


def test_other_kinds_are_meant_by_their_account() -> None:
    changed, ended = change("accepted"), closing("accepted", Cast(unit()))
    for filing in (changed, ended):
        Filing.objects.get(pk=filing.pk).registered.__class__.objects.filter(pk=filing.account_id).update(
            name=f"示例{filing.kind}"
        )
        assert meant.meant(f"示例{filing.kind}") == filing


def test_one_that_a_colleague_has_just_dealt_with_is_still_found() -> None:
    done = opening("completed", name="示例办完")
    assert meant.meant("示例办完") == done
    assert meant.meant(str(done.number)[-5:]) == done
    assert meant.meant(meant.called(done)) == done


def test_the_next_due_are_offered() -> None:
    accepted(30)
    done = opening("completed", Cast(unit()), name="示例办完", uid="x")
    offered = list(meant.offered())
    assert len(offered) == meant.OFFERED
    assert done not in offered
