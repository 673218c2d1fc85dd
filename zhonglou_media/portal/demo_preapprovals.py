"""The demo's 前置申请 (第九条, 第十条): one to decide, one granted and not used yet, one refused."""

from datetime import datetime, timedelta

from accounts.models import Account, Platform, Unit
from filings import preapprovals, preapproving
from zhonglou_media.core.models import User


def fill(kept: Account, unit: Unit, *, operator: User, supervisor: User, now: datetime) -> None:
    """`operator` of the 区级部门 `unit` asks to keep the account `kept`, and for two new ones."""
    days = timedelta(days=1)
    preapprovals.ask_retention(
        kept.pk,
        by=operator,
        reason="馆所预约、场馆公告每月办理三百余件，群众已经习惯；更新由办公室专人负责（示例）。",
        now=now - 2 * days,
    )

    def ask(code: str, name: str, reason: str, when: datetime) -> int:
        platform = Platform.objects.get(code=code)
        row = preapprovals.ask_new(
            by=operator, unit=unit, platform=platform, account_name=name, reason=reason, now=when
        )
        return row.pk

    granted = ask(
        "mini_program", "示例乙局场馆预约", "区级平台没有场馆预约，需要单独的小程序（示例）。", now - 30 * days
    )
    document = f"示例〔{now.year}〕12号"
    preapproving.grant(granted, by=supervisor, document_no=document, comment="同意（示例）", now=now - 27 * days)
    refused = ask("app", "示例乙局掌上文旅", "拟开发移动客户端（示例）。", now - 60 * days)
    why = "功能与区级移动客户端重复，请在区级平台上办理（示例）。"
    preapproving.refuse(refused, by=supervisor, decision=why, now=now - 58 * days)
