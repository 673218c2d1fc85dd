"""Pages of closures, cancellations, announcements and of units that merge."""

from playwright.sync_api import Page

from accounts import activity
from accounts.models import Account, Unit
from filings import announcing, drafting, reporting, reviewing
from filings.models import Announcement, Filing
from tests import factories
from tests.browser.acts import Act, press, then
from tests.browser.pages import Kwargs, Shot, account
from tests.browser.pages_changes import SEND, cast, row
from tests.browser.pages_people import unit
from tests.browser.scene import Scene
from zhonglou_media.core.clock import db_now

TYPED = {
    "mode": "stop",
    "reasons": ["similar", "unused"],
    "effective_on": "2027-01-04",
    "disposal": "keep",
    "notice_on": "2026-12-01",
    "notice_place": "本账号置顶、区政府网站（示例）",
    "follower_care": "置顶公告引导关注微信公众号（示例）",
}


def closed(state: str, code: str, kind: str = "close", *, asked: int = 0, **more: object) -> Kwargs:
    """A closure (cancellation) by the street of an account of its own, of which `asked` questions are open."""
    return lambda scene: {"pk": _close(scene, state, row(scene, code), kind, asked).pk, **more}


def _close(scene: Scene, state: str, of: Account, kind: str, asked: int) -> Filing:
    known = Filing.objects.live().filter(account=of).first()
    if known is not None:
        return known
    people, now = cast(scene), db_now()
    for number in range(asked):
        words = ("示例路口的路灯什么时候修好？", "老年卡年审要带什么材料？")[number % 2]
        activity.ask(of.pk, asked_at=now, body=f"{words}（示例{number}）", by=people.operator, now=now)
    filing = drafting.start(kind, by=people.operator, unit=people.unit, account=of, now=now)
    successor = scene.accounts["示例甲街道发布 wechat"]
    typed = TYPED | {"successor": str(successor.pk), "follower_care": "置顶公告引导关注“示例甲街道发布”（示例）"}
    if kind == "cancel":
        typed["effective_on"] = now.date().isoformat()
    return factories.bring(filing, state, people, typed, now=now, paper=None)


def public(scene: Scene) -> dict[str, object]:
    """The announcement of the demo's account that closes."""
    return {"pk": Announcement.objects.get(filing__account__name="示例甲街道资讯").pk}


def corrected(scene: Scene) -> dict[str, object]:
    """One that was corrected, or that is announced anew after its acceptance was undone."""
    first = Announcement.objects.get(filing__account__name="示例乙局旅游", corrects=None)
    if first.corrected is None:
        people = cast(scene, bureau=True)
        text = first.text.replace("感谢您一直以来的关注。", "历史内容可到单位网站查阅。感谢您一直以来的关注。")
        announcing.correct(first.filing_id, corrects=first.pk, text=text, by=people.operator, now=db_now())
    return {"pk": first.pk}


def undone(scene: Scene) -> dict[str, object]:
    """The announcement of a closure whose acceptance was undone."""
    people, now = cast(scene), db_now()
    filing = _close(scene, "accepted", row(scene, "weishi"), "close", 0)
    if filing.state == "accepted":
        reading = factories.read(filing)
        reviewing.unaccept(filing.pk, by=people.supervisor, read=reading, now=now, comment="材料有误（示例）")
    return {"pk": filing.announcements.get().pk}


def unproved(scene: Scene) -> dict[str, object]:
    """A cancellation that both systems have taken, and whose proof lacks."""
    filing = _close(scene, "accepted", row(scene, "xiaohongshu"), "cancel", 1)
    if not filing.receipts.exists():
        factories._complete(filing.pk, cast(scene), db_now(), None)
    return {"pk": filing.pk}


def returned_again(scene: Scene) -> dict[str, object]:
    """A closure that came back a third time."""
    people, now = cast(scene), db_now()
    filing = _close(scene, "returned", row(scene, "toutiao"), "close", 0)
    while filing.returns < 3:
        reporting.report(filing.pk, by=people.operator, now=now)
        reading = factories.read(filing)
        reviewing.return_(filing.pk, by=people.officer, read=reading, now=now, comment="请写明承接账号（示例）")
        filing.refresh_from_db()
    return {"pk": filing.pk}


def into(name: str) -> Act:
    """Choose the receiving unit, by a document."""

    def act(page: Page, scene: Scene) -> None:
        page.locator("[name=into]").select_option(label=str(Unit.objects.get(name=name)))
        page.fill("[name=document]", "示例机构改革方案〔2026〕1号")

    return act


CLOSINGS = [
    *(
        Shot("filings:edit", "operator", f"closing_{step}", closed("draft", "baijiahao", asked=5, step=step))
        for step in ("basics", "after", "notice", "review")
    ),
    Shot("filings:edit", "operator", "cancelling", closed("draft", "dayu", "cancel", step="basics"), "?check"),
    Shot("filings:approve", "leader", "closing", closed("leader_review", "penguin", asked=1)),
    Shot("filings:detail", "officer", "closing", closed("office_review", "netease", asked=1)),
    Shot("filings:detail", "operator", "closing", closed("accepted", "sohu", asked=3)),
    Shot("filings:questions", "operator", "", closed("accepted", "sohu", asked=3)),
    Shot(
        "filings:questions", "operator", "errors", closed("accepted", "sohu", asked=3),
        act=then(lambda page, scene: page.select_option("[name=to]", ""), SEND), status=422,
    ),
    Shot("filings:detail", "operator", "unproved", unproved),
    Shot("filings:detail", "officer", "unproved", unproved),
    Shot("filings:supplement", "operator", "cancelling", unproved),
    Shot("home", "operator", "unproved"),
    Shot("filings:exchange", "officer", "unproved"),
    Shot("filings:detail", "operator", "third_return", returned_again),
    Shot("home", "supervisor", "third_return"),
    Shot("filings:announcement", "operator2", "", lambda scene: {"pk": _of("示例乙局旅游")}),
    Shot(
        "filings:announcement", "operator2", "errors", lambda scene: {"pk": _of("示例乙局旅游")},
        act=then(lambda page, scene: page.fill("main [name=text]", ""), SEND), status=422,
    ),
    Shot("accounts:detail", "operator", "closing", account("示例甲街道资讯 bilibili")),
    Shot("accounts:detail", "operator2", "closed", account("示例乙局旅游 baijiahao")),
    Shot("filings:detail", "officer", "cancelled", lambda scene: {"pk": _of("示例乙局影像")}),
    Shot("filings:announcements"),
    Shot("filings:public_announcement", "", "", public),
    Shot("filings:public_announcement", "", "corrected", corrected),
    Shot("filings:public_announcement", "", "undone", undone),
    Shot("filings:announcements", "", "undone"),
    Shot("unit_merge", "admin", "", unit("示例乙文体和旅游局")),
    Shot("unit_merge", "admin", "preview", unit("示例乙文体和旅游局"), act=then(into("示例甲街道办事处"), SEND)),
    Shot("unit_merge", "admin", "errors", unit("示例乙文体和旅游局"), act=press("main form [type=submit]"), status=422),
]  # fmt: skip


def _of(name: str) -> int:
    """The filing that ended the account `name`, or ends it."""
    return Filing.objects.get(account__name=name).pk
