"""Pages of what is found on platforms."""

from functools import partial

from accounts import sighting_list
from accounts.models import Sighting
from tests.browser.acts import compare, fill, press, show, then
from tests.browser.pages import Shot
from tests.browser.scene import Scene
from zhonglou_media.core.clock import day_of, db_now
from zhonglou_media.core.models import User

SEEN_LIST = """平台,账号名称,账号ID,单位,备注
新浪微博,示例甲街道,,,
新浪微博,示例甲衔道,imit-1,,认证主体为个人
新浪微博,示例甲街道官方,imit-2,,粉丝 312
快手,示例乙局小视频,ks-77,,
抖音,某某探店,tan-1,,
腾讯未来,看不懂的平台,,,
"""


def found_list(scene: Scene) -> dict[str, object]:
    """A list that waits to be decided."""
    officer = User.objects.get(username="officer")
    now = db_now()
    job = sighting_list.prepare(
        SEEN_LIST.encode(),
        name="平台检索结果（示例）.csv",
        source="平台检索",
        found_on=day_of(now),
        by=officer,
        now=now,
    )
    return {"pk": job.pk}


def sighted(scene: Scene) -> dict[str, object]:
    """Something that was found unfiled."""
    return {"pk": Sighting.objects.filter(verdict="unfiled").latest("pk").pk}


# The fifth row only holds a unit's name: nothing is chosen beforehand.
UNFILED = show("#verdict-5 label:has([value=unfiled])")
DECIDE = press("#decide .zl-bar [type=submit]")
SHEET = partial(Shot, "accounts:sighting_sheet", "officer", kwargs=found_list)
SIGHTED = [
    Shot("accounts:sightings", "officer", "empty"),
    Shot("accounts:sighting_new", "officer"),
    Shot("accounts:sighting_new", "officer", "compared", act=compare("weibo", "示例甲衔道")),
    Shot("accounts:sighting_new", "officer", "errors", act=press("#decide [type=submit]"), status=422),
    Shot("accounts:sighting_list", "officer"),
    Shot("accounts:sighting_list", "officer", "errors", act=press("#upload [type=submit]"), status=422),
    SHEET(),
    SHEET("errors", act=then(UNFILED, fill(**{"unit-5": "没有的局"}), DECIDE), status=422),
    SHEET("sure", act=then(UNFILED, DECIDE)),
    SHEET("done", act=then(UNFILED, DECIDE, press("#second [type=submit]"))),
    Shot("accounts:sightings", "officer"),
    Shot("accounts:sighting", "supervisor", "", sighted),
    Shot("accounts:sighting", "officer", "errors", sighted, act=press("#decide [type=submit]"), status=422),
    Shot(
        "accounts:detail",
        "operator2",
        "found",
        lambda scene: {"pk": Sighting.objects.get(verdict="unfiled").account_id},
    ),
]
