"""What their list can be compared by, and under which heads it is likely to stand."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from zhonglou_media.core.tables_in import head_key


@dataclass(frozen=True)
class Field:
    """A field of the register as their list may have it: exact heads first, then parts, never with one of `without`."""

    name: str
    label: str
    words: tuple[str, ...]
    parts: tuple[str, ...] = ()
    without: tuple[str, ...] = ()

    def rank(self, head: str) -> int:
        """How likely `head` (a `head_key`) is this field: 0 is not at all; a column of codes is less than its words."""
        code = "代码" in head or "编码" in head
        bare = re.sub("代码|编码", "", head)
        if bare in self.words:
            return 3 if code else 4
        if any(word in head for word in self.without):
            return 0
        if any(_is_part(part, bare) for part in self.parts):
            return 1 if code else 2
        return 0


def _is_part(part: str, head: str) -> bool:
    """A Latin part stands alone: "id" is in 新媒体id, not in video."""
    return re.search(rf"(?<![a-z]){part}(?![a-z])", head) is not None if part.isascii() else part in head


NAME = Field(
    "name",
    "账号名称",
    ("账号名称", "账号名", "名称", "昵称", "新媒体名称", "政务新媒体名称", "媒体名称", "公众号名称", "账号昵称"),
    ("账号名", "媒体名称", "号名称", "昵称", "名称"),
    ("单位", "平台", "主体", "部门", "公司", "机构", "类"),
)
PLATFORM = Field(
    "platform",
    "平台",
    ("平台", "注册平台", "所属平台", "平台名称", "平台类型", "开设平台", "媒体类型", "新媒体类型", "新媒体类别"),
    ("平台", "媒体类型", "媒体类别"),
    ("编号", "备案号", "状态", "id", "日期", "时间"),
)
UID = Field(
    "uid", "账号ID", ("账号id", "id", "uid", "原始id", "微信号", "新媒体id", "账号标识"), ("id", "原始id", "微信号")
)
LINK = Field(
    "link", "账号链接", ("账号链接", "链接", "网址", "链接地址", "主页", "url"), ("链接", "网址", "主页", "url")
)
UNIT = Field(
    "unit",
    "主办单位",
    ("主办单位", "开办单位", "单位名称", "单位", "所属单位", "主办单位名称", "开设单位", "申报单位"),
    ("主办单位", "开办单位", "开设单位", "单位名称"),
    ("地址", "运维", "承办", "主管", "类", "电话", "联系", "认证"),
)
STATE = Field("state", "状态", ("状态", "运行状态", "账号状态", "备案状态", "运营状态"), ("状态",), ("认证",))
NUMBER = Field(
    "upper_no",
    "上级编号",
    ("上级编号", "编号", "系统编号", "新媒体编号", "全国系统编号", "全省平台编号", "备案编号", "备案号"),
    ("编号", "备案号"),
    ("区级", "本区", "信用", "邮政"),
)
KIND = Field("kind", "账号类型", ("账号类型", "公众号类型", "账号类别"), ("号类型", "号类别"))
ENTITY = Field("verified_entity", "认证主体", ("认证主体", "认证单位", "认证主体全称"), ("认证主体",))
MODE = Field("operation_mode", "运维方式", ("运维方式", "运营方式", "运维模式", "管理方式"), ("运维方式", "运营方式"))
VENDOR = Field(
    "vendor", "运维单位", ("运维单位", "运维公司", "外包单位", "受托单位"), ("运维单位", "运维公司", "外包单位")
)
LEADER = Field("leader_in_charge", "分管领导", ("分管领导", "分管负责人"), ("分管领导",), ("电话", "手机"))
DEPARTMENT = Field(
    "department_in_charge", "责任科室", ("责任科室", "责任部门", "承办科室", "科室"), ("科室", "责任部门"), ("电话",)
)
PHONE = Field(
    "custodian_phone",
    "管理员电话",
    ("管理员电话", "联系电话", "管理员手机", "联系方式", "手机"),
    ("员电话", "联系电话"),
)
CUSTODIAN = Field(
    "custodian", "管理员", ("管理员", "管理人员", "账号管理员", "联系人", "管理员姓名"), ("管理员",), ("电话", "手机")
)
INTRO = Field("intro", "简介", ("简介", "账号简介", "功能介绍"), ("简介",), ("单位",))
PURPOSE = Field("purpose", "功能定位", ("功能定位", "开设理由", "主要功能"), ("功能定位",))
SERVICES = Field("services", "服务项目", ("服务项目", "服务事项"), ("服务项目", "服务事项"))

# What a row is known by, then what is compared; guessed in this order.
FIELDS: tuple[Field, ...] = (
    *(NAME, PLATFORM, UID, LINK, UNIT, STATE, NUMBER, KIND, ENTITY, MODE, VENDOR, LEADER, DEPARTMENT),
    *(PHONE, CUSTODIAN, INTRO, PURPOSE, SERVICES),
)
REQUIRED = (NAME, PLATFORM)
BY_NAME: Mapping[str, Field] = {field.name: field for field in FIELDS}
COMPARED: tuple[str, ...] = tuple(f.name for f in FIELDS if f not in (PLATFORM, STATE, NUMBER))
LABELS: Mapping[str, str] = {field.name: field.label for field in FIELDS}


def guess(heads: Sequence[str]) -> dict[str, str]:
    """{field: head} as the heads suggest; each head serves once, the likeliest pairs first."""
    keys = [(head, head_key(head)) for head in heads]
    pairs = [
        (-field.rank(key), place, number, field.name, head)
        for place, field in enumerate(FIELDS)
        for number, (head, key) in enumerate(keys)
        if field.rank(key)
    ]
    found: dict[str, str] = {}
    for _, _, _, name, head in sorted(pairs):
        if name not in found and head not in found.values():
            found[name] = head
    return found


def labels(names: Iterable[str]) -> str:
    """主办单位、责任科室."""
    return "、".join(LABELS[name] for name in names)
