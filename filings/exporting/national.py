"""全国政务新媒体信息报送系统: its columns until the office arranges others. 参考 until it supplies the real ones."""

from .columns import Column

TITLE = "全国政务新媒体信息报送系统"

COLUMNS: tuple[Column, ...] = (
    Column("序号", "order"),
    Column("操作", "mark"),
    Column("账号名称", "name"),
    Column("注册平台", "platform_with_kind"),
    Column("账号ID", "uid"),
    Column("账号链接", "link"),
    Column("粉丝量（万）", "followers"),
    Column("是否认证", "verified"),
    Column("认证主体", "verified_entity"),
    Column("单位名称", "unit"),
    Column("单位地址", "by_hand"),
    Column("联系人", "custodian"),
    Column("联系电话", "custodian_phone"),
    Column("涉及领域", "by_hand"),
    Column("功能定位", "purpose"),
    Column("互动功能", "interactions"),
    Column("服务事项", "services"),
    Column("开通日期", "opened_on"),
    Column("备注", "remarks"),
    Column("区级备案编号", "number"),
    Column("变更事项、关停原因", "matter"),
    Column("变更、关停、注销日期", "done_on"),
)
