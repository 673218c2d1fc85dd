"""The search, as different people find: nothing typed, too little, nothing found, each group, a second chance."""

from functools import partial

from tests.browser.pages import Shot

SEARCH = partial(Shot, "search")
SEARCHED = [
    SEARCH("operator", "found", query="?q=示例甲街道"),
    SEARCH("operator"),
    SEARCH("operator", "short", query="?q=示", status=422),
    SEARCH("operator", "none", query="?q=没有这个词"),
    SEARCH("officer", "found", query="?q=示例"),
    SEARCH("officer", "text", query="?q=政务信息"),
    SEARCH("officer", "near", query="?q=街道資訊"),
    SEARCH("officer", "units", query="?q=示例&in=units"),
    SEARCH("admin", "found", query="?q=示例乙局"),
]
