"""全省政务新媒体备案检查平台: its columns and codes until the office arranges others; 参考 until it gives its own."""

from accounts.models import AccountKind
from accounts.models.account import OperationMode
from filings.models import ExportMark

from .columns import OTHERS, Column

TITLE = "全省政务新媒体备案检查平台"

# By the platform's name. A platform without a code of its own goes as 99.
PLATFORM_CODES = {
    "微信公众号": "01",
    "微信视频号": "02",
    "微信小程序": "03",
    "新浪微博": "04",
    "抖音": "05",
    "快手": "06",
    "今日头条": "07",
    "小红书": "08",
    "哔哩哔哩": "09",
    "移动客户端": "10",
    "快应用": "11",
    OTHERS: "99",
}
KIND_CODES = {AccountKind.SUBSCRIPTION.label: "1", AccountKind.SERVICE.label: "2"}
MODE_CODES = {OperationMode.SELF.label: "1", OperationMode.OUTSOURCED.label: "2"}
MARK_CODES = {
    ExportMark.NEW.label: "A",
    ExportMark.UPDATE.label: "U",
    ExportMark.CHANGE.label: "M",
    ExportMark.CLOSE.label: "C",
    ExportMark.CANCEL.label: "D",
}

COLUMNS: tuple[Column, ...] = (
    Column("序号", "order"),
    Column("区级备案编号", "number"),
    Column("主办单位", "unit"),
    Column("责任科室", "department_in_charge"),
    Column("分管领导", "leader_in_charge"),
    Column("平台代码", "platform", PLATFORM_CODES),
    Column("平台名称", "platform"),
    Column("账号类型代码", "account_kind", KIND_CODES),
    Column("账号名称", "name"),
    Column("账号ID", "uid"),
    Column("账号链接", "link"),
    Column("认证主体", "verified_entity"),
    Column("是否认证", "verified"),
    Column("粉丝量（万）", "followers"),
    Column("管理员", "custodian"),
    Column("管理员电话", "custodian_phone"),
    Column("运维方式代码", "operation_mode", MODE_CODES),
    Column("运维单位", "vendor"),
    Column("主要领导批准日期", "approved_on"),
    Column("开通日期", "opened_on"),
    Column("业务代码", "mark", MARK_CODES),
    Column("业务", "mark"),
    Column("变更事项、关停原因", "matter"),
    Column("变更、关停、注销日期", "done_on"),
)
