"""When two ways to write a value say the same, and what their words and codes mean."""

import pytest

from accounts.models import Unit
from filings.models import ExportLayout
from filings.reconciling import fields, listing, values
from tests.factories import NOW
from tests.filings.reconciled import officer


@pytest.mark.parametrize(
    ("ours", "theirs", "is_same"),
    [
        ("示例ABC发布", "示例ａｂｃ发布", True),  # full width, case
        ("示例发布", "示例發布", True),  # traditional
        ("示例 发布", "示例发布", True),
        ("示例发布", "示例发布（订阅号）", True),
        ("示例发布(官方)[2]", "示例发布", True),
        ("示例（北港）发布", "示例发布", False),  # a note within is part of the name
        ("示例发布（甲）", "示例发布（乙）", False),
        ("美连丨治污", "美连|治污", True),
        ("示例-政府", "示例政府", False),
        ("示例发布", "示例发布1", False),
    ],
)
def test_names(ours: str, theirs: str, is_same: bool) -> None:
    assert values.same(ours, theirs) is is_same


@pytest.mark.parametrize(
    ("ours", "theirs", "is_same"),
    [
        ("https://weibo.com/u/1/", "weibo.com/u/1", True),
        ("https://weibo.com/u/1", "http://www.weibo.com/u/1#top", True),
        ("https://weibo.com/u/1", "ｈｔｔｐｓ：//weibo.com/u/1", True),
        ("https://weibo.com/u/1", "https://weibo.com/u/2", False),
        ("https://weibo.com/u/1?a=1", "https://weibo.com/u/1?a=2", False),
        ("https://weibo.com/u/Ab", "https://weibo.com/u/ab", False),
    ],
)
def test_links(ours: str, theirs: str, is_same: bool) -> None:
    assert values.same_link(ours, theirs) is is_same


@pytest.mark.parametrize(
    ("ours", "theirs", "is_same"),
    [
        ("0519-8888 0000", "051988880000", True),
        ("13800000000", "+86 138-0000-0000", True),
        ("13800000000", "13800000001", False),
    ],
)
def test_numbers(ours: str, theirs: str, is_same: bool) -> None:
    assert values.same_phone(ours, theirs) is is_same


def test_long_texts_are_compared_by_their_words() -> None:
    assert values.same_text("发布政务信息，服务市民。", "发布政务信息、服务市民")
    assert not values.same_text("发布政务信息", "发布旅游信息")


@pytest.mark.parametrize(
    ("said", "is_same"),
    [
        ("常州市钟楼区示例甲局", True),
        ("示例甲局", True),
        ("江苏省常州市钟楼区示例甲局", True),
        ("示例乙局", False),
        ("常州市钟楼区示例甲局（本级）", True),
    ],
)
def test_units_by_their_name_and_short_name(said: str, is_same: bool) -> None:
    assert values.same_unit(Unit(name="常州市钟楼区示例甲局", short_name="示例甲局"), said) is is_same


@pytest.mark.parametrize(
    ("said", "key"), [("ＧＨ_01", "gh_01"), (" 123456.0 ", "123456"), ("1.23457E+17", ""), ("v1.0", "v1.0")]
)
def test_ids(said: str, key: str) -> None:
    assert values.uid_key(said) == key


@pytest.mark.parametrize(
    ("word", "meaning"),
    [
        *(("正常", "alive"), ("正常运行", "alive"), ("已备案", "alive"), ("拟关停", "alive")),
        *(("已关停", "closed"), ("注销", "closed"), ("停止更新", "closed"), ("停止运行", "closed")),
        *(("", "skip"), ("其他情况", "")),
    ],
)
def test_words_for_a_state(word: str, meaning: str) -> None:
    assert listing.guess_state(word) == meaning


@pytest.mark.parametrize(
    ("heads", "columns"),
    [
        (
            ["序号", "新媒体名称", "新媒体类别", "新媒体ID", "开办单位", "运行状态", "单位地址"],
            {
                "name": "新媒体名称",
                "platform": "新媒体类别",
                "uid": "新媒体ID",
                "unit": "开办单位",
                "state": "运行状态",
            },
        ),
        (
            ["单位名称", "平台代码", "平台名称", "账号名称", "全省平台编号", "是否认证", "粉丝量（万）"],
            {"unit": "单位名称", "platform": "平台名称", "name": "账号名称", "upper_no": "全省平台编号"},
        ),
        (["区级备案编号", "主办单位", "昵称", "平台"], {"unit": "主办单位", "name": "昵称", "platform": "平台"}),
        (
            ["运维单位", "主办单位", "责任科室", "联系电话", "管理员", "管理员电话"],
            {
                "vendor": "运维单位",
                "unit": "主办单位",
                "department_in_charge": "责任科室",
                "custodian": "管理员",
                "custodian_phone": "联系电话",
            },
        ),
    ],
)
def test_heads_are_guessed(heads: list[str], columns: dict[str, str]) -> None:
    assert fields.guess(heads) == columns


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("cell", "code", "notes"),
    [
        ("微信公众号", "wechat", []),
        ("微信公众号（服务号）", "wechat", ["服务号"]),
        ("訂閱號", "wechat", ["订阅号"]),
        ("01", "wechat", []),
        ("1", "wechat", []),  # as a spreadsheet left it
        ("08", "xiaohongshu", []),
        ("10", "app", []),
        ("B站", "bilibili", []),
    ],
)
def test_platforms_by_words_and_by_our_own_codes(cell: str, code: str, notes: list[str]) -> None:
    platform, said, problem = values.Words("provincial").platform(cell)
    assert (platform and platform.code, said, problem) == (code, notes, "")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("cell", "why"), [("99", "不止指一个平台"), ("看不懂", "不认识平台“看不懂”"), ("无", "平台空着")]
)
def test_a_platform_that_nobody_knows_says_why(cell: str, why: str) -> None:
    platform, _, problem = values.Words("provincial").platform(cell)
    assert platform is None
    assert why in problem


@pytest.mark.django_db
def test_codes_of_a_layout_that_the_office_arranged_are_read_back() -> None:
    columns = [
        {"heading": "P", "value": "platform", "codes": {"抖音": "D", "快手": "K", "新浪微博": "K", "其他": "Z"}},
        {"heading": "T", "value": "account_kind", "codes": {"订阅号": "S", "服务号": "F"}},
        {"heading": "M", "value": "operation_mode", "codes": {"自运维": "I", "委托运维": "O"}},
    ]
    ExportLayout.objects.create(system="national", version=1, columns=columns, by=officer(), at=NOW)
    words = values.Words("national")
    read = words.platform("D")[0]
    assert read is not None
    assert read.code == "douyin"
    assert words.platform("K")[0] is None  # it stands for two
    assert (words.kind("F", []), words.mode("O")) == ("service", "outsourced")
