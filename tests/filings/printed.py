"""Filings to print: with no more than must be filled in, as units usually do, and with 500 characters in each field."""

import base64
import json
from typing import Any

from filings import kinds
from filings.models import Filing
from filings.printing import docx_child, in_words
from tests.factories import Cast, account, change, closing, opening, unit

LONG = 500
KINDS = ("open", "change", "close", "cancel")
OFFICE = "示例甲街道办事处"
PEOPLE = {
    "leader_in_charge": "赵六",
    "department_in_charge": "党政办公室",
    "custodian": "张三",
    "custodian_phone": "0519-00000000",
}
ORDINARY: dict[str, dict[str, Any]] = {
    "open": PEOPLE
    | {
        "name": "示例甲街道文旅",
        "platform": "wechat",
        "kind": "service",
        "uid": "gh_0123456789ab",
        "link": "https://example.invalid/s/示例",
        "basis": "new",
        "verified_entity": OFFICE,
        "verification": "verified",
        "effective_on": "2026-11-23",
        "intro": "示例甲街道文化和旅游信息发布、便民服务预约。",
        "purpose": "发布辖区文化活动和便民服务信息，受理场馆预约，回应居民咨询；不转载与街道职责无关的内容。",
        "columns": "活动预告、场馆预约、办事指南",
        "services": "文化场馆预约，志愿者报名，办事指南查询",
        "interactions": ["留言", "菜单"],
        "update_frequency": "每周 2 次",
        "first_reviewer": "张三",
        "second_reviewer": "孙七",
        "final_reviewer": "赵六",
        "operation_mode": "outsourced",
        "vendor": "示例传媒有限公司",
        "vendor_until": "2027-06-30",
        "vendor_nda": True,
        "operator_phone": "0519-00000000",
        "remarks": "认证材料已提交平台审核，通过后补充链接。",
    },
    "change": {
        "name": "示例甲街道发布厅",
        "intro": "示例甲街道权威信息发布。",
        "custodian": "李四",
        "custodian_phone": "0519-00000001",
        "department_in_charge": "宣传统战科",
        "reason": "街道机构调整，账号由宣传统战科管理，名称与其他平台统一。",
        "notice_text": "因工作需要，我单位政务新媒体账号名称变更为“示例甲街道发布厅”，原有功能不变。特此公告。",
        "notice_on": "2026-11-24",
        "notice_place": "本账号置顶、街道门户网站",
        "operator_phone": "0519-00000000",
    },
    "close": {
        "mode": "merge",
        "reasons": ["similar", "unused"],
        "explanation": "与街道主账号内容重复，两年来阅读量低。",
        "disposal": "archive",
        "archive_place": "街道档案室",
        "followers": "1203",
        "follower_care": "停更前连续三次推送迁移提示，置顶新账号二维码。",
        "personal_data": "后台留言导出归档后清除，不保留用户手机号。",
        "successor_channel": "示例甲街道微信公众号",
        "notice_days": "15",
        "notice_on": "2026-11-20",
        "notice_place": "本账号置顶",
        "operator_phone": "0519-00000000",
    },
}
ORDINARY["cancel"] = {name: value for name, value in ORDINARY["close"].items() if name not in ("mode", "successor")}


def required(kind: str) -> Filing:
    """Reported with no more than must be filled in."""
    return _make(kind, "office_review", {})


def ordinary(kind: str) -> Filing:
    """Accepted, filled in as units usually do."""
    return _make(kind, "accepted", ORDINARY[kind])


def _make(kind: str, state: str, data: dict[str, Any]) -> Filing:
    cast = Cast(unit())
    if kind == "open":
        return opening(state, cast, **data)
    on = account(cast.unit, link="https://example.invalid/", number=f"ZLXMT-2025-{cast.unit.pk:04}")
    return change(state, cast, on=on, **data) if kind == "change" else closing(state, cast, kind=kind, on=on, **data)


def empty(kind: str) -> Filing:
    """A draft in which nothing is filled in yet."""
    filing = opening("draft", Cast(unit())) if kind == "open" else _make(kind, "draft", {})
    filing.draft.data = {}
    filing.draft.save(update_fields=["data"])
    return filing


def ask_here(template: bytes, **asked: Any) -> dict[str, Any]:
    """What the child would say, asked in this process: for tables of cases, each of which would start one."""
    question = json.dumps({"template": base64.b64encode(template).decode(), **asked})
    return json.loads(json.dumps(docx_child.answer(json.loads(question))))  # type: ignore[no-any-return]


def mark(number: int) -> str:
    """A character that stands in the field of that number and nowhere else."""
    return chr(0x7000 + number)


def overfull(kind: str) -> tuple[Filing, dict[str, str]]:
    """A draft with 500 characters in each field, and in which field which character stands 500 times.

    Marks of Jinja, of XML and of formulas are among them, ends of lines, and what no XML can hold.
    """
    cast = Cast(unit())
    start = opening("draft", cast) if kind == "open" else _make(kind, "draft", {})
    cast = start.cast  # type: ignore[attr-defined]
    form = kinds.of(start).form
    fields = [name for _, names in form.STEPS.values() for name in names]
    marks = {name: mark(number) for number, name in enumerate(fields)}
    odd = "=1+1 <A&B>'\" {{ x }} {% if %} {_{ ]]>\r\n第二行\t末\x0b\x0c\x00\x07\ud800"
    typed = {name: marks[name] * (LONG // 2) + odd + marks[name] * (LONG // 2) for name in fields}
    for several in {"interactions", "reasons"} & {*fields}:
        typed[several] = [typed[several]]  # type: ignore[assignment]
    start.draft.data = typed
    unasked = in_words.not_asked(form(typed, filing=start))  # of the other of two kinds that share a form
    return start, {name: letter for name, letter in marks.items() if name not in unasked}
