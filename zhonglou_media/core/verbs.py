"""What every verb of the history is called, by the kind of its object: the one list, for all apps.

Who appends an event with a new verb adds its line here (`tests/portal/test_verbs.py` reads the code and asks for it).
"""

# Kind of object (its model's name in lower case, or the kind of a run) → what people call it.
KINDS = {
    "filing": "备案",
    "account": "账号",
    "flag": "预警",
    "message": "留言",
    "publication": "发布",
    "announcement": "公告",
    "preapproval": "前置申请",
    "closureorder": "责令关停",
    "sheet": "检查单",
    "selfcheck": "季度自查",
    "rectification": "整改",
    "annualveto": "一票否决",
    "sighting": "发现的账号",
    "unit": "单位",
    "user": "用户",
    "membership": "任职",
    "invitation": "邀请",
    "confirmation": "季度确认",
    "setting": "本区设定",
    "year": "工作日历",
    "job": "导入和后台任务",
    "import_activity": "导入数据",
    "export": "导出上级系统",
    "event": "操作记录",
    "exportlayout": "导出格式",
    "exportbatch": "导出上级系统的文件",
    "printtemplate": "打印模板",
    "reconciliation": "与上级平台核对",
    "spotcheck": "抽查",
}

VERBS: dict[str, dict[str, str]] = {
    "filing": {
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
        "object": "提出异议",
        "hand_over": "移交同事",
        "hand_questions": "转办未办结的咨询",
        "remind": "催办",
    },
    "account": {
        "open_pending": "开办备案获得批准，登记入册",
        "rewrite_pending": "按再次批准的内容更新",
        "activate": "完成备案",
        "end_pending": "备案没有办成",
        "begin_closing": "关停或注销备案审核通过",
        "undo_closing": "关停或注销备案的审核通过被撤销",
        "close": "完成关停",
        "cancel": "完成注销",
        "end_by_order": "按责令关停执行",
        "change": "按变更报备更新",
        "merge_into": "并入另一账号",
        "take_over": "接收并入的账号",
        "take_questions": "承接关停账号的咨询",
        "report_lost": "单位报告账号失控",
        "declare_lost": "认定账号失控",
        "dismiss_lost": "不予认定账号失控",
        "recover": "恢复对账号的控制",
        "void": "作废",
        "merge_unit": "随单位撤并转入接收单位",
        "import_registry": "按清单补充",
        "found": "在平台上发现，登记入册",
        "seen_again": "在平台上再次发现",
        "confirm_known": "确认数据截至",
        "ask_change": "请单位变更报备",
        "request_export": "加入补报",
        "drop_request": "取消补报",
        "custodian_named": "登记管理人员",
        "custodian_phone": "更正管理人员电话",
        "custodian_left": "登记管理人员离任",
        "outsourcing_begun": "登记委托运维",
        "outsourcing_amended": "更正委托运维",
        "outsourcing_ended": "结束委托运维",
    },
    "sighting": {"sort_sighting": "认定发现的账号", "sort_again": "更改对发现账号的认定"},
    "flag": {"waive": "免于追究"},
    "message": {
        "ask": "收到",
        "reply": "回复",
        "unreply": "撤销登记的回复",
        "reclassify": "改类型",
        "withdraw_message": "撤回",
        "hand_on": "转办",
        "take_back": "收回转办",
    },
    "publication": {"publish": "登记发布", "remove": "登记删除", "restore": "撤销登记的删除"},
    "announcement": {"publish": "发布公告"},
    "preapproval": {"ask": "提出前置申请", "grant": "批准前置申请", "refuse": "不予批准前置申请"},
    "sheet": {
        "begin": "开始核对",
        "rejudge": "重新预判",
        "submit": "提交检查结果",
        "decide": "认定检查结果",
        "reopen": "重开检查单",
    },
    "selfcheck": {
        "begin": "开始自查",
        "rejudge": "重新预判",
        "submit": "提交自查",
    },
    "closureorder": {
        "issue": "下达责令关停",
        "prove": "报送关停证明",
        "replace_proof": "更换关停证明",
        "send_back": "退回关停证明",
        "execute": "确认已关停",
        "supersede": "已补办备案，责令关停终止",
        "revoke": "撤销责令关停",
    },
    "rectification": {
        "issue": "下达整改通知",
        "answer": "答复整改",
        "replace_answer": "更换答复",
        "verify": "复核通过",
        "send_back": "退回整改",
        "remind": "催办整改",
        "revoke": "撤销整改",
        "refer": "转负责人决定",
        "extend": "延长整改期限",
        "let_be": "决定继续整改",
        "order_closure": "决定责令关停",
        "veto": "决定年度考核一票否决",
        "order_and_veto": "决定责令关停并一票否决",
    },
    "annualveto": {"veto": "作出一票否决", "revoke": "撤销一票否决"},
    "unit": {
        "confirm_quarter": "季度确认",
        "urge_quarter": "催办季度确认",
        "create": "新增单位",
        "edit": "修改单位",
        "confirm": "确认在用",
        "merge": "撤并",
        "receive": "接收撤并的单位",
    },
    "user": {
        "create": "新增用户",
        "edit": "修改姓名或电话",
        "invite": "生成一次性链接",
        "set_password": "用链接设置密码",
        "disable": "停用",
        "enable": "启用",
        "add_membership": "登记任职",
        "end_membership": "撤销任职",
    },
    "setting": {"change": "修改设定", "take_back": "取消修改"},
    "year": {"confirm_year": "确认工作日历"},
    "job": {
        "import_registry": "导入账号台账",
        "discard_import": "放弃导入",
        "sightings": "导入发现的账号",
        "discard_sightings": "放弃导入发现的账号",
        "close_fault": "了结核验不符",
    },
    "import_activity": {"import_activity": "导入发布和留言数据"},
    "export": {"export": "导出备案到上级系统"},
    "event": {"export_events": "导出操作记录"},
    "exportlayout": {"arrange": "编排导出格式"},
    "exportbatch": {"download": "下载导出的文件"},
    "printtemplate": {"upload": "上传模板", "adopt": "启用模板", "retire": "停用模板"},
    "reconciliation": {"reconcile": "与上级平台核对", "note": "写核对说明"},
    "spotcheck": {
        "draft": "起草抽查名单",
        "redraw": "重新抽取名单",
        "confirm": "确定抽查名单",
        "add_account": "手工增加账号",
        "share": "重新分配检查任务",
        "reassign": "改由另一人检查",
        "second_checker": "增加第二位检查人",
        "close": "结束抽查",
    },
}

OTHER = "办理"  # never a code; no event should come to it


def kind_label(kind: str) -> str:
    """What people call such an object."""
    return KINDS.get(kind, "其他")


def label(kind: str, verb: str) -> str:
    """What people call what was done to such an object."""
    return VERBS.get(kind, {}).get(verb, OTHER)


def choices(kind: str = "") -> list[tuple[str, list[tuple[str, str]]]]:
    """For a list to choose from: by kind of object (or of that one alone), `kind:verb` and its words."""
    return [
        (kind_label(of), [(f"{of}:{verb}", words) for verb, words in found.items()])
        for of, found in VERBS.items()
        if kind in ("", of)
    ]
