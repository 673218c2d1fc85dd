"""The pages of users, units and hand-over for the browser test."""

from accounts import invitations
from accounts.models import Membership, Unit
from tests.browser.acts import choose, fill, press, show, then
from tests.browser.pages import Kwargs, Shot, of
from tests.browser.scene import Scene
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.models import User

GOOD = "钟楼-Tulou-8842-x"


def person(username: str) -> Kwargs:
    return lambda scene: {"pk": User.objects.get(username=username).pk}


def unit(name: str) -> Kwargs:
    return lambda scene: {"pk": Unit.objects.get(name=name).pk}


def membership(username: str) -> Kwargs:
    def found(scene: Scene) -> dict[str, object]:
        row = Membership.objects.get(user__username=username)
        return {"pk": row.user_id, "membership_id": row.pk}

    return found


def link(scene: Scene) -> dict[str, object]:
    """A one-time link that works."""
    return {"token": invitations.write(User.objects.get(username="officer2"), by=None, now=db_now())[0]}


def imported(scene: Scene) -> dict[str, object]:
    """A unit that an import made."""
    unconfirmed = Unit.objects.filter(status="unconfirmed").order_by("pk").first()
    assert unconfirmed is not None
    return {"pk": unconfirmed.pk}


SEND = press("main form.zl-panel [type=submit]")
PEOPLE = [
    Shot("users", "admin"),
    Shot("users", "admin", "nothing", query="?q=没有这个人"),
    Shot("user_new", "admin"),
    Shot("user_new", "admin", "errors", act=SEND, status=422),
    Shot("user", "admin", "", person("operator")),
    Shot("user", "admin", "self", person("admin")),
    Shot("user", "admin", "disable", person("operator"), act=show("[data-zl-dialog=disable]")),
    Shot("user", "admin", "errors", person("operator"), act=press("#add [type=submit]"), status=422),
    Shot("user", "admin", "link", person("officer2"), act=press("#sign-in [type=submit]")),
    Shot("membership_end", "admin", "", membership("operator")),
    Shot(
        "membership_end", "admin", "errors", membership("operator"), act=then(choose("[value=later]"), SEND), status=422
    ),
    Shot("units", "admin"),
    Shot("units", "admin", "lacking", query="?show=lacking"),
    Shot("unit_new", "admin"),
    Shot("unit_new", "admin", "errors", act=SEND, status=422),
    Shot("unit_edit", "admin", "", unit("示例乙文体和旅游局")),
    Shot("unit_edit", "admin", "imported", imported),
    Shot("filings:hand_over", "operator", "", of("示例甲街道科普")),
    Shot("invite", "", "", link),
    Shot(
        "invite", "", "errors", link, act=then(fill(password=GOOD, again="x"), press("form [type=submit]")), status=422
    ),
    Shot("invite", "", "ended", lambda scene: {"token": "x" * 43}, status=404),
]
