"""附件1 as shipped: the national vetoes, and points that the district replaces (参考). `seed` adds what is missing."""

from datetime import date, datetime
from typing import Any

from zhonglou_media.core.clock import SHANGHAI

NAME = "参考指标（第 1 版）"
SOURCE = "国办秘函〔2019〕19号附件；分值为参考，由区政府办公室修订"
FROM = date(2021, 3, 22)
MADE_AT = datetime(2021, 3, 22, tzinfo=SHANGHAI)
SAFETY, UPDATES, REPLIES, RECORDS, CONTENT, ORDER = "安全问题", "内容更新", "互动回应", "备案", "内容质量", "管理制度"

# code, group, name, what is checked, threshold, limit, counted in, articles, measure
VETOES: tuple[tuple[str, str, str, str, str, int | None, str, str, str], ...] = (
    ("N1.1", SAFETY, "出现严重表述错误", "发布内容有严重表述错误", "发现即否决", None, "处", "11,12,20", ""),
    ("N1.2", SAFETY, "泄露国家秘密", "发布内容涉及国家秘密", "发现即否决", None, "处", "11,12,20", ""),
    ("N1.3", SAFETY, "发布或链接反动、暴力、色情内容", "正文、评论和链接", "发现即否决", None, "处", "11,12,20", ""),
    ("N1.4", SAFETY, "内容不当引发严重负面舆情", "有关部门转办或监测发现", "发现即否决", None, "次", "11,12,20", ""),
    ("N2.1", UPDATES, "两周内无更新", "监测时间点前的最近一次更新", "超过 14 天", 14, "次", "14", "gap"),
    ("N2.2", UPDATES, "移动客户端无法下载或使用", "下载、打开、主要功能", "不能用即否决", None, "次", "10", "app"),
    ("N3.1", REPLIES, "未提供有效互动功能", "发一条测试留言", "没有即否决", None, "次", "15", ""),
    (
        "N3.2",
        REPLIES,
        "购买“粉丝”、强制点赞或下载",
        "粉丝数变化和群众反映",
        "发现即否决",
        None,
        "次",
        "15",
        "followers",
    ),
)
# … and what one costs, and the most they add up to; whether it can be put right
DEDUCTIONS: tuple[tuple[str, str, str, str, str, str, str, str, str, str, bool], ...] = (
    ("Z01", UPDATES, "每周更新不足 1 次", "没有更新的自然周", "周", "14", "weeks", "5", "20", "每周", True),
    (
        "Z02",
        UPDATES,
        "服务号平均每周更新不足 1 次",
        "每月次数（最多计 4 次）",
        "次",
        "14",
        "quota",
        "5",
        "20",
        "每月",
        True,
    ),
    ("Z03", REPLIES, "咨询留言超 24 小时未回复", "检查期内到期的咨询", "条", "15", "replies", "3", "15", "", True),
    ("Z04", RECORDS, "未按期备案", "批准后超过 2 个工作日报送", "件", "8", "filings", "5", "10", "", False),
    ("Z05", RECORDS, "备案信息与实际不符", "名称、主体、联系人等", "项", "8", "records", "2", "6", "", True),
    (
        "Z06",
        RECORDS,
        "名称、头像、认证不规范",
        "简洁规范，与职责相关，标明主办单位",
        "项",
        "6",
        "names",
        "2",
        "6",
        "",
        True,
    ),
    ("Z07", CONTENT, "错别字、一般表述错误", "检查期内发布的内容", "处", "12", "", "1", "10", "", True),
    ("Z08", CONTENT, "菜单、链接、功能无法使用", "逐个打开", "处", "16", "", "2", "8", "", True),
    ("Z09", CONTENT, "转载未注明来源、稿源不合规", "检查期内转载的内容", "条", "13,17", "", "2", "8", "", True),
    ("Z10", CONTENT, "商业广告、个人观点、与职责无关", "检查期内发布的内容", "条", "13", "", "5", "10", "", True),
    ("Z11", RECORDS, "同平台多账号未整合", "同一单位同一平台", "个", "7", "doubled", "5", "10", "", True),
    ("Z12", ORDER, "审核、值班、应急等记录缺失", "制度和记录", "项", "18,19,20,21", "", "1", "7", "", True),
)
BONUSES: tuple[tuple[str, str, str, str, str, str, str, str], ...] = (
    ("B01", "原创比例", "检查期内原创占发布的比例", "13", "originals", "2", "8", "档"),
    ("B02", "便民服务", "可在线办理的服务事项", "16", "", "2", "8", "项"),
    ("B03", "上级表扬", "市级及以上通报表扬", "24", "", "2", "4", "次"),
)
# What goes where, within how many minutes (第二十条、第二十三条); the offices replace both. 参考.
ROUTES: tuple[tuple[str, str, int, str], ...] = (
    ("harmful", "区委网信办", 30, "先删除或下线，保留截图和链接，电话报告后书面转送。"),
    ("outcry", "区委宣传部", 60, "不擅自回应；电话报告后书面转送，按统一口径处置。"),
    ("outcry", "区委网信办", 60, "同时转送，会商网上引导。"),
    ("hijacked", "公安钟楼分局", 60, "停用登录设备，联系平台冻结账号，保留日志后转送。"),
    ("leak", "区国家保密局", 30, "立即删除，不转发不讨论，专人当面报告。"),
    ("fake", "区委网信办", 240, "保留截图和账号ID，转送后由平台处置。"),
    ("other", "区政府办公室", 240, "先电话报告，再按指示转送。"),
)


def seed(apps: Any) -> None:
    """One published set, in force as long as the regulation, and the routes. `apps`: a migration's or Django's own."""
    sets, indicators = apps.get_model("inspections", "IndicatorSet"), apps.get_model("inspections", "Indicator")
    routes = apps.get_model("inspections", "IncidentRoute")
    if not sets.objects.exists():
        first = sets.objects.create(
            name=NAME, state="published", from_date=FROM, source=SOURCE, made_at=MADE_AT, published_at=MADE_AT
        )
        indicators.objects.bulk_create(
            indicators(indicator_set=first, state="published", order=order, **line)
            for order, line in enumerate(_lines(), 1)
        )
    if not routes.objects.exists():
        routes.objects.bulk_create(
            routes(kind=kind, office=office, within_minutes=minutes, procedure=procedure, from_date=FROM)
            for kind, office, minutes, procedure in ROUTES
        )


def _lines() -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = []
    for code, group, name, text, threshold, limit, word, articles, measure in VETOES:
        lines.append(
            {
                "code": code,
                "kind": "veto",
                "group": group,
                "name": name,
                "check_text": text,
                "threshold": threshold,
                "limit": limit,
                "unit_word": word,
                "articles": articles,
                "measure": measure,
            }
        )
    for code, group, name, text, word, articles, measure, points, cap, threshold, to_rectify in DEDUCTIONS:
        lines.append(
            {
                "code": code,
                "kind": "deduction",
                "group": group,
                "name": name,
                "check_text": text,
                "threshold": threshold or f"每{word}",
                "unit_word": word,
                "articles": articles,
                "measure": measure,
                "points": points,
                "cap": cap,
                "to_rectify": to_rectify,
            }
        )
    for code, name, text, articles, measure, points, cap, word in BONUSES:
        lines.append(
            {
                "code": code,
                "kind": "bonus",
                "group": "加分",
                "name": name,
                "check_text": text,
                "threshold": f"每{word}",
                "unit_word": word,
                "articles": articles,
                "measure": measure,
                "points": points,
                "cap": cap,
                "to_rectify": False,
            }
        )
    return lines
