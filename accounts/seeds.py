"""Platforms and what people call them; the office adds to both. `seed` adds what is missing and changes nothing."""

from typing import Any

WECHAT, WEIBO, APP, OTHER = "微信", "微博", "移动客户端", "其他"

# code, name, group of the circulars, other ways to write it (compared by `names.name_key` without spaces)
PLATFORMS: tuple[tuple[str, str, str, str], ...] = (
    (
        "wechat",
        "微信公众号",
        WECHAT,
        "微信 公众号 公众账号 微信公众平台 微信公众账号 订阅号 服务号 微信订阅号 微信服务号",
    ),
    ("channels", "微信视频号", WECHAT, "视频号"),
    ("mini_program", "微信小程序", APP, "小程序"),
    ("weibo", "新浪微博", WEIBO, "微博 政务微博 新浪 新浪政务微博"),
    ("douyin", "抖音", OTHER, "抖音号 抖音短视频 政务抖音 抖音政务号"),
    ("kuaishou", "快手", OTHER, "快手号 快手短视频"),
    ("toutiao", "今日头条", OTHER, "头条 头条号 今日头条号 政务头条 政务头条号"),
    ("xiaohongshu", "小红书", OTHER, "小红书号"),
    ("bilibili", "哔哩哔哩", OTHER, "B站 bilibili 哔哩哔哩号 哔哩哔哩弹幕网"),
    ("baijiahao", "百家号", OTHER, "百度百家号 百家"),
    ("tieba", "百度贴吧", OTHER, "贴吧"),
    ("weishi", "微视", OTHER, "腾讯微视"),
    ("dayu", "大鱼号", OTHER, "大鱼"),
    ("penguin", "企鹅号", OTHER, "腾讯企鹅号 企鹅媒体平台"),
    ("netease", "网易号", OTHER, "网易"),
    ("sohu", "搜狐号", OTHER, "搜狐"),
    ("yidian", "一点号", OTHER, "一点资讯 一点"),
    (
        "app",
        "移动客户端",
        APP,
        "APP 移动客户端APP 移动客户端(APP) 客户端 手机客户端 移动应用 政务APP 手机APP",
    ),
    ("quick_app", "快应用", APP, ""),
    ("other", "其他", OTHER, "其它 其他平台 其它平台"),
    ("tencent_weibo", "腾讯微博", WEIBO, ""),
)
SHUT_DOWN = {"tencent_weibo"}  # ended on 28 September 2020
APPS = {"app", "mini_program", "quick_app"}  # 第十条; availability is checked by hand


def seed(apps: Any) -> None:
    """Platforms by code, aliases by their spelling. `apps`: a migration's or Django's own."""
    platform, alias = apps.get_model("accounts", "Platform"), apps.get_model("accounts", "PlatformAlias")
    for order, (code, name, group, others) in enumerate(PLATFORMS, 1):
        row, made = platform.objects.get_or_create(
            code=code,
            defaults={
                "name": name,
                "group": group,
                "approved": code not in SHUT_DOWN,
                "update_rule": "none" if code in APPS else "days",
                "app": code in APPS,
                "order": 999 if code == "other" else order * 10,
            },
        )
        if made:
            alias.objects.bulk_create(alias(platform=row, alias=word) for word in others.split())
