"""A real portal for a real browser: web, worker and beat as `make run` starts them, on a database of their own."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests import prepared, services

PASSWORD = "Zhonglou-demo-2021"
WIDE, NARROW = {"width": 1366, "height": 768}, {"width": 390, "height": 844}
SWEEP_SECONDS = 15  # in production 60
TWO_SWEEPS = 2 * SWEEP_SECONDS * 1000 + 25_000  # ms; a busy machine drops a tick that waited too long

expect.set_options(timeout=15_000)


@dataclass
class Portal:
    """A running portal: its address, and its commands."""

    url: str
    env: dict[str, str]

    def command(self, *words: str) -> str:
        """Run `manage.py words…` on the portal's database; its stdout. Fails the test when the command fails."""
        run = services.manage(*words, env=self.env)
        assert run.returncode == 0, run.stderr
        return run.stdout.strip()


@pytest.fixture(scope="package")  # not the session: it would go on sweeping beside all other tests
def portal(chromium: str, django_db_setup: None) -> Iterator[Portal]:
    """`run_portal` on the demo: SQLite and the file queue, or a database of its own on PostgreSQL, with Redis."""
    # Not pytest's own folder: other runs of pytest beside this one tidy that up.
    var_dir, port = Path(mkdtemp(prefix="portal-browser-")) / "var", services.free_port()
    name, redis = f"portal_browser_{os.getpid()}", os.environ.get("TEST_REDIS_URL", "")
    more = prepared.demo(var_dir, name)
    if redis:
        # A database of Redis for each of several workers: portals that share one take each other's tasks.
        worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
        more["REDIS_URL"] = urlsplit(redis)._replace(path=f"/{1 + worker % 12}").geturl()
    env = services.portal_environment(var_dir, SWEEP_SECONDS=str(SWEEP_SECONDS), **more)
    try:
        with services.running_portal(env, port):
            yield Portal(f"http://127.0.0.1:{port}", env)
    finally:
        if prepared.on_postgres():
            prepared.sql(os.environ["TEST_DATABASE_URL"], f"DROP DATABASE {name} WITH (FORCE)")
        rmtree(var_dir.parent, ignore_errors=True)


@dataclass
class Visit:
    """One signed-in person in a browser of their own; what the console complained of is kept."""

    page: Page
    portal: Portal
    complaints: list[str] = field(default_factory=list)

    def go(self, path: str) -> None:
        """Open a page of the portal."""
        self.page.goto(self.portal.url + path)


@pytest.fixture
def visit(portal: Portal, browser: Browser) -> Iterator[Callable[..., Visit]]:
    """Sign somebody in: `visit("operator")`, at 1366 px or, with `narrow=True`, on a phone."""
    contexts: list[BrowserContext] = []
    visits: list[Visit] = []

    def sign_in(login: str, *, narrow: bool = False) -> Visit:
        context = browser.new_context(
            viewport=NARROW if narrow else WIDE,  # type: ignore[arg-type]
            locale="zh-CN",
            timezone_id="Asia/Shanghai",
            accept_downloads=True,
        )
        contexts.append(context)
        made = Visit(context.new_page(), portal)
        made.page.on("console", lambda message: _hear(made, message.type, message.text))
        made.page.on("pageerror", lambda error: made.complaints.append(str(error)))
        made.go("/login/")
        made.page.fill("[name=username]", login)
        made.page.fill("[name=password]", PASSWORD)
        made.page.press("[name=password]", "Enter")
        expect(made.page).not_to_have_url(f"{portal.url}/login/")
        visits.append(made)
        return made

    yield sign_in
    for context in contexts:
        context.close()
    for made in visits:
        assert made.complaints == [], "the browser's console complained"


def _hear(visit: Visit, kind: str, text: str) -> None:
    """Errors and policy violations count; Chromium also logs each 4xx that a story provokes, which does not."""
    if kind == "error" and "Failed to load resource" not in text:
        visit.complaints.append(text)


@pytest.fixture
def signed_paper(tmp_path: Path) -> Path:
    """A scan of a signed paper."""
    path = tmp_path / "签批件.pdf"
    path.write_bytes(b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n")
    return path
