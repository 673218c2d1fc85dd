"""The history of a filing in the regulation's words."""

VERBS = {
    "start": "新建草稿",
    "submit": "提交领导审批",
    "leader_approve": "主要领导批准",
    "record_paper_approval": "登记书面批准",
    "correct_paper_approval": "更正书面批准",
    "leader_return": "领导退回",
    "recall": "撤回修改",
    "report": "报送区政府办公室",
    "reopen": "重新填报",
    "supplement": "补充材料",
    "accept": "审核通过",
    "return_for_correction": "退回修改",
    "refuse": "不予备案",
    "complete": "办结",
    "completion_blocked": "办结受阻",
    "unaccept": "撤销审核通过",
    "upper_return": "上级系统退回",
    "withdraw": "撤回备案",
    "read": "阅看",
    "check_paper": "核对纸质批准件",
    "confirm_not_occurred": "确认未发生",
    "receipt": "登记回执",
}


def verb_label(verb: str) -> str:
    """What an event's verb is called on a page."""
    return VERBS.get(verb, verb)
