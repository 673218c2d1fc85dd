"""Every page in Chromium: no fault of access, no complaint of the console, nothing wider than the window.

`make shots` takes a picture of each, build/shots/<address>-<who>[-<state>]-<width>.png; other runs of what has faults.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copytree, rmtree
from tempfile import mkdtemp
from typing import Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.db import connection
from django.test import Client
from django.urls import resolve, reverse
from playwright.sync_api import Browser, Page, Response
from pytest_django.live_server_helper import LiveServer

from inspections import sweep
from tests.addresses import addresses
from tests.browser import pages
from tests.browser.conftest import NARROW, WIDE
from tests.browser.pages import Shot
from tests.browser.pages_above import ABOVE, ABOVE_FETCHED
from tests.browser.pages_asked import ASKED
from tests.browser.pages_bulk import BULK
from tests.browser.pages_changes import CHANGES
from tests.browser.pages_checks import CHECK_FILES, CHECKS
from tests.browser.pages_circulars import CIRCULAR_FILES, CIRCULARS, PUBLIC_CIRCULARS
from tests.browser.pages_closings import CLOSINGS
from tests.browser.pages_dashboard import DASHBOARDS
from tests.browser.pages_exports import EXPORTS, MOVING
from tests.browser.pages_files import FILES
from tests.browser.pages_found import SIGHTED
from tests.browser.pages_incidents import INCIDENTS
from tests.browser.pages_indicators import INDICATORS
from tests.browser.pages_office import HISTORY, OFFICE
from tests.browser.pages_orders import ORDERED
from tests.browser.pages_people import PEOPLE
from tests.browser.pages_printing import DOWNLOADED, PRINTED
from tests.browser.pages_reconcile import RECONCILED, WORKBOOKS
from tests.browser.pages_recorded import KEPT, RECORDED
from tests.browser.pages_rectify import RECTIFIED, RECTIFIED_FILES
from tests.browser.pages_search import SEARCHED
from tests.browser.pages_sheets import SHEET_FILES, SHEETS
from tests.browser.pages_upper import UPPER
from tests.browser.pages_year import YEARBOOKS, YEARS
from tests.browser.scene import Scene, set_scene
from tests.factories import user
from zhonglou_media.core.clock import db_now
from zhonglou_media.core.models import User
from zhonglou_media.portal import nav, views

# A page looks the same on either database: the stories, and every address in the URL walk, run on both.
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True), pytest.mark.needs_sqlite]

# Looked at in turn, by people who are signed in.
LISTS = {
    "filings": [*pages.FILINGS, *CLOSINGS],
    "unit": [*pages.UNIT, *ASKED, *KEPT, *RECORDED, *CHANGES, *SEARCHED, *FILES],
    "office": [
        *OFFICE, *UPPER, *PRINTED, *BULK, *RECONCILED, *SIGHTED, *ORDERED, *pages.READERS, *HISTORY, *PEOPLE, *EXPORTS,
    ],
    "above": ABOVE,
    "rectify": RECTIFIED,
    "year": [*YEARS, *INCIDENTS, *DASHBOARDS],
    "sheets": [*SHEETS, *CHECKS, *INDICATORS],
    "circulars": CIRCULARS,
}  # fmt: skip
SHOTS = Path(settings.BASE_DIR) / "build" / "shots"
EVERY_PICTURE = bool(os.environ.get("SHOTS"))
EVERY_STATE = EVERY_PICTURE or bool(os.environ.get("FULL"))
AXE = Axe()
NOT_LOADED = "Failed to load resource"  # told by `_answered`, which knows which answer was asked for


@dataclass
class Window:
    """A browser window of one person; what it complains of is kept until asked for."""

    page: Page
    findings: list[str] = field(default_factory=list)
    status: int = 0

    def __post_init__(self) -> None:
        self.page.on("console", lambda said: self._heard(said.type, said.text))
        self.page.on("pageerror", lambda error: self.findings.append(f"script: {error}"))
        self.page.on("response", self._answered)

    def _heard(self, kind: str, text: str) -> None:
        if kind == "error" and NOT_LOADED not in text:  # violations of the security policy are errors too
            self.findings.append(f"console: {text}")

    def _answered(self, response: Response) -> None:
        if response.request.is_navigation_request():
            self.status = response.status
        elif response.status >= 400:
            self.findings.append(f"{response.status}: {response.url}")

    def look(self, shot: Shot, server: str, scene: Scene) -> dict[str, list[str]]:
        """Open the page, do what is done there, judge it at each width; findings by picture."""
        self.findings.clear()
        path = shot.path(scene)
        self.page.set_viewport_size(WIDE)  # type: ignore[arg-type]
        self.page.goto(server + path)
        if shot.act:
            shot.act(self.page, scene)
        elif urlsplit(self.page.url).path != urlsplit(path).path:
            self.findings.append(f"led away to {self.page.url}")
        if self.status != shot.status:
            self.findings.append(f"status {self.status}")
        found = {}
        for size in (WIDE, NARROW) if shot.phone or shot.who in pages.PHONES or not shot.who else (WIDE,):
            self.page.set_viewport_size(size)  # type: ignore[arg-type]
            name = f"{shot.file}-{size['width']}"
            found[name] = [*self.findings, *judge(self.page, whole=EVERY_STATE or size == WIDE)]
            if EVERY_PICTURE or found[name]:
                self.page.screenshot(path=SHOTS / f"{name}.png", full_page=True)
            self.findings.clear()
        return {name: texts for name, texts in found.items() if texts}


def first_of_each(shots: Sequence[Shot]) -> list[Shot]:
    """Each address once, in the order of the list: its other states are for `make shots` and `make prove-full`.

    One that is `done` stays: what it leaves is looked at later on.
    """
    first: dict[str, Shot] = {}
    for shot in shots:
        first.setdefault(shot.name, shot)
    return [shot for shot in shots if shot.label == "done" or first[shot.name] is shot]


def judge(page: Page, *, whole: bool) -> list[str]:
    """Whether the page scrolls sideways; when `whole`, also what axe finds serious or critical."""
    wide = page.evaluate("() => document.documentElement.scrollWidth - innerWidth")
    sideways = [f"{wide} px wider than the window"] if wide > 0 else []
    if not whole:
        return sideways
    if page.evaluate("() => !window.axe"):
        page.evaluate(AXE.axe_script)
    # Only the violations leave the browser: what passed is many times as much.
    violations = page.evaluate("() => axe.run({resultTypes: ['violations']}).then(({violations}) => violations)")
    found = [
        f"{fault['id']} ({fault['impact']}): {node['html'][:160]} {node['failureSummary'][:200]}"
        for fault in violations
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]
    return [*found, *sideways]


@dataclass
class Studio:
    """The portal with its people: `Studio.look(shots, scene)` gives every finding."""

    browser: Browser
    server: str
    windows: dict[str, Window] = field(default_factory=dict)

    def window(self, who: str) -> Window:
        """The window of `who`, signed in; '' is nobody."""
        if who not in self.windows:
            context = self.browser.new_context(
                locale="zh-CN",
                timezone_id="Asia/Shanghai",
                reduced_motion="reduce",
                viewport=WIDE,  # type: ignore[arg-type]
            )
            if who:
                cookie = {"name": settings.SESSION_COOKIE_NAME, "value": session_of(who), "url": self.server}
                context.add_cookies([cookie])  # type: ignore[list-item]
            self.windows[who] = Window(context.new_page())
        return self.windows[who]

    def look(self, shots: Sequence[Shot], scene: Scene) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for shot in shots if EVERY_STATE else first_of_each(shots):
            found |= self.window(shot.who).look(shot, self.server, scene)
        return found

    def close(self) -> None:
        for window in self.windows.values():
            window.page.context.close()


def session_of(who: str) -> str:
    """The key of a session as the sign-in page makes it."""
    client = Client()
    client.force_login(User.objects.get(username=who))
    session = client.session
    session["signed_in_at"] = int(db_now().timestamp())
    session.save()
    return str(session.session_key)


@pytest.fixture
def studio(browser: Browser, live_server: LiveServer) -> Iterator[Studio]:
    SHOTS.mkdir(parents=True, exist_ok=True)
    opened = Studio(browser, live_server.url)
    yield opened
    opened.close()


_kept: dict[str, Any] = {}


@pytest.fixture
def scene(studio: Studio, media_root: Path) -> Scene:
    """The scene, played once: later tests begin with a copy of the database and the files that it left."""
    memory = connection.connection
    if not _kept:
        _kept.update(scene=set_scene(db_now()), database=sqlite3.connect(":memory:"), files=Path(mkdtemp()))
        memory.backup(_kept["database"])
        copytree(media_root, _kept["files"], dirs_exist_ok=True)
    else:
        _kept["database"].backup(memory)
        copytree(_kept["files"], media_root)
    return deepcopy(_kept["scene"])


@pytest.fixture(scope="module", autouse=True)
def nothing_is_kept_afterwards() -> Iterator[None]:
    yield
    if _kept:
        _kept["database"].close()
        rmtree(_kept["files"])
        _kept.clear()


@pytest.mark.parametrize("shots", list(LISTS.values()), ids=list(LISTS))
def test_pages_of_those_signed_in(shots: list[Shot], studio: Studio, scene: Scene) -> None:
    assert studio.look(shots, scene) == {}


def test_pages_open_to_everyone_and_what_goes_wrong(
    studio: Studio, scene: Scene, axes: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = studio.look([*pages.PUBLIC, *PUBLIC_CIRCULARS], scene)
    for error, status in ((SuspiciousOperation("planted"), 400), (RuntimeError("planted"), 500)):
        monkeypatch.setattr(views, "chapters", raising(error))
        found |= studio.look([Shot("regulation", "operator", str(status), status=status)], scene)
    lost = Shot("filings:detail", "operator", "unknown", lambda scene: {"pk": 999_999}, status=404)
    assert found | studio.look([lost], scene) == {}


def raising(error: Exception) -> Callable[[], None]:
    def raise_it() -> None:
        raise error

    return raise_it


def test_pages_of_a_portal_that_is_still_empty(studio: Studio) -> None:
    for role in ("operator", "leader", "officer", "auditor"):
        person = user(role)
        person.username = role
        person.save()
    assert studio.look(pages.EMPTY, Scene({}, {}, 0, 0)) == {}


def test_what_is_fetched_answers(studio: Studio, scene: Scene) -> None:
    sweep.sweep(db_now())  # /health/ asks for one within five minutes, and the scene was set long ago
    answers = {}
    for shot in [
        *pages.FETCHED,
        *DOWNLOADED,
        *WORKBOOKS,
        *MOVING,
        *YEARBOOKS,
        *SHEET_FILES,
        *CHECK_FILES,
        *CIRCULAR_FILES,
        *ABOVE_FETCHED,
        *RECTIFIED_FILES,
    ]:
        answer = studio.window(shot.who).page.context.request.get(studio.server + shot.path(scene))
        answers[shot.name] = answer.status
    assert answers == dict.fromkeys(answers, 200)


def test_every_address_that_can_be_opened_has_a_picture(
    studio: Studio, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is no mere act (`post_only`, or 405) can be opened: it stands in the table, or this fails."""
    monkeypatch.setattr(nav, "counts", lambda user, now: {"unread": nav.Count(0)})  # nobody looks
    clients = []
    for person in User.objects.filter(username__in=["operator", "leader", "officer", "supervisor"]):
        client = Client()
        client.force_login(person)
        clients.append(client)
    can_be_opened = set()
    for name, kwargs in addresses().items():
        url = reverse(name, kwargs=kwargs)
        if getattr(resolve(url).func, "post_only", False):
            continue
        if not is_an_act(url, clients):
            can_be_opened.add(name)
    looked_at = [
        *LISTS.values(),
        pages.PUBLIC,
        PUBLIC_CIRCULARS,
        CIRCULAR_FILES,
        pages.EMPTY,
        pages.FETCHED,
        ABOVE_FETCHED,
        DOWNLOADED,
        WORKBOOKS,
        MOVING,
        YEARBOOKS,
        SHEET_FILES,
        CHECK_FILES,
        RECTIFIED_FILES,
    ]
    assert can_be_opened - {"styleguide"} == {shot.name for shots in looked_at for shot in shots}


def is_an_act(url: str, clients: Sequence[Client]) -> bool:
    """Whether the first who is let in is told that it cannot be opened."""
    for client in clients:
        answer = client.get(url)
        answer.close()
        if answer.status_code not in (403, 404):
            return answer.status_code == 405
    return False
