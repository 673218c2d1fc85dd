"""全省政务新媒体备案检查平台: its columns and codes. 参考 until the office supplies the real ones."""

from .columns import (
    Column,
    Mark,
    done_on,
    filed,
    followers_in_10000,
    link,
    matter,
    opened_on,
    unit_name,
    verified,
)

TITLE = "全省政务新媒体备案检查平台"

# A platform without a code of its own goes as 99.
PLATFORM_CODES = {
    "wechat": "01",
    "channels": "02",
    "mini_program": "03",
    "weibo": "04",
    "douyin": "05",
    "kuaishou": "06",
    "toutiao": "07",
    "xiaohongshu": "08",
    "bilibili": "09",
    "app": "10",
    "quick_app": "11",
}
OTHER = "99"
KIND_CODES = {"subscription": "1", "service": "2"}
MODE_CODES = {"self": "1", "outsourced": "2"}
MARK_CODES = {Mark.NEW: "A", Mark.UPDATE: "U", Mark.CHANGE: "M", Mark.CLOSE: "C", Mark.CANCEL: "D"}

COLUMNS: tuple[Column, ...] = (
    ("序号", lambda row: row.order),
    ("区级备案编号", lambda row: row.filing.number),
    ("主办单位", unit_name),
    ("责任科室", filed("department_in_charge")),
    ("分管领导", filed("leader_in_charge")),
    ("平台代码", lambda row: PLATFORM_CODES.get(row.platform.code, OTHER)),
    ("平台名称", lambda row: row.platform.name),
    ("账号类型代码", lambda row: KIND_CODES.get(row.stored("kind"), "")),
    ("账号名称", filed("name")),
    ("账号ID", filed("uid")),
    ("账号链接", link),
    ("认证主体", filed("verified_entity")),
    ("是否认证", verified),
    ("粉丝量（万）", followers_in_10000),
    ("管理员", filed("custodian")),
    ("管理员电话", filed("custodian_phone")),
    ("运维方式代码", lambda row: MODE_CODES.get(row.stored("operation_mode"), "")),
    ("运维单位", filed("vendor")),
    ("主要领导批准日期", lambda row: row.filing.approved_on),
    ("开通日期", opened_on),
    ("业务代码", lambda row: MARK_CODES[row.mark]),
    ("业务", lambda row: row.mark.label),
    ("变更事项、关停原因", matter),
    ("变更、关停、注销日期", done_on),
)
