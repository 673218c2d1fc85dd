"""Who sees check sheets and self-checks: the office its own, a unit what counts of its accounts and what is its own."""

from collections.abc import Callable
from datetime import date

from accounts.models import Membership, Role
from inspections.models import IndicatorSet, SelfCheck, Sheet, SpotCheck
from tests.factories import NOW
from tests.portal.test_url_walk import OFFICE, OFFICER, OPERATOR, READERS, SEEN, SUPERVISOR, Entry, World, anybody
from zhonglou_media.core import files
from zhonglou_media.core.models import User

HANDED_IN = {"state": "submitted", "submitted_at": NOW, "as_of": NOW, "score": 100, "vetoed": False, "passed": True}
OPEN, COUNTED, TWO = date(2021, 6, 1), date(2021, 7, 1), date(2021, 8, 1)  # of no other area
PICTURE = b"\x89PNG\r\n\x1a\n"


def _check(month: date) -> SpotCheck:
    facts = {"state": "confirmed", "confirmed_at": NOW, "drafted_at": NOW, "due_at": NOW, "drawn": "{}"}
    facts |= {"indicator_set": IndicatorSet.objects.earliest("pk"), "seed": "示例", "digest": "0"}
    return SpotCheck.objects.get_or_create(month=month, defaults=facts)[0]


def _officer() -> User:
    """The officer who walks: he signed in last."""
    officers = Membership.objects.filter(role=Role.OFFICER, user__last_login__isnull=False)
    return officers.select_related("user").latest("user__last_login").user


def _sheet(world: World, own: bool, month: date, part: int, **more: object) -> Sheet:
    account = world.accounts[own]
    fixed = {"spot_check": _check(month), "account": account, "part": part}
    return Sheet.objects.update_or_create(**fixed, defaults={"unit": account.unit, **more})[0]


def month_(world: World, own: bool) -> dict[str, object]:
    return {"month": _check(OPEN).code}


def open_(world: World, own: bool) -> dict[str, object]:
    """An open sheet of the officer who walks."""
    return {"pk": _sheet(world, own, OPEN, 1, checker=_officer()).pk}


def counted_(world: World, own: bool) -> dict[str, object]:
    """A result that counts, with its picture."""
    shot = files.keep(PICTURE, files.PNG)
    return {
        "pk": _sheet(world, own, COUNTED, 1, counts=True, screenshot=shot, screenshot_name="截.png", **HANDED_IN).pk
    }


def two_(world: World, own: bool) -> dict[str, object]:
    """Two results that wait to be decided."""
    _sheet(world, own, TWO, 2, answers={"Z07": {"count": 1}}, **HANDED_IN)
    return {"pk": _sheet(world, own, TWO, 1, **HANDED_IN).pk}


def self_check(**state: object) -> Callable[[World, bool], dict[str, object]]:
    """A unit's self-check of an earlier quarter, a draft unless told otherwise."""

    def made(world: World, own: bool) -> dict[str, object]:
        account = world.accounts[own]
        facts = {"unit": account.unit, "indicator_set": IndicatorSet.objects.earliest("pk"), "as_of": NOW, **state}
        quarter = date(2026, 4, 1) if state else date(2026, 1, 1)
        return {"pk": SelfCheck.objects.get_or_create(account=account, quarter=quarter, defaults=facts)[0].pk}

    return made


def account_(world: World, own: bool) -> dict[str, object]:
    return {"account": world.accounts[own].pk}


def written(*acts: str) -> dict[str, Entry]:
    return {f"inspections:sheet_{act}": Entry({OFFICER}, {OFFICER}, "post", open_) for act in acts}


def own_written(*acts: str) -> dict[str, Entry]:
    return {f"inspections:self_check_{act}": Entry({OPERATOR}, set(), "post", self_check()) for act in acts}


PAGES = {
    "inspections:sheet_next": anybody(OFFICE),
    "inspections:sheet": Entry(READERS, SEEN, "get", counted_),
    "inspections:sheet_screenshot": Entry(READERS, SEEN, "get", counted_),
    **written("save", "rest", "rejudge", "submit"),
    "inspections:sheet_reopen": Entry({SUPERVISOR}, {SUPERVISOR}, "post", counted_),
    "inspections:sheet_compare": Entry(OFFICE, OFFICE, "get", two_),
    "inspections:sheet_decide": Entry({SUPERVISOR}, {SUPERVISOR}, "post", two_),
    "inspections:clean_sheets": Entry(OFFICE, OFFICE, "get", month_),
    "inspections:self_checks": anybody({OPERATOR}),
    "inspections:self_check_start": Entry({OPERATOR}, set(), "post", data=account_),
    "inspections:self_check_clean": Entry({OPERATOR}, set(), "post", data=account_),
    "inspections:self_checks_overview": anybody(OFFICE),
    "inspections:self_check": Entry(
        READERS, SEEN, "get", self_check(submitted_at=NOW, **{k: HANDED_IN[k] for k in ("state", "score", "passed")})
    ),
    **own_written("save", "rest", "rejudge", "submit"),
}
