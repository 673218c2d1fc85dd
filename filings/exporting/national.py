"""全国政务新媒体信息报送系统: its columns. 参考 until the office supplies the real ones."""

from .columns import (
    Column,
    Row,
    by_hand,
    done_on,
    filed,
    followers_in_10000,
    interactions,
    link,
    matter,
    opened_on,
    remarks,
    unit_name,
    verified,
)

TITLE = "全国政务新媒体信息报送系统"

COLUMNS: tuple[Column, ...] = (
    ("序号", lambda row: row.order),
    ("操作", lambda row: row.mark.label),
    ("账号名称", filed("name")),
    ("注册平台", lambda row: _platform(row)),
    ("账号ID", filed("uid")),
    ("账号链接", link),
    ("粉丝量（万）", followers_in_10000),
    ("是否认证", verified),
    ("认证主体", filed("verified_entity")),
    ("单位名称", unit_name),
    ("单位地址", by_hand),
    ("联系人", filed("custodian")),
    ("联系电话", filed("custodian_phone")),
    ("涉及领域", by_hand),
    ("功能定位", filed("purpose")),
    ("互动功能", interactions),
    ("服务事项", filed("services")),
    ("开通日期", opened_on),
    ("备注", remarks),
    ("区级备案编号", lambda row: row.filing.number),
    ("变更事项、关停原因", matter),
    ("变更、关停、注销日期", done_on),
)


def _platform(row: Row) -> str:
    """The platform in words, with the kind of a 公众号: 微信公众号（订阅号）."""
    kind = filed("kind")(row)
    return f"{row.platform.name}（{kind}）" if kind else row.platform.name
