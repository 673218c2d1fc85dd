"""Words and icons of codes that every app's pages show: states, flags, articles, upper systems."""

# State machines share no code with another meaning; the words themselves stand in the models' enums.
STATE_ICONS = {
    # accounts
    "pending": "circle-dashed",
    "active": "circle-check",
    "closing": "clock-pause",
    "closed": "player-stop",
    "cancelled": "circle-x",
    "unfiled": "alert-triangle",
    "void": "circle-off",
    # filings
    "draft": "pencil",
    "leader_review": "user-check",
    "to_report": "send",
    "office_review": "clipboard-check",
    "returned": "arrow-back-up",
    "accepted": "building-bank",
    "completed": "circle-check",
    "refused": "ban",
    "withdrawn": "arrow-bar-left",
    # pre-approvals
    "not_asked": "circle-dashed",
    "asked": "clock",
    "granted": "circle-check",
    # incidents
    "recorded": "alert-triangle",
    "passed": "send",
    # rectifications and orders
    "proved": "clipboard-check",
    "executed": "circle-check",
    "superseded": "file-text",
    "revoked": "arrow-bar-left",
    "issued": "clock",
    "submitted": "clipboard-check",
    "verified": "circle-check",
    # circulars, sets of indicators
    "review": "clipboard-check",
    "published": "circle-check",
    # findings from above
    "received": "alert-triangle",
    "handed": "clock",
    "reported": "circle-check",
    "dropped": "circle-x",
}

# 预警规则: code → (words, icon, article).
FLAGS = {
    "overdue_filing": ("逾期未报送", "alert-circle", 8),
    "overdue_correction": ("逾期未改正", "alert-circle", 8),
    "unapproved_event": ("未批先建", "alert-triangle", 8),
    "unfiled_account": ("未备案账号", "alert-triangle", 8),
    "inactive": ("超期未更新", "calendar-off", 14),
    "no_data": ("数据待确认", "help", 14),
    "slow_reply": ("超 24 小时未回复", "message-exclamation", 15),
    "revived": ("私自重新上线", "alert-triangle", 8),
    "changed_unfiled": ("信息与实际不符", "git-compare", 8),
    "no_custodian": ("无专门管理人员", "user", 18),
    "vendor_lapsed": ("委托运维不合规", "users", 19),
    "no_retention": ("未经批准保留", "alert-circle", 9),
    "overdue_rectification": ("整改逾期", "clipboard-x", 24),
    "overdue_order": ("关停令逾期", "alert-circle", 8),
    "name_mismatch": ("名称不一致", "arrows-diff", 6),
    "same_platform": ("同平台多账号", "copy", 7),
    "follower_jump": ("粉丝数异常", "activity", 15),
}

# Flags that miss no deadline but stand from a moment on: code → what ends them.
FLAGS_WITHOUT_DEADLINE = {
    "unfiled_account": "补报办结或关停后解除",
    "unapproved_event": "区政府办公室负责人免于追究，或确认未发生后解除",
    "revived": "补报办结，或删除所发内容后解除",
    "name_mismatch": "名称改为一致后解除",
    "same_platform": "整合关停后解除",
    "no_custodian": "登记专门管理人员后解除",
    "vendor_lapsed": "补齐审核人、保密协议或合同后解除",
    "follower_jump": "只作提示，过一段时间自动解除",
}

# 上级系统: code → words; and what a filing's place there can be.
SYSTEMS = {"national": "全国", "provincial": "全省"}
SYSTEM_NAMES = {"national": "全国系统", "provincial": "全省平台"}  # in a sentence
UPPER = {
    "wait": ("待备案", "clock"),
    "sent": ("已导出，待回执", "send"),
    "done": ("已备案", "check"),
    "back": ("上级退回", "arrow-back-up"),
    "none": ("不适用", "minus"),
}

_DIGITS = "零一二三四五六七八九十"


def article(number: int) -> str:
    """The name of an article of the regulation: 8 → 第八条, 14 → 第十四条, 20 → 第二十条."""
    if not 1 <= number <= 26:
        raise ValueError(f"《实施细则》只有二十六条，没有第{number}条")
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else f"{_DIGITS[tens]}十"
    return f"第{head}{_DIGITS[ones] if ones else ''}条"
