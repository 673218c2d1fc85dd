"""1,000 rows with planted differences of each kind: all found, none false; again: nothing new, nothing gone."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import lifecycle
from accounts.models import Account, AccountName, Origin, Platform, Unit
from tests.factories import NOW, account, platform, unit
from tests.filings.reconciled import csv_of, found, officer, reconcile
from zhonglou_media.core.names import look_key, name_key

pytestmark = pytest.mark.django_db

CODES = ("wechat", "weibo", "douyin", "kuaishou")
ROWS = 1000


@dataclass
class Planted:
    """The rows of their list, and what must be found in them."""

    rows: list[list[str]] = field(default_factory=list)
    expected: dict[str, set[str]] = field(default_factory=dict)
    broken: int = 0

    def plant(self, kind: str, *names: str) -> None:
        self.expected.setdefault(kind, set()).update(names)


def register(number: int, of: Unit) -> list[Account]:
    """Baseline accounts on four platforms, every fourth without an id."""
    start = Account.objects.count()
    platforms = {code: Platform.objects.get(code=code) for code in CODES}
    made = [
        Account(
            unit=of,
            platform=platforms[CODES[i % 4]],
            name=f"示例{i:04}发布",
            uid="" if i % 4 == 3 else f"uid-{i:04}",
            link=f"https://www.example.cn/u/{i:04}/",
            same_platform_reason="示例",
            department_in_charge="办公室" if i % 2 else "",
        )
        for i in range(start, start + number)
    ]
    return lifecycle.register(made, origin=Origin.BASELINE, now=NOW)


def row_of(one: Account, **more: str) -> list[str]:
    """Their row of an account, all as the register has it."""
    said = {"name": one.name, "platform": one.platform.name, "uid": one.uid, "link": one.link, "unit": one.unit.name}
    return list({**said, "state": "正常", **more}.values())


def renamed(one: Account, name: str) -> Account:
    one.name, one.name_key, one.look_key = name, name_key(name), look_key(name)
    one.save()
    keys = {"name_key": one.name_key, "look_key": one.look_key}
    AccountName.objects.create(account=one, name=name, since=NOW, **keys)
    return one


def ended(one: Account, state: str) -> Account:
    Account.objects.filter(pk=one.pk).update(state=state, next_update_due_at=None)
    one.refresh_from_db()
    return one


def planted() -> Planted:
    """Every kind of difference, and every way to write the same that must be none."""
    of, made = unit("常州市钟楼区示例甲街道办事处", short_name="示例甲街道"), Planted()
    accounts = register(ROWS, of)
    special = iter(accounts[:40])
    made.rows += [row_of(one) for one in accounts[40:]]
    same: dict[str, Callable[[Account], list[str]]] = {
        "another id's case, a full-width letter": lambda one: row_of(one, uid="ＵＩＤ" + one.uid[3:]),
        "a link without scheme and slash": lambda one: row_of(one, uid="", name="无关", link="example.cn/u/0001"),
        "full-width digits in the name": lambda one: row_of(one, uid="", link="无", name="示例０００２发布"),
        "traditional characters": lambda one: row_of(one, uid="", link="", name="示例0003發布"),
        "a note behind the name, a kind with the platform": lambda one: row_of(
            one, uid="", link="", name=f"{one.name}（订阅号）", platform="微信公众号（订阅号）"
        ),
        "a code of ours, as a spreadsheet left it": lambda one: row_of(one, platform="4"),
        "no id yet on their side": lambda one: row_of(one, uid=""),
        "the short name of the unit": lambda one: row_of(one, unit="示例甲街道"),
        "the name of the unit without the district": lambda one: row_of(one, unit="示例甲街道办事处"),
        "no unit, no link": lambda one: row_of(one, unit="", link="无"),
        "spaces": lambda one: row_of(one, name=f" 示例 {one.name[2:]} ", platform=" ".join(one.platform.name)),
        "an id learnt late": lambda one: row_of(one, uid="learnt-late"),
    }
    for write in same.values():
        made.rows.append(write(next(special)))
    # By its link, under a name that is not ours: found, and its name differs.
    made.plant("differs", "示例0001发布:name")
    old = next(special)
    made.rows.append(row_of(old, uid="", link=""))  # by its old name
    made.plant("differs", f"{renamed(old, '示例新名称').name}:name")
    for field_, value in (("unit", "示例乙局"), ("uid", "another-id"), ("link", "https://example.cn/other")):
        one = next(special)
        made.rows.append(row_of(one, **{field_: value}))
        made.plant("differs", f"{one.name}:{field_}")
    both = next(special)
    made.rows.append(row_of(both, unit="示例乙局", link="https://example.cn/both"))
    made.plant("differs", f"{both.name}:link/unit")
    shut = next(special)
    made.rows.append(row_of(shut, state="已关停"))
    made.plant("differs", f"{shut.name}:state")
    for _ in range(3):
        made.plant("only_here", next(special).name)
    for state in ("closed", "cancelled"):
        there, gone = ended(next(special), state), ended(next(special), state)
        made.rows += [row_of(there, state="正常运行"), row_of(gone, state="注销")]
        made.plant("alive_there", there.name)
    for number in range(3):
        made.rows.append([f"示例外来{number}", "新浪微博", f"foreign-{number}", "", "示例外单位", "正常"])
        made.plant("only_there", f"示例外来{number}")
    made.rows.append(["示例早已关停", "抖音", "closed-there", "", "", "关停"])
    made.rows.append([made.rows[0][0], "快应用", "", "", "", "正常"])  # the same name on a platform where we have none
    made.plant("only_there", made.rows[0][0])
    # Rows that cannot be compared: their accounts are missing from the list all the same, and are no difference.
    twice, unknown, nameless = next(special), next(special), next(special)
    made.rows += [row_of(twice), row_of(twice, unit="示例乙局"), row_of(unknown, platform="看不懂的平台")]
    made.rows.append(row_of(nameless, name=""))
    a, b = next(special), next(special)
    for one in (a, b):
        Account.objects.filter(pk=one.pk).update(platform=platform("douyin"), uid=f"twin-{one.pk}", link="")
        one.refresh_from_db()
        renamed(one, "示例同名")
    made.rows.append(["示例同名", "抖音", "", "", "", "正常"])
    made.broken = 5
    made.rows += [row_of(one) for one in special]
    account(found=True, name="示例未备案", platform=platform("douyin"))
    return made


def test_all_planted_differences_are_found_and_none_is_false() -> None:
    made, by = planted(), officer()
    titles = "全国政务新媒体清单,,,,,\n导出时间,2026-11-24,,,,\n".encode("gb18030")
    content = titles + csv_of(made.rows, encoding="gb18030") + "合计,1000,,,,\n".encode("gb18030")
    first = reconcile(content, by)
    assert found(first) == made.expected
    assert first.counts["uncompared"] == made.broken
    assert len(made.rows) >= ROWS
    assert first.rows == len(made.rows)

    again = reconcile(content, by)
    assert found(again) == made.expected
    assert (again.counts["new"], again.counts["gone"], again.counts["unsure"]) == (0, 0, 0)
    assert again.previous == first
    assert set(again.lines.values_list("since", flat=True)) == {first.at}

    repaired = [*made.rows, row_of(Account.objects.get(name__in=made.expected["only_here"], uid="uid-0020"))]
    repaired = [row for row in repaired if row[0] not in ("示例外来0", "示例外来1")]
    repaired += [["示例新来1", "抖音", "n1", "", "", "正常"], ["示例新来2", "抖音", "n2", "", "", "正常"]]
    third = reconcile(csv_of(repaired), by)
    assert (third.counts["gone"], third.counts["new"]) == (3, 2)
    assert third.lines.filter(since=third.at).count() == 2


def test_a_run_asks_the_database_as_often_for_few_rows_as_for_many() -> None:
    of, by, asked = unit(), officer(), []
    accounts = register(3, of)
    reconcile(csv_of([row_of(one) for one in accounts]), by)
    for more in (1, 300):  # each time another file
        accounts += register(more, unit())
        with CaptureQueriesContext(connection) as queries:
            assert reconcile(csv_of([row_of(one) for one in accounts]), by).counts["lines"] == 0
        asked.append(len(queries))
    assert asked[0] == asked[1]
